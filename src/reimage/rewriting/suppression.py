"""Comments that switch a transformation off, in three dialects.

- `# reimage: skip=name,name reason` directly above an instruction (or between its continued
  lines) and `# reimage: skip-file=name reason` anywhere; `all` stands for every name.
- `# hadolint ignore=DL3009,DL3015` on the line above an instruction and
  `# hadolint global ignore=DL3009` anywhere, read by hadolint's own grammar: a reason needs a
  second `#`.
- BuildKit's directive `# check=skip=JSONArgsRecommended`, for the whole file. Its `skip=all` stands
  for BuildKit's own checks, so it switches off what is known under the name of one of them.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from reimage.dockerfile import Dockerfile, Instruction, Token, TokenKind
from reimage.rewriting.transformation import Transformation
from reimage.text import Span, late

_OURS = late(
    r"""\#[ \t]* reimage [ \t]*:[ \t]* (?P<scope>skip(?:-file)?) [ \t]*=[ \t]*
        (?P<names>[\w.-]+ (?:[ \t]*,[ \t]*[\w.-]+)*)""",
    re.VERBOSE | re.IGNORECASE,
)
_HADOLINT = late(
    r"""\#[ \t]* hadolint [ \t]+ (?P<scope>global[ \t]+)? ignore [ \t]*=[ \t]*
        (?P<names>[DLSC0-9]+ (?:[ \t]*,[ \t]*[DLSC0-9]+)*) [ \t]* (?:\#.*)?""",
    re.VERBOSE | re.DOTALL,
)
_NAME = late(r"[\w.-]+")
_HADOLINT_RULE = late(r"(?:DL|SC)[0-9]+")
_ALL = "all"


class _Names(NamedTuple):
    """What is switched off somewhere: names of ours and, in lower case, of other tools' rules."""

    ours: frozenset[str]
    foreign: frozenset[str]

    def cover(self, transformation: Transformation) -> bool:
        if self.ours and (_ALL in self.ours or _plain(transformation.name) in self.ours):
            return True
        return not self.foreign.isdisjoint(name.lower() for name in transformation.known_as)


class Suppressions:
    """What the comments of a Dockerfile switch off, and where."""

    def __init__(self, tree: Dockerfile) -> None:
        self._unchecked: list[tuple[str, Span]] = []
        self._every_check = False
        self._places: list[tuple[Span, _Names]] = []
        ours: set[str] = set()
        foreign = self._directive(tree)
        source = tree.source.lower()
        if "reimage" in source or "hadolint" in source:
            for part in tree.parts:
                if isinstance(part, Instruction):
                    self._instruction(part, ours, foreign)
                elif part.kind is TokenKind.COMMENT:
                    self._comment(part, ours, foreign)
        self._file = _Names(frozenset(ours), frozenset(foreign))

    def covers(self, transformation: Transformation, at: Span) -> bool:
        """Whether `transformation` is switched off at `at`.

        `at` may be any part of an instruction, its comments and heredocs included. Where it
        touches several, one of them being closed to the transformation is enough.
        """
        if self._file.cover(transformation):
            return True
        if self._every_check and any(map(_is_check, transformation.known_as)):
            return True
        return any(
            _touches(span, at) and names.cover(transformation) for span, names in self._places
        )

    def unknown_names(self, known: Collection[str]) -> tuple[tuple[str, Span], ...]:
        """The names in reimage's own comments that are not in `known`, as written, with place.

        `known` may hold either spelling of a name (`do-this`, `do_this`).
        """
        plain = {_plain(name) for name in known} | {_ALL}
        return tuple((name, span) for name, span in self._unchecked if _plain(name) not in plain)

    def _directive(self, tree: Dockerfile) -> set[str]:
        directive = tree.directive("check")
        foreign: set[str] = set()
        for option in directive.value.split(";") if directive else ():
            key, _, value = option.partition("=")
            if key.strip().lower() == "skip":
                foreign.update(name.strip().lower() for name in value.split(","))
        self._every_check = _ALL in foreign
        return foreign - {_ALL}

    def _instruction(self, instruction: Instruction, ours: set[str], foreign: set[str]) -> None:
        here: set[str] = set()
        theirs: set[str] = set()
        for comment in instruction.comments:
            theirs = self._comment(comment, ours, foreign, here)
        for comment in instruction.inner_comments:
            self._own(comment, ours, here)
        # `theirs` is what the last comment says: hadolint reads the one line above, no other.
        if here or theirs:
            names = _Names(frozenset(here), frozenset(theirs))
            self._places.append((instruction.full_span, names))

    def _comment(
        self, comment: Token, ours: set[str], foreign: set[str], here: set[str] | None = None
    ) -> set[str]:
        """Read a comment in both dialects; returns hadolint's names for the next line."""
        self._own(comment, ours, here)
        match = _HADOLINT.fullmatch(comment.text)
        if not match:
            return set()
        names = {name.lower() for name in _NAME.findall(match["names"])}
        if match["scope"]:
            foreign |= names
            return set()
        return names

    def _own(self, comment: Token, ours: set[str], here: set[str] | None) -> None:
        match = _OURS.match(comment.text)
        if not match:
            return
        for name, span in _names_in(match, comment.start):
            self._unchecked.append((name, span))
            if match["scope"].lower() != "skip":
                ours.add(_plain(name))
            elif here is not None:
                here.add(_plain(name))


def _names_in(match: re.Match[str], offset: int) -> Iterator[tuple[str, Span]]:
    for name in _NAME.finditer(match.string, *match.span("names")):
        yield name[0], Span(offset + name.start(), offset + name.end())


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _is_check(rule: str) -> bool:
    """Whether `rule` is one of BuildKit's, whose names are words and not codes."""
    return not _HADOLINT_RULE.fullmatch(rule)


def _touches(instruction: Span, at: Span) -> bool:
    if at.start == at.end:
        return instruction.start <= at.start < instruction.end
    return at.start < instruction.end and instruction.start < at.end
