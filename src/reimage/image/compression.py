"""gzip, zstd and plain layers, told apart by their first bytes, unpacked in bounded pieces.

Media types are not asked: containerd, too, looks at the bytes.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, Protocol

from reimage.image.errors import Damaged, Unsupported

Compression = Literal["gzip", "zstd", "none"]
_PIECE = 1 << 20
"""Bytes that are unpacked at once, however many the packed ones promise."""
_UNREAD = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_ZSTD = b"\x28\xb5\x2f\xfd"
_WINDOW = 27
"""As a power of two: the largest memory of a zstd stream that `zstd` itself accepts, 128 MiB."""


class _Decompressor(Protocol):
    """What `bz2`, `lzma` and `compression.zstd` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the form of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length or bool(self._zlib.unconsumed_tail)
        return piece


def compression_of(start: bytes) -> Compression:
    """What the first bytes of a layer say. Unsupported for what no container engine writes."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(_ZSTD) or (start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5):
        return "zstd"  # or a frame that zstd skips
    for magic, name in _UNREAD.items():
        if start.startswith(magic):
            raise Unsupported(f"A layer is packed with {name}; reimage reads gzip and zstd.")
    return "none"


def unpacked(pieces: Iterable[bytes], kind: Compression) -> Iterator[bytes]:
    """The content of a layer in pieces, of at most a megabyte where it was packed.

    Raises Damaged for what is malformed or ends early. How much comes is for the caller to count.
    """
    if kind == "none":
        return iter(pieces)
    make, failure = (_Gzip, zlib.error) if kind == "gzip" else _zstd()
    return _unpacked(pieces, make, failure)


def _unpacked(
    pieces: Iterable[bytes],
    make: Callable[[], _Decompressor],
    failure: type[Exception],
) -> Iterator[bytes]:
    member = make()
    for data in pieces:
        while data or not member.needs_input:
            if member.eof:
                data = member.unused_data + data
                if not data.strip(b"\0"):  # padding
                    break
                member = make()
            try:
                piece = member.decompress(data, _PIECE)
            except failure as error:
                raise Damaged(f"A layer cannot be unpacked ({error}).") from error
            if piece:
                yield piece
            data = b""
            if member.eof and not member.unused_data:
                break
    if not member.eof:
        raise Damaged("A layer ends in the middle of its packed content.")


def _zstd() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW}
    return (lambda: zstd.ZstdDecompressor(options=options)), zstd.ZstdError
