"""A run as JSON: the dataclasses of `pipeline.results`, field by field.

`docs/schema/optimize.schema.json` describes it. Bytes that are not UTF-8 appear as the lone
surrogates U+DC80 to U+DCFF (PEP 383), so that patches stay exact.
"""

import json
from dataclasses import asdict
from typing import Any

from reimage.pipeline.results import RunReport

VERSION = 0
"""The version of the format; 0 until it carries the proof of builds."""


def as_json(run: RunReport) -> str:
    """The document, with a line feed at its end."""
    return dump({"version": VERSION, **asdict(run)})


def dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
