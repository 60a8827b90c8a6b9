"""--call and --check: the builder's frontend is asked about the Dockerfile, and nothing built."""

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from reimage.cli.building.fields import boolean, row
from reimage.cli.building.flags import Flags
from reimage.cli.errors import BadUsage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from buildkit_client.subrequests import Answer
    from reimage.cli.building.request import Plan

CALLS = {
    "check": "frontend.lint",
    "lint": "frontend.lint",
    "outline": "frontend.outline",
    "targets": "frontend.targets",
}
_LINT = "frontend.lint"


class Question(NamedTuple):
    """A subrequest, and what becomes of its answer."""

    name: str
    is_json: bool = False
    ignores_findings: bool = False


def question(flags: Flags) -> Question | None:
    """What is asked; nothing if the image is to be built."""
    word = flags.call or ("check" if flags.check else "build")
    if flags.check and word not in ("check", "lint"):
        raise BadUsage(f"--check and --call={word} exclude one another.")
    name, *options = row("--call", word)
    if name == "build" and not options:
        return None
    if name not in CALLS:
        raise BadUsage(f"--call takes build, check, outline or targets, not '{name}'.")
    found = Question(CALLS[name])
    for option in options:
        key, _, value = option.partition("=")
        match key:
            case "format" if value in ("json", "text"):
                found = found._replace(is_json=value == "json")
            case "ignorestatus":
                found = found._replace(ignores_findings=boolean(key, value or "true"))
            case _:
                raise BadUsage(
                    f"--call {word}: after a comma it takes format=json, format=text or "
                    "ignorestatus=true."
                )
    return found


def answer(asked: Question, planned: "Plan", streams: Streams, stack: ExitStack) -> int:
    """Ask, and print it. 1 where checks found something. Raises why nothing can be built."""
    from buildkit_client import connect, subrequests
    from reimage.cli.building.endings import ended_by_signals
    from reimage.pipeline.building import with_hosts

    stack.enter_context(ended_by_signals())
    builder = stack.enter_context(connect(planned.builder))
    gateway = stack.enter_context(builder.look(with_hosts(planned.request, builder)))
    found = subrequests.ask(gateway, asked.name)
    if asked.is_json:
        streams.document(json.dumps(found.value, indent=2) + "\n")
    elif text := _text(asked, found):
        streams.document(text)
    if found.failure:
        raise found.failure
    return int(found.has_findings and not asked.ignores_findings)


def _text(asked: Question, found: "Answer") -> str:
    from reimage.report.visible import visible_lines

    text = visible_lines(found.text).strip("\n")
    if asked.name == _LINT:
        warnings = found.value.get("warnings")
        count = len(warnings) if isinstance(warnings, list) else 0
        if found.failure and not count:
            return ""
        head = {0: "no warnings", 1: "1 warning"}.get(count, f"{count} warnings")
        how_far = "not " if found.failure else ""
        text = f"Check {how_far}complete: {head}.\n\n{text}".strip()
    return f"{text}\n"
