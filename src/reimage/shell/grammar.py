"""The door to tree-sitter: a syntax tree of bytes, and the way back to characters."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node, Parser


@cache
def _parser() -> "Parser":
    from tree_sitter import Language, Parser
    from tree_sitter_bash import language

    return Parser(Language(language()))


def syntax_tree(text: str) -> "Node":
    """The root of the tree; its offsets count bytes, see `character_offsets`."""
    return _parser().parse(text.encode("utf-8", "replace")).root_node


def character_offsets(text: str) -> "Sequence[int]":
    """For each byte that `syntax_tree` saw, and the end, the character it belongs to."""
    if text.isascii():
        return range(len(text) + 1)
    offsets: list[int] = []
    for at, width in enumerate(map(_width, text)):
        offsets += [at] * width
    offsets.append(len(text))
    return offsets


def _width(character: str) -> int:
    """Bytes in UTF-8; a lone surrogate was replaced by one question mark."""
    code = ord(character)
    if code < 0x80 or 0xD800 <= code < 0xE000:
        return 1
    return 2 if code < 0x800 else 3 if code < 0x10000 else 4
