"""The body of a RUN as commands with spans. The only door to tree-sitter.

Scripts are POSIX shell with the extensions of bash. Reading one never raises: what cannot be read
with certainty is `opaque`, and then shows no commands at all.
"""

from reimage.shell.commands import Command, Redirection, Script, Statement
from reimage.shell.package_managers import (
    PackageManager,
    PackageOperation,
    Verb,
    package_operation,
)
from reimage.shell.parsing import parse, parses
from reimage.shell.words import Word, literal, quote

__all__ = [
    "Command",
    "PackageManager",
    "PackageOperation",
    "Redirection",
    "Script",
    "Statement",
    "Verb",
    "Word",
    "literal",
    "package_operation",
    "parse",
    "parses",
    "quote",
]
