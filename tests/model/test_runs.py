"""What a RUN does: its script, its mounts, and the way back into the Dockerfile."""

from __future__ import annotations

import re

import pytest
from tests import corpus_files

from reimage.dockerfile import parse
from reimage.model import Facts, RunFacts
from reimage.text import Span, decode


def runs(body: str, *, head: str = "") -> tuple[tuple[RunFacts, ...], str]:
    source = f"{head}FROM x\n{body}"
    parsed = parse(source)
    assert not parsed.problems, parsed.problems
    return Facts(parsed.tree).stages[0].runs, source


def run(body: str, *, head: str = "") -> RunFacts:
    return runs(body, head=head)[0][-1]


def names(found: RunFacts) -> list[str | None]:
    return [command.name for command in found.commands]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('RUN ["a"]\n', "exec form"),
        ('SHELL ["pwsh"]\nRUN a\n', "SHELL is pwsh, not a POSIX shell"),
        ("RUN <<E\n#!/usr/bin/env python3\nimport os\nE\n", "the heredoc is a script for python3"),
        ("RUN <<E\n#! /usr/bin/perl -w\nE\n", "the heredoc is a script for perl"),
        ("RUN <<-E\n\t#!/usr/bin/python\n\tE\n", "the heredoc is a script for python"),
        ("RUN <<E\n#!\n/bin/sh\nE\n", "the heredoc is a script for nothing"),
    ],
)
def test_what_is_no_shell_script_is_opaque(body: str, reason: str) -> None:
    found = run(body)
    assert found.opaque == reason
    assert not found.commands and not found.operations and not found.file_effects


def test_a_script_for_windows_is_opaque() -> None:
    assert run("RUN dir\n", head="# escape=`\n").opaque == "the stage runs on Windows"


def test_a_script_that_can_not_be_read_shows_no_commands() -> None:
    found = run("RUN a && (b\n")
    assert found.opaque and not found.commands


@pytest.mark.parametrize(
    ("body", "shell", "shebang"),
    [
        ("RUN a\n", None, False),
        ('SHELL ["/bin/sh", "-c"]\nRUN a\n', None, False),
        ('SHELL ["/bin/bash", "-c"]\nRUN a\n', "bash", False),
        ("RUN <<E\na\nE\n", None, False),
        ("RUN <<E\n#!/bin/bash -e\na\nE\n", "bash", True),
        ("RUN <<E\n#!/usr/bin/env -S bash -e\na\nE\n", "bash", True),
        ('SHELL ["/bin/bash", "-c"]\nRUN <<E\n#!/bin/sh\na\nE\n', None, True),
        ("RUN cat <<E\n#!/bin/bash\nE\n", None, False),
    ],
)
def test_a_script_is_read_by_shell_or_by_its_first_line(
    body: str, shell: str | None, shebang: bool
) -> None:
    found = run(body)
    assert (found.opaque, found.shell_name, found.has_shebang) == (None, shell, shebang)


def test_commands_of_a_heredoc_know_their_places() -> None:
    found, source = runs("RUN <<-E\n\tset -e\n\t\tapt-get update # c\n\tE\n")
    words = [found[0].span(word.span).of(source) for word in found[0].commands[1].words]
    assert words == ["apt-get", "update"]


def test_a_heredoc_for_a_command_is_no_script() -> None:
    found = run("RUN cat > /f <<E && b\nrm -rf /\nE\n")
    assert names(found) == ["cat", "b"]


def test_comments_between_continued_lines_are_gone_from_the_script() -> None:
    found, source = runs("RUN a \\\n  # no && c \\\n\n  && b x\\\ny\n")
    assert names(found[0]) == ["a", "b"]
    assert found[0].span(found[0].commands[1].words[1].span).of(source) == "x\\\ny"


def test_programs_are_found_by_name() -> None:
    found = run("RUN /usr/bin/curl a; wget b; curl c\n")
    assert [command.values[1] for command in found.named("curl")] == ["a", "c"]


def test_package_operations_are_read() -> None:
    (operation,) = run("RUN cd x && sudo apt-get install -y curl\n").operations
    assert operation.manager.name == "apt-get"


def test_mounts_hide_directories() -> None:
    found = run(
        "RUN --mount=type=cache,target=/a/ --mount=type=tmpfs,dst=/b "
        "--mount=type=bind,target=/c --mount=target=/d x\n"
    )
    assert found.cache_mounts == ("/a",)
    assert found.hidden_directories == ("/a", "/b")


def test_what_is_left_behind_is_not_under_a_mount() -> None:
    assert not run("RUN --mount=type=tmpfs,target=/t echo > /t/x\n").left_behind
    assert run("RUN echo > /t/x\n").left_behind


_BETWEEN_LINES = r"[\\`][ \t]*\r?\n(?:[^\S\n]*(?:#[^\n]*)?\n)*"
"""A continuation with the empty and comment lines behind it."""


def _without_continuations(text: str) -> str:
    return re.sub(_BETWEEN_LINES, "", text)


@corpus_files.needs_corpus
@corpus_files.every_eighth_or_all
def test_every_word_of_the_corpus_is_found_where_it_stands(step: int) -> None:
    words = 0
    for row in corpus_files.index()[::step]:
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        for stage in () if parsed.problems else Facts(parsed.tree).stages:
            for found in stage.runs:
                for span, text in _words(found):
                    written = found.span(span).of(parsed.tree.source)
                    assert written == text or _without_continuations(written) == text, row["id"]
                    words += 1
    assert words > 30_000 // step * 0.8


def _words(found: RunFacts) -> list[tuple[Span, str]]:
    assert found.run.script or not found.commands
    text = found.run.script.text if found.run.script else ""
    commands = found.commands
    assert all(word.text == word.span.of(text) for command in commands for word in command.words)
    return [(word.span, word.text) for command in commands for word in command.words]
