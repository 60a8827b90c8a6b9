"""The builders that there are, and what each of them can do."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildkit_client.transport.candidates import Candidate

#: A builder that takes longer to answer is told as one that does not.
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class CanDo:
    """What a builder told of itself."""

    image_store: str
    version: str
    exporters: tuple[str, ...]
    cache_exporters: tuple[str, ...]
    attestations: bool
    platforms: tuple[str, ...]
    subrequests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuilderReport:
    """A builder. Either `can` or `problem` is there."""

    url: str
    source: str
    chosen: bool
    can: CanDo | None
    problem: str


@dataclass(frozen=True, slots=True)
class Builders:
    """All that were found. `choice` is a sentence: which one `reimage build` takes, and why."""

    builders: tuple[BuilderReport, ...]
    choice: str
    found: bool


def survey(seconds: float = SECONDS) -> Builders:
    """Look for builders and ask all of them at once. None is started for it."""
    from buildkit_client.transport.candidates import candidates

    found = candidates()
    answers = _asked(found, seconds)
    chosen, choice = _choice(found, answers)
    reports = tuple(
        BuilderReport(
            candidate.url,
            candidate.source,
            position == chosen,
            answer if isinstance(answer, CanDo) else None,
            answer if isinstance(answer, str) else "",
        )
        for position, (candidate, answer) in enumerate(zip(found, answers, strict=True))
    )
    return Builders(reports, choice, chosen is not None)


def _choice(found: Sequence[Candidate], answers: Sequence[CanDo | str]) -> tuple[int | None, str]:
    from buildkit_client.transport.private import installed

    for position, candidate in enumerate(found):
        if candidate.was_named:
            return position, f"{candidate.url} is used: {candidate.source} names it."
        if candidate.is_usual and isinstance(answers[position], CanDo):
            return position, f"{candidate.url} is used: it is {candidate.source}."
    if program := installed():
        return None, (
            f"No builder runs here; `reimage build` starts {program} for as long as it builds."
        )
    return None, (
        "No builder is used by itself: start Docker, set BUILDKIT_HOST or DOCKER_HOST, or name one "
        "with `reimage build --builder`."
    )


def _asked(found: Sequence[Candidate], seconds: float) -> list[CanDo | str]:
    answers: list[CanDo | str] = [it.problem or "it does not answer in time" for it in found]

    def ask(position: int) -> None:
        answers[position] = _ask(found[position], seconds)

    threads = [
        # One that hangs must not keep the command from ending.
        threading.Thread(target=ask, args=(position,), daemon=True)
        for position, candidate in enumerate(found)
        if not candidate.problem
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 2 * seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(answers)


def _ask(candidate: Candidate, seconds: float) -> CanDo | str:
    from buildkit_client import Builder, BuildKitError, BuildRequest, subrequests

    try:
        with Builder(
            candidate.address(timeout=seconds), candidate.source, timeout=seconds
        ) as builder:
            abilities = builder.abilities
            with builder.look(BuildRequest(dockerfile=b"FROM scratch\n", internal=True)) as gateway:
                requests = subrequests.offered(gateway)
            return CanDo(
                abilities.image_store,
                builder.version,
                tuple(sorted(abilities.exporters)),
                tuple(sorted(abilities.cache_exporters)),
                abilities.indexes,
                abilities.platforms,
                requests,
            )
    except BuildKitError as error:
        return str(error)
