"""Nobody sits in front of a build: a question is an error, and so is what outlives the build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.dockerfile import Arg, Cmd, Entrypoint, Env, Instruction, Onbuild, Run
from reimage.model import Facts, RunFacts, Stage
from reimage.model.downloads.failures import failure_is_ignored, statement_of
from reimage.model.packages.package_names import called
from reimage.model.settings import is_set_in
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.script_edits import insert_after
from reimage.shell.package_managers import PackageOperation, Verb
from reimage.text import Edit, Span, late

_MANAGERS = ("apt", "dnf", "yum", "zypper", "pacman", "conda", "mamba")
_APT = late(r"\b(?:apt|apt-get|aptitude|dpkg)\b")
_ASKING = (Verb.INSTALL, Verb.UPGRADE, Verb.REMOVE)
# Settings of apt, dnf and conda that answer for all later calls.
_ANSWERED = late(r"APT::Get::(?:Assume-Yes|force-yes)|(?<!-)\bassumeyes|always_yes", re.IGNORECASE)
_NOT_ASKING = (
    "--force-yes", "--assume-no", "--assumeno", "--trivial-only", "-s", "--simulate",
    "--just-print", "--dry-run", "--print-uris",
)  # fmt: skip
_HOLDS_OPTIONS = late(r"[\"']?\$\{?\w*(?:opt|arg|flag|param|yes)", re.IGNORECASE)
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
    container, where it [silences the questions](https://manpages.debian.org/debconf.7) of people
    who install something by hand. So ENV becomes ARG, which RUNs of the stage see and the image
    does not. That changes the image's configuration and is same-behaviour. It refuses where a
    stage built on this one, an ONBUILD, or CMD and ENTRYPOINT call apt and would miss it, and where
    the ENV sets other variables too.
    """
    for stage in facts.stages:
        for run in stage.runs:
            script = run.run.script
            if script is not None and any(name in script.text for name in _MANAGERS):
                yield from _answers(stage, run)
        if stage.ships and _FRONTEND in facts.dockerfile.source:
            yield from _frontend(facts, stage)


def _answers(stage: Stage, run: RunFacts) -> Iterator[Finding]:
    for operation in run.operations:
        if operation.verb not in _ASKING or operation.assumes_yes or _is_fed(run, operation):
            continue
        if any(_HOLDS_OPTIONS.match(word.text) for word in operation.command.arguments):
            continue
        if not _is_silent(operation) and not is_set_in(stage, _ANSWERED):
            yield _answer(run, operation)


def _is_silent(operation: PackageOperation) -> bool:
    said = operation.verb_words[0].value
    # conda env does not ask, and takes no such option before conda 23.
    if said == "env" or operation.has(*_NOT_ASKING):
        return True
    # apt-get purge alone is not what was meant, but asks nothing.
    without_packages = not operation.packages and not operation.more_from_input
    return without_packages and said in ("install", "remove", "purge")


def _answer(run: RunFacts, operation: PackageOperation) -> Rewrite:
    manager, command = operation.manager, operation.command
    if manager.global_assume_yes:
        word, option = command.words[0], manager.global_assume_yes[-1]
    else:
        word, option = operation.verb_words[-1], manager.assume_yes[0]
    return Rewrite(
        f"answers the question of {called(operation)}, which nobody can do during a build",
        run.run.span,
        (insert_after(run, word.span, option),),
        claim=Claim.SAME_BEHAVIOUR if failure_is_ignored(run, command) else None,
    )


def _is_fed(run: RunFacts, operation: PackageOperation) -> bool:
    """Whether answers may come from standard input; xargs gives the command none."""
    command = operation.command
    if operation.more_from_input:
        return False
    if command.connector in ("|", "|&") or any(
        each.operator.startswith("<") for each in command.redirections
    ):
        return True
    statement = statement_of(run, command)
    return bool(command.nesting) and (statement is None or statement.kind == "pipeline")


def _frontend(facts: Facts, stage: Stage) -> Iterator[Finding]:
    declared = [each for each in stage.instructions if _declares_frontend(each)]
    # Where it is set a second time, somebody has thought about its end.
    if len(declared) != 1 or not isinstance(env := declared[0], Env):
        return
    pair = next(pair for pair in env.pairs if pair.key == _FRONTEND)
    behind = stage.instructions[stage.position(env) + 1 :]
    if (pair.value or "").strip("\"'") != "noninteractive" or env.inner_comments:
        return
    if not any(isinstance(each, Run) for each in behind):
        return
    if reason := _still_needed(facts, stage, env):
        yield Refusal(f"{_FRONTEND} stays in the image: {reason}", env.span)
        return
    edits = [Edit(env.keyword_span, _in_case(env.keyword_span.of(facts.dockerfile.source), "ARG"))]
    if env.legacy:
        edits.append(Edit(Span(pair.key_span.end, pair.value_span.start), "="))
    message = f"keeps {_FRONTEND} out of the containers' environment"
    yield Rewrite(message, env.span, tuple(edits), claim=Claim.SAME_BEHAVIOUR)


def _declares_frontend(instruction: Instruction) -> bool:
    return isinstance(instruction, Env | Arg) and any(
        pair.key == _FRONTEND for pair in instruction.pairs
    )


def _still_needed(facts: Facts, stage: Stage, env: Env) -> str | None:
    if len(env.pairs) > 1:
        return "its ENV sets other variables too"
    for each in stage.instructions:
        if isinstance(each, Onbuild | Cmd | Entrypoint) and _APT.search(each.logical.text):
            return f"{each.keyword} calls apt"
    for child in facts.stages:
        if stage in child.ancestors and not any(map(_declares_frontend, child.instructions)):
            scripts = (run.run.script.text for run in child.runs if run.run.script)
            if any(map(_APT.search, scripts)):
                return f"stage {child.name or child.index} is built on it and calls apt"
    return None


def _in_case(model: str, keyword: str) -> str:
    return keyword.lower() if model.islower() else keyword
