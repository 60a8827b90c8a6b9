"""Every byte is in one token and parsing never raises, whatever the input."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests import corpus_files

from reimage.dockerfile import parse
from reimage.text import decode, encode

PIECES = (
    "FROM", "debian:12", "RUN", "run", "COPY", "ADD", "ENV", "LABEL", "ONBUILD", "CMD",
    "HEALTHCHECK", "<<EOF", "<<-EOF", '<<"A B"', "3<<X", "EOF", "X", "\n", "\r\n", "\n\n", " ",
    "\t", "\f", "\v", "\r", "\\\n", "\\ \n", "\\\\\n", "`\n", "#", "# escape=`\n",
    "# syntax=a\n", "#c\n", "--flag=x", "--", "$x", "${y:-z}", '"', "'", "[", "]", '["a"]', "=",
    "a=b", "\ufeff", "\x00", "\x85", "\u2028", "é", "\x1c",
)  # fmt: skip
dockerfiles = st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(str.encode)
anything = st.one_of(dockerfiles, st.binary(max_size=200))


def check(data: bytes) -> None:
    source = decode(data)
    tree = parse(source).tree
    at = 0
    for token in tree.tokens:
        assert token.start == at
        assert token.text
        at = token.end
    joined = "".join(token.text for token in tree.tokens)
    assert encode(joined) == data
    for instruction in tree.instructions:
        assert instruction.full_span.holds(instruction.span)
        logical = instruction.logical
        for offset, char in enumerate(logical.text):
            assert source[logical.start(offset)] == char


@example(b"")
@example(b"\\")
@example(b"RUN \\\n# c\n\n x <<EOF\n")
@example("\ufeffFROM x\r\nRUN a \\\r\n  b\r\n".encode())
@example(b"ONBUILD RUN <<EOF\nx\nEOF\n")
@settings(max_examples=300, deadline=None)
@given(anything)
def test_tokens_join_to_the_file(data: bytes) -> None:
    check(data)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(anything)
def test_tokens_join_to_ten_thousand_files(data: bytes) -> None:
    check(data)


@corpus_files.needs_corpus
def test_tokens_join_to_every_file_of_the_corpus() -> None:
    paths = [corpus_files.path(row) for row in corpus_files.index()]
    for folder in ("testfiles", "testfiles-negative", "testfile-line"):
        paths += corpus_files.conformance(folder)
    assert len(paths) > 1_000
    for path in paths:
        check(path.read_bytes())
