"""Images as data: manifest, configuration, layers, file tree, differences, waste, runtime closure.

Reads from files and streams that it is given, and is the only door to the ELF reader. It never
fetches an image, never talks to a daemon or registry, and never writes one.
"""
