"""Stacks of layers as an engine could have written them, and a model of what they make."""

from __future__ import annotations

import hashlib
import stat
import tarfile

from hypothesis import strategies as st
from tests.image.making import Member, directory, file, hard_link, symlink

Stack = list[list[Member]]
Node = tuple[int, int, object]
NAMES = "abc"


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Layers whose directories are listed before what is in them, as tar programs write them."""
    return [draw(_layers()) for _ in range(draw(st.integers(1, 4)))]


@st.composite
def _layers(draw: st.DrawFn) -> list[Member]:
    members: list[Member] = []
    _fill(draw, "", members, 0)
    return members


def _fill(draw: st.DrawFn, folder: str, members: list[Member], depth: int) -> None:
    if depth and draw(st.integers(0, 5)) == 0:
        members.append(file(f"{folder}.wh..wh..opq"))
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3)):
        path = f"{folder}{name}"
        kind = draw(st.sampled_from(["file", "directory", "whiteout", "symlink", "hard link"]))
        if kind == "directory" and depth < 3:
            members.append(directory(path, mode=draw(st.sampled_from([0o755, 0o700]))))
            _fill(draw, f"{path}/", members, depth + 1)
        elif kind == "whiteout":
            members.append(file(f"{folder}.wh.{name}"))
        elif kind == "symlink":
            members.append(symlink(path, draw(st.sampled_from(["a", "/b", "../c"]))))
        else:
            _add_file(draw, path, kind, members)


def _add_file(draw: st.DrawFn, path: str, kind: str, members: list[Member]) -> None:
    files = [info for info, _ in members if info.isreg() and ".wh." not in info.name]
    if kind == "hard link" and files:
        target = draw(st.sampled_from(files))
        # Engines give the file the mode that stands with its last name; tar programs repeat it.
        members.append(hard_link(path, target.name, mode=target.mode))
    else:
        mode = draw(st.sampled_from([0o644, 0o4755]))
        members.append(file(path, draw(st.sampled_from([b"", b"x", b"yy"])), mode=mode))


def model(stack: Stack) -> dict[str, Node]:
    """Path → type, permissions, and content or target; by the words of the specification."""
    there: dict[str, Node] = {}
    for layer in stack:
        for info, _ in layer:
            above, _, name = info.name.rpartition("/")
            if name == ".wh..wh..opq":
                there = {path: node for path, node in there.items() if not _below(path, above)}
            elif name.startswith(".wh."):
                gone = f"{above}/{name[4:]}" if above else name[4:]
                there = {
                    path: node
                    for path, node in there.items()
                    if path != gone and not _below(path, gone)
                }
        for info, content in layer:
            if info.name.rpartition("/")[2].startswith(".wh."):
                continue
            if not info.isdir():
                there = {p: node for p, node in there.items() if not _below(p, info.name)}
            there[info.name] = _node(info, content, there)
    return there


def _node(info: tarfile.TarInfo, content: bytes, there: dict[str, Node]) -> Node:
    if info.isdir():
        return stat.S_IFDIR, info.mode, None
    if info.issym():
        return stat.S_IFLNK, info.mode, info.linkname
    if info.islnk():
        return there[info.linkname]
    return stat.S_IFREG, info.mode, hashlib.sha256(content).digest()[:16]


def _below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/")
