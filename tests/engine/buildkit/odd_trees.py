"""A tree of every oddity that a file system lets a user make."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

# Byte order, whole-path order and the order of letters are three different things.
SORTED_DIFFERENTLY = [
    "a/b",
    "a-b",
    "a.b",
    "a b",
    "aB",
    "ab",
    "a/b-c/d",
    "a/b.c",
    "a!b/x",
    "a~",
    "Ä",
]
SORTED_DIFFERENTLY += ["ä", "z", "Z", "\ue000", "\U0001f600", "\uffee", "a\u0301", "á"]
NAMES = [
    "empty",
    "n" * 255,
    "dots...",
    " leading",
    "trailing ",
    "back\\slash",
    "new\nline",
    "tab\t",
]
NAMES += [
    "quote'\"",
    "*",
    "[a]",
    "{b}",
    "-rf",
    "#hash",
    "!bang",
    "~",
    "$HOME",
    "100%",
    "a=b",
    "\x01",
]
BEFORE_1970, AFTER_2038, FRACTION = (
    -86_400 * 10**9,
    4_102_444_800 * 10**9,
    1_234_567_890_123_456_789,
)
# cap_net_bind_service=ep, as setcap writes it.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")


def make_odd_tree(root: Path) -> Path:
    """Make it; devices, owners and capabilities only as root."""
    for name in [*SORTED_DIFFERENTLY, *NAMES]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "empty").write_bytes(b"")
    deep = root / "/".join(["deep" * 20] * 12)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"x" * 3_000_000)
    _make_links(root)
    _make_modes(root)
    os.mkfifo(root / "fifo", 0o640)
    place = os.getcwd()
    os.chdir(root)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    os.chdir(place)
    with (root / "sparse").open("wb") as sparse:
        sparse.truncate(20_000_000)
    for name, moment in (
        ("old", BEFORE_1970),
        ("future", AFTER_2038),
        ("fraction", FRACTION),
        ("zero", 0),
    ):
        (root / name).write_text(name)
        os.utime(root / name, ns=(moment, moment))
    os.setxattr(root / "a-b", "user.colour", b"blue\0\xff")
    os.setxattr(root / "a", "user.empty", b"")
    if os.geteuid() == 0:
        _make_what_root_can(root)
    return root


def _make_links(root: Path) -> None:
    for name, target in (
        ("dangling", "nowhere"),
        ("to-folder", "a"),
        ("to-itself", "to-itself"),
        ("out", "../../../etc/passwd"),
        ("absolute", "/etc/passwd"),
        ("odd-target", "a//b/../b/./ "),
        ("long-target", "t" * 1000),
    ):
        (root / name).symlink_to(target)
    os.link(root / "z", root / "Z-hard")
    os.link(root / "z", root / "a/b-c/hard")
    os.link(root / "empty", root / "empty-hard")
    os.link(root / "dangling", root / "dangling-hard", follow_symlinks=False)


def _make_modes(root: Path) -> None:
    for mode in (0o000, 0o111, 0o400, 0o644, 0o755, 0o777, 0o4755, 0o2755, 0o6711, 0o1644, 0o7777):
        (root / f"file-{mode:o}").write_text("mode")
        (root / f"file-{mode:o}").chmod(mode)
    for mode in (0o700, 0o755, 0o1777, 0o2775, 0o555):
        folder = root / f"folder-{mode:o}"
        folder.mkdir()
        (folder / "inside").write_text("inside")
        folder.chmod(mode)
    (root / "empty-folder").mkdir()


def _make_what_root_can(root: Path) -> None:
    os.mknod(root / "character", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.mknod(root / "block", stat.S_IFBLK | 0o660, os.makedev(7, 200))
    os.mknod(root / "far", stat.S_IFCHR | 0o666, os.makedev(240, 300))
    os.chown(root / "ab", 1234, 5678)
    (root / "capable").write_text("#!/bin/sh\n")
    (root / "capable").chmod(0o755)
    os.setxattr(root / "capable", "security.capability", CAPABILITY)
    os.setxattr(root / "dangling", "trusted.note", b"of a link", follow_symlinks=False)
