"""A lock file pins every package, but a plain install may change it instead of obeying it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reimage.dockerfile import Add, Copy
from reimage.model import ContextFacts, Facts, RunFacts, Stage
from reimage.model.copies.context_copies import source_of
from reimage.model.installs.installed_modules import what_brings
from reimage.model.installs.lock_files import (
    NPM_CI_OPTIONS,
    RULES,
    LockRule,
    asks_for_another_lock,
    lock_beside,
    lock_problem,
)
from reimage.model.installs.project_installs import Step, project_install, steps
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.edits.script_edits import insert_after
from reimage.shell import PackageOperation, package_operation
from reimage.text import Edit, late

_PROGRAMS = ("npm ", "yarn", "cargo ", "uv ")
_MAY_INSTALL = late(r"\b(?:npm\s|yarn\b|pnpm\s|cargo\s|uv\s+sync)")
_BRINGS_LOCKS = late(r"\s\.{0,2}/?\s|lock|package\*|\*\.json|shrinkwrap|\.\s")
_CARGO = frozenset(("build", "b", "check", "c", "test", "t", "run", "r", "rustc", "fetch"))
_WITHOUT_PEERS = late(r"(?m)^\s*legacy-peer-deps\s*=\s*true")


@transformation(claim=Claim.SAME_BEHAVIOUR)
def use_lockfile_install(facts: Facts) -> Iterator[Finding]:
    """Install what the lock file says and nothing else.

    Where the lock file does not fit package.json, `npm install` resolves the ranges anew and writes
    another lock file; [npm ci](https://docs.npmjs.com/cli/commands/npm-ci) stops instead, so that
    all builds of a commit hold the same packages. Yarn and pnpm call this `--frozen-lockfile`,
    Cargo and uv `--locked`.

    The image holds the same packages today, because the lock file is compared with the manifest in
    the build context first. Without a lock file nothing is done. It stays away where the lock file
    is not copied before the install or does not fit the manifest, where node_modules is already
    there (`npm ci` deletes it), from workspaces, and from options that npm ci does not take.
    """
    source = facts.dockerfile.source
    if not any(program in source for program in _PROGRAMS):
        return
    for stage in facts.stages:
        for run in stage.runs:
            if _MAY_INSTALL.search(run.run.logical.text):
                for step in steps(run, stage) or ():
                    yield from _look_at(step, run, stage, facts)


def _look_at(step: Step, run: RunFacts, stage: Stage, facts: Facts) -> Iterator[Finding]:
    operation = package_operation(step.command)
    rule = operation and RULES.get(operation.manager.name)
    if operation is None or rule is None or step.directory is None:
        return
    if not _is_plain_install(step, operation, rule, run):
        return
    context = facts.context
    if context is None or context.truncated:
        if any(_may_bring_locks(each) for each in stage.instructions[: stage.position(run.run)]):
            yield Skipped("context", run.run.span)
        return
    manifest = source_of(posixpath.join(step.directory, rule.manifest), stage, run.run, context)
    lock = manifest and lock_beside(operation.manager.name, posixpath.dirname(manifest), context)
    if lock is None or posixpath.basename(lock) in run.run.logical.text:
        return
    if reason := _objection(step, operation, lock, run, stage, context):
        yield Refusal(f"{_said(operation)} stays: {reason}", run.run.span)
    else:
        name = posixpath.basename(lock)
        message = f"installs what {name} says, and stops where {_said(operation)} would change it"
        edits = (_strict(operation, rule, run),)
        yield Rewrite(message, run.run.span, edits, evidence=Evidence.FACTS)


def _is_plain_install(
    step: Step, operation: PackageOperation, rule: LockRule, run: RunFacts
) -> bool:
    verb = operation.verb_words[0].value or "" if operation.verb_words else ""
    if operation.manager.name == "cargo":
        is_install = verb in _CARGO
    else:
        is_install = project_install(step) is not None and (not rule.verbs or verb in rule.verbs)
        is_install = is_install and not verb.startswith("pip")
    names = {word.text.partition("=")[0] for word in step.command.assignments}
    decided = operation.has(*rule.decided) or any(
        name in run.state.env or name in names for name in rule.environment
    )
    return is_install and not decided


def _may_bring_locks(instruction: object) -> bool:
    if not isinstance(instruction, Copy | Add) or instruction.flag("from"):
        return False
    return _BRINGS_LOCKS.search(instruction.logical.text) is not None


def _objection(
    step: Step,
    operation: PackageOperation,
    lock: str,
    run: RunFacts,
    stage: Stage,
    context: ContextFacts,
) -> str | None:
    manager, directory = operation.manager.name, step.directory or ""
    there = source_of(posixpath.join(directory, posixpath.basename(lock)), stage, run.run, context)
    if there != lock:
        return f"{lock} is not copied before it"
    if manager == "npm":
        for word in operation.command.options:
            if not NPM_CI_OPTIONS.fullmatch(word.value or ""):
                return f"npm ci may not take {word.text}"
        modules = posixpath.join(directory, "node_modules")
        if there := what_brings(modules, step, run, stage, context):
            return f"{there}, which npm ci deletes"
    elif manager in ("yarn", "pnpm") and operation.has("--cwd", "-C", "--dir", "--filter", "-F"):
        return "an option points it to another directory"
    if name := asks_for_another_lock(manager, _variables(step, run)):
        return f"{name} decides about the lock file, too"
    settings = source_of(posixpath.join(directory, ".npmrc"), stage, run.run, context) or ""
    wants_peers = not (
        operation.has("--legacy-peer-deps")
        or _WITHOUT_PEERS.search(context.texts.get(settings, ""))
    )
    return lock_problem(manager, lock, context, stage.root_image, wants_peers=wants_peers)


def _variables(step: Step, run: RunFacts) -> Iterator[str]:
    yield from (*run.state.env, *run.state.args)
    yield from (word.text.partition("=")[0] for word in step.command.assignments)


def _strict(operation: PackageOperation, rule: LockRule, run: RunFacts) -> Edit:
    words = operation.verb_words
    if rule.verbs:
        return Edit(run.span(words[0].span), rule.strict)
    if words:
        return insert_after(run, words[-1].span, rule.strict)
    return insert_after(run, operation.command.words[0].span, f"install {rule.strict}")


def _said(operation: PackageOperation) -> str:
    words = (operation.command.words[0], *operation.verb_words)
    return " ".join(word.text for word in words)
