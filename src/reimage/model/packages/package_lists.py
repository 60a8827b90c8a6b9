"""The lists of available packages that package managers leave in a layer, and how they go."""

from __future__ import annotations

from reimage.dockerfile import Run
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Command, Word
from reimage.shell.package_managers import PackageManager, PackageOperation, Verb, package_operation

_REMOVERS = frozenset({"find", "rm", "unlink", "xargs"})


def is_apt(manager: PackageManager) -> bool:
    """Whether lists are fetched on request only, so that installing fails without them."""
    return manager.name in ("apt", "apt-get")


def shares_lists(one: PackageManager, other: PackageManager) -> bool:
    """Whether two managers (apt and apt-get, dnf and yum) keep their lists in one place."""
    return not set(one.list_directories).isdisjoint(other.list_directories)


def fetches_lists(operation: PackageOperation) -> bool:
    """Whether the operation leaves lists behind."""
    manager = operation.manager
    if is_apt(manager):
        return operation.verb is Verb.UPDATE
    if manager.no_cache_option and operation.has(manager.no_cache_option):
        return False
    return operation.verb in (Verb.UPDATE, Verb.INSTALL, Verb.UPGRADE)


def lists_are_hidden(run: RunFacts, manager: PackageManager) -> bool:
    """Whether a cache or tmpfs mount keeps the manager's lists out of the layer."""
    directories = manager.list_directories
    if not is_apt(manager):
        directories += manager.cache_directories
    return any(
        f"{directory}/".startswith(f"{hidden}/")
        for directory in directories
        for hidden in run.hidden_directories
    )


def removes_lists(run: RunFacts, manager: PackageManager, after: int = 0) -> bool:
    """Whether a command behind offset `after` of the script removes the manager's lists.

    Every command that names their directory counts: what it does with them was meant.
    """
    for operation in run.operations:
        if operation.command.span.start >= after and _cleans(operation, manager):
            return True
    if run.script is None or "/" not in run.script.text[after:]:
        return False
    return any(_handles(each, manager) for each in run.commands if each.span.start >= after)


def _cleans(operation: PackageOperation, manager: PackageManager) -> bool:
    if operation.verb is not Verb.CLEAN or not shares_lists(operation.manager, manager):
        return False
    # apt-get clean empties the cache of downloads and leaves the lists alone.
    return not is_apt(manager) or operation.verb_words[0].value in ("distclean", "dist-clean")


def _handles(command: Command, manager: PackageManager) -> bool:
    remover = command.unwrapped().name in _REMOVERS
    about = any(
        _is_about_lists(word, manager, remover) for word in command.words if "/" in word.text
    )
    return about and package_operation(command) is None


def _is_about_lists(word: Word, manager: PackageManager, remover: bool) -> bool:
    for directory in manager.list_directories:
        if directory.removesuffix("/lists") in word.text:
            return True
        parent, brace, _ = word.text.strip("\"'").partition("{")
        parent = parent.rstrip("/*")
        # /var/cache/* and /var/lib/{apt,dpkg} hold the lists; nobody removes / or /var.
        if remover and (brace or parent.count("/") > 1) and directory.startswith(f"{parent}/"):
            return True
    return False


def removed_by_next_runs(stage: Stage, run: RunFacts, manager: PackageManager) -> bool:
    """Whether a RUN behind `run`, with nothing but RUNs between, removes the lists it leaves."""
    here = stage.position(run.run)
    later = [other for other in stage.runs if stage.position(other.run) > here]
    for instruction, other in zip(stage.instructions[here + 1 :], later, strict=False):
        if not isinstance(instruction, Run):
            return False
        if any(map(fetches_lists, other.operations)):
            return False
        if removes_lists(other, manager):
            return True
    return False
