"""Why a build failed, and whose fault that is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reimage.pipeline.proving.refused import NotBuilt, NotProvable

if TYPE_CHECKING:
    from buildkit_client import BuildFailed

_NO_ROOM = re.compile("no space left on device", re.IGNORECASE)
_NO_SOURCE = "failed to resolve source metadata"
"""of an image that the file starts from: who named it is to blame, and no network of RUN"""
_NO_NETWORK = re.compile(
    r"temporary failure (in name )?resol|could not resolve|network is unreachable|no such host|"
    r"name or service not known|no route to host|getaddrinfo|connection timed out",
    re.IGNORECASE,
)


def judged(error: BuildFailed) -> NotBuilt:
    """Nobody is to be blamed for a disk that is full, or a network that is down."""
    said = "\n".join([error.message, *error.log_tail])
    if _NO_ROOM.search(said):
        raise NotProvable(
            f"The builder's disk is full: {reason(error)}; make room (docker builder prune) and "
            "try again."
        ) from error
    if _NO_SOURCE not in error.message and _NO_NETWORK.search(said):
        return NotBuilt(f"{reason(error)}; is the network of RUN there?", is_network=True)
    return NotBuilt(reason(error), lacks_line=bool(error.vertex) and error.location is None)


def reason(error: BuildFailed) -> str:
    """Why a build failed, as part of a sentence."""
    place = error.location
    where = f"line {place.first}: " if place and place.first else ""
    last = next((line.strip() for line in reversed(error.log_tail) if line.strip()), "")
    said = f" ({last[:200]})" if last else ""
    return where + error.message.strip().rstrip(".")[:400] + said
