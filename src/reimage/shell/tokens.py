"""The syntax tree flattened to what stands on one level of a script, in source order.

The tree nests lists, pipelines and redirections in ways that a shell does not (`a && b > x` is a
redirected list, `a && b > x | c` a pipeline of that). What stands where is reliable, so the nesting
of these is undone here, and done again by position in `reading`.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from reimage.text import late

if TYPE_CHECKING:
    from tree_sitter import Node

_TRANSPARENT = frozenset(
    {
        "program", "list", "pipeline", "redirected_statement", "negated_command",
        "do_group", "elif_clause", "else_clause",
    }
)  # fmt: skip
_HEREDOC_PARTS = frozenset({"file_descriptor", "<<", "<<-", "heredoc_start", "heredoc_end"})
_UNQUOTED_BLANK = late(r"(?<!\\)(?:\\\\)*[ \t\n]")
_SUBSTITUTIONS = ("command_substitution", "process_substitution")
_TEST_PARTS = frozenset(
    {
        "test_command", "unary_expression", "binary_expression", "negated_command",
        "parenthesized_expression", "ternary_expression", "postfix_expression",
    }
)  # fmt: skip
_BLANK = late(r"(?:[ \t\n]++|\\\n)*+")
_CONTINUATION_OR_LINE_END = late(r"\\\n|\n")

OPERATORS = frozenset({"&&", "||", ";", "|", "|&", "&"})
JOINING = frozenset({"&&", "||", "|", "|&"})
PIPES = frozenset({"|", "|&"})
CASE_ENDS = frozenset({";;", ";&", ";;&"})
KEYWORDS = frozenset(
    {"if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done"}
)  # fmt: skip
RESERVED = KEYWORDS | {"case", "esac", "in", "{", "}", "!", "function", "select"}
SIMPLE = frozenset(
    {
        "command", "declaration_command", "unset_command", "test_command",
        "variable_assignment", "variable_assignments",
    }
)  # fmt: skip
WORDS = frozenset(
    {
        "word", "number", "string", "raw_string", "ansi_c_string", "translated_string",
        "concatenation", "simple_expansion", "expansion", "arithmetic_expansion",
        "command_substitution", "process_substitution", "brace_expression",
    }
)  # fmt: skip
REDIRECTIONS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
COMPOUND = {
    "if_statement": "if",
    "for_statement": "for",
    "c_style_for_statement": "for",
    "while_statement": "while",
    "case_statement": "case",
    "subshell": "subshell",
    "compound_statement": "group",
    "function_definition": "function",
}


class Unreadable(Exception):
    """The tree does not say with certainty what the shell would do; never leaves the room."""


def tokens(nodes: "Iterable[Node]") -> "Iterator[Node]":
    """What is on the level of `nodes`: commands, compound commands, operators, redirections.

    A heredoc comes as its `heredoc_redirect`, then what else is on that line, then its body.
    """
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        kind = node.type
        if kind in _TRANSPARENT:
            pending += node.children[::-1]
        elif kind == "heredoc_redirect":
            yield node
            pending += [part for part in node.children[::-1] if part.type not in _HEREDOC_PARTS]
        elif kind != "\n":
            yield node


def substitutions(node: "Node") -> "Iterator[Node]":
    """The outermost command and process substitutions in `node`, itself included."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.type in _SUBSTITUTIONS:
            yield node
        else:
            pending += reversed(node.children)


def expansions(node: "Node") -> int:
    """How many `$(…)` and `$((…))` are in `node`, nested ones included."""
    count = 0
    pending = [node]
    while pending:
        node = pending.pop()
        count += node.type in ("command_substitution", "arithmetic_expansion")
        pending += node.children
    return count


def test_parts(node: "Node") -> "Iterator[Node]":
    """The words and pieces of words of a `[ … ]` or `[[ … ]]`."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.type in _TEST_PARTS:
            pending += reversed(node.children)
        else:
            yield node


def is_blank(text: str, start: int, end: int) -> bool:
    """Whether only blanks, line ends and continuations are between two offsets."""
    if not text[start:end].strip(" \t\n"):
        return start <= end
    return _BLANK.fullmatch(text, start, end) is not None


def is_inside_line(text: str, start: int, end: int) -> bool:
    """Whether only blanks and continuations are between two offsets."""
    if text[start:end] == " ":
        return True
    return is_blank(text, start, end) and line_end(text, start, end) is None


def has_gap(node: "Node", written: str) -> bool:
    """Whether an unquoted blank is in the word `written`, which the grammar lets happen."""
    if " " not in written and "\n" not in written and "\t" not in written:
        return False
    pending = [node]
    while pending:
        node = pending.pop()
        pieces = node.children
        if node.type == "word" and _UNQUOTED_BLANK.search((node.text or b"").decode("utf-8")):
            return True
        if node.type in ("concatenation", "command_name"):
            if any(one.end_byte != other.start_byte for one, other in pairwise(pieces)):
                return True
            pending += pieces
    return False


def line_end(text: str, start: int, end: int) -> int | None:
    """The first line end between two offsets that is not part of a continuation."""
    for found in _CONTINUATION_OR_LINE_END.finditer(text, start, end):
        if found[0] == "\n":
            return found.start()
    return None
