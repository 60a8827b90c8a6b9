"""What the JavaScript and TypeScript of an application ask of the user that it runs as."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class NodeFacts(NamedTuple):
    """Places (`path:line`) in the sources of a build context.

    `writes` write, move or remove files, `started` start another program, `low_ports` name a port
    of root's. `unread` are files that were too many or too large.
    """

    writes: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    low_ports: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class NodeSources(Protocol):
    """The sources of a context that Node.js runs, read when somebody asks."""

    def facts(self) -> NodeFacts: ...
