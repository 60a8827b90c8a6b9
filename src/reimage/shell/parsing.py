"""From the text of a script to `Script`."""

from functools import lru_cache

from reimage.shell.commands import Command, Script
from reimage.shell.plain import plain_statements
from reimage.shell.tokens import Unreadable

_LONG_OPTIONS = {"errexit": "e", "nounset": "u", "xtrace": "x", "verbose": "v", "noexec": "n"}
# tree-sitter takes the first for the end of the text and the second for a blank.
_UNREADABLE_CHARACTERS = {"\0": "a NUL character", "\r": "a carriage return"}


@lru_cache(maxsize=4096)
def parse(text: str) -> Script:
    """Read a script; offsets of the result count characters of `text`. Never raises."""
    statements = plain_statements(text)
    if statements is None:
        return parse_by_grammar(text)
    commands = tuple(command for statement in statements for command in statement.commands)
    return Script(text, commands, statements, options=_options_at_the_beginning(commands))


def parse_by_grammar(text: str) -> Script:
    """What `parse` makes of any script, also of those that it reads without the grammar."""
    for character, reason in _UNREADABLE_CHARACTERS.items():
        if character in text:
            return Script(text, opaque=reason)
    from reimage.shell.grammar import character_offsets, syntax_tree
    from reimage.shell.reading import Reader

    root = syntax_tree(text)
    if root.has_error:
        return Script(text, opaque="not a script that can be read (syntax error)")
    reader = Reader(text, character_offsets(text))
    try:
        statements = reader.statements(root)
    except Unreadable as problem:
        return Script(text, opaque=str(problem))
    commands = tuple(sorted(reader.commands, key=lambda command: command.span.start))
    return Script(
        text,
        commands,
        statements,
        tuple(sorted(reader.findings.comments)),
        tuple(sorted(reader.findings.heredocs)),
        _options_at_the_beginning(commands),
        reader.findings.bashisms,
    )


def parses(text: str) -> bool:
    """Whether the text is a script that can be read."""
    return parse(text).opaque is None


def _options_at_the_beginning(commands: tuple[Command, ...]) -> frozenset[str]:
    options: set[str] = set()
    for command in commands:
        # `set -e || …`, `set -e | …` and `set -e &` say something else.
        if command.name != "set" or command.nesting or command.background:
            break
        if command.connector not in ("", ";", "&&", "\n"):
            break
        _apply_set(command, options)
    return frozenset(options)


def _apply_set(command: Command, options: set[str]) -> None:
    values = iter(command.values[1:])
    for value in values:
        if not value or value in ("-", "--") or value[0] not in "-+":
            return
        change = options.add if value[0] == "-" else options.discard
        for letter in value[1:]:
            name = next(values, None) if letter == "o" else letter
            if name:
                change(_LONG_OPTIONS.get(name, name))
