"""Commands come into a script and go out of it, in the layout that it has."""

from __future__ import annotations

import pytest
from tests import corpus_files

from reimage.dockerfile import parse
from reimage.model import Facts, RunFacts
from reimage.rewriting.edits.script_edits import (
    append_commands,
    begin_with,
    insert_after,
    insert_command_after,
    remove_statement,
)
from reimage.shell import Script
from reimage.text import Edit, apply_edits, decode


def run_of(text: str, head: str = "") -> RunFacts:
    parsed = parse(f"{head}FROM x\n{text}")
    assert not parsed.problems, parsed.problems
    return Facts(parsed.tree).stages[0].runs[-1]


def script_of(run: RunFacts) -> Script:
    assert run.script is not None
    return run.script


def edited(text: str, edit: Edit | str, head: str = "") -> str:
    assert isinstance(edit, Edit), edit
    before = f"{head}FROM x\n"
    return apply_edits(before + text, [edit]).removeprefix(before)


def appended(text: str, *commands: str, head: str = "") -> str:
    return edited(text, append_commands(run_of(text, head), commands or ("c",)), head)


def removed(text: str, index: int) -> str:
    run = run_of(text)
    return edited(text, remove_statement(run, script_of(run).statements[index]))


def inserted(text: str, index: int) -> str:
    run = run_of(text)
    return edited(text, insert_command_after(run, script_of(run).statements[index], "c"))


# appending


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('RUN ["a"]\n', "exec form"),
        ("RUN\n", "the script is empty"),
        ("RUN a &\n", "the last command runs in the background"),
        ("RUN a # why\n", "the script ends in a comment"),
        ("RUN a; exit 0\n", "the script leaves before its end"),
        ("RUN exec a\n", "the script leaves before its end"),
        ("RUN cat > f <<E\nx\nE\n", "the script ends in a heredoc"),
        ("RUN <<E\na\nE\n", "the heredoc runs without set -e"),
        ("RUN a;\n", "a command behind the last one would hide that it failed"),
        ("RUN set -e; a && b;\n", "a command behind the last one would hide that it failed"),
        ("RUN set -e && for x in y; do a; done\n", "a command behind the last one would hide"),
        ("RUN set -e; a; for x in y; do a; done\n", "a command behind the last one would hide"),
        ("RUN <<E\nset -e\n(a; b)\nE\n", "a command behind the last one would hide"),
    ],
)
def test_nothing_is_appended_here(text: str, reason: str) -> None:
    answer = append_commands(run_of(text), ("c",))
    assert isinstance(answer, str)
    assert answer.startswith(reason)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a", "RUN a && c"),
        ("RUN a  \n", "RUN a && c  \n"),
        ("RUN a && b\n", "RUN a && b && c\n"),
        ("RUN a || b\n", "RUN a || b && c\n"),
        ("RUN a; b\n", "RUN a; b && c\n"),
        ("RUN a | b\n", "RUN a | b && c\n"),
        ("RUN if a; then b; fi\n", "RUN if a; then b; fi && c\n"),
        ("RUN a && \\\n    b\n", "RUN a && \\\n    b && \\\n    c\n"),
        ("RUN a \\\n && b\n", "RUN a \\\n && b \\\n && c\n"),
        ("RUN a \\\n  # why\n && b\n", "RUN a \\\n  # why\n && b \\\n && c\n"),
        ("RUN a \\\r\n && b\r\n", "RUN a \\\r\n && b \\\r\n && c\r\n"),
        ("RUN a && \\\n    b \\\n", "RUN a && \\\n    b && \\\n    c \\\n"),
        ("RUN set -e; a; b\n", "RUN set -e; a; b; c\n"),
        ("RUN set -e; a;\n", "RUN set -e; a; c\n"),
        ("RUN set -e; a; b && d\n", "RUN set -e; a; b && d && c\n"),
        ("RUN set -eux; \\\n\ta; \\\n\tb\n", "RUN set -eux; \\\n\ta; \\\n\tb; \\\n\tc\n"),
        ("RUN set -eux; \\\n\ta; \\\n\tb;\n", "RUN set -eux; \\\n\ta; \\\n\tb; \\\n\tc;\n"),
        ("RUN <<E\nset -e\n  a\nE\n", "RUN <<E\nset -e\n  a\n  c\nE\n"),
        ("RUN <<-E\n\tset -e\n\ta\n\tE\n", "RUN <<-E\n\tset -e\n\ta\n\tc\n\tE\n"),
        ("RUN <<E\nset -e\na && b\nE\n", "RUN <<E\nset -e\na && b && c\nE\n"),
        ("RUN <<E\n#!/bin/sh -e\na\nE\n", "RUN <<E\n#!/bin/sh -e\na\nc\nE\n"),
        ("RUN <<E\nset -e\ncat > f <<X\ny\nX\nE\n", "RUN <<E\nset -e\ncat > f <<X\ny\nX\nc\nE\n"),
    ],
)
def test_a_command_comes_last_in_the_layout_of_the_script(text: str, expected: str) -> None:
    assert appended(text) == expected


