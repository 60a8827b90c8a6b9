"""Surveys, rewrites and reports as data. Reads and writes files; prints nothing."""

from reimage.pipeline.errors import UsageError

__all__ = ["UsageError"]
