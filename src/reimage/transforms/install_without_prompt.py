"""Nobody sits in front of a build: a question is an error, and so is what outlives the build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.dockerfile import Cmd, Entrypoint, Env, Onbuild
from reimage.model import Facts, RunFacts, Stage
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.script_edits import insert_after
from reimage.shell import PackageOperation, Verb
from reimage.text import Edit, Span

_CALL = re.compile(r"\b(?:apt|dnf|yum|tdnf|zypper|pacman|conda|mamba|micromamba)\b")
_APT = re.compile(r"\b(?:apt|apt-get|aptitude|dpkg|dpkg-reconfigure)\b")
_ASKING = (Verb.INSTALL, Verb.UPGRADE, Verb.REMOVE)
# Settings of apt, dnf and conda that answer for all later calls.
_ANSWERED = re.compile(r"assume-?yes|force-?yes|always_yes|defaultyes", re.IGNORECASE)
_ANSWERING = ("--force-yes", "--allow-yes", "--assume-no", "--assumeno", "--trivial-only")
_NOTHING_DONE = ("-s", "--simulate", "--just-print", "--dry-run", "--print-uris", "--download-only")
_FRONTEND = "DEBIAN_FRONTEND"


@transformation(
    claim=Claim.SAME_IMAGE,
    may_change=("Env",),
    known_as=("DL3014", "DL3030", "DL3034", "DL3038"),
)
def install_without_prompt(facts: Facts) -> Iterator[Finding]:
    """Answer the questions of package managers in advance.

    `apt-get install` [asks before it installs more than it was
    told](https://manpages.debian.org/apt-get.8), and gives up when nobody is there to answer: the
    build works until a package gets a new dependency. dnf, yum, zypper, pacman and conda ask each
    time. `-y`, or what the manager calls it, is added behind the verb. A build that got through
    before gives the same image. Calls that get their answers from a pipe or a file, or from the
    configuration, stay as they are.

    `DEBIAN_FRONTEND=noninteractive` is for the build as well. As ENV it is also set in every
    container, where it [keeps people from configuring
    packages](https://docs.docker.com/engine/faq/#why-is-debian_frontendnoninteractive-discouraged-in-dockerfiles),
    so ENV becomes ARG, which RUNs of the stage see and the image does not. That changes the
    image's configuration and is same-behaviour. It refuses where a stage built on this one, an
    ONBUILD, or CMD and ENTRYPOINT call apt and would miss it, and where one ENV sets other variables
    too.
    """
    for stage in facts.stages:
        answered = False
        for run in stage.runs:
            script = run.run.script
            if script is None or not _CALL.search(script.text):
                continue
            answered = answered or _is_answered(stage)
            for operation in run.operations if not answered else ():
                if operation.verb in _ASKING and _asks(operation):
                    yield _answer(run, operation)
        if stage.ships:
            yield from _frontend(facts, stage)


def _is_answered(stage: Stage) -> bool:
    """Whether a setting may answer for every call in the stage."""
    stages = (stage, *stage.ancestors)
    return any(
        _ANSWERED.search(instruction.logical.text)
        or any(_ANSWERED.search(each.content) for each in instruction.heredocs)
        for each_stage in stages
        for instruction in each_stage.instructions
    )


def _asks(operation: PackageOperation) -> bool:
    command = operation.command
    if operation.assumes_yes or operation.has(*_ANSWERING, *_NOTHING_DONE):
        return False
    fed = any(each.operator.startswith("<") for each in command.redirections)
    # A variable may hold the option.
    hidden = any(word.has_expansion and word.text.startswith(("$", '"$')) for word in _flags(operation))
    return not fed and not hidden and command.connector not in ("|", "|&")


def _flags(operation: PackageOperation):
    return operation.command.arguments
