"""Cache mounts for apt that hold something: Debian's images delete what apt downloads."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.dockerfile import Instruction, Onbuild, Run
from reimage.model import Facts, RunFacts, Stage
from reimage.model.packages.package_lists import is_apt
from reimage.model.paths import is_at_or_above
from reimage.rewriting.edits.mounting import mount_flag, without_cleaning
from reimage.rewriting.edits.script_edits import begin_with
from reimage.shell import PackageOperation, Verb
from reimage.text import Edit, late

_MENTION = late(r"\b(?:apt|apt-get)\b")
_CLEAN = "docker-clean"
_REMOVE = f"rm -f /etc/apt/apt.conf.d/{_CLEAN}"
_KEEP = (
    """echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";'"""
    " > /etc/apt/apt.conf.d/keep-cache"
)
# The lists alone: /var/lib/apt also remembers which packages were installed by themselves, and
# builds that share the cache must not share that.
APT_DIRECTORIES = ("/var/cache/apt", "/var/lib/apt/lists")
_USES = (Verb.UPDATE, Verb.INSTALL, Verb.UPGRADE)


def mounts_apt(run: RunFacts) -> bool:
    """Whether the RUN downloads something with apt."""
    return any(is_apt(each.manager) and each.verb in _USES for each in run.operations)


def apt_flags_and_edits(
    facts: Facts, stage: Stage, run: RunFacts
) -> tuple[list[str], list[Edit]] | str:
    """The mounts that the RUN lacks and what begins its script, or the reason why not."""
    for other_stage in _relatives(facts, stage):
        for instruction in other_stage.instructions:
            if problem := _problem(other_stage, instruction):
                return problem
    missing = [each for each in APT_DIRECTORIES if not _is_within(each, run.hidden_directories)]
    if not missing and not _is_within(APT_DIRECTORIES[0], run.cache_mounts):
        return [], []
    flags = [mount_flag(each, locked=True) for each in missing]
    if _docker_clean_is_gone(stage, run):
        return flags, []
    edit = _keep_downloads(run)
    return edit if isinstance(edit, str) else (flags, [edit])


def empties_mounted_lists(run: RunFacts) -> bool:
    """Whether the RUN cleans up directories of apt that are cache mounts already."""
    mounted = tuple(each for each in APT_DIRECTORIES if _is_within(each, run.cache_mounts))
    return bool(mounted and without_cleaning(run, ("apt",), mounted, "/root"))


def _is_within(directory: str, mounted: tuple[str, ...]) -> bool:
    return any(is_at_or_above(each, directory) for each in mounted)


def _relatives(facts: Facts, stage: Stage) -> Iterator[Stage]:
    """The stages that share layers with `stage`, itself included."""
    root = [stage, *stage.ancestors][-1]
    return (each for each in facts.stages if each is root or root in each.ancestors)


def _problem(stage: Stage, instruction: Instruction) -> str | None:
    """Why a RUN of the stage would do worse without docker-clean, or without lists in a layer."""
    if not isinstance(instruction, Run | Onbuild):
        return None
    text = instruction.logical.text + "".join(each.content for each in instruction.heredocs)
    if not _MENTION.search(text):
        return None
    run = next((each for each in stage.runs if each.run is instruction), None)
    if run is None or run.opaque:
        return "another instruction, which can't be read, calls apt"
    operations = [each for each in run.operations if is_apt(each.manager) and each.verb in _USES]
    if not operations:
        return None
    if any(map(_moves_directories, operations)):
        return "apt is told where to keep its files"
    if any(run.named("sudo", "doas")):
        return "apt runs behind sudo"
    if operations[0].verb is not Verb.UPDATE:
        return "a RUN installs with lists that it doesn't fetch itself, and a cache may be empty"
    if len(operations) == 1:
        return "a RUN only fetches lists, which would be in the cache and not in the layer"
    cleaning = without_cleaning(run, ("apt",), APT_DIRECTORIES, "/root")
    return cleaning if isinstance(cleaning, str) else None


def _moves_directories(operation: PackageOperation) -> bool:
    """Whether options may put lists and downloads elsewhere."""
    words = operation.command.words
    return operation.has("-c", "--config-file") or any("Dir" in word.text for word in words)


def _docker_clean_is_gone(stage: Stage, run: RunFacts) -> bool:
    """Whether this RUN deals with it, or one before it in the same layers does or will."""
    earlier = [each for ancestor in stage.ancestors for each in ancestor.runs]
    earlier += [each for each in stage.runs if stage.position(each.run) < stage.position(run.run)]
    if any(mounts_apt(each) for each in earlier):
        return True
    texts = (each.run.script.text for each in (*earlier, run) if each.run.script)
    return any(_CLEAN in text for text in texts)


def _keep_downloads(run: RunFacts) -> Edit | str:
    # apt-get keeps downloads unless told otherwise, apt deletes them unless told otherwise.
    with_apt = any(each.manager.name == "apt" for each in run.operations)
    command = f"{_REMOVE} && {_KEEP}" if with_apt else _REMOVE
    return begin_with(run, command, behind_set=True)
