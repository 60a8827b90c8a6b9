"""A script that is one simple command, for which the shell does nothing but start it."""

import re

from reimage.shell.commands import Script
from reimage.shell.words import Word
from reimage.text import late

_BUILT_IN = frozenset(
    """
    . : [ [[ alias bg bind break builtin caller case cd command compgen complete continue coproc
    declare dirs disown echo enable eval exec exit export false fc fg function getopts hash help
    history if jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly
    return select set shift shopt source suspend test time times trap true type typeset ulimit
    umask unalias unset until wait while
    """.split()
)
_KINDS = {
    "if": "an if",
    "for": "a loop",
    "while": "a loop",
    "case": "a case",
    "pipeline": "a pipeline",
    "assignment": "an assignment",
    "negation": "a negation",
    "subshell": "a subshell",
    "group": "a group of commands",
    "function": "a function",
}
_REFERENCE = late(r"\$(?:\{[^}]*\}|\(|\w+|.)|`", re.DOTALL)
_QUOTED = late(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\(?P<escaped>.)""", re.DOTALL)


def single_command(script: Script) -> tuple[Word, ...] | str:
    """The words of the one command that the script is, or why that needs a shell, as a sentence.

    A leading `exec` is among the words; all of them have a value.
    """
    if script.comments:
        return "only a shell leaves out the comment behind the command"
    if len(script.statements) > 1:
        return f"only a shell joins commands with {script.statements[1].connector}"
    statement = script.statements[0] if script.statements else None
    if not statement:
        return "there is no command"
    if statement.background:
        return "only a shell starts a program in the background"
    if statement.kind not in ("command", "test"):
        return f"only a shell runs {_KINDS.get(statement.kind, statement.kind)}"
    command = statement.commands[0]
    if command.assignments:
        return f"only a shell sets {command.assignments[0].text.partition('=')[0]} for a command"
    if command.redirections:
        return f"only a shell redirects with {command.redirections[0].operator}"
    if script.text[statement.span.end :].strip():
        return "something follows the command"
    reasons = (_needs_shell(word) for word in command.words)
    return next(filter(None, reasons), None) or _program(command.words)


def _needs_shell(word: Word) -> str | None:
    if word.value is None:
        reference = _REFERENCE.search(word.text)
        what = reference[0] if reference else word.text
        return f"only a shell fills in {'a command substitution' if what in ('$(', '`') else what}"
    unquoted = _QUOTED.sub("", word.text)
    if unquoted.split() not in ([], [unquoted]):
        return f"where the word {word.text} ends is not clear"
    if word.has_glob or "{" in unquoted or word.text.startswith("~"):
        return f"only a shell fills in {word.text}"
    if any((quoted["escaped"] or "").isalnum() for quoted in _QUOTED.finditer(word.text)):
        return f"a shell takes the backslashes out of {word.text}, which may not be meant"
    return None


def _program(words: tuple[Word, ...]) -> tuple[Word, ...] | str:
    program = words[1:2] if words[0].value == "exec" else words[:1]
    name = program[0].value if program else None
    if not name:
        return "there is no program"
    if name in _BUILT_IN:
        return f"{name} is built into the shell"
    return f"{name} is an option and no program" if name.startswith("-") else words
