"""MAINTAINER to LABEL."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.dockerfile import Label, Maintainer, expand
from reimage.model import Facts, Stage
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.text import Edit, Span, late

_KEY = "maintainer"
_UNQUOTED = late(r"""(?P<quote>["'])(?P<name>(?:(?!(?P=quote)).)+)(?P=quote)""")


@transformation(
    claim=Claim.SAME_IMAGE,
    may_change=("Author", "Labels"),
    known_as=("DL4000", "MaintainerDeprecated"),
)
def replace_maintainer_with_label(facts: Facts) -> Iterator[Finding]:
    """Say who maintains the image in a label.

    MAINTAINER is [deprecated](https://docs.docker.com/reference/build-checks/maintainer-deprecated/):
    it fills the image's author field, which few tools show, while labels can be read and filtered
    by. The name moves from that field to the label `maintainer`; nothing else in the image changes.

    MAINTAINER takes its line as it is, LABEL expands variables and removes quotes: `$`, quotes and
    escape characters get escaped, so that the value stays. Quotes around the whole name, which
    MAINTAINER made a part of it, are not taken along.

    Refuses where the stage, or one that it is FROM, has a label `maintainer` already.
    """
    for stage in facts.stages:
        for instruction in stage.instructions:
            if not isinstance(instruction, Maintainer):
                continue
            if _has_label(stage):
                yield Refusal("there is a LABEL maintainer already", instruction.span)
            elif found := _rewrite(instruction, facts.dockerfile.source):
                yield found


def _has_label(stage: Stage) -> bool:
    labels = (
        instruction
        for each in (stage, *stage.ancestors)
        for instruction in each.instructions
        if isinstance(instruction, Label)
    )
    return any(pair.key.strip("\"'") == _KEY for label in labels for pair in label.pairs)


def _rewrite(instruction: Maintainer, source: str) -> Rewrite | None:
    """Change the keyword, write key and quotes around the name, escape what must be in it."""
    arguments, escape = instruction.arguments, instruction.escape
    text = arguments.text.rstrip()
    name = _UNQUOTED.fullmatch(text)
    start, end = name.span("name") if name else (0, len(text))
    escaped = [at for at in range(start, end) if text[at] in ('"', "$", escape)]
    value = "".join(escape * (at in escaped) + text[at] for at in range(start, end))
    if expand(f'"{value}"', {}, escape=escape).text != text[start:end]:
        return None
    first = start in escaped
    edits = (
        Edit(instruction.keyword_span, _in_case_of(instruction.keyword_span.of(source))),
        Edit(Span(arguments.start(0), arguments.start(start)), f'{_KEY}="{escape * first}'),
        *(Edit(Span(arguments.start(at), arguments.start(at)), escape) for at in escaped[first:]),
        Edit(Span(arguments.end(end), arguments.end(len(text))), '"'),
    )
    message = "names the maintainer in a label, because MAINTAINER is deprecated"
    if name:
        message += ", without the quotes that became part of the name"
    return Rewrite(message, instruction.span, edits)


def _in_case_of(keyword: str) -> str:
    if keyword.islower():
        return "label"
    return "LABEL" if keyword.isupper() else "Label"
