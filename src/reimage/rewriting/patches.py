"""Unified diffs that `git apply` and `patch -p1` accept: made here, read back and checked by
unidiff, and applied hunk by hunk.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from reimage.text import encode, late, split_lines

if TYPE_CHECKING:
    from unidiff.patch import Hunk as ReadHunk

    from reimage.rewriting.line_changes import Change

_UNFINISHED = "\\ No newline at end of file\n"
_NO_FILE = "/dev/null"
_EMPTY_BLOB = "index 0000000..e69de29\n"
"""What git needs to see that a new file without a hunk is meant to be empty."""
_MOST_NUMBERS = 100_000
_NUMBERS = late(r"\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?", re.ASCII)
_ESCAPES = {
    0x07: "\\a", 0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0B: "\\v", 0x0C: "\\f", 0x0D: "\\r",
    0x22: '\\"', 0x5C: "\\\\",
}  # fmt: skip


class PatchMismatch(AssertionError):
    """A patch does not say what it should, or not about this text: a bug of ours."""


class Hunk(NamedTuple):
    """A group of changes with the lines around them.

    `number` counts from 1 over all hunks of a run. `start` and `length` are the lines of the
    original as in the @@ line: 1-based, and where `length` is 0 the line that the hunk follows, 0
    at the top. `text` begins with the @@ line. `before` and `after` are the lines on either side,
    line endings and context included.
    """

    number: int
    start: int
    length: int
    new_start: int
    new_length: int
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def lines(self) -> tuple[int, ...]:
        """The 1-based original lines that are removed; where lines are only added, the line they
        follow, 0 at the top of the file."""
        found: list[int] = []
        at = self.start if self.length else self.start + 1
        removing = False
        for line in split_lines(self.text)[1:]:
            if line[0] == "-":
                found.append(at)
            elif line[0] == "+" and not removing and at - 1 not in found[-1:]:
                found.append(at - 1)
            removing = line[0] == "-" or (removing and line[0] != " ")
            at += line[0] in " -"
        return tuple(found)


class Patch(NamedTuple):
    """The change of one file. `path` is as given; `text` is empty when nothing changes."""

    path: str
    text: str
    hunks: tuple[Hunk, ...]


def make_patch(
    path: str, before: str | None, after: str, *, context: int = 3, first_number: int = 1
) -> Patch:
    """The patch from `before` to `after`; `before` is None for a file that is to be created.

    `path` is relative to where the patch will be applied; the leading slash of an absolute one is
    left out, as git knows none. Raises `PatchMismatch` when unidiff reads anything else out of the
    patch than went into it.
    """
    if before == after:
        return Patch(path, "", ())
    from reimage.rewriting.line_changes import line_changes

    old, new = split_lines(before or ""), split_lines(after)
    groups = _grouped(line_changes(old, new), 2 * context)
    hunks = tuple(
        _hunk(old, new, group, context, number) for number, group in enumerate(groups, first_number)
    )
    text = _header(path, created=before is None, empty=not hunks)
    patch = Patch(path, text + "".join(hunk.text for hunk in hunks), hunks)
    _check(patch, old, after)
    return patch


def apply_hunks(before: str | None, patch: Patch, numbers: Collection[int]) -> str:
    """`before` with the hunks of `patch` that `numbers` name; other numbers are passed over."""
    return _applied(split_lines(before or ""), (h for h in patch.hunks if h.number in numbers))


def parse_numbers(text: str) -> tuple[int, ...]:
    """The hunk numbers in `1,3-5`, sorted. Raises ValueError with a sentence."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = _NUMBERS.fullmatch(part)
        first = int(match[1]) if match else 0
        last = int(match[2] or first) if match else 0
        if not 0 < first <= last:
            raise ValueError(f"{text!r} does not name hunks; write numbers such as 1,3-5.")
        if last > _MOST_NUMBERS:
            raise ValueError(f"{text!r} names hunk {last}, and no patch has that many.")
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def _grouped(changes: "Iterable[Change]", apart: int) -> "list[list[Change]]":
    """Changes with at most `apart` lines between them share a hunk."""
    groups: list[list[Change]] = []
    for change in changes:
        if groups and change.start - groups[-1][-1].end <= apart:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(
    old: Sequence[str], new: Sequence[str], group: "Sequence[Change]", context: int, number: int
) -> Hunk:
    first, last = group[0], group[-1]
    lead = min(context, first.start)
    trail = min(context, len(old) - last.end)
    start, end = first.start - lead, last.end + trail
    new_start, new_end = first.new_start - lead, last.new_end + trail
    here = _range(start, end - start)
    there = _range(new_start, new_end - new_start)
    body: list[str] = []
    at = start
    for change in group:
        body += _marked(" ", old[at : change.start])
        body += _marked("-", old[change.start : change.end])
        body += _marked("+", new[change.new_start : change.new_end])
        at = change.end
    body += _marked(" ", old[at:end])
    return Hunk(
        number=number,
        start=here[0],
        length=here[1],
        new_start=there[0],
        new_length=there[1],
        text=f"@@ -{_spoken(*here)} +{_spoken(*there)} @@\n" + "".join(body),
        before=tuple(old[start:end]),
        after=tuple(new[new_start:new_end]),
    )


