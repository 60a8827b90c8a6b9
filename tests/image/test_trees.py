"""Layers on one another: beside a simple model, and corner by corner."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.image.making import (
    Member,
    directory,
    file,
    files_as_tar,
    hard_link,
    layout,
    symlink,
    tar,
)
from tests.image.stacks import Stack, model, stacks

from reimage.image.anatomy import Image
from reimage.image.opening import read_stream
from reimage.image.trees.images import difference
from reimage.image.trees.merging import Changes, changes, merged


def image(*layers: list[Member], **more: object) -> Image:
    files = layout(*(tar(*members) for members in layers), packing="", **more)
    return read_stream([files_as_tar(files)])


def paths(*layers: list[Member]) -> list[str]:
    return sorted(placed.entry.path for placed in merged(image(*layers).layers))


@settings(deadline=None, max_examples=200)
@given(stacks())
def test_a_merged_tree_is_what_a_simple_model_says(stack: Stack) -> None:
    found = {}
    tree = merged(image(*stack).layers)
    for placed in tree:
        entry = tree.content(placed).entry
        found[placed.entry.path] = (entry.kind, entry.mode, entry.link or entry.digest)
    assert found == model(stack)


@settings(deadline=None)
@given(stacks())
def test_changes_add_up_to_the_merged_tree(stack: Stack) -> None:
    layers = image(*stack).layers
    there: set[str] = set()
    for step in changes(layers):
        removed = {placed.entry.path for placed in step.removed}
        added = {placed.entry.path for placed in step.added}
        changed = {change.after.entry.path for change in step.changed}
        assert removed <= there and changed <= there and not added & there
        there = (there - removed) | added
    assert there >= {p.entry.path for p in merged(layers) if p.entry.mtime}


@given(stacks())
def test_an_image_does_not_differ_from_itself(stack: Stack) -> None:
    assert not difference(image(*stack), image(*stack))


class TestWhiteouts:
    def test_hide_files_and_whole_directories(self) -> None:
        lower = [directory("d"), file("d/x"), file("d/y"), file("z")]
        assert paths(lower, [file("d/.wh.x")]) == ["d", "d/y", "z"]
        assert paths(lower, [file(".wh.d")]) == ["z"]

    def test_hide_nothing_that_comes_with_them(self) -> None:
        lower = [directory("d"), file("d/x")]
        upper = [directory("d"), file("d/new"), file(".wh.d")]
        assert paths(lower, upper) == ["d", "d/new"]
        assert paths(lower, upper[::-1]) == ["d", "d/new"]

    def test_of_nothing_are_no_harm(self) -> None:
        assert paths([file("a")], [file("x/y/.wh.z"), file(".wh.b")]) == ["a"]

    def test_opaque_directories_hide_what_is_below(self) -> None:
        lower = [directory("d"), directory("d/e"), file("d/e/x"), file("d/y")]
        for upper in (
            [directory("d"), file("d/.wh..wh..opq"), file("d/new")],
            [directory("d"), file("d/new"), file("d/.wh..wh..opq")],
        ):
            assert paths(lower, upper) == ["d", "d/new"]

    def test_of_an_old_storage_driver_are_no_files(self) -> None:
        assert paths([file("a")], [directory(".wh..wh.plnk"), file(".wh..wh.aufs")]) == ["a"]

    def test_are_undone_by_higher_layers(self) -> None:
        assert paths([file("a")], [file(".wh.a")], [file("a")]) == ["a"]


def test_a_file_takes_the_place_of_a_directory_and_back() -> None:
    assert paths([directory("a"), file("a/x")], [file("a")]) == ["a"]
    assert paths([file("a")], [directory("a"), file("a/x")]) == ["a", "a/x"]


def test_directories_that_are_missing_are_made() -> None:
    assert paths([file("a/b/c")]) == ["a", "a/b", "a/b/c"]


def test_a_link_of_a_lower_layer_gives_way_to_a_directory() -> None:
    lower = [directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib")]
    assert paths(lower, [file("lib/x")]) == ["lib", "lib/x", "usr", "usr/lib"]


def test_a_link_of_the_same_layer_is_followed_within_the_image() -> None:
    one = [directory("usr"), directory("usr/lib"), symlink("lib", "../../usr/lib"), file("lib/x")]
    assert paths(one) == ["lib", "usr", "usr/lib", "usr/lib/x"]


def test_hard_links_share_content_even_of_lower_layers() -> None:
    tree = merged(image([file("a", b"x")], [hard_link("b", "a")]).layers)
    found = tree.get("b")
    assert found and tree.content(found).entry.path == "a"


def test_paths_are_resolved_as_linux_does() -> None:
    tree = merged(
        image(
            [
                directory("usr"),
                directory("usr/bin"),
                symlink("bin", "usr/bin"),
                symlink("usr/bin/sh", "/bin/dash"),
                file("usr/bin/dash"),
                symlink("loop", "loop"),
                symlink("out", "../../../usr"),
            ]
        ).layers
    )
    assert tree.resolve("/bin/sh") == "usr/bin/dash"
    assert tree.resolve("out/bin/../bin/dash") == "usr/bin/dash"
    assert tree.resolve("loop") is None
    assert tree.resolve("/") == ""


def only(stack: list[list[Member]]) -> Changes:
    return list(changes(image(*stack).layers))[-1]


def test_a_change_says_what_changed() -> None:
    lower = [file("a", b"x"), file("b", b"x"), file("c", b"x"), file("d", b"x")]
    upper = [file("a", b"x", mode=0o755), file("b", b"x", uid=7), file("c", b"y"), file("d", b"x")]
    found = {change.after.entry.path: change.what for change in only([lower, upper]).changed}
    assert found == {"a": ("mode",), "b": ("owner",), "c": ("content",), "d": ()}


def test_directories_that_are_mentioned_again_are_no_change() -> None:
    assert only([[directory("a"), file("a/x")], [directory("a"), file("a/y")]]).changed == ()


def test_two_images_side_by_side() -> None:
    before = image(
        [file("gone"), file("same", b"s"), file("text", b"1"), symlink("link", "a")],
        config={"Env": ["A=1", "B=2"], "Cmd": ["x"], "User": "root"},
    )
    after = image(
        [file("new"), hard_link("link", "new"), file("text", b"2")],
        [file("same", b"s", mtime=5)],
        config={"Env": ["A=1", "B=3"], "Cmd": ["x"]},
    )
    found = difference(before, after)
    assert [entry.path for entry in found.added] == ["new"]
    assert [entry.path for entry in found.removed] == ["gone"]
    assert [(each.path, each.what) for each in found.changed] == [
        ("link", ("type",)),
        ("text", ("content",)),
    ]
    assert [(each.field, each.key, each.before, each.after) for each in found.config] == [
        ("env", "B", "2", "3"),
        ("user", "", "root", ""),
    ]


@given(st.lists(st.sampled_from(["a", "a/b", "a/b/c"]), max_size=3))
def test_removing_is_complete(gone: list[str]) -> None:
    lower = [directory("a"), directory("a/b"), file("a/b/c")]
    marks = [file("/".join([*p.split("/")[:-1], f".wh.{p.split('/')[-1]}"])) for p in gone]
    left = [
        p for p in ("a", "a/b", "a/b/c") if not any((p + "/").startswith(g + "/") for g in gone)
    ]
    assert paths(lower, marks) == left


def test_a_link_that_takes_the_place_of_a_directory_leads_what_comes_later() -> None:
    layer = [symlink("other", "x"), directory("d/e"), file("d/e/one", b"1"), directory("to")]
    assert paths([*layer, symlink("d", "to"), file("d/two", b"2"), file("d/e/three", b"3")]) == [
        "d",
        "other",
        "to",
        "to/e",
        "to/e/three",
        "to/two",
    ]
