"""What a smoke test saw of two images, compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reimage.verify.smoke.plan import SmokeTest

_FIGURES = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)
_SHOWN = 200
#: Codes of shells and of builders for a command that cannot be started.
NOT_STARTED = 127


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on one request. `status` is 0 where nobody answered."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the entry command, or of the command that was given in its place.

    `code` is None while it runs. `said` is the end of what it printed.
    """

    code: int | None
    ports: frozenset[int] = frozenset()
    answers: tuple[Answer, ...] = ()
    output: str = ""
    said: str = ""
    healthy: bool | None = None
    """what the image's own health check says; None where it has none or was not asked"""
    unmet: tuple[str, ...] = ()
    """what a file of container-structure-test asks, and the image does not keep"""


def failures(test: SmokeTest, seen: Seen) -> list[str]:
    """What is not as the smoke test expects, whatever the other image does."""
    told = list(seen.unmet)
    for request, answer in zip(test.http, seen.answers, strict=True):
        where = f"http://localhost:{request.port}{request.path}"
        if not answer.status:
            told.append(f"nobody answers at {where}{_ending(seen)}")
        elif request.expect not in answer.body:
            told.append(f"{where} answers {answer.body[:_SHOWN]!r}, without {request.expect!r}")
    if test.run and not test.run.whole and not test.http:
        if seen.code != test.run.exit:
            told.append(f"it ends with {_code(seen)} instead of {test.run.exit}{_said(seen)}")
        elif test.run.expect not in seen.output:
            told.append(f"it prints {seen.output[:_SHOWN]!r}, without {test.run.expect!r}")
    return told


def differences(test: SmokeTest, before: Seen, after: Seen) -> list[str]:
    """What the image after does otherwise than the image before."""
    told = failures(test, after) if test.expects else []
    for request, one, two in zip(test.http, before.answers, after.answers, strict=True):
        if one.status != two.status and two.status:
            told.append(f"{request.path} answers with {two.status} instead of {one.status}")
    if told:
        return told
    if (before.code is None) != (after.code is None) or before.code != after.code:
        what = "keeps running" if after.code is None else f"ends with {_code(after)}"
        instead = "running on" if before.code is None else f"ending with {_code(before)}"
        if before.code is None and after.code is None:
            return []
        return [f"the command {what} instead of {instead}{_said(after)}"]
    if before.healthy and after.healthy is False:
        return [f"the health check of the image fails{_said(after)}"]
    if closed := before.ports - after.ports:
        return [f"nothing listens on port {min(closed)} any more{_said(after)}"]
    if before.code is not None and _shape(before.output) != _shape(after.output):
        return [
            f"the command prints {after.output[:_SHOWN]!r} instead of {before.output[:_SHOWN]!r}"
        ]
    return []


def _shape(output: str) -> str:
    """Times, process numbers and addresses aside."""
    return _FIGURES.sub("0", output)


def _code(seen: Seen) -> str:
    return "no code: it keeps running" if seen.code is None else f"code {seen.code}"


def _ending(seen: Seen) -> str:
    return (
        _said(seen)
        if seen.code is None
        else f": the command ended with {_code(seen)}" + _said(seen)
    )


def _said(seen: Seen) -> str:
    return f" (it said: {seen.said.strip()[-_SHOWN:]!r})" if seen.said.strip() else ""