def test_several_commands_follow_one_another() -> None:
    assert appended("RUN a \\\n && b\n", "c", "d") == "RUN a \\\n && b \\\n && c \\\n && d\n"
    assert appended("RUN <<E\nset -e\na\nE\n", "c", "d") == "RUN <<E\nset -e\na\nc\nd\nE\n"


def test_a_line_that_would_get_too_long_is_continued() -> None:
    long = "x" * 80
    command = "rm -rf /var/lib/apt/lists/* /var/cache/apt/archives"
    assert appended(f"RUN a {long}\n", command) == f"RUN a {long} \\\n    && {command}\n"


def test_continuations_end_in_the_escape_character_in_force() -> None:
    text = 'SHELL ["sh", "-c"]\nRUN a `\n  && b\n'
    assert appended(text, head="# escape=`\n").endswith("RUN a `\n  && b `\n  && c\n")


def test_a_shell_that_stops_at_errors_lets_a_heredoc_go_on() -> None:
    text = 'SHELL ["bash", "-ec"]\nRUN <<E\na\nE\n'
    assert appended(text).endswith("RUN <<E\na\nc\nE\n")


@corpus_files.needs_corpus
@corpus_files.every_eighth_or_all
def test_in_the_corpus_appended_statements_follow_the_old_ones(step: int) -> None:
    changed = 0
    for row in corpus_files.index()[::step]:
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        stages = () if parsed.problems else Facts(parsed.tree).stages
        for run in (run for stage in stages for run in stage.runs):
            edit = append_commands(run, ("reimage-one -x", "reimage-two"))
            if isinstance(edit, Edit):
                changed += 1
                _check_appended(run, edit, parsed.tree.source)
    assert changed > 2_000 // step * 0.8


def _check_appended(run: RunFacts, edit: Edit, source: str) -> None:
    old, start = script_of(run), run.run.full_span
    text = apply_edits(source, [edit])[start.start : start.end + len(edit.text)]
    parsed = parse(text)
    # The file's escape directive is not in that piece.
    if run.run.escape == "`":
        parsed = parse(f"# escape=`\n{text}")
    (instruction,) = parsed.tree.instructions
    new = script_of(RunFacts(instruction, run.state, None))  # type: ignore[arg-type]
    assert new.opaque is None, text
    written = [statement.span.of(old.text) for statement in old.statements]
    becomes = [statement.span.of(new.text) for statement in new.statements]
    assert becomes == [*written, "reimage-one -x", "reimage-two"], text
    connectors = [statement.connector for statement in old.statements]
    assert [each.connector for each in new.statements][: len(connectors)] == connectors


# beginning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a\n", "RUN c && a\n"),
        ("RUN a; b\n", "RUN c; a; b\n"),
        ("RUN a \\\n && b\n", "RUN c \\\n && a \\\n && b\n"),
        ("RUN a && \\\n    b\n", "RUN c && \\\n    a && \\\n    b\n"),
        ("RUN <<E\n  a\n  b\nE\n", "RUN <<E\n  c\n  a\n  b\nE\n"),
        ("RUN <<E\n#!/bin/bash\n# why\na\nE\n", "RUN <<E\n#!/bin/bash\n# why\nc\na\nE\n"),
    ],
)
def test_a_command_comes_first_in_the_layout_of_the_script(text: str, expected: str) -> None:
    assert edited(text, begin_with(run_of(text), "c")) == expected


def test_nothing_comes_before_what_runs_in_the_background() -> None:
    assert begin_with(run_of("RUN a & b\n"), "c") == "a part of the script runs in the background"


