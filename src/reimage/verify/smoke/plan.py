"""What a smoke test asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reimage.verify.structure.plan import StructureTest

SECONDS = 20.0


class BadSmokeFile(ValueError):
    """A smoke file that says something else than a smoke test. One sentence."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of HTTP; `expect` is to be in the body."""

    port: int
    path: str
    expect: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A process and how it is to end. `args` follow the entry point, or are the whole command."""

    args: tuple[str, ...]
    expect: str = ""
    exit: int | None = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """Nothing asked: the entry command is to stay up, or end, as it does in the original, and to
    open the same ports. `timeout` is in seconds."""

    http: tuple[Request, ...] = ()
    run: Command | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = SECONDS
    structure: StructureTest | None = None
    """what is asked besides"""

    @property
    def expects(self) -> bool:
        """Whether it knows what is right, and not only what is the same."""
        return bool(self.http or (self.run and not self.run.whole) or self.structure)
