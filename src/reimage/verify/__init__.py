"""Checks claims: given the image before and the image after, does what was promised hold?

One file per claim. It compares and reports with the paths and bytes that differ; it never builds
an image, never changes a Dockerfile, and never lets a claim pass that it could not check.
"""
