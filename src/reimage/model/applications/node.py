"""Node.js: dependencies are installed and sources built; both move to the slim image."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from reimage.dockerfile import Cmd, Entrypoint
from reimage.model.applications.application import (
    ASSUMED,
    ASSUMED_OF_A_BUILT_IMAGE,
    Application,
    Artifact,
)
from reimage.model.applications.entry import Entry
from reimage.model.applications.node_pruning import pruned
from reimage.model.applications.node_scripts import plain_script, read_manifest
from reimage.model.applications.parts import parts
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import (
    installed_packages,
    is_build_only,
    libraries_loaded,
    runtime_packages,
)
from reimage.model.context import ContextFacts
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage
from reimage.text import Edit

_PRODUCTION = ("--omit=dev", "--production", "--prod", "--only=production", "--only=prod", "-P")
_TAKES_A_MODULE = ("-r", "--require", "--import", "--loader", "--experimental-loader")
_PRUNE = {
    "npm": "npm prune --omit=dev",
    "pnpm": "pnpm prune --prod",
    "yarn": "yarn install --production --ignore-scripts --prefer-offline",
}
_NAMES_PACKAGES = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces",
)  # fmt: skip
_STARTERS = frozenset(("npm", "yarn", "pnpm"))


def node_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a Node.js application runs on the slim image; None where nothing is installed for it."""
    base = official(stage.image or "", "node")
    if base is None or not base.debian:
        return None
    installed = installed_packages(steps)
    command = _without_pnpm(stage, started, context)
    if isinstance(installed, str):
        return installed
    if isinstance(command, str):
        return command
    installs = [s for s in steps if s.kind is Kind.DEPENDENCIES and not _is_tool(s)]
    gains = not base.slim or any(is_build_only(each) for each in installed)
    if not installs:
        return None
    found = _moved(stage, steps, started, context, installs)
    if isinstance(found, str):
        return found if gains else None
    loaded = libraries_loaded(context.built) if context.built else ()
    if isinstance(loaded, str):
        return loaded if gains else None
    packages = runtime_packages((*installed, *loaded), started.programs, (), context.built)
    if isinstance(packages, str):
        return packages if gains else None
    return found._replace(
        base=base.slim_sibling, packages=packages, replaced=command, is_smaller=gains
    )


def _moved(
    stage: Stage,
    steps: Sequence[Step],
    started: Entry,
    context: ContextFacts,
    installs: Sequence[Step],
) -> Application | str:
    """How modules and outputs get to an image of which nothing is known yet."""
    folder = stage.end.workdir
    manifest = read_manifest(context)
    if folder is None or folder == "/":
        return "it is not known in which directory the application is"
    if manifest is None:
        return "there is no package.json to read at the top of the build context"
    if problem := _problem(installs, folder, context):
        return problem
    if not _installs_something(installs, manifest):
        return "package.json names no packages, so that there may be no node_modules to copy"
    modules = f"{folder}/node_modules"
    found = parts(stage, [step for step in steps if step.kind is not Kind.BUILD], (modules,))
    if isinstance(found, str):
        return found
    script = _script(started, manifest)
    outputs: tuple[Artifact, ...] = ()
    if any(step.kind is Kind.BUILD for step in steps):
        made = _output(script, context, manifest)
        if made is None:
            return "it is not known which files the build makes that the application runs with"
        outputs = (Artifact(f"{folder}/{made}"),)
    pruning = pruned(_pruning(installs, manifest, script), stage, steps, installs[-1], manifest)
    if any(is_at_or_above(each.path, modules) for each in found.artifacts):
        pruning = pruning.at_the_end()
    assumed = ASSUMED_OF_A_BUILT_IMAGE if context.built else ASSUMED
    return Application(
        base="",
        dependencies=(pruning.modules(modules),),
        sources=found.again,
        artifacts=(*found.artifacts, *outputs),
        added=pruning.added,
        pruning=pruning.line,
        assumed=f"{assumed}, and that nothing of devDependencies runs" if pruning.line else assumed,
    )


