"""A build that failed, told in terms of its Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.report.building.log_text import log_line
from reimage.report.pieces import Line, Piece, line
from reimage.report.visible import visible

if TYPE_CHECKING:
    from buildkit_client.errors import BuildFailed, SourceLocation

_AROUND = 2
#: Rows of source and of log, and columns of each; an instruction may be a file of a megabyte.
_MOST_SOURCE = 12
_LOG = 20
_COLUMNS = 160

_NOISE = re.compile(
    r"^(?:failed to (?:solve|build LLB|compute cache key|load cache key|calculate checksum of ref "
    r"[\w:.-]+|load LLB|fetch oauth token): |dockerfile parse error(?: on line \d+)?: |"
    r"rpc error: code = \w+ desc = |unable to find )+"
)
_NO_FILE = re.compile(r'"(?P<path>[^"]*)": not found$')
_NO_IMAGE = re.compile(
    r"^(?P<name>\S+): (?:failed to resolve source metadata for \S+: |failed to do request: )"
    r"(?P<reason>.*)$",
    re.DOTALL,
)
_NO_TARGET = re.compile(r'^target stage "(?P<name>[^"]*)" could not be found')
_NO_SECRET = re.compile(r"^secret (?P<name>\S+): not found$")
_FROM_CONTEXT = re.compile(r"^(?:COPY|ADD)\s(?!.*--from=)", re.IGNORECASE)


def failure_lines(error: BuildFailed, dockerfile: str) -> list[Line]:
    """The last that the step printed, the lines of the Dockerfile, and in the end what failed:
    the end is what is left of it on a small terminal.

    `dockerfile` is the file as the user named it.
    """
    lines: list[Line] = []
    if error.log_tail:
        lines.append(line(f"The last that {_step(error)} printed:", "bold"))
        lines += [line(f"  | {_cut(log_line(text))}") for text in error.log_tail[-_LOG:]]
        lines.append(line(""))
    if error.location and error.location.first:
        lines += [*_source(error.location), line("")]
    return [*lines, (*_heading(error, dockerfile),)]


def _heading(error: BuildFailed, dockerfile: str) -> Iterator[Piece]:
    place = error.location
    if place and place.first:
        yield Piece(f"{visible(dockerfile)}:{place.first}: ", "bold")
    yield Piece("error: ", "red")
    yield Piece(_sentence(error, _instruction(place)))


def _sentence(error: BuildFailed, instruction: str) -> str:
    if error.exit_code is not None:
        killed = " (killed, perhaps for want of memory)" if error.exit_code == 137 else ""
        return f"{instruction or 'a process'} failed with exit code {error.exit_code}{killed}"
    message = _NOISE.sub("", error.message)
    if match := _NO_TARGET.match(message):
        rest = visible(message[match.end() :])
        return f"there is no stage '{visible(match['name'])}' to be the target{rest}"
    if match := _NO_IMAGE.match(message):
        name, reason = visible(match["name"]), visible(match["reason"])
        if reason == f"{name}: not found":
            return f"there is no image {name}"
        return f"the image {name} cannot be had: {reason}"
    if match := _NO_SECRET.match(message):
        name = visible(match["name"])
        return f"the build needs the secret {name}: --secret id={name},src=FILE gives it one"
    if _FROM_CONTEXT.match(instruction) and (match := _NO_FILE.search(message)):
        path = visible(match["path"].lstrip("/"))
        return f"{instruction}: the build context has no {path} (or .dockerignore leaves it out)"
    return visible(message)


def _instruction(place: SourceLocation | None) -> str:
    """Its first line, shortened."""
    if place is None or not place.first:
        return ""
    first = place.text.split("\n", 1)[0].rstrip("\r\\ \t").lstrip()
    return visible(first if len(first) <= 60 else first[:59] + "…")


def _source(place: SourceLocation) -> Iterator[Line]:
    """Numbered, the failing ones marked; of many only the first and the last are shown."""
    texts = place.source.split(b"\n")
    if texts and not texts[-1]:
        texts.pop()
    start, end = max(1, place.first - _AROUND), min(len(texts), place.last + _AROUND)
    digits = len(str(end))
    numbers = list(range(start, end + 1))
    cut = len(numbers) - _MOST_SOURCE - 2 * _AROUND
    for position, number in enumerate(numbers):
        if cut > 0 and _MOST_SOURCE <= position < _MOST_SOURCE + cut:
            if position == _MOST_SOURCE:
                yield line(f"  {'…':>{digits + 2}} ({cut} more lines)", "dim")
            continue
        failing = place.first <= number <= place.last
        text = _cut(visible(texts[number - 1].rstrip(b"\r").decode("utf-8", "surrogateescape")))
        mark, style = (">", "red") if failing else (" ", "dim")
        yield (
            Piece(f"  {mark} {number:>{digits}} | ", style),
            Piece(text, "" if failing else "dim"),
        )


def _step(error: BuildFailed) -> str:
    match = re.match(r"\[[^\]]*\]", error.step)
    return visible(match[0]) if match else "the step"


def _cut(text: str) -> str:
    return text if len(text) <= _COLUMNS else text[: _COLUMNS - 1] + "…"
