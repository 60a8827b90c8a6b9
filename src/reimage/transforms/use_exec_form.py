"""Shell form to exec form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.dockerfile import Cmd, Entrypoint, Logical
from reimage.model import ContextFacts, Facts, Stage, configuration
from reimage.model.known_images import looks_at_its_command
from reimage.model.state import opaque_shell, shell_options
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.edits.exec_form import as_json_array
from reimage.shell import parse
from reimage.shell.single_command import single_command
from reimage.text import late

_RUN_THEIR_ARGUMENTS = frozenset(("catatonit", "docker-init", "dumb-init", "tini", "tini-static"))
_HARMLESS_OPTIONS = frozenset(("c", "e", "u", "errexit", "nounset", "pipefail"))
_SCRIPT = late(r"\.(?:sh|bash|ksh|zsh|py|pl|rb|js)$")
_SPEAKS_OF_SHELL = late(r"\bshell\b|/bin/sh\b", re.IGNORECASE)
_ARRAY = late(r"""\[\s*["'\u201c\u2018]|\[\S.*\]$""", re.DOTALL)


@transformation(
    claim=Claim.SAME_BEHAVIOUR,
    may_change=("Cmd", "Entrypoint"),
    known_as=("DL3025", "JSONArgsRecommended"),
)
def use_exec_form(facts: Facts) -> Iterator[Finding]:
    """Start the program itself where a shell does nothing but start it.

    In shell form Docker runs `/bin/sh -c "…"` (see
    [CMD and ENTRYPOINT](https://docs.docker.com/reference/dockerfile/#shell-and-exec-form)). The
    shell is then process 1. A shell that stays around (dash, which is `/bin/sh` on Debian) does not
    pass on the SIGTERM of `docker stop`: the program is killed without warning ten seconds later.
    bash and BusyBox replace themselves with a single command, so there little changes. In exec form
    the program is process 1 everywhere, and the image needs no shell. An ENTRYPOINT in exec form
    also takes the arguments of `docker run`, which shell form ignores. A leading `exec` goes: it
    exists only inside a shell.

    Words get the quotes and commas of JSON where they stand; lines and comments stay.

    Refuses whatever needs a shell: variables, globs, `~`, redirections, assignments, several
    commands, built-in commands, an array that is no JSON. Scripts that are not known to begin with
    `#!` stay too (without it only a shell starts them), and so does the command under a SHELL that
    does more than run it, an ENTRYPOINT that a CMD would then be handed to, and a CMD that an
    ENTRYPOINT takes as arguments. Only the last CMD and ENTRYPOINT of a stage that ships count.
    """
    for stage in facts.shipping_stages:
        for instruction in _last_of_each(stage):
            shell = instruction.command_line.shell
            state = stage.before(instruction)
            if not shell or not shell.text or opaque_shell(state, stage.windows):
                continue
            finding = _look(facts, stage, instruction, shell)
            if isinstance(finding, str):
                yield Refusal(finding, instruction.span)
            elif finding:
                yield finding


def _last_of_each(stage: Stage) -> Iterator[Cmd | Entrypoint]:
    last: dict[str, Cmd | Entrypoint] = {}
    for instruction in stage.instructions:
        if isinstance(instruction, Cmd | Entrypoint):
            last[instruction.keyword] = instruction
    yield from last.values()


def _look(
    facts: Facts, stage: Stage, instruction: Cmd | Entrypoint, shell: Logical
) -> Rewrite | Skipped | str | None:
    if shell.text.startswith("[") and _ARRAY.match(shell.text.rstrip()):
        return "this is no JSON array (strings take double quotes), so a shell is given all of it"
    script = parse(shell.text)
    if script.opaque:
        return None
    words = single_command(script)
    if isinstance(words, str):
        return words
    reason = _shell_does_more(stage, instruction) or _arguments_differ(facts, stage, instruction)
    if reason:
        return reason
    if any(_SPEAKS_OF_SHELL.search(comment.text) for comment in instruction.comments):
        return "the comment above it speaks of the shell, which may be what is wanted"
    begin = words[0].span.start
    words = words[words[0].value == "exec" :]
    program = words[0].value or ""
    if _SCRIPT.search(program) and not _begins_with_shebang(facts.context, program):
        if facts.context is None:
            return Skipped("context", instruction.span)
        return f"only a shell starts {program} unless it begins with #!, which is not known"
    edits = as_json_array(instruction, shell, words, begin)
    if isinstance(edits, str):
        return edits
    message = (
        f"starts {program} itself and not through a shell, "
        "so that it is process 1 and gets the signal of docker stop"
    )
    return Rewrite(message, instruction.span, edits)


def _shell_does_more(stage: Stage, instruction: Cmd | Entrypoint) -> str | None:
    state = stage.before(instruction)
    if state.shell is None:
        return None
    if others := shell_options(state.shell) - _HARMLESS_OPTIONS:
        return f"SHELL has the option {min(others)}, so the shell does more than run the command"
    if "BASH_ENV" in state.env:
        return "BASH_ENV names a file that the shell reads first"
    return None


def _arguments_differ(facts: Facts, stage: Stage, instruction: Cmd | Entrypoint) -> str | None:
    """Why exec form would make ENTRYPOINT and CMD meet in another way."""
    if isinstance(instruction, Entrypoint):
        heirs = [each for each in facts.stages if stage is each or stage in each.ancestors]
        if any(configuration(heir).get("Cmd") for heir in heirs):
            return "CMD, which is ignored so far, would become its arguments"
        return None
    entrypoint = configuration(stage).get("Entrypoint")
    if isinstance(entrypoint, tuple) and entrypoint and not _runs_arguments(entrypoint):
        return f"the ENTRYPOINT {entrypoint[0]} is handed this as arguments and may look at them"
    if entrypoint is None and looks_at_its_command(stage.root_image):
        return f"the entrypoint of {stage.root_image} looks at the first word of the command"
    return None


def _runs_arguments(entrypoint: tuple[str, ...]) -> bool:
    program, *options = entrypoint
    known = program.rpartition("/")[2] in _RUN_THEIR_ARGUMENTS
    return known and all(option.startswith("-") for option in options)


def _begins_with_shebang(context: ContextFacts | None, program: str) -> bool:
    name = program.rpartition("/")[2]
    texts = context.texts if context else {}
    paths = [path for path in context.files if path.rpartition("/")[2] == name] if context else []
    return bool(paths) and all(texts.get(path, "").startswith("#!") for path in paths)
