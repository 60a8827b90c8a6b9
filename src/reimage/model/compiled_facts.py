"""What the sources of a compiled program ask of the image that it runs in."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from reimage.model.python_facts import Started


class CompiledFacts(NamedTuple):
    """What was found in the sources of Go, Rust, C and C++ of a build context.

    `started` are places that run another program, `opened` those (`path:line`) that load a shared
    library by its name. Of Go, `writes` are those that write, move or remove files outside of
    temporary folders, `low_ports` those that name a port of root's, and `packages` the packages
    that are imported. `unread` are files that were too many or too large.
    """

    started: tuple[Started, ...] = ()
    opened: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    low_ports: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()


class CompiledSources(Protocol):
    """The sources of a context that a compiler reads, read when somebody asks."""

    def facts(self) -> CompiledFacts: ...
