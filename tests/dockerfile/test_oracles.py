"""Our reading of a file is BuildKit's, by every oracle there is."""

from __future__ import annotations

from pathlib import Path

import dockerfile as wheel
import pytest
from e2b_dockerfile_utils.syntax import DockerfileSyntaxError, parse_dockerfile_ast
from hypothesis import example, given, settings
from tests import corpus_files
from tests.dockerfile.buildkit_dump import dump
from tests.dockerfile.test_round_trip import dockerfiles

from reimage.dockerfile import Dockerfile, Instruction, Onbuild, parse
from reimage.text import decode

pytestmark = corpus_files.needs_corpus

ACCEPTED_BY_THE_INDEX_ONLY = {
    # ENV before FROM: instructions.Parse of BuildKit says "no build stage in current context".
    "reteps__dockerfmt/7f19dfa1__tests__out__moretests.dockerfile",
}


@pytest.mark.parametrize(
    "path", corpus_files.conformance("testfiles"), ids=lambda path: path.parent.name
)
def test_the_dump_is_buildkits(path: Path) -> None:
    expected = (path.parent / "result").read_text(encoding="utf-8").strip()
    assert dump(parse(decode(path.read_bytes())).tree) == expected


@pytest.mark.parametrize(
    "path", corpus_files.conformance("testfiles-negative"), ids=lambda path: path.parent.name
)
def test_what_buildkit_rejects_is_a_problem(path: Path) -> None:
    assert parse(decode(path.read_bytes())).problems


def test_problems_are_found_where_buildkit_finds_them() -> None:
    rows = corpus_files.index()
    differing = {
        row["id"]
        for row in rows
        if (row["instr_buildkit0322"] == "ok")
        is bool(parse(decode(corpus_files.path(row).read_bytes())).problems)
    }
    assert differing == ACCEPTED_BY_THE_INDEX_ONLY


def test_instructions_are_those_of_e2b_wherever_it_accepts() -> None:
    compared = 0
    for row in corpus_files.index():
        source = decode(corpus_files.path(row).read_bytes())
        compared += compare_with_e2b(source, parse(source).tree)
    assert compared > 10_000


@example(b"FROM\\\n\r")
@example(b"FROM a\\\n\n\n")
@settings(max_examples=1_000, deadline=None)
@given(dockerfiles)
def test_instructions_are_those_of_e2b_on_made_up_files(data: bytes) -> None:
    source = decode(data)
    compare_with_e2b(source, parse(source).tree)


def compare_with_e2b(source: str, tree: Dockerfile) -> int:
    """The number of instructions compared; 0 where e2b rejects the file."""
    if any(isinstance(each, Onbuild) and each.heredocs for each in tree.instructions):
        return 0  # e2b knows no heredocs behind ONBUILD
    if "\x1c" in source:
        return 0  # e2b strips it (Python's idea of a blank), Go does not
    try:
        theirs = parse_dockerfile_ast(source).instructions
    except (DockerfileSyntaxError, ValueError):
        return 0
    assert [each.keyword for each in tree.instructions] == [each.name for each in theirs]
    for mine, other in zip(tree.instructions, theirs, strict=True):
        assert mine.logical.text.strip() == other.original.strip()
        assert _flags(mine) == other.flags
        assert (tree.line(mine), _last_line(tree, mine)) == (other.start_line, other.end_line)
        assert [(h.name, h.content, h.strips_tabs, h.expands) for h in mine.heredocs] == [
            (h.name, h.content, h.chomp, h.expand) for h in other.heredocs
        ]
    return len(theirs)


def test_instructions_are_those_of_the_wheel_wherever_it_accepts() -> None:
    compared = 0
    for row in corpus_files.index():
        data = corpus_files.path(row).read_bytes()
        tree = parse(decode(data)).tree
        try:
            theirs = wheel.parse_string(data.decode("utf-8"))
        except (wheel.GoParseError, UnicodeDecodeError):
            continue
        assert [each.keyword for each in tree.instructions] == [c.cmd.upper() for c in theirs]
        for mine, other in zip(tree.instructions, theirs, strict=True):
            assert (tree.line(mine), _last_line(tree, mine)) == (other.start_line, other.end_line)
            if not isinstance(mine, Onbuild):  # the wheel loses the flags behind ONBUILD
                assert tuple(_flags(mine)) == other.flags
            compared += 1
    assert compared > 10_000


def _flags(instruction: Instruction) -> list[str]:
    return [
        f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}")
        for flag in instruction.flags
    ]


def _last_line(tree: Dockerfile, instruction: Instruction) -> int:
    return tree.lines.line(instruction.span.end)
