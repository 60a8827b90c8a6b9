"""Which file holds the settings, and its text as tables."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from reimage.files.errors import translated
from reimage.pipeline.config.settings import Config, ConfigError

_OWN = "reimage.toml"
_SHARED = "pyproject.toml"


def find_config(start: Path) -> Path | None:
    """The configuration of the file or folder `start`: the nearest one upwards.

    The search ends with the folder that holds `.git`. A `reimage.toml` comes before the
    `pyproject.toml` beside it, and one of those without `[tool.reimage]` is passed over.
    """
    folder = os.path.abspath(start)  # noqa: PTH100 - no link leads out of the project
    while True:
        found, last = _look_into(folder)
        above = os.path.dirname(folder)  # noqa: PTH120 - asked for each of many files
        if found or last or above == folder:
            return found
        folder = above


@lru_cache(maxsize=256)
def load_config(path: Path) -> Config:
    """The settings in the file at `path`, read once per process. Raises `ConfigError`."""
    from reimage.pipeline.config.reading import Reader

    table = _tool_table(path) if path.name == _SHARED else _toml(path)
    if table is None:
        raise ConfigError(path, f"{path} has no [tool.reimage] table.")
    reader = Reader(path, "tool.reimage." if path.name == _SHARED else "")
    return reader.config(table)


@lru_cache(maxsize=4096)
def _look_into(folder: str) -> tuple[Path | None, bool]:
    """The configuration in a folder, and whether the search ends there."""
    last = os.path.lexists(f"{folder}/.git")
    for name in (_OWN, _SHARED):
        # Path.is_file would raise for a folder that may not be searched.
        if os.path.isfile(f"{folder}/{name}"):  # noqa: PTH113
            path = Path(folder, name)
            if name == _OWN or _means_us(path):
                return path, last
    return None, last


def _means_us(path: Path) -> bool:
    if b"reimage" not in _data(path):
        return False
    try:
        return _tool_table(path) is not None
    except ConfigError:
        return b"tool.reimage" in _data(path)  # broken, and ours: loading it says where


def _tool_table(path: Path) -> dict[str, object] | None:
    table: object = _toml(path)
    for key in ("tool", "reimage"):
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _data(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError(path, str(translated(path, error))) from error


def _toml(path: Path) -> dict[str, object]:
    import tomllib

    try:
        text = _data(path).decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, f"{path}:{line}: this is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        told = re.match(r"line (\d+)", place)
        # Otherwise the place is "end of document".
        line = int(told[1]) if told else text.rstrip().count("\n") + 1
        raise ConfigError(path, f"{path}:{line}: this is not TOML: {reason}.") from error
    except RecursionError as error:
        raise ConfigError(path, f"{path} is nested too deeply.") from error
