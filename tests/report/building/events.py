"""Events of a build as a builder tells them, made up."""

from __future__ import annotations

from buildkit_client.status import LogPiece, Step, Transfer, Warned

START = 1_700_000_000.0


def step(
    name: str,
    started: float | None = 0.0,
    completed: float | None = None,
    *,
    digest: str = "",
    inputs: tuple[str, ...] = (),
    seconds: float | None = None,
    cached: bool = False,
    error: str = "",
    group: str = "",
) -> Step:
    """A step whose digest is its name; times are seconds after the build began."""
    ended = started is not None and completed is not None
    took = seconds if seconds is not None else completed - started if ended else 0.0  # type: ignore[operator]
    return Step(
        digest or name,
        name,
        inputs,
        None if started is None else START + started,
        None if completed is None else START + completed,
        took,
        cached,
        error,
        group,
    )


def log(name: str, data: bytes, at: float = 0.0, stream: int = 1) -> LogPiece:
    return LogPiece(name, stream, data, START + at)


def transfer(
    name: str, id_: str, current: int, total: int = 0, ended: float | None = None
) -> Transfer:
    return Transfer(name, id_, current, total, START, None if ended is None else START + ended)


def warned(name: str, text: str, line: int = 1) -> Warned:
    return Warned(name, text, (), "", "Dockerfile", ((line, line),))
