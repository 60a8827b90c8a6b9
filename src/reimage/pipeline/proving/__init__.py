"""Proof: what a rewritten Dockerfile promises, checked on images that were built.

`search` finds what holds and who is to blame for the rest, `trial` builds and compares one
rewritten file, `bench` is the builder, and `proving` puts them together for one Dockerfile.
"""
