"""Digests of content, as `algorithm:hex`.

Source: the documentation of github.com/opencontainers/go-digest.
"""

from __future__ import annotations

_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms that BuildKit knows, and the length of their digests."""


def is_digest(text: str) -> bool:
    """Whether this is `algorithm:hex` with an algorithm that BuildKit knows."""
    algorithm, _, digits = text.partition(":")
    length = _HEX_DIGITS.get(algorithm)
    return len(digits) == length and not set(digits) - set("0123456789abcdef")


def digest_of(content: bytes, like: str = "sha256:") -> str:
    """The digest of `content`, by the algorithm of the digest `like`."""
    import hashlib

    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
