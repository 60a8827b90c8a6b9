"""`ENV key value` to `ENV key=value`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.dockerfile import Env, KeyValue, Label, expand, references
from reimage.dockerfile.expansion_syntax import Broken, Literal, Part, read_parts
from reimage.dockerfile.words import quoted_offsets
from reimage.model import Facts
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.text import Edit, Span, late

_KEY = late(r"[^\s='\"\\`]+")
_WORD_CHARACTER = late(r"\w")


@transformation(claim=Claim.SAME_IMAGE, known_as=("LegacyKeyValueFormat",))
def modernize_env_and_label(facts: Facts) -> Iterator[Finding]:
    """Write ENV and LABEL with an equals sign, the value exactly as it is.

    The form with a blank, `ENV key value`, is
    [deprecated](https://docs.docker.com/reference/build-checks/legacy-key-value-format/): it takes
    one key, and all that follows on the line is its value, `B=2` in `ENV A 1 B=2` included.

    The value is not simply put in quotes: BuildKit removes quotes and escapes from a value and
    expands variables in both forms, so quotes that stand there already mean something. Where the
    value is one word, the blank becomes `=`. Where it is not and holds neither quotes nor escapes,
    it gets quotes. Otherwise it is written anew. Each result is expanded beside the original with
    every variable set, empty and unset, as BuildKit does it, and has to be equal.

    Refuses where that fails, and where the value is spread over lines in a way that can't be kept.
    """
    for stage in facts.stages:
        for instruction in stage.instructions:
            if isinstance(instruction, Env | Label) and instruction.legacy and instruction.pairs:
                yield _modernize(instruction, instruction.pairs[0], facts.dockerfile.source)


def _modernize(instruction: Env | Label, pair: KeyValue, source: str) -> Rewrite | Refusal:
    gap = Span(pair.key_span.end, pair.value_span.start)
    value, escape = pair.value or "", instruction.escape
    if not _KEY.fullmatch(pair.key):
        return Refusal(f"the name {pair.key} holds quotes or escapes", instruction.span)
    if error := expand(value, {}, escape=escape, keep_unset=True).error:
        return Refusal(f"BuildKit can't read the value of {pair.key}: {error}", instruction.span)
    if any(gap.start < comment.start < gap.end for comment in instruction.inner_comments):
        return Refusal(f"a comment stands between {pair.key} and its value", instruction.span)
    if value.startswith("= "):
        reason = f"the value of {pair.key} begins with =, most likely by mistake"
        return Refusal(reason, instruction.span)
    edits: tuple[Edit, ...] = ()
    if _keeps(pair, value, escape):
        edits = (Edit(gap, "="),)
    elif not _has_quotes(value, escape) and _keeps(pair, f'"{value}"', escape):
        end = Span(pair.value_span.end, pair.value_span.end)
        edits = (Edit(gap, '="'), Edit(end, '"'))
    else:
        if "\n" in pair.value_span.of(source):
            reason = f"the value of {pair.key} has quotes or escapes and goes over several lines"
            return Refusal(reason, instruction.span)
        if mistaken := _mistaken_escape(value, escape):
            reason = f"BuildKit makes {mistaken[1]} of {mistaken} in the value of {pair.key}"
            return Refusal(f"{reason}, most likely not as meant", instruction.span)
        written = _in_quotes(value, escape)
        if written is None or not _keeps(pair, written, escape):
            return Refusal(
                f"the value of {pair.key} can't be put in one pair of quotes", instruction.span
            )
        edits = (Edit(Span(gap.start, pair.value_span.end), f"={written}"),)
    message = f"writes {pair.key} with =, because the form without is deprecated"
    return Rewrite(message, instruction.span, edits)


def _keeps(pair: KeyValue, written: str, escape: str) -> bool:
    """Whether `key=written` gives the key the value that it has."""
    word = f"{pair.key}={written}"
    if quoted_offsets(word, escape) != [(0, len(word))]:
        return False
    value = pair.value or ""
    if written == value:
        return True
    names = {reference.name for reference in references(value, escape=escape)}
    environments = [{}, dict.fromkeys(names, "a  b"), dict.fromkeys(names, "")]
    environments += [{name: "a  b"} for name in names]
    for environment in environments:
        for keep_unset in (False, True):
            old = expand(value, environment, escape=escape, keep_unset=keep_unset)
            new = expand(written, environment, escape=escape, keep_unset=keep_unset)
            if (old.text, old.error) != (new.text, new.error):
                return False
    return True


def _has_quotes(value: str, escape: str) -> bool:
    return any(sign in value for sign in ("'", '"', escape))


def _mistaken_escape(value: str, escape: str) -> str | None:
    """A `\\n` or the like, outside of double quotes: the backslash is gone from the variable."""
    dropped = re.compile(re.escape(escape) + "[A-Za-z0-9]")
    found = dropped.findall(value)
    kept = dropped.findall(expand(value, {}, escape=escape, keep_unset=True).text)
    return found[0] if len(found) > len(kept) else None


def _in_quotes(value: str, escape: str) -> str | None:
    """The value as one word in double quotes; None where a name would run into what follows."""
    text = '"'
    parts = read_parts(value, escape)
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        if isinstance(part, Broken) or _runs_into(part, following):
            return None
        if isinstance(part, Literal):
            text += re.sub(f'(["${re.escape(escape)}])', lambda char: escape + char[1], part.text)
        else:
            text += part.span.of(value)
    return text + '"'


def _runs_into(part: Part, following: Part | None) -> bool:
    if isinstance(part, Literal | Broken) or part.braced or not isinstance(following, Literal):
        return False
    return _WORD_CHARACTER.match(following.text) is not None
