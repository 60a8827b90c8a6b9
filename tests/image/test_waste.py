"""What counts as waste, kind by kind, and what does not."""

from __future__ import annotations

import pkgutil

import pytest
from tests.image.making import Member, directory, file, hard_link
from tests.image.test_trees import image

from reimage.image.waste import kinds
from reimage.image.waste.finding import wasted
from reimage.image.waste.kinds import KINDS
from reimage.transforms import load

BIG = b"x" * 5000


def found(*layers: list[Member]) -> set[tuple[str, str, int, int, int | None]]:
    some = wasted(image(*layers))
    return {(each.kind, each.path, each.layer, each.size, each.hidden_by) for each in some}


def test_nothing_is_wasted_in_a_lean_image() -> None:
    assert not found(
        [directory("usr"), file("usr/app", BIG), hard_link("usr/again", "usr/app")],
        [directory("usr"), file("usr/share/doc/app/copyright", b"c"), file("empty")],
        [file("small", b"a"), file("same", b"a"), file("var/lib/apt/lists/lock", b"")],
    )


def test_deleted_files_are_charged_to_the_layer_that_has_them() -> None:
    lower = [directory("d"), file("d/a", BIG), file("b", b"1")]
    assert found(lower, [file(".wh.d")], [file(".wh.b")]) == {
        ("deleted", "d/a", 0, 5000, 1),
        ("deleted", "b", 0, 1, 2),
    }


def test_a_deleted_name_of_content_that_is_still_there_is_no_waste() -> None:
    assert not found([file("a", BIG), hard_link("b", "a")], [file(".wh.a")])
    assert found([file("a", BIG), hard_link("b", "a")], [file(".wh.a"), file(".wh.b")]) == {
        ("deleted", "a", 0, 5000, 1)
    }


def test_rewriting_differs_from_changing_the_mode() -> None:
    lower = [file("a", b"one"), file("b", b"two"), file("c", b"three")]
    upper = [file("a", b"ONE"), file("b", b"two", mode=0o600), file("c", b"three", mtime=1)]
    assert found(lower, upper) == {
        ("replaced", "a", 0, 3, 1),
        ("copied_up", "b", 0, 3, 1),
        ("copied_up", "c", 0, 5, 1),
    }


def test_duplicates_count_but_for_the_lowest() -> None:
    one, two = [file("z", BIG), file("y", b"tiny")], [file("a", BIG), file("b", b"tiny")]
    assert found(one, two) == {("duplicates", "a", 1, 5000, None)}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("var/lib/apt/lists/example.org_Packages", "package_lists"),
        ("var/cache/apt/archives/a.deb", "download_caches"),
        ("root/.cache/pip/http/a", "download_caches"),
        ("home/node/.npm/_cacache/x", "download_caches"),
        ("var/log/dpkg.log", "logs"),
        ("tmp/x", "logs"),
        ("app/.git/objects/00/1", "version_control"),
        (".git/HEAD", "version_control"),
        ("usr/share/doc/gcc/README", "documentation"),
        ("usr/share/man/man1/ls.1.gz", "documentation"),
        ("usr/lib/python3/dist-packages/numpy/tests/test_a.py", "test_suites"),
        ("app/node_modules/a/b.test.js", "test_suites"),
        ("app/__pycache__/a.cpython-312.pyc", "bytecode"),
        ("usr/include/stdio.h", "development_files"),
        ("usr/lib/x86_64-linux-gnu/libc.a", "development_files"),
        ("usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", "build_tools"),
        ("usr/bin/x86_64-linux-gnu-gcc-12", "build_tools"),
        ("usr/bin/make", "build_tools"),
    ],
)
def test_paths_tell_the_kind(path: str, kind: str) -> None:
    assert found([file(path, b"x")]) == {(kind, path, 0, 1, None)}


@pytest.mark.parametrize(
    "path",
    [
        "app/log/app.log",
        "app/tests.py",
        "srv/tmp/x",
        "usr/bin/gccgo-like-name",
        "usr/share/doc/app/copyright",
        "app/tests/test_app.py",
        "usr/share/docker/x",
        "app/.gitignore",
        "usr/lib/libc.so.6",
        "opt/make",
    ],
)
def test_paths_that_only_look_alike_are_no_waste(path: str) -> None:
    assert not found([file(path, b"x")])


def test_every_byte_counts_once() -> None:
    lists = [file("var/lib/apt/lists/x", BIG)]
    assert found(lists, [file("var/lib/apt/lists/.wh.x")]) == {
        ("deleted", "var/lib/apt/lists/x", 0, 5000, 1)
    }


def test_every_kind_is_in_the_list_and_has_a_definition() -> None:
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)}
    assert {kind.name for kind in KINDS} == modules
    assert all(getattr(kinds, name).__doc__ for name in modules)


def test_cures_are_transformations_that_there_are() -> None:
    there = {transformation.name for transformation in load()}
    assert {cure for kind in KINDS for cure in kind.cures} <= there
