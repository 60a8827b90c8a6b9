"""Taking several statements out of a script at once, with the connectors that join them."""

from __future__ import annotations

from collections.abc import Sequence

from reimage.model import RunFacts
from reimage.shell import Script, Statement, parses
from reimage.text import Edit, Span


def remove_statements(run: RunFacts, doomed: Sequence[Statement]) -> list[Edit] | str:
    """Take top-level statements out of the script; the reason when they can't go.

    They can where they stand in a plain chain, whose other commands depend on them for nothing.
    """
    script = run.script
    if script is None or script.opaque:
        return run.opaque or "the script is not understood"
    if len(doomed) == len(script.statements):
        return "the script has no other command"
    spans = [_span(run, script, *block) for block in _blocks(script, doomed)]
    text = script.text
    for span in reversed(spans):
        if span is None:
            return "the command is part of a condition"
        if _has_comment(run, script, span):
            return "a comment stands beside the command"
        text = text[: span.start] + text[span.end :]
    if not parses(text):
        return "the script would not parse"
    return [Edit(run.span(span), "") for span in spans if span]


def _blocks(script: Script, doomed: Sequence[Statement]) -> list[tuple[int, int]]:
    """First and last index of each row of neighbours that go."""
    starts = {statement.span for statement in doomed}
    blocks: list[tuple[int, int]] = []
    for index, statement in enumerate(script.statements):
        if statement.span in starts:
            goes_on = bool(blocks) and blocks[-1][1] == index - 1
            blocks.append((blocks.pop()[0] if goes_on else index, index))
    return blocks


def _span(run: RunFacts, script: Script, first: int, last: int) -> Span | None:
    """What goes with a block, None where it is part of a condition."""
    statements = script.statements
    following = statements[last + 1] if last + 1 < len(statements) else None
    around = [each.connector for each in statements[first : last + 1]]
    around += [following.connector] if following else []
    if {"||", "&", "|"} & set(around) or any(
        each.background for each in statements[first : last + 1]
    ):
        return None
    start, end = statements[first].span.start, statements[last].span.end
    if first == 0:
        return Span(start, following.span.start) if following else None
    if following and following.connector == "&&" and statements[first].connector != "&&":
        # `a; b && c`: c ran whatever became of a.
        return Span(start, following.span.start)
    before = statements[first - 1].span.end
    if following and following.connector == statements[first].connector:
        # What follows on the same line takes the place of the block.
        is_break_before = _breaks(run, Span(before, start))
        if is_break_before and not _breaks(run, Span(end, following.span.start)):
            return Span(start, following.span.start)
    return Span(before, end)


def _breaks(run: RunFacts, span: Span) -> bool:
    """Whether the Dockerfile has a line break there."""
    where, offset = run.span(span), run.run.tokens[0].start
    source = "".join(token.text for token in run.run.tokens)
    return "\n" in source[where.start - offset : where.end - offset]


def _has_comment(run: RunFacts, script: Script, span: Span) -> bool:
    where = run.span(span)
    return any(
        comment.start < span.end and span.start < comment.end for comment in script.comments
    ) or any(
        token.start >= where.start and token.end <= where.end for token in run.run.inner_comments
    )
