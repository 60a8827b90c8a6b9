"""What a smoke test asks, and the file that says so.

timeout = 20
env = { APP_PORT = "8000" }
[[http]]
port = 8000
path = "/health"
expect = "ok"
[run]
args = ["--version"]
expect = "1."

and `structure-test = "test.yaml"`, a file of container-structure-test beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reimage.verify.structure.plan import StructureTest

SECONDS = 20.0
_LONGEST = 600.0
_MOST = 100


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


def read_plan(text: str, name: str) -> SmokeTest:
    """A smoke file. Raises BadSmokeFile."""
    try:
        return plan_of(tomllib.loads(text), name, Path(name).parent)
    except tomllib.TOMLDecodeError as error:
        raise BadSmokeFile(f"{name} is no smoke file: {error}.") from error


def plan_of(table: Mapping[str, Any], name: str, folder: Path) -> SmokeTest:
    """The table of a smoke file, or of a configuration. `folder` is where a file that it names is
    looked for. Raises BadSmokeFile."""
    try:
        http = tuple(map(_request, table.get("http", [])))
        run = _command(table["run"]) if "run" in table else None
        env = {str(key): _text(value) for key, value in table.get("env", {}).items()}
        timeout = float(table.get("timeout", SECONDS))
        structure = table.get("structure-test")
        structure = None if structure is None else _text(structure)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSmokeFile(f"{name} is no smoke file: {error}.") from error
    if not 0 < timeout <= _LONGEST or len(http) > _MOST:
        raise BadSmokeFile(
            f"{name} asks for too much: at most {_MOST} requests and {_LONGEST:.0f} seconds."
        )
    found = None if structure is None else _structure(folder / structure)
    return SmokeTest(http, run, env, timeout, found)


def _structure(path: Path) -> StructureTest:
    from reimage.verify.structure.reading import read_structure_test

    try:
        return read_structure_test(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise BadSmokeFile(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadSmokeFile(f"{path}: it is not UTF-8.") from error


def _request(table: Mapping[str, Any]) -> Request:
    port, path = table["port"], _text(table["path"])
    if type(port) is not int or not 0 < port < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    if not path.startswith("/") or any(letter <= " " for letter in path):
        raise ValueError("a path begins with / and has no blanks")
    return Request(port, path, _text(table.get("expect", "")))


def _command(table: Mapping[str, Any]) -> Command:
    args = tuple(_text(word) for word in table["args"])
    return Command(args, _text(table.get("expect", "")), int(table.get("exit", 0)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value
