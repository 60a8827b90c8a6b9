"""What the dynamic loader reads of a program or library; the only door to pyelftools."""

from __future__ import annotations

import io
import struct
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from reimage.image.contents import Contents
    from reimage.image.entries import Entry

MAGIC = b"\x7fELF"
_PAGE = 1 << 13
_TAGS = 10_000
_SEGMENTS = 1_000


class Binary(NamedTuple):
    """An ELF file. Paths are as they stand there."""

    machine: str
    bits: int
    interpreter: str
    """The dynamic loader; empty in libraries and in programs that need none."""
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    runpath: tuple[str, ...]

    def fits(self, other: Binary) -> bool:
        """Whether one process can load both."""
        return (self.machine, self.bits) == (other.machine, other.bits)


class _KeptFile(io.RawIOBase):
    """Kept content as a file, so that of a large program only a few pages are read."""

    def __init__(self, contents: Contents, entry: Entry) -> None:
        self._contents = contents
        self._entry = entry
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        start = {0: 0, 1: self._at, 2: self._entry.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        into = memoryview(buffer).cast("B")
        found = self._contents.read(self._entry, len(into), self._at)
        into[: len(found)] = found
        self._at += len(found)
        return len(found)


def read_binary(contents: Contents, entry: Entry) -> Binary | None:
    """Read what was kept of an ELF file; None where it is none, or damaged."""
    from elftools.common.exceptions import ELFError
    from elftools.construct import ConstructError
    from elftools.elf.elffile import ELFFile

    try:
        return _read(ELFFile(io.BufferedReader(_KeptFile(contents, entry), _PAGE)))
    except (ELFError, ConstructError, *_DAMAGE):
        return None


# What pyelftools lets through when offsets and numbers in the file make no sense.
_DAMAGE = (
    struct.error,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    AssertionError,
    OverflowError,
    RecursionError,
    MemoryError,
)


def _read(file: Any) -> Binary:
    # The loader looks at no sections, and pyelftools would parse them all to find one.
    file.header["e_shoff"] = 0
    interpreter = ""
    found: dict[str, list[str]] = {"DT_NEEDED": [], "DT_RPATH": [], "DT_RUNPATH": []}
    for number in range(min(file.num_segments(), _SEGMENTS)):
        segment = file.get_segment(number)
        kind = segment["p_type"]
        if kind == "PT_INTERP":
            interpreter = segment.get_interp_name()
        elif kind == "PT_DYNAMIC":
            for tag in islice(segment.iter_tags(), _TAGS):
                if tag.entry.d_tag in found:
                    name = tag.entry.d_tag.removeprefix("DT_").lower()
                    found[tag.entry.d_tag].append(getattr(tag, name))
    rpath, runpath = (
        tuple(part for text in found[tag] for part in text.split(":") if part)
        for tag in ("DT_RPATH", "DT_RUNPATH")
    )
    needed = tuple(found["DT_NEEDED"])
    return Binary(file["e_machine"], file.elfclass, interpreter, needed, rpath, runpath)
