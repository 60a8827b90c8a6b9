"""When packages that only a build of Node.js needs are taken away: as early as possible, so that an
edit of the sources does not do it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reimage.dockerfile import Add, Copy
from reimage.model.applications.application import Addition, Artifact
from reimage.model.applications.steps import Kind, Step
from reimage.model.stages import Stage
from reimage.text import late

_FOLDER = "/production"
_MANIFEST = late(
    r"(?:\./)?(?:package(?:-lock|\*)?\.json|package\*\.json|npm-shrinkwrap\.json|\.npmrc)"
)
_PLAIN_BUILDERS = frozenset("esbuild parcel rollup tsc tsup vite webpack".split())
"""Those that write what they build, and nothing into node_modules."""


class Pruning(NamedTuple):
    """The `line` that does it, and what the build stage gets; `apart` in a folder of its own."""

    line: str | None = None
    added: tuple[Addition, ...] = ()
    apart: bool = False

    def modules(self, path: str) -> Artifact:
        """What is shipped as the node_modules at `path`."""
        return Artifact(f"{_FOLDER}/node_modules", to=path) if self.apart else Artifact(path)

    def at_the_end(self) -> Pruning:
        """The same where the whole folder is shipped."""
        added = (Addition(None, (self.line,)),) if self.line else ()
        return Pruning(self.line, added)


def pruned(
    command: str | None,
    stage: Stage,
    steps: Sequence[Step],
    install: Step,
    manifest: Mapping[str, Any],
) -> Pruning:
    """Where the `command` is run: directly behind the install where nothing is built, and where
    something is, on a copy that is made before the sources come; else at the end."""
    if command is None:
        return Pruning()
    line = f"RUN {command}"
    at = stage.position(install.run.run) + 1
    following = stage.instructions[at] if at < len(stage.instructions) else None
    builds = [step for step in steps if step.kind is Kind.BUILD]
    if following is None or any(step.run is install.run for step in builds):
        return Pruning(line).at_the_end()
    if not builds:
        return Pruning(line, (Addition(following, (line,), closely=True),))
    if _takes_only_manifests(stage, at) and all(_is_plain(step, manifest) for step in builds):
        told = "# What runs, without what only the build needs"
        copied = f"RUN cp -a . {_FOLDER} && cd {_FOLDER} && {command}"
        return Pruning(line, (Addition(following, (told, copied), closely=True),), apart=True)
    return Pruning(line).at_the_end()


def _takes_only_manifests(stage: Stage, end: int) -> bool:
    copies = [each for each in stage.instructions[:end] if isinstance(each, Copy | Add)]
    names = [source.text for each in copies for source in each.sources]
    return bool(names) and all(_MANIFEST.fullmatch(name) for name in names)


def _is_plain(step: Step, manifest: Mapping[str, Any]) -> bool:
    """Whether it is `npm run NAME`, of a script that is one call of a builder."""
    scripts = manifest.get("scripts")
    values = step.command.values
    if values[:2] != ("npm", "run") or len(values) != 3 or not isinstance(scripts, dict):
        return False
    name = values[2]
    if f"pre{name}" in scripts or f"post{name}" in scripts:
        return False
    words = str(scripts.get(name, "")).split()
    return bool(words) and words[0] in _PLAIN_BUILDERS and not {"&&", "||", ";", "|"} & set(words)
