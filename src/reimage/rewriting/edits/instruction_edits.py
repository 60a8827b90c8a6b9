"""Edits of whole instructions and of their flags.

Each function answers with an edit, or with a `str`: the reason why it can't be made.
"""

from __future__ import annotations

from reimage.dockerfile import Instruction
from reimage.text import Edit, Span, late

_BLANK_LINE = late(r"[ \t]*\r?\n")
_BLANK_LINE_BEFORE = late(r"(?:\A|\n)([ \t]*\r?\n)\Z")
_LONGEST_BLANK_LINE = 80


def add_flag(instruction: Instruction, name: str, value: str) -> Edit:
    """Write ` --name=value` behind the flags that the instruction has."""
    flags = instruction.flags
    at = flags[-1].span.end if flags else instruction.keyword_span.end
    return Edit(Span(at, at), f" --{name}={value}")


def remove_instruction(instruction: Instruction, source: str) -> Edit | str:
    """Take an instruction out with its line ending, and one of two blank lines around it."""
    if instruction.comments or instruction.inner_comments:
        return f"the comment on the {instruction.keyword} would be lost with it"
    start, end = instruction.full_span
    before = _BLANK_LINE_BEFORE.search(source[max(0, start - _LONGEST_BLANK_LINE) : start])
    after = _BLANK_LINE.match(source, end)
    if before and after:
        end = after.end()
    elif before and end == len(source):
        start -= len(before[1])
    return Edit(Span(start, end), "")
