"""Scripts of plain words are read without the grammar, and come out as with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.shell.parsing import parse, parse_by_grammar
from reimage.shell.plain import plain_statements

_WORDS = st.sampled_from(
    [
        "a", "apt-get", "-y", "--x=1", "a=b", "*", "~/x", "$a", "${B}", "$a$b", "'q r'", "'a'b",
        '"x $y"', '""', "''", '"a\'b"', "'a\"b'", "=", "a+=b", "%", "if", "then", "in", "do",
        "time", "export", "test", "cd", "2", "-", "--", "set", "-e", "-o", "pipefail", ".", ":",
        "exec", "function", "coproc", "$a=x", "'='", "{", "(", ")", "#", "\\", "`a`", "$(a)", ">x",
        "2>&1", "é",
    ]
)  # fmt: skip
_BETWEEN = st.sampled_from([" ", "  ", "\t", " && ", "&&", " || ", "; ", ";", " | ", "|", "\n"])


@given(st.lists(st.tuples(_WORDS, _BETWEEN), min_size=1, max_size=8), st.booleans())
def test_any_script_reads_as_the_grammar_reads_it(
    pieces: list[tuple[str, str]], ended: bool
) -> None:
    text = "".join(word + between for word, between in pieces)
    text = text if ended else text.rstrip()
    assert parse(text) == parse_by_grammar(text)


def test_a_script_of_plain_words_needs_no_grammar() -> None:
    text = "apt-get update && apt-get install -y \"$NAME\" 'b c' ; test -x /a | cat;"
    statements = plain_statements(text)
    assert statements is not None
    assert [statement.kind for statement in statements] == ["command", "command", "pipeline"]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a &", "a=1 b", "'a'=1", "a > b", "if a; then b; fi", "time a", "export a=1",
        "a $(b)", "a `b`", "a \\\n b", "a\nb", "a; ; b", "&& a", "a &&", "a |", "! a", "[ a ]",
        "a {b,c}", "a #b", "(a)", "- a=1", "a 'b", "a $", "a ${b:-c}", "a\0", "a\r", "ä",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_grammar(text: str) -> None:
    assert plain_statements(text) is None
