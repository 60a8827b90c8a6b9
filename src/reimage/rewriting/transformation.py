"""What a transformation is, and what it yields.

A transformation is a pure generator function over the facts of a build. It is the only thing in
its file, and file, function, fixture folder, docs page and command-line name are one name.
"""

import enum
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from reimage.text import Edit, Span

if TYPE_CHECKING:
    from reimage.model import Facts

_NO_FILES: Mapping[str, tuple[Edit, ...]] = MappingProxyType({})


class Claim(enum.IntEnum):
    """What may differ in the image, strongest promise first."""

    SAME_IMAGE = 0
    """Root file system and runtime configuration are equal, timestamps aside."""
    SAME_FILES = 1
    """Build leftovers may go: package lists, download caches, logs, docs."""
    SAME_BEHAVIOUR = 2
    """Files differ; what the entry command needs is whole and a smoke test answers the same."""
    CHANGES_BEHAVIOUR = 3
    """A person must want it."""

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


class Evidence(enum.StrEnum):
    """How far a claim has been checked."""

    ASSUMED = "assumed"
    FACTS = "facts"
    BUILT = "built"


class Rewrite(NamedTuple):
    """A change with its reason.

    `at` is the place in the Dockerfile that the change is about (an instruction's span, usually).
    `edits` are edits of the Dockerfile. `files` are edits of other files by their path relative to
    the build context, or to the Dockerfile's folder for `Dockerfile.dockerignore`; a path that does
    not exist yet is created from an edit of the empty span at 0. `claim` may lower, never raise,
    the transformation's own claim.
    """

    message: str
    at: Span
    edits: tuple[Edit, ...] = ()
    files: Mapping[str, tuple[Edit, ...]] = _NO_FILES
    claim: Claim | None = None
    evidence: Evidence = Evidence.ASSUMED


class Refusal(NamedTuple):
    """A place where the transformation looked as if it applied, and why it stays away."""

    message: str
    at: Span


class Skipped(NamedTuple):
    """A place that can't be judged because a fact is missing, for instance the build context."""

    need: str
    at: Span


Finding = Rewrite | Refusal | Skipped
Look = Callable[["Facts"], Iterator[Finding]]


class Transformation(NamedTuple):
    """A named look over the facts. `name` is the function's name; `title` is how users write it."""

    look: Look
    claim: Claim
    may_change: tuple[str, ...]
    alternative_to: str | None = None
    known_as: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.look.__name__

    @property
    def title(self) -> str:
        return self.name.replace("_", "-")

    @property
    def doc(self) -> str:
        return inspect.cleandoc(self.look.__doc__ or "")

    @property
    def summary(self) -> str:
        return self.doc.partition("\n")[0]

    def __call__(self, facts: "Facts") -> Iterator[Finding]:
        return self.look(facts)


def transformation(
    *,
    claim: Claim,
    may_change: tuple[str, ...] = (),
    alternative_to: str | None = None,
    known_as: tuple[str, ...] = (),
) -> Callable[[Look], Transformation]:
    """Declare a transformation.

    `claim` is the strongest promise it can make. `may_change` names the fields of the image
    configuration that it may touch ("Cmd", "Entrypoint", "Labels", "Shell", ...). A transformation
    with `alternative_to` runs only when it is chosen, and then in place of the one it names.
    `known_as` are the names of other tools' rules on the same matter, whose suppression comments
    are honoured.
    """

    def declare(look: Look) -> Transformation:
        return Transformation(look, claim, may_change, alternative_to, known_as)

    return declare
