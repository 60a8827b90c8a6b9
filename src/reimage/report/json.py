"""A run as JSON: the named tuples of `pipeline.results`, field by field.

`docs/schema/optimize.schema.json` describes it. Bytes that are not UTF-8 appear as the lone
surrogates U+DC80 to U+DCFF (PEP 383), so that patches stay exact.
"""

import json
from typing import Any

from reimage.pipeline.results import RunReport

VERSION = 1
"""The version of the format: another one means that a field went, or means something else."""


def as_json(run: RunReport) -> str:
    """The document, with a line feed at its end."""
    return dump({"version": VERSION, **as_fields(run)})


def as_fields(record: Any) -> dict[str, Any]:
    """A named tuple with all that is in it as JSON knows it."""
    return {name: _value(getattr(record, name)) for name in record._fields}


def _value(value: Any) -> Any:
    if hasattr(value, "_fields"):
        return as_fields(value)
    return [_value(each) for each in value] if isinstance(value, tuple) else value


def dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
