"""What the sources of a Python application ask of the image that they run in."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Started(NamedTuple):
    """A program that the sources start: its name, None where that is computed; `path` and 1-based
    `line` tell where."""

    program: str | None
    path: str
    line: int


class PythonFacts(NamedTuple):
    """What was read of the `.py` files of a build context.

    `imports` are the first parts of all modules that are imported, `computed_imports` the places
    (`path:line`) where a name is computed. `started` are programs that are run as processes,
    `through_shell` the places where a shell is asked to. `unread` are files that could not be read
    as Python, or were too many or too large. `writes` are the places that write, move or remove
    files outside of /tmp, or look as if they did; `low_ports` those that name a port below 1024,
    and `opened_libraries` those that open a shared library, other than C's own, by its name.
    """

    imports: frozenset[str] = frozenset()
    computed_imports: tuple[str, ...] = ()
    started: tuple[Started, ...] = ()
    through_shell: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    low_ports: tuple[str, ...] = ()
    opened_libraries: tuple[str, ...] = ()


class PythonSources(Protocol):
    """The `.py` files of a context, read when somebody asks."""

    def facts(self) -> PythonFacts: ...
