"""Hands Dockerfiles over to and from dockerfile-parse, the library container tools use in Python.

Its parser knows no heredocs, escape directive or comments between continued lines, so nothing here
asks it what a file means: only for the text it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from reimage.text import decode, encode

if TYPE_CHECKING:
    from dockerfile_parse import DockerfileParser as DockerfileParser


def is_parser(subject: object) -> TypeGuard[DockerfileParser]:
    """Whether `subject` is a DockerfileParser; the library is not imported to find out."""
    return any(kind.__name__ == "DockerfileParser" for kind in type(subject).__mro__)


def parser_source(parser: DockerfileParser) -> bytes:
    """The file that the parser holds."""
    content: str = parser.content
    return encode(content)


def parser_path(parser: DockerfileParser) -> str:
    """The path of the parser's file; a parser over a file object has none."""
    return str(getattr(parser, "dockerfile_path", "Dockerfile"))


def replace_parser_source(parser: DockerfileParser, source: bytes) -> None:
    """Give the parser another file; it writes it to where it reads from."""
    parser.content = decode(source)
