"""Giving a RUN mounts, and taking out of its script what would empty or not use them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from reimage.dockerfile import Dockerfile
from reimage.model import RunFacts
from reimage.model.homes import Home
from reimage.model.paths import is_at_or_above
from reimage.rewriting.edits.script_edits import continuation
from reimage.rewriting.edits.statement_removal import remove_statements
from reimage.shell import Command, PackageOperation, Statement, Verb, Word, package_operation
from reimage.text import Edit, Span, late

_HOME = late(r"~(?=/)|\$HOME\b|\$\{HOME\}")
# Variables of the base image that may stand for a cache.
_HIDDEN = late(r"\$\{?\w*(?:CACHE|CARGO|COMPOSER|GEM|BUNDLE|GOPATH|GOMOD|GRADLE|PNPM|XDG)")
_OPTION = "--no-cache"
_OLD_SYNTAX = late(r"docker/dockerfile(?:-upstream)?:1\.[01](?:\.\d+)?(?!\S*experimental)\b")


def knows_mounts(dockerfile: Dockerfile) -> bool:
    """Whether the version that the syntax directive asks for has `RUN --mount`."""
    syntax = dockerfile.directive("syntax")
    return syntax is None or _OLD_SYNTAX.search(syntax.value) is None


def mount_flag(directory: str, home: Home | None = None, *, locked: bool = False) -> str:
    """A cache mount for a directory, owned by whoever the home belongs to."""
    fields = ["type=cache", f"target={directory}"]
    if locked:
        fields.append("sharing=locked")
    if home and home.user is not None:
        fields.append(f"uid={home.user}")
    if home and home.group is not None:
        fields.append(f"gid={home.group}")
    return "--mount=" + ",".join(fields)


def add_flags(run: RunFacts, flags: Sequence[str]) -> Edit:
    """Write flags behind the keyword, each on a line of its own when there are several."""
    end = run.run.keyword_span.end
    if len(flags) == 1:
        return Edit(Span(end, end), f" {flags[0]}")
    newline, indent = continuation(run)
    joint = newline + (indent or "    ")
    text = " " + joint.join(flags)
    first = run.run.flags[0].span.start if run.run.flags else run.run.arguments.whole.start
    between = [token for token in run.run.tokens if end <= token.start < first]
    if any("\n" in token.text for token in between):
        return Edit(Span(end, end), text)
    return Edit(Span(end, first), text + joint)


def without_options(run: RunFacts, operations: Sequence[PackageOperation]) -> list[Edit] | str:
    """Take `--no-cache-dir` and the like out of the operations."""
    edits: list[Edit] = []
    for operation in operations:
        words = operation.command.words
        for before, word in pairwise(words):
            if (word.value or "").startswith(_OPTION):
                edit = _without_word(run, before, word)
                if edit is None:
                    return f"a comment stands beside `{word.text}`"
                edits.append(edit)
    return edits


def _without_word(run: RunFacts, before: Word, word: Word) -> Edit | None:
    where = run.span(Span(before.span.end, word.span.end))
    tokens = run.run.inner_comments
    if any(token.start >= where.start and token.end <= where.end for token in tokens):
        return None
    return Edit(where, "")


def without_cleaning(
    run: RunFacts, names: Sequence[str], directories: Sequence[str], home: str
) -> list[Edit] | str:
    """Take out what empties the directories, commands of the managers that are named included."""
    edits: list[Edit] = []
    doomed: list[Statement] = []
    for command in run.commands:
        found = _emptied(run, command, names, directories, home)
        if found is True:
            statement = _statement_of(run, command)
            if statement is None:
                return f"`{_shown(command)}` empties the mount, and stands under a condition"
            doomed.append(statement)
        elif isinstance(found, str):
            return f"`{_shown(command)}` empties the mount, and {found}"
        else:
            edits += found
    removed = remove_statements(run, doomed) if doomed else []
    if isinstance(removed, str):
        return f"`{_shown(doomed[0].commands[0])}` empties the mount: {removed}"
    return edits + removed


def _emptied(
    run: RunFacts, command: Command, names: Sequence[str], directories: Sequence[str], home: str
) -> Literal[True] | list[Edit] | str:
    """True when the whole command has to go, else the edits that it needs."""
    operation = package_operation(command)
    if operation is None:
        return _without_removal(run, command, directories, home)
    name = operation.manager.name.removesuffix("-get")
    # `gem cleanup` removes gems that are installed.
    if operation.verb is Verb.CLEAN and name in names and name != "gem":
        return True
    return []


def together(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits in order; text that goes where something is taken out takes its place."""
    merged: list[Edit] = []
    for edit in sorted(edits, key=lambda each: each.span):
        if merged and merged[-1].span.end >= edit.span.start:
            last = merged.pop()
            span = Span(last.span.start, max(last.span.end, edit.span.end))
            edit = Edit(span, last.text + edit.text)
        merged.append(edit)
    return tuple(merged)


def _without_removal(
    run: RunFacts, command: Command, directories: Sequence[str], home: str
) -> Literal[True] | list[Edit] | str:
    inner = command.unwrapped()
    if inner.name not in ("rm", "find"):
        return []
    doomed: list[Word] = []
    for word in inner.operands:
        path = _path(run, word, home)
        if any(path == each or path.startswith(f"{each}/") for each in directories):
            doomed.append(word)
        elif inner.name == "rm" and any(_reaches(path, each) for each in directories):
            return "may be about a directory above it"
    if doomed and (inner.name == "find" or len(doomed) == len(inner.operands)):
        return True
    edits = [
        _without_word(run, before, word) for before, word in pairwise(inner.words) if word in doomed
    ]
    found = [each for each in edits if each]
    return found if len(found) == len(edits) else "a comment stands beside it"


def _path(run: RunFacts, word: Word, home: str) -> str:
    text = _HOME.sub(home, word.text.replace('"', "").replace("'", ""))
    return run.state.expand(text, run.run.escape).text.rstrip("/")


def _reaches(path: str, directory: str) -> bool:
    if _HIDDEN.search(path):
        return True
    parent, brace, _ = path.partition("{")
    return is_at_or_above(path, directory) or bool(brace and directory.startswith(parent))


def _statement_of(run: RunFacts, command: Command) -> Statement | None:
    """The statement at the top of the script that the command is, None when it's part of one."""
    statements = run.script.statements if run.script and not command.nesting else ()
    found = (each for each in statements if each.span == command.span and each.kind == "command")
    return next(found, None)


def _shown(command: Command) -> str:
    return " ".join(word.text for word in command.words[:4])
