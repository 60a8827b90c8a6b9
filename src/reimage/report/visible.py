"""Text from strangers made safe to show: a Dockerfile may hold escape sequences."""

import re

from reimage.text import late

_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: what terminals obey
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # unseen, or reversing the text
    "\ud800-\udfff]"  # bytes that are not UTF-8 (PEP 383)
)
_UNSAFE_CHARACTER = late(_UNSAFE)
_UNSAFE_IN_LINES = late(_UNSAFE.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def visible(text: str) -> str:
    """`text` on one line, each control character and each undecodable byte written as an escape."""
    if text.isprintable():  # holds nothing of that, as nearly all texts do
        return text
    return _UNSAFE_CHARACTER.sub(_escape, text)


def visible_lines(text: str) -> str:
    """Like `visible`, with tabs and line feeds left as they are."""
    return _UNSAFE_IN_LINES.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    named = {9: r"\t", 10: r"\n", 13: r"\r"}.get(code)
    if named is not None:
        return named
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
