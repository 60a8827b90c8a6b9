"""Giving a RUN mounts, and taking out of its script what would empty or not use them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from reimage.model import RunFacts
from reimage.model.homes import Home
from reimage.model.paths import is_at_or_above
from reimage.rewriting.script_edits import continuation, remove_statement
from reimage.shell import Command, PackageOperation, Verb, Word, package_operation
from reimage.text import Edit, Span

_HOME = re.compile(r"~(?=/)|\$HOME\b|\$\{HOME\}")
_ROOT = "/root"
_OPTION = "--no-cache"


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
    text = " " + f"{newline}{indent}".join(flags)
    if _begins_on_keyword_line(run):
        # The blank that follows the keyword is the last one of the indent.
        text += newline + indent[:-1]
    return Edit(Span(end, end), text)


def _begins_on_keyword_line(run: RunFacts) -> bool:
    first = run.run.flags[0].span if run.run.flags else run.run.arguments.whole
    end = run.run.keyword_span.end
    return not any(
        end <= token.start < first.start and "\n" in token.text for token in run.run.tokens
    )


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
    run: RunFacts, names: Sequence[str], directories: Sequence[str]
) -> list[Edit] | str:
    """Take out what empties the directories, commands of the managers that are named included."""
    edits: list[Edit] = []
    for command in run.commands:
        operation = package_operation(command)
        found: Edit | str | list[Edit] | None = None
        if operation is not None:
            if (
                operation.verb is Verb.CLEAN
                and operation.manager.name.removesuffix("-get") in names
            ):
                found = _without_command(run, command)
        else:
            found = _without_removal(run, command, directories)
        if isinstance(found, str):
            return f"{found}, and `{_shown(command)}` empties the mount"
        if found:
            edits += found if isinstance(found, list) else [found]
    return edits


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
    run: RunFacts, command: Command, directories: Sequence[str]
) -> Edit | str | list[Edit] | None:
    inner = command.unwrapped()
    home = run.state.env.get("HOME") or _ROOT
    paths = {word: _HOME.sub(home, word.text.strip("\"'")).rstrip("/") for word in inner.operands}
    doomed: list[Word] = []
    for word, path in paths.items():
        for directory in directories:
            if path == directory or path.startswith(f"{directory}/"):
                doomed.append(word)
            elif inner.name == "rm" and _reaches(path, directory):
                return "a removal names a directory above it"
    if not doomed or inner.name not in ("rm", "find"):
        return None
    if inner.name == "find" or len(doomed) == len(paths):
        return _without_command(run, command)
    words = inner.words
    edits = [_without_word(run, before, word) for before, word in pairwise(words) if word in doomed]
    return [each for each in edits if each] if all(edits) else "a comment stands beside it"


def _reaches(path: str, directory: str) -> bool:
    parent, brace, _ = path.partition("{")
    return is_at_or_above(path, directory) or bool(brace and directory.startswith(parent))


def _without_command(run: RunFacts, command: Command) -> Edit | str:
    if command.nesting or run.script is None:
        return "a part of the script stands under a condition"
    for statement in run.script.statements:
        if statement.kind == "command" and statement.span == command.span:
            return remove_statement(run, statement)
    return "a part of the script is more than a list of commands"


def _shown(command: Command) -> str:
    return " ".join(word.text for word in command.words[:4])
