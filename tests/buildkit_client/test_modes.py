"""File modes as they travel."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkit_client.session.modes import from_go, to_go

KINDS = [
    stat.S_IFREG,
    stat.S_IFDIR,
    stat.S_IFLNK,
    stat.S_IFBLK,
    stat.S_IFCHR,
    stat.S_IFIFO,
]


@given(st.sampled_from(KINDS), st.integers(0, 0o7777))
def test_modes_come_back(kind: int, bits: int) -> None:
    assert from_go(to_go(kind | bits)) == kind | bits


@pytest.mark.parametrize(
    ("mode", "travels"),
    [
        pytest.param(stat.S_IFREG | 0o644, 0o644, id="no type bit for a regular file"),
        pytest.param(stat.S_IFDIR | 0o755, 0x800001ED, id="a directory"),
        pytest.param(stat.S_IFLNK | 0o777, 0x080001FF, id="a link"),
        pytest.param(stat.S_IFCHR | 0o600, 0x04200180, id="a character device"),
        pytest.param(stat.S_IFREG | 0o4755, 0x008001ED, id="setuid"),
        pytest.param(stat.S_IFDIR | 0o1777, 0x801001FF, id="sticky"),
        pytest.param(stat.S_IFSOCK | 0o755, 0o755, id="a socket is an empty file"),
    ],
)
def test_modes_are_those_of_go(mode: int, travels: int) -> None:
    assert to_go(mode) == travels
