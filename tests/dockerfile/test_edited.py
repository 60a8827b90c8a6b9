"""Reading a file again after edits gives what reading the new text from scratch gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests import corpus_files
from tests.dockerfile.test_round_trip import PIECES

from reimage.dockerfile import Dockerfile, Instruction, Logical, Onbuild, Run, parse, parse_edited
from reimage.text import Edit, Span, apply_edits, decode

LINES = (
    "FROM debian:12\n", "FROM a AS b\r\n", "RUN a\n", "RUN --mount=type=cache,target=/c x\n",
    "RUN a \\\n  b\n", "RUN a \\\n# c\n\n  b\n", "RUN <<EOF\nx\nEOF\n",
    "RUN cat <<EOF\nFROM\nEOF\n",
    "COPY <<-A <<B /c/\n\tx\n\tA\ny\nB\n", "ENV a=b c=d\n", "ENV a b\n", 'CMD ["a", "b"]\n',
    "ONBUILD RUN <<E\nx\nE\n", "ONBUILD COPY --chown=1 a b\n", "# c\n", "# check=skip=all\n",
    "\n", "\t\n", "# escape=`\n", "RUN a `\n b\n", "RUN last", "RUN last \\", "é\n",
)  # fmt: skip
files = st.lists(st.sampled_from(LINES), max_size=9).map(lambda lines: "FROM x\n" + "".join(lines))


def described(tree: Dockerfile) -> Iterator[object]:
    """Everything that a tree says."""
    yield tree.source, tree.escape, tree.newline, tree.directives
    for part in tree.parts:
        yield list(instruction(part)) if isinstance(part, Instruction) else part


def instruction(one: Instruction) -> Iterator[object]:
    yield type(one), one.keyword, one.flags, one.heredocs, one.escape, one.trigger, one.newline
    yield one.span, one.full_span, one.keyword_span, one.owned, one.tokens
    yield one.comments, one.inner_comments, one.continued
    yield places(one.logical)
    yield places(one.arguments)
    if isinstance(one, Onbuild) and one.inner:
        yield list(instruction(one.inner))
    yield from (getattr(one, name, None) for name in ("pairs", "words", "operands", "mounts"))
    if isinstance(one, Run):
        yield one.command_line.words
        yield one.script and places(one.script)


def places(logical: Logical) -> tuple[str, list[int]]:
    return logical.text, [logical.start(at) for at in range(len(logical.text))]


def check(source: str, edits: list[Edit]) -> int:
    """How many instructions were taken over."""
    before = parse(source)
    after = parse_edited(before.tree, edits)
    fresh = parse(apply_edits(source, edits))
    assert after.problems == fresh.problems
    assert list(described(after.tree)) == list(described(fresh.tree))
    known = set(map(id, before.tree.instructions))
    return sum(id(each) in known for each in after.tree.instructions)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    source = draw(files)
    cuts = draw(st.lists(st.integers(0, len(source)), min_size=2, max_size=6).map(sorted))
    spans = [Span(*cut) for cut in zip(cuts[::2], cuts[1::2], strict=False)]
    text = st.one_of(st.sampled_from(("", *PIECES, *LINES)))
    edits = [Edit(span, draw(text)) for span in spans]
    return source, edits


@example(("FROM x\nRUN a \\", [Edit(Span(14, 14), "\n b\n")]))
@example(("FROM x\nRUN <<E\na", [Edit(Span(16, 16), "\nE\nRUN b")]))
@example(("FROM x\n# escape=`\nRUN a\n", [Edit(Span(0, 7), "")]))
@example(("# c\nFROM x\nRUN a\n", [Edit(Span(4, 11), "")]))
@example(("FROM x\nRUN a\n", [Edit(Span(6, 7), "\r\n")]))
@example(("FROM x\nRUN a\n", [Edit(Span(7, 7), "RUN b \\\n")]))
@example(("FROM x\nRUN a\n", [Edit(Span(7, 7), "# c\n")]))
@example(("FROM x\nRUN a\n", [Edit(Span(7, 7), "RUN <<E\n")]))
@settings(max_examples=200, deadline=None)
@given(edited())
def test_any_edits_of_a_file(case: tuple[str, list[Edit]]) -> None:
    check_case(case)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(edited())
def test_any_of_many_edits_of_a_file(case: tuple[str, list[Edit]]) -> None:
    check_case(case)


def check_case(case: tuple[str, list[Edit]]) -> None:
    source, edits = case
    spans = [each.span for each in edits]
    assume(len(set(spans)) == len(spans))
    check(source, edits)


def test_what_stands_in_front_of_an_edit_is_the_same_object() -> None:
    assert check("FROM x\nRUN a\nRUN b\n", [Edit(Span(18, 18), "c")]) == 1


@pytest.mark.parametrize("text", ["", "RUN new\n", "# c\n"])
def test_every_instruction_of_a_file_is_taken_out(text: str) -> None:
    source = "".join(("FROM x\n", *LINES[2:13]))
    tree = parse(source).tree
    for each in tree.instructions:
        check(source, [Edit(each.full_span, text)])


@corpus_files.needs_corpus
@corpus_files.every_eighth_or_all
def test_the_middle_of_every_file_of_the_corpus_is_taken_out(step: int) -> None:
    for row in corpus_files.index()[::step]:
        source = decode(corpus_files.path(row).read_bytes())
        middle = len(source) // 2
        if source:
            check(source, [Edit(Span(middle, middle + 1), "")])