def _range(start: int, length: int) -> tuple[int, int]:
    """0-based lines as a @@ line counts them: 1-based, or the line before when there are none."""
    return (start + 1 if length else start), length


def _spoken(start: int, length: int) -> str:
    return str(start) if length == 1 else f"{start},{length}"


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n{_UNFINISHED}"


def _header(path: str, *, created: bool, empty: bool) -> str:
    old, new = (_quoted(side + _relative(path)) for side in ("a/", "b/"))
    lines = [f"diff --git {old} {new}\n"]
    if created:
        lines.append("new file mode 100644\n")
    if empty:
        lines.append(_EMPTY_BLOB)
    else:
        # A name with blanks ends at a tab, or patch would take what follows for a time.
        tab = "\t" if " " in path else ""
        lines.append(f"--- {_NO_FILE}\n" if created else f"--- {old}{tab}\n")
        lines.append(f"+++ {new}{tab}\n")
    return "".join(lines)


def _relative(path: str) -> str:
    return "/".join(name for name in path.split("/") if name not in ("", "."))


def _quoted(name: str) -> str:
    """`name` as git writes it: in quotes, by bytes, when it holds anything out of the ordinary."""
    data = encode(name)
    if all(0x20 <= byte < 0x7F and byte not in _ESCAPES for byte in data):
        return name
    return '"' + "".join(map(_escaped, data)) + '"'


def _escaped(byte: int) -> str:
    plain = chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
    return _ESCAPES.get(byte, plain)


def _applied(old: Sequence[str], hunks: Iterable[Hunk]) -> str:
    pieces: list[str] = []
    done = 0
    for hunk in hunks:
        start = hunk.start - 1 if hunk.length else hunk.start
        end = start + hunk.length
        if start < done or tuple(old[start:end]) != hunk.before:
            raise PatchMismatch(f"hunk {hunk.number} speaks of other lines than are there")
        pieces += (*old[done:start], *hunk.after)
        done = end
    return "".join((*pieces, *old[done:]))


def _check(patch: Patch, old: Sequence[str], after: str) -> None:
    if tuple(_read(patch)) != tuple(
        (h.start, h.length, h.new_start, h.new_length, h.before, h.after) for h in patch.hunks
    ):
        raise PatchMismatch(f"the patch of {patch.path!r} reads differently than it was written")
    if _applied(old, patch.hunks) != after:
        raise PatchMismatch(f"the patch of {patch.path!r} does not lead to the new text")


def _read(patch: Patch) -> Iterator[tuple[int, int, int, int, tuple[str, ...], tuple[str, ...]]]:
    """The hunks that unidiff finds in the text of a patch.

    It gets lines, not text (which it would cut at carriage returns too), and the header without
    the `diff --git` line, whose two names it can't tell apart when they hold blanks.
    """
    if not patch.hunks:
        return
    from unidiff.patch import PatchSet

    lines = split_lines(patch.text)
    source = next(at for at, line in enumerate(lines) if line.startswith("--- "))
    (file,) = PatchSet(lines[source:])
    for hunk in file:
        yield (
            hunk.source_start,
            hunk.source_length,
            hunk.target_start,
            hunk.target_length,
            tuple(_side(hunk, " -")),
            tuple(_side(hunk, " +")),
        )


def _side(hunk: "ReadHunk", marks: str) -> Iterator[str]:
    for at, line in enumerate(hunk):
        if line.line_type and line.line_type in marks:
            follows = hunk[at + 1].line_type if at + 1 < len(hunk) else ""
            yield line.value.removesuffix("\n") if follows == "\\" else line.value
