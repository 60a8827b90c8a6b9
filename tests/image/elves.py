"""Small ELF files: just what the dynamic loader reads."""

from __future__ import annotations

import struct

X86_64, AARCH64 = 62, 183
_BASE = 0x400000


def elf(
    needed: tuple[str, ...] = (),
    *,
    interpreter: str = "",
    runpath: str = "",
    rpath: str = "",
    machine: int = X86_64,
) -> bytes:
    """A program (with an interpreter) or library of 64 bits."""
    strings = b"\0"
    tags = []
    for tag, text in [*((1, name) for name in needed), (29, runpath), (15, rpath)]:
        if text:
            tags.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    headers = 64 + 3 * 56
    interp = interpreter.encode() + b"\0" if interpreter else b""
    strings_at = headers + len(interp)
    dynamic_at = strings_at + len(strings) + -(strings_at + len(strings)) % 8
    tags += [(5, _BASE + strings_at), (10, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    end = dynamic_at + len(dynamic)
    segments = [(1, 0, end), (2, dynamic_at, len(dynamic))]
    if interp:
        segments.append((3, headers, len(interp)))
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, len(segments), 64, 0, 0
    )
    table = b"".join(
        struct.pack("<IIQQQQQQ", kind, 5, at, _BASE + at, _BASE + at, size, size, 8)
        for kind, at, size in segments
    )
    data = (ident + head + table).ljust(headers, b"\0") + interp + strings
    return data.ljust(dynamic_at, b"\0") + dynamic
