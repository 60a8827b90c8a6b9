"""Merged trees beside what the kernel's overlay shows of the same layers."""

from __future__ import annotations

import copy
import hashlib
import io
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.image.making import Member, directory, docker_archive, files_as_tar, layout, tar
from tests.image.stacks import Node, Stack, stacks

from reimage.image.opening import read_stream
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from tests.engine.conftest import StartDaemon
    from tests.engine.daemon import Daemon, Store

pytestmark = pytest.mark.engine

KINDS = {
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.REGTYPE: stat.S_IFREG,
    tarfile.SYMTYPE: stat.S_IFLNK,
}


def side_by_side(some: list[Stack]) -> list[bytes]:
    """Many stacks as one, each in a folder of its own."""
    layers: list[list[Member]] = []
    for number, stack in enumerate(some):
        for index, members in enumerate(stack):
            if index == len(layers):
                layers.append([])
            layers[index].append(directory(f"s{number}"))
            for info, content in members:
                moved = copy.copy(info)
                moved.name = f"s{number}/{info.name}"
                if info.islnk():
                    moved.linkname = f"s{number}/{info.linkname}"
                layers[index].append((moved, content))
    return [tar(*members) for members in layers]


def exported(engine: Daemon, archive: Path, name: str) -> dict[str, Node]:
    engine.docker("load", "--input", str(archive))
    container = engine.docker("create", name, "nothing").strip()
    target = archive.parent / "exported.tar"
    engine.docker("export", "--output", str(target), container)
    engine.docker("rm", container)
    engine.docker("rmi", name)
    found: dict[str, Node] = {}
    with tarfile.open(fileobj=io.BytesIO(target.read_bytes())) as tree:
        for info in tree:
            if not info.name.startswith("s") or info.name == "sys":
                continue
            if info.islnk():
                found[info.name] = found[info.linkname]
                continue
            source = tree.extractfile(info) if info.isreg() else None
            content = hashlib.sha256(source.read()).digest()[:16] if source else None
            found[info.name] = (KINDS[info.type], info.mode, info.linkname or content)
    return found


@pytest.mark.parametrize("store", ["graphdriver", "containerd"])
def test_a_merged_tree_is_what_the_kernel_shows(
    start_daemon: StartDaemon, store: Store, tmp_path: Path
) -> None:
    engine = start_daemon("sid", store)

    @settings(
        max_examples=4,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(stacks(), min_size=40, max_size=60))
    def check(some: list[Stack]) -> None:
        layers = side_by_side(some)
        files = docker_archive(*layers, names=["app:1"])
        archive = tmp_path / "image.tar"
        archive.write_bytes(files_as_tar(files))
        tree = merged(read_stream([files_as_tar(layout(*layers))]).layers)
        ours = {}
        for placed in tree:
            entry = tree.content(placed).entry
            mode = 0o777 if entry.is_symlink else entry.mode
            ours[placed.entry.path] = (entry.kind, mode, entry.link or entry.digest)
        assert ours == {
            path: (kind, 0o777 if kind == stat.S_IFLNK else mode, what)
            for path, (kind, mode, what) in exported(engine, archive, "app:1").items()
        }

    check()
