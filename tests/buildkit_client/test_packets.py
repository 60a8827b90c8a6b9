"""Packets made by hand are those that protobuf makes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildkit_client import messages
from buildkit_client.session import packets

NUMBERS = st.integers(0, 2**32 - 1)


@given(NUMBERS, st.binary(max_size=300))
def test_data(number: int, data: bytes) -> None:
    expected = messages.Packet(type=packets.DATA, id=number, data=data)
    assert packets.data_packet(number, data) == expected.SerializeToString()


@given(NUMBERS)
def test_requests(number: int) -> None:
    expected = messages.Packet(type=packets.REQUEST, id=number)
    assert packets.request_packet(number) == expected.SerializeToString()


def test_fixed_packets() -> None:
    assert packets.read(packets.FINISH).type == packets.FIN
    end = packets.read(packets.END_OF_LIST)
    assert (end.type, end.HasField("stat")) == (packets.STAT, False)
    assert packets.read(packets.stat_packet(messages.Stat())).HasField("stat")


def test_a_large_piece() -> None:
    data = b"x" * (1 << 20)
    assert packets.read(packets.data_packet(7, data)).data == data