# removing


@pytest.mark.parametrize(
    ("text", "index", "reason"),
    [
        ("RUN a\n", 0, "the script has no other command"),
        ("RUN a || b\n", 0, "the command is part of a condition"),
        ("RUN a || b\n", 1, "the command is part of a condition"),
        ("RUN a & b\n", 0, "the command is part of a condition"),
        ("RUN a \\\n # why\n && b\n", 1, "a comment stands beside the command"),
        ("RUN <<E\na\nb # why\nc\nE\n", 2, "a comment stands beside the command"),
    ],
)
def test_a_statement_stays(text: str, index: int, reason: str) -> None:
    run = run_of(text)
    assert remove_statement(run, script_of(run).statements[index]) == reason


@pytest.mark.parametrize(
    ("text", "index", "expected"),
    [
        ("RUN a && b && c\n", 0, "RUN b && c\n"),
        ("RUN a && b && c\n", 1, "RUN a && c\n"),
        ("RUN a && b && c\n", 2, "RUN a && b\n"),
        ("RUN a; b && c\n", 1, "RUN a; c\n"),
        ("RUN a && b; c\n", 1, "RUN a; c\n"),
        ("RUN a; b;\n", 1, "RUN a;\n"),
        ("RUN a \\\n && b \\\n && c\n", 1, "RUN a \\\n && c\n"),
        ("RUN a && \\\n  b && \\\n  c\n", 0, "RUN b && \\\n  c\n"),
        ("RUN a && \\\r\n  b\r\n", 1, "RUN a\r\n"),
        ("RUN <<E\na\nb\nc\nE\n", 1, "RUN <<E\na\nc\nE\n"),
        ("RUN a && for x in y; do z; done\n", 1, "RUN a\n"),
    ],
)
def test_a_statement_goes_with_its_connector(text: str, index: int, expected: str) -> None:
    assert removed(text, index) == expected


# inserting


@pytest.mark.parametrize(
    ("text", "index", "reason"),
    [
        ("RUN a || b\n", 1, "the command is part of a condition"),
        ("RUN a & b\n", 0, "the command is part of a condition"),
        ("RUN set -e; a && b; d\n", 2, "set -e would no longer see the command fail"),
        ("RUN set -e; a; (b; d)\n", 2, "a command behind the last one would hide"),
    ],
)
def test_nothing_is_inserted_here(text: str, index: int, reason: str) -> None:
    run = run_of(text)
    answer = insert_command_after(run, script_of(run).statements[index], "c")
    assert isinstance(answer, str)
    assert answer.startswith(reason)


@pytest.mark.parametrize(
    ("text", "index", "expected"),
    [
        ("RUN a\n", 0, "RUN a && c\n"),
        ("RUN a && b\n", 0, "RUN a && c && b\n"),
        ("RUN a; b\n", 0, "RUN a && c; b\n"),
        ("RUN set -e; a; b\n", 1, "RUN set -e; a; c; b\n"),
        ("RUN a \\\n && b\n", 0, "RUN a && c \\\n && b\n"),
        ("RUN x \\\n && a \\\n && b\n", 1, "RUN x \\\n && a \\\n && c \\\n && b\n"),
        ("RUN x && \\\n    a && \\\n    b\n", 1, "RUN x && \\\n    a && \\\n    c && \\\n    b\n"),
        (
            "RUN set -e; \\\r\n  a; \\\r\n  b\r\n",
            1,
            "RUN set -e; \\\r\n  a; \\\r\n  c; \\\r\n  b\r\n",
        ),
        ("RUN <<E\nset -e\n  a\n  b\nE\n", 1, "RUN <<E\nset -e\n  a\n  c\n  b\nE\n"),
        ("RUN <<E\na\nb\nE\n", 0, "RUN <<E\na && c\nb\nE\n"),
    ],
)
def test_a_command_comes_right_behind_another(text: str, index: int, expected: str) -> None:
    assert inserted(text, index) == expected


def test_a_word_comes_behind_another_on_its_line() -> None:
    text = "RUN a install \\\n  b\n"
    run = run_of(text)
    edit = insert_after(run, run.commands[0].words[1].span, "-y")
    assert edited(text, edit) == "RUN a install -y \\\n  b\n"
