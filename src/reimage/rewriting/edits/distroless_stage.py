"""A final stage moved onto an image without a shell.

Functions answer with edits, or with a `str`: the reason why there are none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from reimage.dockerfile import Add, Cmd, Copy, Entrypoint, Healthcheck, Instruction, User
from reimage.model import Facts, Stage
from reimage.model.applications.distroless import Replacement
from reimage.model.applications.started_elsewhere import built_by_name
from reimage.text import Edit, Span

_T = TypeVar("_T")
_NODE = "/nodejs/bin/node"
_THERE = frozenset("root 0 nobody 65534 nonroot 65532".split())
_LEFT_BEHIND = "ensurepip idlelib lib2to3 pydoc_data tkinter turtledemo site-packages/*"


def started_by_entrypoint(
    stage: Stage, source: str, script: Sequence[str] = ()
) -> tuple[Edit, ...] | str:
    """CMD without the interpreter, which is the image's ENTRYPOINT; or ENTRYPOINT with its path.

    `script` are the words of node's command line where the text has `npm start` or the like.
    """
    entrypoint = _last(stage, Entrypoint)
    command = _last(stage, Cmd)
    if script:
        last = entrypoint or command
        assert last is not None
        if entrypoint is not None and command is not None:
            return "ENTRYPOINT and CMD share the words of a script of package.json"
        words = (_NODE, *script[1:]) if entrypoint else script[1:]
        return (Edit(last.arguments.whole, json.dumps(list(words))),)
    if entrypoint is not None:
        words_of = entrypoint.command_line.words or ()
        return (Edit(words_of[0].span, json.dumps(_NODE)),) if words_of else "ENTRYPOINT is empty"
    assert isinstance(command, Cmd)
    words_of = command.command_line.words or ()
    if len(words_of) < 2:
        return "node without a script waits for input"
    if source[words_of[0].span.end : words_of[1].span.start].strip() != ",":
        return "something stands between the words of CMD"
    return (Edit(Span(words_of[0].span.start, words_of[1].span.start), ""),)


def checked_with(stage: Stage) -> Iterator[Edit]:
    """HEALTHCHECK in exec form with the path of Node.js in the image."""
    for each in stage.instructions:
        line = each.command_line if isinstance(each, Healthcheck) else None
        if line and line.words and line.words[0].text in ("node", "nodejs"):
            yield Edit(line.words[0].span, json.dumps(_NODE))


def _last(stage: Stage, kind: type[_T]) -> _T | None:
    return next((each for each in reversed(stage.instructions) if isinstance(each, kind)), None)


def other_users(stage: Stage, names: Collection[str], instead: str) -> Iterator[Edit] | str:
    """USER and --chown with the user that the new image has; a sentence for one that it lacks."""
    edits: list[Edit] = []
    for each in stage.instructions:
        flag = each.flag("chown") if isinstance(each, Copy | Add) else None
        said = each.value if isinstance(each, User) else (flag.value if flag else None)
        if said is None or all(part in _THERE for part in said.split(":")):
            continue
        if not all(part in names for part in said.split(":")):
            return f"{each.keyword} names {said}, and a distroless image has no such account"
        value = ":".join(instead for _ in said.split(":"))
        span = flag.span if flag else each.arguments.whole
        edits.append(Edit(span, f"--chown={value}" if flag else value))
    return iter(edits)


def carried_interpreter(facts: Facts, stage: Stage, found: Replacement) -> tuple[Edit, ...] | str:
    """The COPYs that bring Python along, and the RUN that first leaves out what is not needed."""
    builder = found.carried_from
    assert builder is not None
    if not builder.name:
        return "the build stage has no name to copy from"
    if any(other is not stage and builder in (other.base, *other.uses) for other in facts.stages):
        return "another stage is built on the build stage, too"
    if problem := built_by_name(facts.context, builder):
        return problem
    newline = stage.from_.newline
    last = _last_run(builder)
    pruning = (
        "# What installs, and what only people at a terminal use",
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


def _last_run(builder: Stage) -> Instruction:
    """What the interpreter is needed for in the build stage ends with this."""
    runs = [run.run for run in builder.runs]
    return runs[-1] if runs else [builder.from_, *builder.instructions][-1]


def _interpreter(name: str, found: Replacement) -> Iterator[str]:
    version = found.version
    yield "# The interpreter that installed the packages, and the libraries that its modules load"
    yield f"COPY --from={name} \\"
    yield from (f"    /usr/lib/*-linux-gnu/{library} \\" for library in found.libraries)
    # Without a cache of ldconfig /usr/local/lib is not looked at.
    yield f"    /usr/local/lib/libpython{version}.so.1.0 \\"
    yield "    /usr/lib/"
    yield f"COPY --from={name} /usr/local/lib/python{version} /usr/local/lib/python{version}"
    programs = f"/usr/local/bin/python /usr/local/bin/python3 /usr/local/bin/python{version}"
    yield f"COPY --from={name} {programs} /usr/local/bin/"
