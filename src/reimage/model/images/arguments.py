"""How ARGs in front of the first FROM make image references."""

from __future__ import annotations

from typing import NamedTuple

from reimage.dockerfile import Arg, From, KeyValue, Reference, expand, references
from reimage.image.digests import is_digest
from reimage.model.facts import Facts
from reimage.model.stages import PLATFORM_ARGUMENTS
from reimage.text import Span

_DEFAULTS = (":-", "-")
_DEEPEST = 20


class Ending(NamedTuple):
    """The end of a reference, `text` at `span`; `before` is put in front of it.

    `arguments` are the ARGs that lead there.
    """

    before: str
    text: str
    span: Span
    arguments: tuple[str, ...] = ()


class GlobalArguments:
    """The ARGs that a FROM can use, and what else uses them."""

    def __init__(self, facts: Facts) -> None:
        self.source = facts.dockerfile.source
        self.escape = facts.dockerfile.escape
        defaults = facts.stages[0].arguments if facts.stages else {}
        self.known = {name: value for name, value in defaults.items() if value is not None}
        self.pairs: dict[str, KeyValue] = {}
        self.twice: set[str] = set()
        for instruction in facts.dockerfile.instructions:
            if not isinstance(instruction, Arg):
                break
            for pair in instruction.pairs:
                if pair.key in self.pairs:
                    self.twice.add(pair.key)
                self.pairs[pair.key] = pair
        self.in_stages = {
            pair.key
            for stage in facts.stages
            for instruction in stage.instructions
            if isinstance(instruction, Arg)
            for pair in instruction.pairs
            if pair.value is None
        }
        self.in_platforms = {
            reference.name
            for stage in facts.stages
            for reference in references(stage.from_.platform or "", escape=self.escape)
        }
        self.users: dict[str, set[str]] = {}
        """ARG → the ARGs whose defaults name it."""
        for pair in self.pairs.values():
            for reference in references(pair.value or "", escape=self.escape):
                self.users.setdefault(reference.name, set()).add(pair.key)

    def names_in(self, from_: From) -> tuple[str, ...]:
        """The variables of a FROM's image and those that they are made of."""
        waiting = [each.name for each in _in_word(from_)]
        names: dict[str, None] = {}
        while waiting:
            name = waiting.pop()
            if name not in names:
                names[name] = None
                value = self.pairs[name].value if name in self.pairs else None
                waiting += [each.name for each in references(value or "", escape=self.escape)]
        return tuple(names)

    def other_use(self, name: str, chain: tuple[str, ...]) -> str:
        """Where else the variable is used than on the way through `chain`; "" if nowhere."""
        if name in self.twice:
            return "twice, with two defaults"
        if name in self.in_stages:
            return "in a stage"
        if name in self.in_platforms:
            return "in a --platform"
        others = sorted(self.users.get(name, set()) - set(chain))
        return f"in ARG {others[0]}" if others else ""

    def follow(self, ending: Ending, escape: str) -> Ending | str:
        """Go from a reference's end to the default that it comes from; a sentence if that fails."""
        for _ in range(_DEEPEST):
            found = references(ending.text, escape=escape)
            if not found:
                return ending
            following = self._step(ending, found)
            if isinstance(following, str):
                return following
            ending = following
        return f"{ending.text} is made of too many ARGs"

    def _step(self, ending: Ending, found: tuple[Reference, ...]) -> Ending | str:
        one, whole = found[-1], ending.before + ending.text
        if pinned := self._pinned_name(ending, max(each.span.end for each in found)):
            return pinned
        if len(found) > 1:
            names = " and ".join(f"ARG {each.name}" for each in found)
            return f"{whole} is made of {names}: one digest can't hold for every value of them"
        if one.span.end != len(ending.text):
            return (
                f"ARG {one.name} stands inside {whole}: a digest at its end would win over the "
                f"build argument {one.name}, without a word"
            )
        if one.operator not in ("", *_DEFAULTS):
            return f"{whole} changes ARG {one.name}, so there is no default to write a digest into"
        before = ending.before + ending.text[: one.span.start]
        arguments = (*ending.arguments, one.name)
        value = self._default(one, ending, whole)
        if isinstance(value, str):
            return value
        plain = unquoted(*value)
        if plain is None or plain[1].of(self.source) != plain[0]:
            return f"the default of ARG {one.name} has quotes, escapes or line ends in the middle"
        return Ending(before, *plain, arguments)

    def _pinned_name(self, ending: Ending, end: int) -> Ending | None:
        """`${REGISTRY}/python:3.12@sha256:…`: the digest holds for every mirror of the image.

        A digest behind a variable tag is another matter: it makes the variable count for nothing.
        """
        tail = ending.text[end:]
        if not is_digest(tail.partition("@")[2]):
            return None
        expansion = expand(ending.text[:end], self.known, escape=self.escape)
        name = ending.before + expansion.text
        if expansion.error or expansion.unset or ":" in name.rpartition("/")[2]:
            return None
        span = Span(ending.span.start + end, ending.span.end)
        return Ending(name, tail, span, ending.arguments)

    def _default(self, one: Reference, ending: Ending, whole: str) -> tuple[str, Span] | str:
        """The text that the variable stands for when nobody overrides it, and its place."""
        pair = self.pairs.get(one.name)
        if pair and pair.value is not None and (pair.value.strip("\"'") or one.operator != ":-"):
            return pair.value, pair.value_span
        if one.operator in _DEFAULTS:
            end = ending.span.start + one.span.end - 1
            return one.text, Span(end - len(one.text), end)
        if one.name in PLATFORM_ARGUMENTS:
            return f"only the builder knows ARG {one.name}, of which {whole} is made"
        if pair is None:
            return f"{whole} names {one.name}, which no ARG in front of the first FROM declares"
        return f"ARG {one.name} has no default, so only the build knows {whole}"


def _in_word(from_: From) -> tuple[Reference, ...]:
    return references(from_.image.text, escape=from_.escape) if from_.image else ()


def unquoted(text: str, span: Span) -> tuple[str, Span] | None:
    """The text without quotes around it; None where it has others, or escapes."""
    if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]:
        text, span = text[1:-1], Span(span.start + 1, span.end - 1)
    return None if any(char in text for char in "'\"\\`") else (text, span)
