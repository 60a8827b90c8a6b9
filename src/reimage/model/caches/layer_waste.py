"""Which RUNs leave in their layers what a later RUN takes back, stores again, or finds outdated."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.model.copies.file_effects import Effect, FileEffect, Place, covers, is_gone
from reimage.model.packages.package_effects import family
from reimage.model.paths import UNKNOWN, is_at_or_above, names_in
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import PackageOperation, Verb
from reimage.text import late

_TAKES_BACK = late(
    r"\b(?:rm|mv|unlink|clean|purge|remove|uninstall|del|erase|cache|g?unzip|chmod|chown|chgrp)\b"
)
_FETCHES_LISTS = late(r"\b(?:update|pacman|refresh|ref)\b")
_ASSIGNED = late(r"(?<![\w-])(?:(?:for|read|select)\s+)?(\w+)(?:=|\s+in\b)")
_KEEPS_LISTS = frozenset(("apt", "apk", "pacman", "zypper"))


def may_waste(stage: Stage, block: Sequence[RunFacts]) -> bool:
    """Whether it is worth asking `wasted_layers` about RUNs that follow one another; cheap."""
    fetches = any(_FETCHES_LISTS.search(run.run.logical.text) for run in block[:-1])
    return fetches or (stage.ships and any(map(_takes_back, block[1:])))


def _takes_back(run: RunFacts) -> bool:
    script = run.run.script
    return script is not None and _TAKES_BACK.search(script.text) is not None


def wasted_layers(stage: Stage, block: Sequence[RunFacts], later: int) -> dict[int, str]:
    """Why the RUN at `later` belongs to earlier ones, by their position, the nearest first.

    Removed or stored again counts in stages that ship; outdated package lists count in all.
    """
    reasons: dict[int, str] = {}
    removed: list[Place] = []
    wanted = _lists_wanted(block[later])
    taken_back = list(_taken_back(stage, block[later]))
    if not wanted and not taken_back:
        return {}
    for earlier in range(later - 1, -1, -1):
        run = block[earlier]
        left = [place for place in run.left_behind if not is_gone(place, removed)]
        reason = _stale_lists(run, wanted, left)
        if not reason:
            reason = _stored_in_vain(run, block[later], taken_back, left)
        if reason:
            reasons[earlier] = reason
        removed += [place for effect, place, _ in run.file_effects if effect is Effect.REMOVE]
        for operation in _updates(run):
            wanted.pop(family(operation), None)
        if not wanted and not taken_back:
            break
    return reasons


def _updates(run: RunFacts) -> Iterator[PackageOperation]:
    return (operation for operation in run.operations if operation.verb is Verb.UPDATE)


def _lists_wanted(run: RunFacts) -> dict[str, PackageOperation]:
    """The installs, by family of package managers, that use lists which the RUN does not fetch."""
    wanted: dict[str, PackageOperation] = {}
    fetched: set[str] = set()
    for operation in run.operations:
        name = family(operation)
        if operation.verb is Verb.UPDATE or operation.has("--no-cache", "-U", "--update-cache"):
            fetched.add(name)
        elif operation.verb in (Verb.INSTALL, Verb.UPGRADE) and name not in fetched:
            wanted.setdefault(name, operation)
    return {name: wanted[name] for name in wanted.keys() & _KEEPS_LISTS}


def _stale_lists(
    run: RunFacts, wanted: dict[str, PackageOperation], left: list[Place]
) -> str | None:
    for update in _updates(run):
        install = wanted.get(family(update))
        kept = {place.path for place in left}.intersection(update.manager.list_directories)
        if install and kept:
            said = f"{install.command.name} {install.verb.value}"
            return f"{said} uses package lists that the build cache keeps however old they are"
    return None


class _TakenBack(NamedTuple):
    """What a RUN removes or gives another mode; `own` when the RUN itself made it, too."""

    effect: Effect
    place: Place
    program: str
    own: bool

    def concerns(self, written: Place) -> bool:
        if self.own:
            return self.effect is Effect.REMOVE and is_gone(written, (self.place,))
        return covers(self.place, written)


def _taken_back(stage: Stage, run: RunFacts) -> Iterator[_TakenBack]:
    if not stage.ships or not _takes_back(run):
        return
    made: list[FileEffect] = []
    for each in run.file_effects:
        effect, place, command = each
        if effect in (Effect.WRITE, Effect.MAKE):
            made.append(each)
        elif effect is not Effect.USE_UP:
            own = any(
                other.command is not command and is_at_or_above(other.place.path, place.path)
                for other in made
            )
            yield _TakenBack(effect, place, command.name or "", own)


def _stored_in_vain(
    run: RunFacts, later: RunFacts, taken_back: list[_TakenBack], left: list[Place]
) -> str | None:
    """What of the layer of `run` the later RUN removes or stores again."""
    if not left or not taken_back:
        return None
    found = [
        (each, written)
        for each in taken_back
        for written in left
        if each.concerns(written) and not _is_local(each.place, written, run, later)
    ]
    if not found:
        return None
    # Many base images keep apt's cache empty anyway.
    back, written = min(found, key=lambda pair: pair[1].path == "/var/cache/apt")
    what = _named(min(back.place.path, written.path, key=_globs_last))
    if back.effect is Effect.MODE:
        return f"{back.program} stores {what}, which an earlier RUN wrote, a second time"
    does = "moves it away" if back.program == "mv" else "removes it"
    return f"{what} stays in its layer although a later RUN {does}"


def _is_local(place: Place, written: Place, run: RunFacts, later: RunFacts) -> bool:
    """Whether a variable that a script sets for itself is in one of the paths."""
    names = names_in(place.path) | names_in(written.path)
    return bool(names) and not names.isdisjoint(_assigned(run) | _assigned(later))


def _globs_last(path: str) -> tuple[bool, int]:
    return "*" in path, -len(path)


def _named(path: str) -> str:
    path = path.removeprefix(f"{UNKNOWN}/")
    return f"the package {path.rpartition('/')[2]}" if path.startswith("package:") else path


def _assigned(run: RunFacts) -> frozenset[str]:
    """The variables that the script itself sets, so that another script's have other values."""
    return frozenset(_ASSIGNED.findall(run.script.text)) if run.script else frozenset()
