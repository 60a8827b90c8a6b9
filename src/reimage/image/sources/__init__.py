"""Where images are read from: a folder, a seekable tar file, a stream that passes once.

Each is a `Store` of named documents and layers; `layouts` and `docker_archives` read an image out
of any of them. A source that talks to somebody (a daemon, a registry) lives in the room that may.
"""
