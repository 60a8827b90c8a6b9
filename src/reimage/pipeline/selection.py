"""Which transformations run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from reimage.pipeline.errors import UsageError
from reimage.rewriting import Transformation
from reimage.text import closest
from reimage.transforms import load


def select(
    chosen: Sequence[str] = (), ignored: Sequence[str] = (), preferred: Sequence[str] = ()
) -> tuple[Transformation, ...]:
    """The transformations to run: one of each group of alternatives.

    An alternative runs when it is preferred or named in `chosen`, and then its default does not,
    unless `chosen` names that as well. Raises UsageError for a name that is none.
    """
    return _select(tuple(load()), tuple(chosen), tuple(ignored), tuple(preferred))


@lru_cache(maxsize=64)
def _select(
    known: tuple[Transformation, ...],
    chosen: tuple[str, ...],
    ignored: tuple[str, ...],
    preferred: tuple[str, ...],
) -> tuple[Transformation, ...]:
    by_name = {transformation.name: transformation for transformation in known}
    wanted = [find(name, by_name) for name in chosen] or list(by_name)
    left_out = {find(name, by_name) for name in ignored}
    preferences = {find(name, by_name) for name in preferred}
    running = {name for name in wanted if chosen or by_name[name].alternative_to is None}
    for name in preferences:
        default = by_name[name].alternative_to
        if default is None or default in running:
            running.add(name)
            running.discard(default or "")
    return tuple(by_name[name] for name in sorted(running - left_out))


def find(name: str, known: Iterable[str]) -> str:
    """The function name that `name` stands for."""
    wanted = name.strip().lower().replace("-", "_")
    if wanted in known:
        return wanted
    guess = closest(wanted, known)
    hint = f" (did you mean {guess.replace('_', '-')}?)" if guess else ""
    raise UsageError(f"There is no transformation named {name}{hint}; `reimage rules` lists them.")
