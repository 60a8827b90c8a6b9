"""Images and containers of a Docker daemon, over its socket.

Loads and saves images, and runs a container to see whether it still answers. It never builds
(`buildkit_client` does), never reads a Dockerfile, and leaves behind nothing that it started.
"""
