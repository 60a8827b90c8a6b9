"""One logical line as an instruction: keyword, flags, arguments."""

from reimage.dockerfile.instructions import CLASSES, Onbuild, Unknown
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.tokens import SPACE
from reimage.dockerfile.tree import Instruction
from reimage.dockerfile.words import BLANKS, Flag, split_flags
from reimage.text import Span

_NO_SPAN = Span(0, 0)


def read_instruction(logical: Logical, escape: str, *, trigger: bool = False) -> Instruction:
    """The instruction that a logical line holds; tokens, heredocs and span are not known yet."""
    text = logical.text
    stop = len(text.rstrip(SPACE))
    start = len(text) - len(text.lstrip(SPACE)) if text and text[0] in SPACE else 0
    blank = BLANKS.search(text, start, stop)
    keyword_end, at = blank.span() if blank else (stop, stop)
    flags: tuple[Flag, ...] = ()
    at = _behind_space(text, at, stop)
    if text.startswith("--", at):
        flags, at = split_flags(logical.part(0, stop), at, escape)
        at = _behind_space(text, at, stop)
    keyword = text[start:keyword_end]
    if keyword.isascii():
        # str.upper would make SHELL of ſhell, and two letters of ß.
        keyword = keyword.upper()
    kind = CLASSES.get(keyword, Unknown)
    arguments = logical.part(at, max(at, stop))
    whole = logical.part(start, len(text)) if start else logical
    found = kind(keyword, whole, flags, arguments, (), _NO_SPAN, escape, trigger=trigger)
    if isinstance(found, Onbuild) and arguments.text and not trigger:
        found.inner = read_instruction(arguments, escape, trigger=True)
        found.inner.span = arguments.whole
    return found


def _behind_space(text: str, at: int, stop: int) -> int:
    while at < stop and text[at] in SPACE:
        at += 1
    return at
