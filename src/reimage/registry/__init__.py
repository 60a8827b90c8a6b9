"""A client of OCI registries: resolves tags to digests, fetches manifests and blobs, and signs in.

The only door to HTTP. It hands out bytes and plain data; it never judges an image, never builds
one, and never decides which image to use.
"""
