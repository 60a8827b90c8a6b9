"""Progress as JSON, a document on each line, with the keys of BuildKit's own `rawjson`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

from buildkit_client.status import Event, LogPiece, Step, Time, Transfer, Warned
from reimage.report.building.board import Board


class RawProgress:
    """Writes every event as it comes."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.board = Board()
        self._write = write

    def take(self, event: Event) -> None:
        """Write the event."""
        self.board.take(event, 0.0)
        self._write(json.dumps(_document(event), ensure_ascii=True) + "\n")

    def close(self) -> None:
        """There is nothing more to write."""


def _document(event: Event) -> dict[str, object]:
    match event:
        case Step():
            return {"vertexes": [_vertex(event)]}
        case Transfer():
            return {"statuses": [_status(event)]}
        case LogPiece():
            return {
                "logs": [
                    {
                        "vertex": event.step,
                        "stream": event.stream,
                        "data": _base64(event.data),
                        "timestamp": _time(event.time),
                    }
                ]
            }
        case Warned():
            return {"warnings": [_warning(event)]}


def _vertex(step: Step) -> dict[str, object]:
    told: dict[str, object] = {"digest": step.digest, "name": step.name}
    told |= {"inputs": list(step.inputs)} if step.inputs else {}
    told |= _times(step.started, step.completed)
    told |= {"cached": True} if step.cached else {}
    told |= {"error": step.error} if step.error else {}
    return told | ({"progressGroup": {"id": step.group}} if step.group else {})


def _status(part: Transfer) -> dict[str, object]:
    told: dict[str, object] = {"id": part.id, "vertex": part.step, "current": part.current}
    told |= {"total": part.total} if part.total else {}
    return told | _times(part.started, part.completed)


def _warning(warned: Warned) -> dict[str, object]:
    return {
        "vertex": warned.step,
        "short": _base64(warned.short.encode()),
        "detail": [_base64(text.encode()) for text in warned.detail],
        "url": warned.url,
        "sourceInfo": {"filename": warned.filename},
        "range": [
            {"start": {"line": first}, "end": {"line": last}} for first, last in warned.lines
        ],
    }


def _times(started: Time | None, completed: Time | None) -> dict[str, object]:
    found = {"started": started, "completed": completed}
    return {name: _time(value) for name, value in found.items() if value is not None}


def _time(value: Time) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
