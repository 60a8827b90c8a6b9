"""Patches: what they leave alone, what they say, and that git and patch take them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.rewriting import patches
from reimage.rewriting.line_changes import line_changes
from reimage.rewriting.patches import (
    Patch,
    PatchMismatch,
    apply_hunks,
    make_patch,
    parse_numbers,
)
from reimage.text import decode, encode, split_lines

TEN = "".join(f"{number}\n" for number in range(1, 11))
THIRTY = "".join(f"{number}\n" for number in range(1, 31))
ODD = "\ra\r\r\f\v\x1c\x85\u2028\u2029\x00é\ttab " + decode(b"\xff\xfe")

lines = st.lists(
    st.sampled_from(("a", "b", "c", "", "\r", "x\ry", "--- a", "+++ b", "@@ -1 +1 @@", "\\ No"))
    | st.text("ab\r\f\v\x00\x1c\x85\u2028\udcff-+ \\", max_size=3),
    max_size=12,
)
texts = st.builds(lambda some, ending: "\n".join(some) + ending, lines, st.sampled_from(("", "\n")))


def all_numbers(patch: Patch) -> list[int]:
    return [hunk.number for hunk in patch.hunks]


# What is left alone.


def test_equal_texts_make_no_patch() -> None:
    assert make_patch("x", ODD, ODD) == Patch("x", "", ())


def test_no_hunk_chosen_changes_nothing() -> None:
    patch = make_patch("x", TEN, TEN.replace("5", "five"))
    assert apply_hunks(TEN, patch, ()) == TEN
    assert apply_hunks(TEN, patch, (2, 99)) == TEN


def test_a_hunk_refuses_a_text_that_it_was_not_made_for() -> None:
    patch = make_patch("x", TEN, TEN.replace("5", "five"))
    with pytest.raises(PatchMismatch):
        apply_hunks(TEN.replace("4", "four"), patch, (1,))
    with pytest.raises(PatchMismatch):
        apply_hunks("", patch, (1,))


def test_a_patch_that_reads_differently_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "_spoken", lambda start, length: f"{start + 1},{length}")
    with pytest.raises(PatchMismatch, match="reads differently"):
        make_patch("x", TEN, TEN.replace("5", "five"))


def test_a_patch_that_leads_elsewhere_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reimage.rewriting.line_changes.line_changes", lambda old, new: ())
    with pytest.raises(PatchMismatch, match="does not lead"):
        make_patch("x", TEN, TEN.replace("5", "five"))


# What a patch says.


def test_a_changed_line_stands_among_three_others() -> None:
    patch = make_patch("x", TEN, TEN.replace("5\n", "five\n"))
    assert patch.text == (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    )
    (hunk,) = patch.hunks
    assert (hunk.number, hunk.start, hunk.length, hunk.new_start, hunk.new_length) == (
        1,
        2,
        7,
        2,
        7,
    )
    assert patch.text.endswith(hunk.text) and hunk.text.startswith("@@ -2,7 ")
    assert hunk.before == ("2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n")
    assert hunk.after[3] == "five\n"
    assert hunk.lines == (5,)


def test_changes_six_lines_apart_share_a_hunk_and_seven_lines_apart_do_not() -> None:
    near = make_patch("x", THIRTY, THIRTY.replace("11\n", "a\n").replace("18\n", "b\n"))
    far = make_patch("x", THIRTY, THIRTY.replace("11\n", "a\n").replace("19\n", "b\n"))
    assert [hunk.lines for hunk in near.hunks] == [(11, 18)]
    assert [hunk.lines for hunk in far.hunks] == [(11,), (19,)]


def test_lines_that_are_only_added_belong_to_the_line_they_follow() -> None:
    def lines_of(after: str, context: int = 3) -> tuple[int, ...]:
        return make_patch("x", TEN, after, context=context).hunks[0].lines

    assert lines_of("new\n" + TEN) == (0,)
    assert lines_of(TEN + "new\nnew\n") == (10,)
    assert lines_of(TEN.replace("5\n", "5\nnew\nnewer\n")) == (5,)
    assert lines_of(TEN.replace("5\n", "5\nnew\n"), context=0) == (5,)
    assert lines_of(TEN.replace("5\n6\n", "five\nsix\nseven\n")) == (5, 6)
    assert lines_of(TEN.replace("5\n", "").replace("7\n", "7\nnew\n")) == (5, 7)


def test_without_context_added_lines_name_the_line_before() -> None:
    hunk = make_patch("x", TEN, TEN.replace("5\n", "5\nnew\n"), context=0).hunks[0]
    assert hunk.text == "@@ -5,0 +6 @@\n+new\n"
    assert (hunk.start, hunk.length, hunk.before) == (5, 0, ())


def test_numbers_go_on_where_the_file_before_ended() -> None:
    patch = make_patch("x", THIRTY, THIRTY.replace("3\n", "three\n"), first_number=4)
    assert all_numbers(patch) == [4, 5, 6]


def test_a_missing_final_newline_is_said_as_git_says_it() -> None:
    gone = make_patch("x", "a\nb\n", "a\nb").hunks[0].text
    come = make_patch("x", "a\nb", "a\nb\nc").hunks[0].text
    assert gone == "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"
    assert come == (
        "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n"
        "+b\n+c\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("./sub//x", "--- a/sub/x\n"),
        ("/srv/x", "--- a/srv/x\n"),
        ("my file", "--- a/my file\t\n"),
        ("é", '--- "a/\\303\\251"\n'),
        ('a"\\\t\n\x01\x7f', '--- "a/a\\"\\\\\\t\\n\\001\\177"\n'),
        (decode(b"\xff 1"), '--- "a/\\377 1"\t\n'),
    ],
)
def test_paths_are_quoted_as_git_quotes_them(path: str, header: str) -> None:
    assert header in make_patch(path, "a\n", "b\n").text


def test_hunks_are_applied_by_choice() -> None:
    after = THIRTY.replace("5\n", "five\n", 1).replace("20\n", "").replace("30\n", "30")
    patch = make_patch("x", THIRTY, after)
    assert apply_hunks(THIRTY, patch, all_numbers(patch)) == after
    assert apply_hunks(THIRTY, patch, (1,)) == THIRTY.replace("5\n", "five\n", 1)
    assert apply_hunks(THIRTY, patch, (3,)) == THIRTY[:-1]


def test_a_new_file_is_made_or_not() -> None:
    patch = make_patch("x", None, "a\nb")
    assert patch.text.startswith("diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x")
    assert patch.hunks[0].text.startswith("@@ -0,0 +1,2 @@\n")
    assert apply_hunks(None, patch, (1,)) == "a\nb"
    assert apply_hunks(None, patch, ()) == ""


@given(texts | st.none(), texts, st.integers(0, 4), st.data())
def test_any_text_survives(
    before: str | None, after: str, context: int, data: st.DataObject
) -> None:
    patch = make_patch("x", before, after, context=context)
    assert apply_hunks(before, patch, all_numbers(patch)) == after
    assert apply_hunks(before, patch, ()) == (before or "")
    chosen = data.draw(st.sets(st.sampled_from(all_numbers(patch)))) if patch.hunks else set()
    rest = make_patch("x", apply_hunks(before, patch, chosen), after)
    assert apply_hunks(apply_hunks(before, patch, chosen), rest, all_numbers(rest)) == after


@given(texts, texts)
def test_changes_hold_all_that_differs_and_nothing_else(before: str, after: str) -> None:
    old, new = split_lines(before), split_lines(after)
    at = new_at = 0
    for start, end, new_start, new_end in line_changes(old, new):
        assert old[at:start] == new[new_at:new_start]
        assert (at, new_at) == (0, 0) or start > at
        assert end > start or new_end > new_start
        at, new_at = end, new_end
    assert old[at:] == new[new_at:]


def test_a_moved_line_does_not_drag_its_neighbours_along() -> None:
    patch = make_patch("x", TEN, TEN.replace("2\n", "") + "2\n", context=0)
    assert [hunk.text for hunk in patch.hunks] == ["@@ -2 +1,0 @@\n-2\n", "@@ -10,0 +10 @@\n+2\n"]


def test_repeated_lines_between_changes_stay() -> None:
    before = "a\n\nfi\n\nb\n\nfi\n\nc\n"
    patch = make_patch("x", before, "A\n\nfi\n\nb\n\nfi\n\nC\n", context=0)
    assert [hunk.lines for hunk in patch.hunks] == [(1,), (9,)]


def test_large_files_and_lines_are_no_trouble() -> None:
    many = [f"{number % 10_000}\n" for number in range(20_000)]
    other = many[::-1]
    assert make_patch("x", "".join(many), "".join(other)).hunks
    line = "a" * 10_000_000
    assert make_patch("x", f"{line}\nb\n", f"{line}c\nb").hunks[0].length == 2


# Real programs.


def write(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode(text))


def run(folder: Path, *command: str, patch: str) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    environment = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        command,
        cwd=folder,
        input=encode(patch),
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr


PROGRAMS = (("git", "apply", "-"), ("patch", "-p1", "--silent"))
CHANGES = {
    "one line": (TEN, TEN.replace("5", "five")),
    "several hunks": (THIRTY, THIRTY.replace("5\n", "five\n").replace("30\n", "")),
    "CRLF": (TEN.replace("\n", "\r\n"), TEN.replace("5", "five").replace("\n", "\r\n")),
    "CRLF becomes LF": ("a\r\nb\r\n", "a\nb\n"),
    "final newline comes": (TEN[:-1], TEN),
    "final newline goes": (TEN, TEN[:-1]),
    "never a final newline": (TEN[:-1], TEN[:-1].replace("9", "nine")),
    "odd characters": (f"{ODD}\n{ODD}a\n", f"{ODD}\n{ODD}b\n{ODD}"),
    "emptied": (TEN, ""),
    "filled": ("", TEN),
    "lines like headers": ("-- a\n++ b\nx\n", "++ b\n-- a\n@@ -1 +1 @@\n"),
}


@pytest.mark.parametrize("program", PROGRAMS, ids=("git", "patch"))
@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_programs_change_a_file(
    tmp_path: Path, before: str, after: str, program: tuple[str, ...]
) -> None:
    write(tmp_path, "Dockerfile", before)
    run(tmp_path, *program, patch=make_patch("Dockerfile", before, after).text)
    file = tmp_path / "Dockerfile"
    # patch removes a file that it has emptied.
    assert (file.read_bytes() if file.exists() else b"") == encode(after)


PATHS = ("x b/x", "a  b/c\td", 'é/\n"\\', "sub/.dockerignore", decode(b"\xff"))


@pytest.mark.parametrize("program", PROGRAMS, ids=("git", "patch"))
@pytest.mark.parametrize("path", PATHS)
def test_programs_find_and_create_files_of_any_name(
    tmp_path: Path, path: str, program: tuple[str, ...]
) -> None:
    write(tmp_path, path, TEN)
    run(tmp_path, *program, patch=make_patch(path, TEN, "new\n" + TEN).text)
    assert (tmp_path / path).read_text() == "new\n" + TEN
    run(tmp_path, *program, patch=make_patch(f"new/{path}", None, "a\nb").text)
    assert (tmp_path / "new" / path).read_text() == "a\nb"


@pytest.mark.parametrize("program", PROGRAMS, ids=("git", "patch"))
def test_programs_take_several_patches_at_once(tmp_path: Path, program: tuple[str, ...]) -> None:
    write(tmp_path, "one", TEN[:-1])
    write(tmp_path, "two", THIRTY)
    parts = [
        make_patch("one", TEN[:-1], "first\n" + TEN[:-1]),
        make_patch("empty", None, ""),
        make_patch("three", None, "a\n"),
        make_patch("two", THIRTY, THIRTY[:-1]),
    ]
    run(tmp_path, *program, patch="".join(part.text for part in parts))
    assert (tmp_path / "one").read_text() == "first\n" + TEN[:-1]
    assert (tmp_path / "empty").read_text() == ""
    assert (tmp_path / "three").read_text() == "a\n"
    assert (tmp_path / "two").read_text() == THIRTY[:-1]


def test_git_takes_single_hunks(tmp_path: Path) -> None:
    patch = make_patch("x", THIRTY, THIRTY.replace("5\n", "five\n").replace("20\n", "20\n20\n"))
    for hunk in patch.hunks:
        write(tmp_path, "x", THIRTY)
        run(tmp_path, "git", "apply", "-", patch=f"--- a/x\n+++ b/x\n{hunk.text}")
        assert (tmp_path / "x").read_text() == apply_hunks(THIRTY, patch, (hunk.number,))


# Numbers.


@pytest.mark.parametrize(
    "text", ["", "0", "a", "1,", "3-1", "-1", "1-", "1-2-3", "1 2", "²", "1-999999999", "9" * 30]
)
def test_what_names_no_hunks_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        parse_numbers(text)
    assert repr(text) in str(refusal.value)


def test_numbers_and_ranges_are_read() -> None:
    assert parse_numbers("7, 1,3-5 ,4") == (1, 3, 4, 5, 7)