def _is_tool(step: Step) -> bool:
    """Whether npm installs only another package manager."""
    operation = step.operation
    names = [
        (word.value or "").partition("@")[0] for word in (operation.packages if operation else ())
    ]
    return (
        operation is not None
        and operation.manager.name == "npm"
        and operation.has("-g", "--global")
        and bool(names)
        and all(name in ("corepack", "npm", "pnpm", "yarn") for name in names)
    )


def _without_pnpm(stage: Stage, started: Entry, context: ContextFacts) -> tuple[Edit, ...] | str:
    """CMD and ENTRYPOINT with node where pnpm starts it: the slim image has no pnpm."""
    if started.program != "pnpm":
        return ()
    if started.shell:
        return "a shell starts pnpm, and the slim image has none of it"
    words = plain_script(started.words, context)
    if isinstance(words, str):
        return words.replace("a distroless", "the slim")
    found = [each for each in stage.instructions if isinstance(each, Cmd | Entrypoint)]
    if len(found) == 1:
        return (Edit(found[0].arguments.whole, json.dumps(list(words))),)
    if len(found) != 2 or isinstance(found[0], Cmd) is isinstance(found[1], Cmd):
        return "there are several CMDs or ENTRYPOINTs"
    return tuple(
        Edit(
            each.arguments.whole,
            json.dumps(list(words[1:] if isinstance(each, Cmd) else words[:1])),
        )
        for each in found
    )


def _installs_something(installs: Sequence[Step], manifest: Mapping[str, Any]) -> bool:
    """Whether a node_modules comes of it: npm makes none where there is nothing to put into it."""
    named = any(step.operation and step.operation.packages for step in installs)
    return named or any(manifest.get(key) for key in _NAMES_PACKAGES)


def _problem(installs: Sequence[Step], folder: str, context: ContextFacts) -> str | None:
    if any(path == "node_modules" or path.startswith("node_modules/") for path in context.files):
        return "node_modules is in the build context, and would take the place of what is installed"
    for step in installs:
        operation = step.operation
        assert operation is not None
        if operation.manager.name not in _STARTERS:
            return f"{operation.manager.name} installs packages, which are not looked for here"
        if operation.has("-g", "--global", "--prefix", "-C", "--dir", "--cwd"):
            return f"{operation.manager.name} installs packages outside of the application"
        if step.run.state.workdir != folder:
            return f"{operation.manager.name} runs in another directory than the application"
    return None


def _script(started: Entry, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The words of what starts in the end: `npm start` is looked up in package.json."""
    words = [word or "" for word in started.words]
    scripts = manifest.get("scripts")
    if not words or words[0].rpartition("/")[2] not in _STARTERS or not isinstance(scripts, dict):
        return tuple(words)
    name = next((word for word in words[1:] if word != "run" and not word.startswith("-")), "start")
    return tuple(str(scripts.get(name, "")).split())


def _output(
    script: Sequence[str],
    context: ContextFacts,
    manifest: Mapping[str, Any],
) -> str | None:
    """The directory that the build makes: what starts lies in it, and the context lacks it."""
    if tuple(script[:2]) == ("next", "start"):
        return ".next"
    paths = [
        word
        for before, word in pairwise(script)
        if not word.startswith("-") and before not in _TAKES_A_MODULE
    ]
    if not paths and tuple(script) in ((), ("node", ".")):
        paths = [str(manifest.get("main", ""))]
    for word in paths:
        path = posixpath.normpath(word.removeprefix("./"))
        top = path.partition("/")[0]
        if "/" in path and top not in context.directories and not path.startswith(("/", "..")):
            return top
    return None


def _pruning(
    installs: Sequence[Step], manifest: Mapping[str, Any], script: Sequence[str]
) -> str | None:
    """Removes development packages, where there are any and nothing that runs is one."""
    last = installs[-1].operation
    assert last is not None
    installs_for = installs[-1].run.state.env.get("NODE_ENV")
    if not manifest.get("devDependencies") or last.has(*_PRODUCTION):
        return None
    if installs_for == "production":
        return None
    if any(_package(word) in manifest["devDependencies"] for word in script):
        return None
    return _PRUNE[last.manager.name]


def _package(word: str) -> str:
    """The package of a module: ts-node for ts-node/register, @a/b for @a/b/c."""
    return "/".join(word.split("/")[: 2 if word.startswith("@") else 1])
