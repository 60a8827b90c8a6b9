"""Trees are listed as fsutil, which Docker's client sends them with, lists them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.engine.buildkit.odd_trees import make_odd_tree
from tests.engine.go_oracle import Oracle, Refused, running_oracle
from tests.engine.service import EngineUnavailable

from buildkit_client.ignore import BadIgnorePattern
from buildkit_client.session.followed import follow
from buildkit_client.session.selection import Selection
from buildkit_client.session.trees import Directory

pytestmark = pytest.mark.engine

NAMES = ["a", "b", "ab", "a-b", "a.b", "c"]
PATH = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
SEGMENT = st.sampled_from([*NAMES, "*", "**", "a*", "?", "[ab]", "*b", "**b", "a**", "[^a]", r"\a"])
PATTERN = st.builds(
    lambda negated, parts: "!" * negated + "/".join(parts),
    st.booleans(),
    st.lists(SEGMENT, min_size=1, max_size=4),
)
LINK = st.sampled_from(["a", "b/c", "../a", "/b", "..", ".", "nowhere", "a/../b", "/../c", "ab/"])
FOLLOWED = st.lists(SEGMENT, min_size=1, max_size=3).map("/".join)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    try:
        with running_oracle() as running:
            yield running
    except EngineUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tree")


def make(root: Path, files: list[str], links: dict[str, str]) -> None:
    shutil.rmtree(root)
    root.mkdir()
    for name in files:
        try:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        except OSError:
            continue  # one of the names is a file where this one needs a folder
    for name, target in links.items():
        above = (root / name).parent
        # An earlier link may lead out of the tree, where nothing of ours belongs.
        is_inside = above.is_dir() and above.resolve().is_relative_to(root.resolve())
        if is_inside and not os.path.lexists(root / name):
            (root / name).symlink_to(target)


def agree(oracle: Oracle, root: Path, asked: dict[str, list[str]]) -> None:
    excludes, includes, followed = (
        asked.get(key, []) for key in ("excludes", "includes", "follow")
    )
    tree = Directory(root)
    try:
        found = [*includes, *follow(tree, followed)] if follow(tree, followed) else []
        selection = Selection(found if followed else includes, excludes)
    except BadIgnorePattern:
        return  # what is refused is tested with the patterns
    try:
        expected = [
            entry.path for entry in oracle.walk(root, excludes, includes=includes, follow=followed)
        ]
    except Refused:
        pytest.fail("the oracle refuses what we take")
    assert [os.fsdecode(entry.path) for entry in tree.walk(selection)] == expected


TREES = (
    st.lists(PATH, max_size=14),
    st.dictionaries(PATH, LINK, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "excludes": st.lists(PATTERN, max_size=5),
            "includes": st.lists(st.one_of(PATH, PATTERN), max_size=3),
        },
    ),
)
FOLLOWING = st.fixed_dictionaries(
    {"follow": st.lists(st.one_of(PATH, FOLLOWED), min_size=1, max_size=4)},
    optional={"excludes": st.lists(PATTERN, max_size=3)},
)


@settings(max_examples=300, deadline=None)
@given(*TREES)
def test_some_hundred_selections(
    oracle: Oracle, root: Path, files: list[str], links: dict[str, str], asked: dict[str, list[str]]
) -> None:
    make(root, files, links)
    agree(oracle, root, asked)


@settings(max_examples=300, deadline=None)
@given(TREES[0], TREES[1], FOLLOWING)
@example(["a/a/a"], {}, {"follow": ["a/*/**"]})
@example(["a/a/a"], {}, {"follow": ["a/*/**", "b/*b"]})
def test_some_hundred_followed_links(
    oracle: Oracle, root: Path, files: list[str], links: dict[str, str], asked: dict[str, list[str]]
) -> None:
    make(root, files, links)
    agree(oracle, root, asked)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(*TREES)
def test_thousands_of_selections(
    oracle: Oracle, root: Path, files: list[str], links: dict[str, str], asked: dict[str, list[str]]
) -> None:
    make(root, files, links)
    agree(oracle, root, asked)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(TREES[0], TREES[1], FOLLOWING)
def test_thousands_of_followed_links(
    oracle: Oracle, root: Path, files: list[str], links: dict[str, str], asked: dict[str, list[str]]
) -> None:
    make(root, files, links)
    agree(oracle, root, asked)


def test_every_oddity_is_listed_as_fsutil_lists_it(oracle: Oracle, tmp_path: Path) -> None:
    root = make_odd_tree(tmp_path / "odd")
    expected = oracle.walk(root, [])
    found = list(Directory(root).walk(Selection()))
    assert [os.fsdecode(entry.path) for entry in found] == [entry.path for entry in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.mode, ours.mod_time, ours.size, ours.linkname, dict(ours.xattrs)) == (
            theirs.mode,
            theirs.mod_time,
            theirs.size,
            os.fsencode(theirs.link),
            theirs.xattrs,
        ), theirs.path
        assert (ours.devmajor, ours.devminor) == theirs.device
