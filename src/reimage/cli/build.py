"""`reimage build`: docker build, over buildkit_client."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimage.cli.building import calling
from reimage.cli.building.command import BuildCommand
from reimage.cli.building.flags import Flags
from reimage.cli.errors import BadUsage, told_as_usage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from buildkit_client.solve import BuildResult
    from reimage.cli.building.request import Plan
    from reimage.cli.building.showing import Showing


def build(**words: Any) -> int:
    """Build an image as docker build does, with its flags."""
    flags = Flags(**words)
    streams = Streams(flags.color)
    from reimage.cli.building.request import plan

    planned = plan(flags)
    asked = calling.question(flags)
    from buildkit_client.errors import BuildFailed
    from reimage.cli.building.showing import Showing

    showing = Showing(planned.progress, streams, planned.dockerfile)
    try:
        with _told(), ExitStack() as stack:
            if asked:
                return calling.answer(asked, _with_agents(planned, stack), streams, stack)
            result = _run(planned, showing, stack)
    except BuildFailed as error:
        showing.failure(error)
        return 2
    _write_files(flags, result)
    if flags.quiet:
        streams.document(f"{result.digest}\n" if result.digest else "")
    return 0


# One list of flags serves the command line and the code.
build.__dict__["__signature__"] = signature(Flags)
build.__dict__["command_class"] = BuildCommand


def _run(planned: "Plan", showing: "Showing", stack: ExitStack) -> "BuildResult":
    from buildkit_client import connect
    from reimage.cli.building.endings import ended_by_signals
    from reimage.pipeline.building import prepare

    stack.enter_context(ended_by_signals())
    builder = stack.enter_context(connect(planned.builder))
    prepared = prepare(
        _with_agents(planned, stack).request,
        planned.exports,
        names=planned.names,
        annotations=planned.annotations,
        builder=builder,
        write=sys.stdout.buffer.write,
    )
    showing.begin(builder, prepared.exports.warning)
    if prepared.exports.load:
        stack.enter_context(prepared.exports.load)
    with builder.start(prepared.request) as running:
        with showing.progress() as progress:
            for event in running.events():
                progress.take(event)
        result = running.result()
    sys.stdout.flush()
    if prepared.exports.load:
        prepared.exports.load.finish()
    showing.end(result, prepared.exports.files)
    return result


def _with_agents(planned: "Plan", stack: ExitStack) -> "Plan":
    """Agents run for keys that were named until the stack ends."""
    if not planned.keys:
        return planned
    from dataclasses import replace

    from buildkit_client import agent_with_keys

    agents = {
        name: stack.enter_context(agent_with_keys(paths)) for name, paths in planned.keys.items()
    }
    ssh = {**planned.request.ssh, **agents}
    return planned._replace(request=replace(planned.request, ssh=ssh))


@contextmanager
def _told() -> Iterator[None]:
    """What the client says about builder, request and result is one sentence, and code 2."""
    from buildkit_client.errors import BuildFailed, BuildKitError

    try:
        with told_as_usage():
            yield
    except BuildFailed:
        raise
    except BuildKitError as error:
        raise BadUsage(_sentence(str(error))) from error


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _write_files(flags: Flags, result: "BuildResult") -> None:
    from reimage.report.building.outcome import metadata_json

    for flag, place, text in (
        ("--iidfile", flags.iidfile, result.digest),
        ("--metadata-file", flags.metadata_file, metadata_json(result)),
    ):
        if place is not None:
            try:
                Path(place).write_text(text, "utf-8")
            except OSError as error:
                raise BadUsage(f"{flag} {place}: {error.strerror}.") from error
