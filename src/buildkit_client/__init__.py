"""A BuildKit client for Python, over gRPC.

It talks to a BuildKit daemon (on its own or inside dockerd): solves, sessions, progress, exports,
and what a build needs on the client's side, such as which files of a context are sent. It is the
only door to grpcio. It knows nothing of reimage and never parses or changes a Dockerfile, so that
it can be used on its own.
"""
