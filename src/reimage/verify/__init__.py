"""Checks claims: given the image before and the image after, does what was promised hold?

One file per claim. It compares and reports with the paths and fields that differ; it never builds
an image, never changes a Dockerfile, and never lets a claim pass that it could not check. `smoke`
runs an image inside a builder, where its container sees nothing of this machine.
"""
