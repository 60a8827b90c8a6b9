"""Makes one RUN of several, in the layout of the first."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from reimage.dockerfile import Dockerfile, Token, TokenKind
from reimage.model import RunFacts
from reimage.rewriting.edits.script_edits import connectors_end_lines, continuation
from reimage.rewriting.edits.script_joining import (
    behind_set,
    connector,
    exits_on_error,
    joining_obstacle,
)
from reimage.shell import parses
from reimage.text import Edit, Span, late

_LONGEST_LINE = 80
_JOINS_LINES = late(r"(?:&&|;|\|\|)[ \t]*[\\`][ \t]*\r?\n|\n[ \t]*(?:&&|;|\|\|)")
_SPEAKS_TO_A_TOOL = late(
    r"#+\s*(?:reimage|hadolint|shellcheck|checkov|trivy|kics|tally|semgrep|nosec|renovate)\b",
    re.IGNORECASE,
)


class _Layout(NamedTuple):
    """How the merged RUN is written; `newline` is what ends a continued line."""

    on_one_line: bool
    connectors_end_lines: bool
    newline: str
    indent: str


def merged(dockerfile: Dockerfile, runs: Sequence[RunFacts]) -> tuple[Edit, ...] | str:
    """The edits that make one RUN of `runs`, or the reason why it can't be done.

    `runs` follow one another directly. The text of the first stays as it is.
    """
    if reason := joining_obstacle(runs):
        return reason
    layout = _layout(runs)
    edits: list[Edit] = []
    text = runs[0].script.text if runs[0].script else ""
    before = ""
    stops = False
    for first, second in pairwise(runs):
        assert first.script is not None and second.script is not None
        stops = stops or exits_on_error(first)
        sign = connector(first.script, second.script, before, stops=stops)
        if sign is None:
            return "their commands are joined in different ways"
        before = sign
        start = behind_set(first.script, second.script)[0].span.start
        joint = _joint(dockerfile, first, second, start, sign, layout)
        if isinstance(joint, str):
            return joint
        edits += joint
        text = f"{text.rstrip().rstrip(';')} {sign} {second.script.text[start:]}"
    return tuple(edits) if parses(text) else "the merged script would not parse"


def _joint(
    dockerfile: Dockerfile,
    first: RunFacts,
    second: RunFacts,
    start: int,
    sign: str,
    layout: _Layout,
) -> list[Edit] | str:
    one, two = first.run.script, second.run.script
    assert one is not None and two is not None
    end_of_first = one.end(len(one.text.rstrip()))
    start_of_second = two.start(start)
    comments = _comments_between(dockerfile, end_of_first, start_of_second)
    if any(_SPEAKS_TO_A_TOOL.match(comment.text.strip()) for comment in comments):
        return "a comment between the RUNs speaks to a tool about the later one"
    has_sign = one.text.rstrip().endswith(";")
    glue = _glue("" if has_sign else sign, sign, [c.text.strip() for c in comments], layout)
    # What another rewrite adds at the end of the first script has to wait for the merged one.
    last = dockerfile.source[end_of_first - 1]
    edit = Edit(Span(end_of_first - 1, start_of_second), f"{last}{glue}")
    return [edit, *_deeper(dockerfile.source, second, start_of_second, layout)]


def _comments_between(dockerfile: Dockerfile, start: int, end: int) -> list[Token]:
    return [
        token
        for token in dockerfile.tokens
        if token.kind is TokenKind.COMMENT and start <= token.start < end
    ]


def _glue(missing: str, sign: str, comments: list[str], layout: _Layout) -> str:
    if layout.on_one_line and not comments:
        return f"{missing} " if sign == ";" else f" {missing} "
    newline, indent = layout.newline, layout.indent
    line_end = "\r\n" if newline.endswith("\r\n") else "\n"
    remarks = "".join(f"{indent}{comment}{line_end}" for comment in comments)
    if sign == ";":
        return f"{missing}{newline}{remarks}{indent}"
    if layout.connectors_end_lines:
        return f" {sign}{newline}{remarks}{indent}"
    return f"{newline}{remarks}{indent}{sign} "


def _layout(runs: Sequence[RunFacts]) -> _Layout:
    model = next((run for run in runs if _has_lines_of_commands(run)), None)
    model = model or next((run for run in runs if run.run.continued), runs[0])
    newline, indent = continuation(model)
    length = sum(_first_line_length(run) + 4 for run in runs[1:])
    length += _first_line_length(runs[0])
    fits = length <= _LONGEST_LINE and not any(run.run.continued for run in runs[:-1])
    on_one_line = fits and not _has_lines_of_commands(runs[-1])
    return _Layout(on_one_line, connectors_end_lines(model), newline, indent)


def _has_lines_of_commands(run: RunFacts) -> bool:
    """Whether lines begin or end with what joins two commands."""
    source = "".join(t.text for t in run.run.tokens if t.kind is not TokenKind.COMMENT)
    return _JOINS_LINES.search(source) is not None


def _first_line_length(run: RunFacts) -> int:
    tokens = [t for t in run.run.tokens if t.start >= run.run.span.start]
    length = 0
    for token in tokens:
        if token.kind in (TokenKind.CONTINUATION, TokenKind.NEWLINE):
            break
        length += len(token.text)
    return length


def _deeper(source: str, second: RunFacts, start: int, layout: _Layout) -> list[Edit]:
    """Indent the lines that go on with a command, so that they stand behind the joined commands."""
    text = source[start : second.run.span.end]
    if layout.on_one_line or _has_lines_of_commands(second) or re.search(r"[\"'#]", text):
        return []
    lines = [start + match.end() for match in re.finditer(r"\n", text)]
    indented = all(source.startswith(layout.indent, line) for line in lines)
    deeper = all(source.startswith((layout.indent + " ", layout.indent + "\t"), at) for at in lines)
    if not indented or deeper:
        return []
    return [Edit(Span(line, line), layout.indent) for line in lines]
