"""Package lists are of use until the packages are installed, and dead weight after that."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.packages.package_list_readers import (
    is_unknown_script,
    reader_of_lists,
    runs_unknown_script_behind,
)
from reimage.model.packages.package_lists import (
    fetches_lists,
    is_apt,
    lists_are_hidden,
    removed_by_next_runs,
    removes_lists,
)
from reimage.model.packages.package_names import called
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.script_edits import append_commands, insert_after, remove_statement
from reimage.shell.package_managers import PackageManager, PackageOperation, Verb
from reimage.text import Edit, Span

_MANAGERS = frozenset(("apt", "apt-get", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"))
_NAMES = ("apt", "apk", "dnf", "yum", "zypper")
_UPDATING = ("-U", "--update", "--update-cache")
_HARMLESS = frozenset(("group", "subshell"))


@transformation(claim=Claim.SAME_FILES, known_as=("DL3009", "DL3019", "DL3032", "DL3036", "DL3040"))
def clean_package_lists(facts: Facts) -> Iterator[Finding]:
    """Remove package lists in the layer that fetched them.

    What `apt-get update` fetches stays in `/var/lib/apt/lists`, tens of megabytes that go out of
    date within days. Removing it helps only [in the same
    RUN](https://docs.docker.com/build/building/best-practices/#apt-get): a later one hides it and
    keeps its bytes. So `rm -rf /var/lib/apt/lists/*`, `dnf clean all` or `zypper clean --all` is
    added at the end of the RUN, in its own layout, with the sudo that the script uses. apk has a
    better way: with [`--no-cache`](https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper) it
    keeps the index in memory, which makes `apk update` and `--update` superfluous.

    The image lacks lists and downloads, nothing else. It looks only at stages that ship, leaves
    alone what a cache or tmpfs mount holds, and what the RUN, or a RUN right behind it, removes
    already. It refuses where a later RUN, a stage built on this one or an ONBUILD installs without
    updating first. Where a later RUN runs a script that can't be seen, that might do so, the claim
    is same-behaviour.
    """
    for stage in facts.shipping_stages:
        for run in stage.runs:
            script = run.run.script
            if script is not None and any(name in script.text for name in _NAMES):
                yield from _look_at(facts, stage, run)


def _look_at(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    by_manager: dict[str, list[PackageOperation]] = {}
    for operation in run.operations:
        name = operation.manager.name
        if name in _MANAGERS and fetches_lists(operation):
            by_manager.setdefault("apt" if is_apt(operation.manager) else name, []).append(
                operation
            )
    for operations in by_manager.values():
        manager, end = operations[-1].manager, operations[-1].command.span.end
        if lists_are_hidden(run, manager) or removes_lists(run, manager, end):
            continue
        if not removed_by_next_runs(stage, run, manager):
            yield _finding(facts, stage, run, operations)


def _finding(
    facts: Facts, stage: Stage, run: RunFacts, operations: list[PackageOperation]
) -> Finding:
    manager, at = operations[-1].manager, run.run.span
    if manager.name == "apk" and (edits := _without_cache(run, operations)):
        return Rewrite("keeps the package index of apk out of this layer", at, edits)
    fetches_on_its_own = not is_apt(manager) and manager.name != "apk"
    if not fetches_on_its_own and (reader := reader_of_lists(facts, stage, run, manager)):
        return Refusal(f"`{reader}` in a later layer reads the lists that this RUN fetches", at)
    if len(run.commands) == 1 and operations[0].verb is Verb.UPDATE:
        return _superfluous(stage, run, manager)
    edit = _cleaned(run, operations)
    if isinstance(edit, str):
        return Refusal(f"what {manager.name} fetches stays in this layer: {edit}", at)
    unsure = is_apt(manager) and runs_unknown_script_behind(stage, run)
    message = f"removes what {called(operations[0])} leaves in {manager.list_directories[0]}"
    return Rewrite(message, at, (edit,), claim=Claim.SAME_BEHAVIOUR if unsure else None)


def _superfluous(stage: Stage, run: RunFacts, manager: PackageManager) -> Finding:
    """A RUN that only fetches lists. apk fetches its own again when it needs them."""
    at = run.run.span
    if manager.name != "apk" or runs_unknown_script_behind(stage, run):
        return Refusal("this RUN only fetches lists, and something later may read them", at)
    if run.run.comments or run.run.inner_comments:
        return Refusal("nothing reads the index, but a comment speaks of this RUN", at)
    return Rewrite("drops a package index that nothing reads", at, (Edit(run.run.full_span, ""),))


def _cleaned(run: RunFacts, operations: list[PackageOperation]) -> Edit | str:
    manager = operations[-1].manager
    clean = manager.clean_commands[0]
    if not clean.startswith("rm ") and any(map(_is_conditional, operations)):
        return f"{manager.name} runs under a condition"
    ends = {operation.command.span.end for operation in operations}
    sudo = any(command.span.end in ends for command in run.named("sudo"))
    return append_commands(run, (f"sudo {clean}" if sudo else clean,))


def _is_conditional(operation: PackageOperation) -> bool:
    command = operation.command
    return command.connector == "||" or not _HARMLESS.issuperset(command.nesting)


def _without_cache(run: RunFacts, operations: list[PackageOperation]) -> tuple[Edit, ...] | None:
    """Edits that make each operation do without an index on disk, None where one can't."""
    if any(map(is_unknown_script, run.commands)):
        return None
    edits: list[Edit] = []
    for operation in operations:
        edit = _without_update(run, operation) or _with_no_cache(run, operation)
        if edit is None:
            return None
        edits.append(edit)
    return tuple(edits)


def _without_update(run: RunFacts, operation: PackageOperation) -> Edit | None:
    if operation.verb is not Verb.UPDATE or run.script is None:
        return None
    for statement in run.script.statements:
        if statement.kind == "command" and statement.span == operation.command.span:
            edit = remove_statement(run, statement)
            return None if isinstance(edit, str) else edit
    return None


def _with_no_cache(run: RunFacts, operation: PackageOperation) -> Edit | None:
    if operation.verb is Verb.UPDATE:
        return None
    words: list[Span] = [word.span for word in operation.command.options if word.text in _UPDATING]
    if words:
        # apk of Alpine 3.5 and before writes the index to disk when it is given both.
        return Edit(run.span(words[0]), "--no-cache")
    if operation.has(*_UPDATING):
        return None
    return insert_after(run, operation.verb_words[-1].span, "--no-cache")
