"""Syntax that bash has and a POSIX shell lacks."""

import re
from typing import TYPE_CHECKING

from reimage.text import late

if TYPE_CHECKING:
    from tree_sitter import Node

_WORTH_A_LOOK = late(r"\$\(<|\$['\"{\[]|[<>]\(|=\(|[{,]|\]=|\+=")
_KINDS = frozenset(
    {
        "ansi_c_string", "translated_string", "process_substitution", "array", "subscript",
        "brace_expression",
    }
)  # fmt: skip
_EXPANSION = r"\$(?:\[|\{(?:!|\w+(?:\[|/|\^|,|@|:(?![-=+?]))))"
_BRACES = r"(?<!\$)\{[^{}\s'\"$]*(?:,|\.\.)[^{}\s'\"]*\}"
_APPENDING = r"\w+\+="
_LOOKED_AT = {
    "expansion": _EXPANSION,
    "arithmetic_expansion": _EXPANSION,
    "variable_assignment": _APPENDING,
}


def uses_bash(node: "Node", written: str) -> bool:
    """Whether a simple command or word, `written` in the script, needs bash to be read."""
    if not _WORTH_A_LOOK.search(written):
        return False
    pending = [node]
    while pending:
        node = pending.pop()
        kind = node.type
        if kind in _KINDS or (kind in _LOOKED_AT and re.match(_LOOKED_AT[kind], _text(node))):
            return True
        if kind == "command_substitution" and _text(node).startswith("$(<"):
            return True
        if kind == "concatenation" and re.search(_BRACES, _text(node)):
            return True
        pending += node.children
    return False


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")
