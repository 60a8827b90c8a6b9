"""What is not read with certainty shows no commands; nothing raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reimage.shell import parse, parses

UNREADABLE = {
    "unclosed quote": "echo 'foo",
    "nothing after and": "a &&",
    "if without fi": "if a; then b",
    "case end outside of case": "a ;; b",
    "negated group, which the grammar reads as a program named {": "! { a; }",
    "escaped blank before a word": r"a && \ b",
    "escaped blank between arguments": r"echo a \ b",
    "body that starts with a heredoc": "<<EOF bash\necho a\nEOF\n",
    "heredoc without end": "cat <<EOF\nfoo\n",
    "two heredocs in a line": "cat <<A && cat <<B\na\nA\nb\nB\n",
    "backticks in an expanding heredoc": "cat <<EOF\n`rm -rf /`\nEOF\n",
    "keyword after a compound command": "if a; then (b) fi",
    "negation within a pipeline": "a | ! b",
    "carriage return": "apt-get update\r\n",
    "NUL": "a\0b",
    "deep nesting": "( " * 80 + "a" + " )" * 80,
    "arithmetic to bash and subshells to others": "((a))",
    "assignment and redirection alone on a line": ">x A=b 2>&1\nrm a",
    "assignment to what is no name": "x && *A=b $((1+2))",
    "brace that opens no group": "{a,b}; }",
    "word with a blank in it": "<y a $(b) { {c,d}",
    "assignment behind redirections": ">x 2>&1 A=b",
    "negation at the end of a line": "! # why\na",
    "time before a keyword": "time ! a",
    "word behind a function": "f() { a; } >x b",
    "two backtick pairs, which the grammar joins": "a `b`  `c` $((1))",
    "backtick comment": "apt-get install a `# why` b",
    "powershell": "if (Test-Path C:\\x) { Remove-Item C:\\x }",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_shows_no_commands_of_a_script_it_cannot_read(text: str) -> None:
    script = parse(text)
    assert script.opaque
    assert not script.commands
    assert not script.statements
    assert not parses(text)


def test_reads_scripts_without_any_command() -> None:
    for text in ("", "  \n", "# only a comment"):
        assert parse(text).opaque is None
        assert parse(text).commands == ()


def test_reads_a_very_long_list_without_recursion() -> None:
    assert len(parse(" && ".join(["a"] * 3000)).commands) == 3000


_TABLE = """\
apt-get |install |a| |;|&&|||&|(|)|{ |; }|$(|`|"|'|\\|$x|${x}|if |then |fi|do |done|for x in |case \
|esac|<<EOF|<|>|2>&1|#|!|[ | ]|[[|é|*|A=b |=(|((|))|f()|export |time """
_PIECES = st.sampled_from(
    [*_TABLE.split("|"), "\n", "\nEOF\n", "|", "\udcff", "\ud800", "\t", "\x0c", "\u2028"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=24).map("".join))
def test_never_raises_and_its_spans_are_what_they_say(text: str) -> None:
    script = parse(text)
    starts = [command.span.start for command in script.commands]
    assert starts == sorted(starts)
    for command in script.commands:
        for word in (*command.words, *command.assignments):
            assert word.span.of(text) == word.text
            assert command.span.holds(word.span)
        for redirection in command.redirections:
            assert redirection.operator in redirection.span.of(text)
        if command.connector:
            assert command.connector_span is not None
            assert command.connector_span.of(text) == command.connector


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=24).map("".join))
def test_statements_and_connectors_are_all_there_is_at_the_top(text: str) -> None:
    script = parse(text)
    rest = list(text)
    covered = [*script.comments, *script.heredocs]
    for statement in script.statements:
        covered.append(statement.span)
        if statement.connector_span:
            covered.append(statement.connector_span)
    for span in covered:
        rest[span.start : span.end] = " " * (span.end - span.start)
    if script.opaque is None:
        assert "".join(rest).replace("\\\n", "").strip(" \t\n") in ("", ";", "&")
