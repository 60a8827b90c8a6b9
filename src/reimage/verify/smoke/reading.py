"""Reads smoke files.

timeout = 20
env = { APP_PORT = "8000" }
[[http]]
port = 8000
path = "/health"
expect = "ok"
[run]
args = ["--version"]
expect = "1."

and `structure-test = "test.yaml"`, a file of container-structure-test beside it. `edit` is a source
file, for those who measure what an edit costs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimage.verify.smoke.plan import SECONDS, BadSmokeFile, Command, Request, SmokeTest

if TYPE_CHECKING:
    from reimage.verify.structure.plan import StructureTest

_LONGEST = 600.0
_MOST = 100
_KEYS = ("timeout", "env", "http", "run", "structure-test", "edit")


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
        _known(table, "it", _KEYS)
        http = tuple(_request(each) for each in _tables(table.get("http", [])))
        run = _command(table["run"]) if "run" in table else None
        env = {key: _text(value, key) for key, value in _table(table, "env").items()}
        timeout = _seconds(table.get("timeout", SECONDS), "timeout")
        structure = table.get("structure-test")
        structure = None if structure is None else _text(structure, "structure-test")
        if len(http) > _MOST:
            raise ValueError(f"there are more than {_MOST} requests")
    except ValueError as error:
        raise BadSmokeFile(f"{name} is no smoke file: {error}.") from error
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
    _known(table, "[[http]]", ("port", "path", "expect"))
    port = _whole(_needed(table, "[[http]]", "port"), "port", 1, 65535)
    path = _text(_needed(table, "[[http]]", "path"), "path")
    if not path.startswith("/") or any(letter <= " " for letter in path):
        raise ValueError("a path begins with / and has no blanks")
    return Request(port, path, _text(table.get("expect", ""), "expect"))


def _command(table: object) -> Command:
    if not isinstance(table, dict):
        raise ValueError("run is a table: [run]")
    _known(table, "[run]", ("args", "expect", "exit"))
    words = _needed(table, "[run]", "args")
    if not isinstance(words, list):
        raise ValueError('args is a list of words, such as ["--version"]')
    expect, code = _text(table.get("expect", ""), "expect"), table.get("exit", 0)
    args = tuple(_text(word, "args") for word in words)
    return Command(args, expect, _whole(code, "exit", 0, 255))


def _known(table: Mapping[str, Any], where: str, keys: Iterable[str]) -> None:
    """A key with a slip of the pen would be a test that nobody runs."""
    for key in table:
        if key not in keys:
            raise ValueError(f"{where} has no key {key!r}, but {', '.join(keys)}")


def _needed(table: Mapping[str, Any], where: str, key: str) -> object:
    if key not in table:
        raise ValueError(f"{where} lacks {key}")
    return table[key]


def _tables(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("http is a list of tables: [[http]]")
    return value


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ValueError(f"{key} is a table: [{key}]")
    return value


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST:
        raise ValueError(f"{name} is a number of seconds, at most {_LONGEST:g}")
    return value


def _whole(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text, in quotes")
    return value
