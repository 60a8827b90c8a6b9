"""Packets of the file protocol, of which both FileSync and FileSend are made.

The sender lists all entries in order (the position in the list is a file's number) and ends the
list with an empty entry; the receiver asks for files by number; data come in pieces, an empty piece
ends a file; the receiver's FIN is answered with a FIN.
"""

from __future__ import annotations

from typing import Final

from buildkit_client import messages

STAT: Final = 0
REQUEST: Final = 1
DATA: Final = 2
FIN: Final = 3
ERROR: Final = 4

END_OF_LIST = b""  # a STAT without an entry: all fields have their default
FINISH = b"\x08\x03"


def stat_packet(stat: messages.Stat) -> bytes:
    """One entry of the list."""
    return messages.Packet(type=STAT, stat=stat).SerializeToString()


def request_packet(number: int) -> bytes:
    """Ask for the content of a file."""
    return b"\x08\x01" + _field(0x18, number)


def data_packet(number: int, data: bytes) -> bytes:
    """A piece of a file; without data, the end of it."""
    # By hand: there are as many of these as there are files, and copying each once is enough.
    head = b"\x08\x02" + _field(0x18, number)
    return b"".join((head, b"\x22", _varint(len(data)), data)) if data else head


def error_packet(message: str) -> bytes:
    """Tell the other side why the transfer ends."""
    return messages.Packet(type=ERROR, data=message.encode("utf-8", "replace")).SerializeToString()


def read(packet: bytes) -> messages.Packet:
    """The packet of some bytes."""
    return messages.Packet.FromString(packet)


def _field(tag: int, value: int) -> bytes:
    return bytes((tag,)) + _varint(value) if value else b""


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    pieces.append(value)
    return bytes(pieces)
