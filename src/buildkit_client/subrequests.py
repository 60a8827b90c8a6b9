"""Subrequests: what dockerfile.v0 says about a Dockerfile without building it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from buildkit_client.error_details import location
from buildkit_client.errors import BuildKitError, Rejected, Unsupported
from buildkit_client.gateway import Gateway

_LINT = "frontend.lint"
_DESCRIBE = "frontend.subrequests.describe"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the frontend says, as JSON and as text for people; `has_findings` of checks, and
    `failure` where those say that the Dockerfile cannot be built."""

    value: dict[str, object]
    text: str
    has_findings: bool
    failure: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Lint:
    """A finding of BuildKit's own checks; lines are (first, last), from 1."""

    rule: str
    description: str
    url: str
    detail: str
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LintReport:
    """All findings. `build_error` says why the Dockerfile cannot be built, if it cannot."""

    findings: tuple[Lint, ...]
    build_error: str


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """A stage that can be built; one without a name has none."""

    name: str
    base: str
    is_default: bool
    line: int


@dataclass(frozen=True, slots=True)
class OutlineArgument:
    """A build argument that has a say in the target."""

    name: str
    value: str
    description: str
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a target takes: arguments, secrets, SSH agents and cache mounts."""

    name: str
    description: str
    arguments: tuple[OutlineArgument, ...]
    secrets: tuple[str, ...]
    ssh: tuple[str, ...]
    caches: tuple[str, ...]


def offered(gateway: Gateway) -> tuple[str, ...]:
    """What the frontend can be asked. It leaves its checks out of its own list."""
    found = {_text(item, "name") for item in _requests(gateway)} - {_DESCRIBE}
    try:
        gateway.solve(options={"requestid": _LINT})
    except Unsupported:
        pass
    else:
        found.add(_LINT)
    return tuple(sorted(found))


def _requests(gateway: Gateway) -> list[dict[str, object]]:
    try:
        result = gateway.solve(options={"requestid": _DESCRIBE})
    except Unsupported:
        return []
    try:
        answer: object = json.loads(result.metadata.get("result.json", b""))
    except ValueError:
        return []
    return [_object(item) for item in answer] if isinstance(answer, list) else []


def lint(gateway: Gateway) -> LintReport:
    """Run BuildKit's checks. Base images are looked up."""
    answer = _ask(gateway, _LINT)
    findings = tuple(
        Lint(
            _text(item, "ruleName"),
            _text(item, "description"),
            _text(item, "url"),
            _text(item, "detail"),
            _lines(item),
        )
        for item in _items(answer, "warnings")
    )
    return LintReport(findings, _text(_object(answer.get("buildError")), "message"))


def targets(gateway: Gateway) -> tuple[TargetInfo, ...]:
    """The stages that can be built."""
    return tuple(
        TargetInfo(
            _text(item, "name"), _text(item, "base"), bool(item.get("default")), _first_line(item)
        )
        for item in _items(_ask(gateway, "frontend.targets"), "targets")
    )


def outline(gateway: Gateway) -> Outline:
    """What the target of the gateway's request takes."""
    answer = _ask(gateway, "frontend.outline")
    return Outline(
        _text(answer, "name"),
        _text(answer, "description"),
        tuple(
            OutlineArgument(
                _text(item, "name"),
                _text(item, "value"),
                _text(item, "description"),
                _first_line(item),
            )
            for item in _items(answer, "args")
        ),
        tuple(_text(item, "name") for item in _items(answer, "secrets")),
        tuple(_text(item, "name") for item in _items(answer, "ssh")),
        tuple(_text(item, "ID") for item in _items(answer, "cache")),
    )


def ask(gateway: Gateway, name: str) -> Answer:
    """The answer to `frontend.lint`, `frontend.outline` or `frontend.targets` as it comes.

    Raises `Unsupported` where the builder's frontend does not know the question.
    """
    metadata = gateway.solve(options={"requestid": name}).metadata
    try:
        answer: object = json.loads(metadata.get("result.json", b""))
    except ValueError as error:
        raise BuildKitError(f"the builder's answer to {name} cannot be read") from error
    value = _object(answer)
    text = metadata.get("result.txt", b"").decode("utf-8", "surrogateescape")
    has_findings = metadata.get("result.statuscode", b"0") != b"0"
    return Answer(value, text, has_findings, _failure(value))


def _failure(answer: dict[str, object]) -> Rejected | None:
    """Checks tell of a Dockerfile that is broken as part of their answer."""
    error = _object(answer.get("buildError"))
    if not error:
        return None
    index = _object(error.get("location")).get("sourceIndex")
    sources = _items(answer, "sources")[index if isinstance(index, int) and index >= 0 else 0 :]
    place = {"info": sources[0], **_object(error.get("location"))} if sources else {}
    return Rejected(_text(error, "message"), location=location(place))


def _ask(gateway: Gateway, name: str) -> dict[str, object]:
    return ask(gateway, name).value


def _items(answer: dict[str, object], key: str) -> list[dict[str, object]]:
    found = answer.get(key)
    return [_object(item) for item in found] if isinstance(found, list) else []


def _lines(item: dict[str, object]) -> tuple[tuple[int, int], ...]:
    ranges = _items(_object(item.get("location")), "ranges")
    return tuple((_line(found, "start"), _line(found, "end")) for found in ranges)


def _first_line(item: dict[str, object]) -> int:
    return min((first for first, _ in _lines(item)), default=0)


def _line(found: dict[str, object], end: str) -> int:
    number = _object(found.get(end)).get("line")
    return number if isinstance(number, int) else 0


def _text(item: dict[str, object], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
