"""What other files say about how the Dockerfile is built and started: Compose files, bake files,
and scripts that name a target."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Use(NamedTuple):
    """One build of the Dockerfile. `where` is the file, with a line.

    `target` is the stage that it names: "" for the last one, None where the text does not tell.
    `command` and `entrypoint` are started in place of the image's own, and `check` is what asks
    after its health: the words; none where the image's own are left. `mounts` says that something
    is mounted into it.
    """

    where: str
    target: str | None = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    mounts: bool = False


class Uses(Protocol):
    """The files around a Dockerfile that build it, read when somebody asks."""

    def all(self) -> tuple[Use, ...]: ...
