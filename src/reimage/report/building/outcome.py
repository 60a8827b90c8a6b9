"""What came of a build: a line for people, a document for programs."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.report.building.figures import seconds, size
from reimage.report.pieces import Line, Piece, counted, line
from reimage.report.visible import visible

if TYPE_CHECKING:
    from buildkit_client.solve import BuildResult
    from buildkit_client.status import Warned
    from reimage.report.building.board import Board

#: What an Engine calls an image that has no name.
_UNNAMED = "moby-dangling@"
_PLACE = re.compile(r" \(line \d+\)$")


def summary_lines(
    result: BuildResult, board: Board, took: float, *, files: Sequence[Path], dockerfile: str
) -> list[Line]:
    """Warnings, then how many steps ran, how long it took and what came out of it."""
    steps = [entry for entry in board.entries if entry.of_the_dockerfile]
    cached = sum(entry.cached for entry in steps)
    parts = [f"{counted(len(steps), 'step')}, {cached} cached" if steps else "", seconds(took)]
    lines = [_warning(warned, dockerfile) for warned in result.warnings]
    lines.append((Piece("built", "green"), Piece(f": {', '.join(filter(None, parts))}")))
    if result.digest:
        lines.append(line(f"  {result.digest}"))
    named = [name for name in result.names if not name.startswith(_UNNAMED)]
    lines += [line(f"  {visible(familiar(name))}") for name in named]
    for path in files:
        lines.append(line(f"  {visible(str(path))}{_size_of(path)}"))
    return lines


def familiar(name: str) -> str:
    """An image's name as people write it: `app:1` for `docker.io/library/app:1`."""
    return name.removeprefix("docker.io/").removeprefix("library/")


def metadata_json(result: BuildResult) -> str:
    """For --metadata-file: what the builder answered, with the keys that it gave."""
    told: dict[str, object] = {
        name: _opened(value) for name, value in sorted(result.metadata.items())
    }
    told["buildx.build.ref"] = result.ref
    return json.dumps(told, indent=2) + "\n"


def _opened(value: str) -> object:
    """Descriptors and provenance come as JSON in base64."""
    try:
        found: object = json.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return value
    return found if isinstance(found, dict) else value


def _warning(warned: Warned, dockerfile: str) -> Line:
    place = f"{visible(dockerfile)}:{warned.lines[0][0]}: " if warned.lines else ""
    text = _PLACE.sub("", warned.short) if place else warned.short
    return (Piece(place), Piece("warning: ", "yellow"), Piece(visible(text)))


def _size_of(path: Path) -> str:
    try:
        return f" ({size(path.stat().st_size)})" if path.is_file() else ""
    except OSError:
        return ""
