"""What a build is busy with when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from tests.engine.buildkit.conftest import SHELL

from buildkit_client import BuildRequest, LogPiece, Output, Tar, Transfer

#: Of bytes that do not compress, so that to export them takes a while.
LARGE = b"RUN dd if=/dev/urandom of=/large bs=1M count=%d\n"


class Phase(StrEnum):
    """The long ones."""

    CONTEXT = "context"
    RUN = "run"
    EXPORT = "export"


def request_for(phase: Phase, context: Path, write: Callable[[bytes], object]) -> BuildRequest:
    """A build that takes long in one phase. `write` makes an export slow, by being slow."""
    more, again = b"", False
    outputs: tuple[Output, ...] = ()
    match phase:
        case Phase.CONTEXT:
            with (context / "large").open("wb") as large:
                large.truncate(8 << 30)
            more = b"COPY large /\n"
        case Phase.RUN:
            more, again = b"RUN echo now; sleep 60\n", True
        case Phase.EXPORT:
            more, outputs = LARGE % 64, (Tar(write),)
    return BuildRequest(
        context=context,
        dockerfile=SHELL + more,
        network="host",
        no_cache=again,
        outputs=outputs,
    )


def reached(phase: Phase, event: object) -> bool:
    """Whether an event tells that the phase is under way; an export is told by its first piece."""
    if phase is Phase.CONTEXT:
        return isinstance(event, Transfer) and event.current > 10 << 20
    return phase is Phase.RUN and isinstance(event, LogPiece) and b"now" in event.data
