"""What can go wrong with a Compose or Kubernetes file."""

from __future__ import annotations


class ManifestError(Exception):
    """`str(error)` is one sentence; `line` is 1-based."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line
