"""What the builder may ask of this side during a build: files, secrets, credentials, results.

The services are served over a tunnel inside a call to the builder, in which the roles turn: there
the builder is the client.
"""
