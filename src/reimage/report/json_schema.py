"""JSON Schema of the JSON reports, read off the named tuples they are made from."""

import enum
import inspect
import re
import types
import typing
from typing import Any

from reimage.pipeline.proving import results
from reimage.pipeline.results import RunReport
from reimage.report.json import VERSION

_PLAIN: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema() -> dict[str, Any]:
    """The schema of what `optimize` writes."""
    return schema_of(RunReport, "reimage optimize --format json", VERSION)


def schema_of(shape: type, title: str, version: int) -> dict[str, Any]:
    """The schema of a whole document (draft 2020-12)."""
    definitions: dict[str, Any] = {}
    run = _object(shape, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {"version": {"const": version}, **run["properties"]},
        "required": ["version", *run["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def _object(shape: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(shape, localns=vars(results))
    names = list(hints)
    return {
        "description": _described(shape),
        "type": "object",
        "properties": {name: _type(hints[name], definitions) for name in names},
        "required": names,
    }


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint is types.NoneType:
        return {"type": "null"}
    if hint is object:
        return {}
    if typing.get_origin(hint) is dict:
        return {
            "type": "object",
            "additionalProperties": _type(typing.get_args(hint)[1], definitions),
        }
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if isinstance(hint, types.UnionType):
        return {"anyOf": [_type(each, definitions) for each in typing.get_args(hint)]}
    if typing.get_origin(hint) is tuple:
        item, dots = typing.get_args(hint)
        assert dots is ..., f"{hint} has no fixed length in JSON"
        return {"type": "array", "items": _type(item, definitions)}
    if issubclass(hint, enum.StrEnum):
        return {"enum": [str(member) for member in hint]}
    assert issubclass(hint, tuple) and hasattr(hint, "_fields"), f"{hint} has no place in JSON"
    name = hint.__qualname__
    if name not in definitions:
        definitions[name] = {}
        definitions[name].update(_object(hint, definitions))
    return {"$ref": f"#/$defs/{name}"}


def _described(shape: type) -> str:
    text = inspect.cleandoc(shape.__doc__ or "")
    # A named tuple without a docstring gets its signature for one.
    return "" if text.startswith(f"{shape.__name__}(") else re.sub(r"\s+", " ", text)
