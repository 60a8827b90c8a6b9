"""A final stage moved onto an image without a shell.

Functions answer with edits, or with a `str`: the reason why there are none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from reimage.dockerfile import Add, Cmd, Copy, Entrypoint, User
from reimage.model import Facts, Stage
from reimage.model.applications.distroless import Replacement
from reimage.text import Edit, Span

_NODE = "/nodejs/bin/node"
_LEFT_BEHIND = "ensurepip idlelib lib2to3 pydoc_data tkinter turtledemo site-packages/*"


def started_by_entrypoint(stage: Stage, source: str) -> tuple[Edit, ...] | str:
    """CMD without the interpreter, which is the image's ENTRYPOINT; or ENTRYPOINT with its path."""
    entrypoint = _last(stage, Entrypoint)
    command = _last(stage, Cmd)
    if entrypoint is not None:
        assert isinstance(entrypoint, Entrypoint)
        words = entrypoint.command_line.words or ()
        return (Edit(words[0].span, json.dumps(_NODE)),) if words else "ENTRYPOINT is empty"
    assert isinstance(command, Cmd)
    words = command.command_line.words or ()
    if len(words) < 2:
        return "node without a script waits for input"
    if source[words[0].span.end : words[1].span.start].strip() != ",":
        return "something stands between the words of CMD"
    return (Edit(Span(words[0].span.start, words[1].span.start), ""),)


def _last(stage: Stage, kind: type[Cmd | Entrypoint]) -> Cmd | Entrypoint | None:
    return next((each for each in reversed(stage.instructions) if isinstance(each, kind)), None)


def other_user(stage: Stage, name: str, instead: str) -> Iterator[Edit]:
    """USER and --chown with the user that the new image has."""
    for each in stage.instructions:
        if isinstance(each, User) and each.value in (name, f"{name}:{name}"):
            yield Edit(each.arguments.whole, each.value.replace(name, instead))
        elif isinstance(each, Copy | Add) and (flag := each.flag("chown")) and flag.value:
            names = flag.value.split(":")
            if set(names) == {name}:
                value = ":".join(instead for _ in names)
                yield Edit(flag.span, f"--chown={value}")


def carried_interpreter(facts: Facts, stage: Stage, found: Replacement) -> tuple[Edit, ...] | str:
    """The COPYs that bring Python along, and the RUN that first leaves out what is not needed."""
    builder = found.carried_from
    assert builder is not None
    if not builder.name:
        return "the build stage has no name to copy from"
    if any(other is not stage and builder in (other.base, *other.uses) for other in facts.stages):
        return "another stage is built on the build stage, too"
    newline = stage.from_.newline
    last = [builder.from_, *builder.instructions][-1]
    pruning = (
        f"RUN cd /usr/local/lib/python{found.version} \\",
        f"    && rm -rf {_LEFT_BEHIND}",
    )
    lines = tuple(_interpreter(builder.name, found))
    behind = Span(last.full_span.end, last.full_span.end)
    after = Span(stage.from_.full_span.end, stage.from_.full_span.end)
    return (
        Edit(behind, "".join(line + newline for line in pruning)),
        Edit(after, "".join(line + newline for line in lines)),
    )


def _interpreter(name: str, found: Replacement) -> Iterator[str]:
    version = found.version
    yield f"COPY --from={name} \\"
    yield from (f"    /usr/lib/*-linux-gnu/{library} \\" for library in found.libraries)
    yield "    /usr/lib/"
    yield f"COPY --from={name} /usr/local/lib/libpython{version}.so.1.0 /usr/local/lib/"
    yield f"COPY --from={name} /usr/local/lib/python{version} /usr/local/lib/python{version}"
    yield f"COPY --from={name} /usr/local/bin/python{version} /usr/local/bin/python"
