"""What a file of container-structure-test asks of an image (schema version 2.0.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Pair(NamedTuple):
    """A variable or a label. `is_regex` makes the value a pattern that is to occur in it."""

    key: str
    value: str = ""
    is_regex: bool = False


@dataclass(frozen=True, slots=True)
class Patterns:
    """Regular expressions that are to occur in a text, and others that are not."""

    expected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def unmet(self, text: str, what: str) -> Iterator[str]:
        """A sentence for each that is not as it should be."""
        for pattern in self.expected:
            if not re.search(pattern, text):
                yield f"{what} does not match {pattern!r}"
        for pattern in self.excluded:
            if re.search(pattern, text):
                yield f"{what} matches {pattern!r}"


@dataclass(frozen=True, slots=True)
class CommandTest:
    """A command in a container of its own, without the image's entry point."""

    name: str
    words: tuple[str, ...]
    env: tuple[Pair, ...] = ()
    output: Patterns = Patterns()
    error: Patterns = Patterns()
    code: int = 0


@dataclass(frozen=True, slots=True)
class FileExistenceTest:
    """A path that is to be there, or not. `permissions` as in `-rw-r--r--`; `uid` and `gid` are
    numbers, `executable_by` is owner, group, other or any."""

    name: str
    path: str
    should_exist: bool = True
    permissions: str = ""
    uid: int | None = None
    gid: int | None = None
    executable_by: str = ""


@dataclass(frozen=True, slots=True)
class FileContentTest:
    """The content of a file."""

    name: str
    path: str
    content: Patterns


@dataclass(frozen=True, slots=True)
class MetadataTest:
    """The configuration of the image. None, and nothing in a tuple, asks nothing."""

    env: tuple[Pair, ...] = ()
    unbound_env: tuple[str, ...] = ()
    labels: tuple[Pair, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    exposed_ports: tuple[str, ...] = ()
    unexposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    unmounted_volumes: tuple[str, ...] = ()
    workdir: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class StructureTest:
    """All that a file asks. `env` is for every command."""

    commands: tuple[CommandTest, ...] = ()
    existences: tuple[FileExistenceTest, ...] = ()
    contents: tuple[FileContentTest, ...] = ()
    metadata: MetadataTest = field(default_factory=MetadataTest)
    env: tuple[Pair, ...] = ()

    @property
    def count(self) -> int:
        """The number of its tests."""
        asks = self.metadata != MetadataTest()
        return len(self.commands) + len(self.existences) + len(self.contents) + asks


_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def filled_in(text: str, env: Mapping[str, str]) -> str:
    """A text with the values of the variables that it names; nothing for those without one."""
    return _REFERENCE.sub(lambda found: env.get(found[1] or found[2], ""), text)
