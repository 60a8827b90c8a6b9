"""What dependency manifests and lock files say, as pure functions from texts to plain data.

Each ecosystem answers one question for a transformation: can the dependencies be installed from
manifests alone, and which files does that take? Nothing here reads a disk or raises on bad input.
"""
