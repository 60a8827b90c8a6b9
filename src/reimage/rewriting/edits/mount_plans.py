"""What one RUN gets so that it keeps downloads in cache mounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reimage.model import Facts, RunFacts, Stage
from reimage.model.caches.cache_places import cache_places, dependent
from reimage.model.caches.download_needs import is_source_of_build, moves_cache, needs_layer_of
from reimage.model.homes import Home, home_of
from reimage.model.installs.project_installs import said_by
from reimage.model.installs.yarn import uses_classic_yarn
from reimage.model.paths import is_at_or_above
from reimage.rewriting.edits.apt_mounting import (
    APT_DIRECTORIES,
    apt_flags_and_edits,
    empties_mounted_lists,
)
from reimage.rewriting.edits.mounting import (
    add_flags,
    mount_flag,
    together,
    without_cleaning,
    without_options,
)
from reimage.shell import PackageOperation
from reimage.text import Edit

_LOCKED = frozenset(("gradle",))


@dataclass(slots=True)
class MountPlan:
    """Grows by one package manager after the other; `names` are those that get something."""

    facts: Facts
    stage: Stage
    run: RunFacts
    names: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    _edits: list[Edit] = field(default_factory=list)
    _directories: list[str] = field(default_factory=list)

    def add_apt(self) -> str | None:
        """Plan the mounts of apt; the reason when that can't be done."""
        found = apt_flags_and_edits(self.facts, self.stage, self.run)
        if isinstance(found, str):
            return found
        flags, edits = found
        if flags or edits or empties_mounted_lists(self.run):
            self.flags |= {flag: flag for flag in flags}
            self._edits += edits
            self._directories += APT_DIRECTORIES
            self.names.append("apt")
        return None

    def add(self, operations: Sequence[PackageOperation]) -> str | None:
        """Plan the mounts of the manager that is called; the reason when that can't be done."""
        home = self._home
        name = operations[0].manager.name
        if isinstance(home, str):
            return home
        places = cache_places(name, self.stage, self.run.state, home)
        if places is None or isinstance(places, str):
            return places
        if name == "go" and all(map(_is_about_modules, operations)):
            places = places[:1]  # nothing is built
        places = tuple(place for place in places if not self._is_mounted(place))
        if not places:
            return None
        if reason := self._objection(operations, places):
            return reason
        options = without_options(self.run, operations)
        if isinstance(options, str):
            return options
        locked = name in _LOCKED
        self.flags |= {each: mount_flag(each, home, locked=locked) for each in places}
        self._edits += options
        self._directories += places
        self.names.append(name)
        return None

    def edits(self) -> tuple[Edit, ...] | str:
        """All edits of the Dockerfile, or what in the script would empty the mounts."""
        home = self._home.path if isinstance(self._home, Home) else "/root"
        cleaning = without_cleaning(self.run, self.names, self._directories, home)
        if isinstance(cleaning, str):
            return cleaning
        flags = [add_flags(self.run, tuple(self.flags.values()))] if self.flags else []
        return together((*flags, *self._edits, *cleaning))

    @property
    def for_other_users(self) -> bool:
        """Whether a mount belongs to somebody else than root."""
        return any(",uid=" in flag for flag in self.flags.values())

    @property
    def _home(self) -> Home | str:
        return home_of(self.stage, self.run.state)

    def _is_mounted(self, directory: str) -> bool:
        """Whether there is a mount at, above or below the directory, or is going to be."""
        escape = self.run.run.escape
        expanded = (self.run.state.expand(e, escape).text for e in self.run.hidden_directories)
        return directory in self.flags or any(
            is_at_or_above(each, directory) or is_at_or_above(directory, each) for each in expanded
        )

    def _objection(
        self, operations: Sequence[PackageOperation], places: Sequence[str]
    ) -> str | None:
        name, context = operations[0].manager.name, self.facts.context
        if name == "yarn" and not (context and uses_classic_yarn(context)):
            return "Yarn 2 and later may run the application from their cache"
        if reason := moves_cache(self.facts, self.stage, self.run, operations):
            return reason
        if reason := needs_layer_of(self.facts, self.stage, self.run, name):
            return reason
        if self.stage.ships and is_source_of_build(name):
            return "they are what the program is built from, and this stage ships"
        for place in places:
            if needed := dependent(self.facts, self.stage, place, name):
                return f"`{needed}` needs what is in {place}"
        return None


def _is_about_modules(operation: PackageOperation) -> bool:
    return said_by(operation).partition(" ")[0] == "mod"
