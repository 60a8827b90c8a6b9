"""What of an odd tree arrives is what arrives from the docker CLI, member by member."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.engine.buildkit.docker_builds import Docker, DockerFailed, ours
from tests.engine.buildkit.odd_trees import make_odd_tree

from buildkit_client import BadRequest, Builder, Rejected

pytestmark = pytest.mark.engine


def test_an_odd_tree_arrives_as_from_docker(
    builder: Builder, docker: Docker, tmp_path: Path
) -> None:
    root = make_odd_tree(tmp_path / "odd")
    found, expected = ours(builder, root), docker.build(root)
    assert list(found) == list(expected)
    for name, member in expected.items():
        assert (name, found[name]) == (name, member)
    # What both would do wrong if the exporter hid it.
    assert {"sparse", "fifo", "dangling", "a/b-c/hard", "file-0"} <= found.keys()
    assert dict(found["a-b"].xattrs)["SCHILY.xattr.user.colour"].startswith("blue")
    assert {found[name].kind for name in ("z", "Z-hard", "a/b-c/hard")} == {b"0", b"1"}
    assert len(found) > 90


def test_a_name_that_is_not_utf_8_is_refused_by_both(
    builder: Builder, docker: Docker, tmp_path: Path
) -> None:
    root = tmp_path / "context"
    root.mkdir()
    (root / os.fsdecode(b"n\xff")).touch()
    with pytest.raises(DockerFailed, match="UTF-8"):
        docker.build(root)
    with pytest.raises((BadRequest, Rejected), match="UTF-8"):
        ours(builder, root)


@pytest.mark.slow
def test_two_gigabytes_of_which_most_is_nothing(
    builder: Builder, docker: Docker, tmp_path: Path
) -> None:
    root = tmp_path / "context"
    root.mkdir()
    with (root / "sparse").open("wb") as file:
        file.seek(2 * 10**9)
        file.write(b"end")
    found, expected = ours(builder, root), docker.build(root)
    assert found == expected
    assert found["sparse"].size == 2 * 10**9 + 3


@pytest.mark.slow
def test_a_hundred_thousand_files(builder: Builder, docker: Docker, tmp_path: Path) -> None:
    root = tmp_path / "context"
    noise = random.Random(1)
    for number in range(1000):
        folder = root / f"{number % 10}" / f"{number // 10}"
        folder.mkdir(parents=True)
        for name in range(100):
            (folder / f"{name}").write_bytes(noise.randbytes(name))
    found, expected = ours(builder, root), docker.build(root)
    assert list(found.items()) == list(expected.items())
    assert len(found) == 101_010
