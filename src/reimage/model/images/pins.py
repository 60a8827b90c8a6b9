"""What becomes of one image reference when it is pinned, updated or unpinned."""

from __future__ import annotations

from typing import NamedTuple

from reimage.model.images.answers import Pinning, Resolved, Unresolved
from reimage.model.images.references import LATEST, NoReference, Reference, parse_reference


class Changed(NamedTuple):
    """The reference is to be written as `text`; `message` says why."""

    text: str
    message: str
    fresh: bool
    """Whether there was no digest before."""


class Stays(NamedTuple):
    """The reference can't be judged, or not be changed although it should, and why.

    `pinned` says that it has a digest, `known` that the registry had its say.
    """

    reason: str
    pinned: bool = False
    known: bool = True


class Unasked(NamedTuple):
    """No registry was asked about `tagged`."""

    tagged: str


Decision = Changed | Stays | Unasked | None
"""None: the reference is as it should be."""


def decide(text: str, pinning: Pinning) -> Decision:
    """What to write in place of the reference `text`, which holds no variables."""
    reference = parse_reference(text)
    if isinstance(reference, NoReference):
        return Stays(f"{text} is no image: {reference.reason}")
    if reference.digest and not pinning.update:
        return None
    if reference.digest and not reference.tag:
        return Stays(f"{text} has no tag, so nothing tells whether its digest is stale", True)
    answer = pinning.answers.get(reference.tagged)
    if answer is None:
        return Unasked(reference.tagged)
    if isinstance(answer, Unresolved):
        return _unresolved(reference, answer)
    if answer.digest == reference.digest:
        return None
    if reference.digest and (reason := _too_fresh(reference, answer, pinning)):
        return Stays(reason, True)
    return _pinned(text, reference, answer)


def unpinned(text: str) -> Decision:
    """The reference without its digest; the tag must stand beside it."""
    reference = parse_reference(text)
    if isinstance(reference, NoReference) or not reference.digest:
        return None
    if not reference.tag:
        return Stays(f"{text} has no tag: without its digest it would mean latest", True)
    return Changed(_without_digest(text), f"takes the digest off {text.partition('@')[0]}", False)


def _unresolved(reference: Reference, answer: Unresolved) -> Stays:
    tagged = reference._replace(digest=None)
    if reference.digest:
        message = f"whether {tagged} is stale can't be told: {answer.reason}"
        return Stays(message, pinned=True, known=False)
    return Stays(f"{tagged} can't be pinned: {answer.reason}", known=False)


def _without_digest(text: str) -> str:
    return text.partition("@")[0]


def _pinned(text: str, reference: Reference, answer: Resolved) -> Changed:
    tagged = _without_digest(text) + ("" if reference.tag else f":{LATEST}")
    short = answer.digest[:19]
    if reference.digest:
        message = f"{tagged} now stands for {short}…, no longer for {reference.digest[:19]}…"
    else:
        message = f"pins {tagged} to {short}…, which it stands for now"
    return Changed(f"{tagged}@{answer.digest}", message, not reference.digest)


def _too_fresh(reference: Reference, answer: Resolved, pinning: Pinning) -> str:
    if pinning.made_before is None:
        return ""
    tagged = str(reference._replace(digest=None))
    if answer.created is None:
        return f"{tagged} has a new digest, but not when it was made, so it waits"
    if answer.created > pinning.made_before:
        return f"{tagged} has a new digest of {answer.created:%Y-%m-%d}, which is too fresh yet"
    return ""
