"""A download in front of a pipe that breaks off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.known_images import sh_knows_pipefail
from reimage.model.state import shell_options
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.script_edits import begin_with, insert_after
from reimage.shell import Command, Script
from reimage.shell.pipelines import may_fail_unharmed, pipelines
from reimage.text import Edit, late

_DOWNLOADS = frozenset(("curl", "wget"))
_WORTH_A_LOOK = late(r"(?:curl|wget)\b.*\|(?!\|)", re.DOTALL)
_WITH_PIPEFAIL = frozenset(("ash", "bash", "busybox", "mksh", "zsh"))
_PLAIN_SET = late(r"set(?:[ \t]+-(?:[a-np-zA-Z]+|[a-zA-Z]*o[ \t]+\w+))+")


@transformation(claim=Claim.SAME_BEHAVIOUR, known_as=("DL4006",))
def fail_on_pipe_errors(facts: Facts) -> Iterator[Finding]:
    """Fail the build when a download in front of a pipe fails.

    The status of a pipeline is [that of its last
    command](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html). When curl
    in `curl … | sh` breaks off, sh runs what has arrived, maybe nothing, and the build goes on.
    With `set -o pipefail` the layer fails instead. A build that succeeds makes the same image; one
    in which a download fails unnoticed now stops, hence no stronger claim. (An HTTP error is a
    failure only to `curl --fail`.)

    The option goes into the RUN itself, into its leading `set` if there is one, and only where its
    shell has it: bash by SHELL or `#!`, BusyBox in Alpine images, bash as `/bin/sh` in the Fedora
    and Red Hat families. dash, which is `/bin/sh` in Debian and Ubuntu, lacks it up to 0.5.12.
    There it refuses, and adds no SHELL. What `/bin/sh` is the image itself tells where registries
    are asked (`--bases`), else its name.

    It also refuses where the failure would be ignored all the same (in a list joined by `;` without
    `set -e`), and where another pipeline of the same RUN may fail with nothing wrong: `… | head`
    breaks the pipe of the command in front, and `grep` fails when nothing matches.
    """
    for stage in facts.stages:
        for run in stage.runs:
            text = run.run.logical.text
            if run.run.heredocs and run.run.script:
                text = run.run.script.text
            if _WORTH_A_LOOK.search(text):
                yield from _look(facts, stage, run)


def _look(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    script = run.script
    if script is None or script.opaque or _has_pipefail(run, script):
        return
    found = pipelines(script)
    downloads = [chain for chain in found.chains if _is_download(chain)]
    if not downloads:
        return
    kept = [chain for chain in downloads if _decides_about_build(run, script, chain)]
    reason = _lacks_pipefail(facts, stage, run)
    if not kept:
        reason = (
            "what follows runs whatever becomes of this pipeline, so its status would not matter"
        )
    elif not found.complete:
        reason = reason or "a loop or a group is a part of another pipeline"
    harmless = (may_fail_unharmed(script, chain) for chain in found.chains)
    reason = reason or next(filter(None, harmless), None)
    edit = reason or _switch_on(run, script)
    if isinstance(edit, str):
        yield Refusal(edit, run.run.span)
        return
    names = f"{kept[0][0].unwrapped().name} | {kept[0][1].unwrapped().name}"
    message = f"sets pipefail, so that {names} fails when the download does"
    yield Rewrite(message, run.run.span, (edit,))


def _has_pipefail(run: RunFacts, script: Script) -> bool:
    if not run.has_shebang and "pipefail" in shell_options(run.state.shell or ()):
        return True
    return any("pipefail" in command.values for command in script.commands if command.name == "set")


def _is_download(chain: tuple[Command, ...]) -> bool:
    return not chain[0].nesting and chain[0].unwrapped().name in _DOWNLOADS


def _decides_about_build(run: RunFacts, script: Script, chain: tuple[Command, ...]) -> bool:
    """Whether a failure of the top-level pipeline makes the RUN fail."""
    options = script.options
    if not run.has_shebang:
        options |= shell_options(run.state.shell or ())
    statements = iter(script.statements)
    next(each for each in statements if each.span.holds(chain[0].span))
    for distance, statement in enumerate(statements):
        if statement.connector != "&&":
            stops = not distance and not options.isdisjoint(("e", "errexit"))
            return stops and statement.connector in (";", "\n")
    return True


def _lacks_pipefail(facts: Facts, stage: Stage, run: RunFacts) -> str | None:
    if run.shell_name:
        known = run.shell_name in _WITH_PIPEFAIL
        return None if known else f"{run.shell_name} has no pipefail, or not in every version"
    image = stage.root_image or "the base image"
    base = facts.base_image(stage)
    if base and base.system and base.system.sh:
        if base.system.sh in _WITH_PIPEFAIL:
            return None
    elif sh_knows_pipefail(image):
        return None
    return f"/bin/sh of {image} may be dash, which has no pipefail; SHELL with bash would have it"


def _switch_on(run: RunFacts, script: Script) -> Edit | str:
    first = script.statements[0]
    if first.kind == "command" and _PLAIN_SET.fullmatch(first.span.of(script.text)):
        return insert_after(run, first.commands[0].words[-1].span, "-o pipefail")
    return begin_with(run, "set -o pipefail")
