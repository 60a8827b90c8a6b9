"""JSON from strangers, read with types: what has another one is as if it were not there."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from reimage.image.errors import Damaged


class Json(NamedTuple):
    """A JSON object. Engines write `null` where something is empty, so that is as absent."""

    values: dict[str, object]

    def text(self, key: str) -> str:
        found = self.values.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> int:
        found = self.values.get(key)
        return found if isinstance(found, int) else 0

    def flag(self, key: str) -> bool:
        return self.values.get(key) is True

    def inner(self, key: str) -> Json:
        """The object under `key`; empty where there is none."""
        found = self.values.get(key)
        return Json(found if isinstance(found, dict) else {})

    def objects(self, key: str) -> list[Json]:
        """The objects in an array."""
        return [Json(item) for item in self._items(key) if isinstance(item, dict)]

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in an array."""
        return tuple(item for item in self._items(key) if isinstance(item, str))

    def mapping(self, key: str) -> dict[str, str]:
        """Those that are text."""
        items = self.inner(key).values.items()
        return {name: value for name, value in items if isinstance(value, str)}

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def _items(self, key: str) -> list[Any]:
        found = self.values.get(key)
        return found if isinstance(found, list) else []


def parse_objects(data: bytes, what: str) -> list[Json]:
    """An array of objects, or a single one. Damaged for what is no JSON; `what` names it."""
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{what} is not valid JSON.") from error
    items: list[Any] = found if isinstance(found, list) else [found]
    if not all(isinstance(item, dict) for item in items):
        raise Damaged(f"{what} is JSON, but not what it should be.")
    return [Json(item) for item in items]


def parse_object(data: bytes, what: str) -> Json:
    """One object. Damaged for anything else; `what` names it."""
    found = parse_objects(data, what)
    if len(found) != 1:
        raise Damaged(f"{what} is JSON, but not what it should be.")
    return found[0]
