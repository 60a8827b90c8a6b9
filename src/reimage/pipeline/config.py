"""Settings from `reimage.toml`, or from `[tool.reimage]` of a `pyproject.toml`.

    select = ["name"]              # only these transformations; none named means all
    ignore = ["name"]
    prefer = ["name"]              # alternatives in place of the default ones
    allow = "same-files"
    context = "."                  # folder of the build context
    exclude = ["vendor/**"]        # Dockerfiles to leave alone

    [pin]
    with-optimize = false          # whether `optimize` asks registries too
    min-age = 0                    # days before `pin --update` takes a new image
    named-contexts = ["name"]      # names that `--build-context` gives another meaning

    [bases]
    with-optimize = false          # whether `optimize` asks registries about base images
    trusted = ["ghcr.io/company"]  # publishers to trust besides the usual ones

    [policy]                       # what `check` reports
    registries = ["docker.io"]     # images of no other registry
    publishers = ["docker.io/library"]
    forbidden-tags = ["latest"]
    require-digest = false

    [smoke]                        # what `optimize --build` asks, as in a smoke file
    http = [{ port = 8000, path = "/health", expect = "ok" }]

    [registry]
    plain-http = ["host:5000"]     # registries without TLS
    ca = "company.pem"             # authorities to trust besides the system's
    mirrors = { "docker.io" = ["https://mirror.example.org"] }

    [per-file."docker/*.Dockerfile"]
    ignore = ["name"]              # in addition to the above
    select = ["name"]              # in place of the above, as is allow

Folders and patterns are relative to the file. Patterns are those of `.gitignore`: `*` stays in one
folder, `**` does not, one without a slash fits at any depth, a folder stands for what is in it.
"""

import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.files.errors import FilesError, translated
from reimage.model.images.policy import Policy
from reimage.pipeline.registry_config import (
    BASES_KEYS,
    PIN_KEYS,
    POLICY_KEYS,
    REGISTRY_KEYS,
    BasesConfig,
    PinConfig,
    RegistryConfig,
)
from reimage.rewriting.transformation import Claim
from reimage.text import closest

if TYPE_CHECKING:
    from reimage.verify.smoke.plan import SmokeTest

_OWN = "reimage.toml"
_SHARED = "pyproject.toml"
_LISTS = ("select", "ignore", "prefer", "exclude")
_KEYS = (*_LISTS, "allow", "context", "per-file", "pin", "bases", "policy", "registry", "smoke")
_PER_FILE_KEYS = ("ignore", "select", "allow")


class ConfigError(FilesError):
    """A configuration that can't be used."""


class PerFile(NamedTuple):
    """Settings of files that fit a pattern. None leaves what holds for the others."""

    ignore: tuple[str, ...] = ()
    select: tuple[str, ...] | None = None
    allow: str | None = None


class Config(NamedTuple):
    """Settings, names as typed but for `_` and `-`. Without a file, `path` is None.

    An empty `select` is no restriction. `allow` is the label of a claim. Whether the names exist,
    and whether the folder `context` does, is for the caller to see.
    """

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    allow: str | None = None
    context: Path | None = None
    per_file: tuple[tuple[str, PerFile], ...] = ()
    exclude: tuple[str, ...] = ()
    pin: PinConfig = PinConfig()
    bases: BasesConfig = BasesConfig()
    policy: Policy = Policy()
    registry: RegistryConfig = RegistryConfig()
    smoke: "SmokeTest | None" = None

    def for_file(self, path: Path) -> "Config":
        """What holds for the Dockerfile at `path`: of several patterns that fit, later ones win."""
        if not self.per_file:
            return self
        found = self._replace(per_file=())
        for pattern, own in self.per_file:
            if self._fits(path, pattern):
                found = found._replace(
                    ignore=tuple(dict.fromkeys((*found.ignore, *own.ignore))),
                    select=found.select if own.select is None else own.select,
                    allow=found.allow if own.allow is None else own.allow,
                )
        return found

    def excludes(self, path: Path) -> bool:
        """Whether the Dockerfile at `path` is to be left alone."""
        return any(self._fits(path, pattern) for pattern in self.exclude)

    def _fits(self, path: Path, pattern: str) -> bool:
        folder = self.path.parent if self.path else Path()
        return _fits(Path(os.path.relpath(path, folder)).parts, _segments(pattern))


def find_config(start: Path) -> Path | None:
    """The configuration of the file or folder `start`: the nearest one upwards.

    The search ends with the folder that holds `.git`. A `reimage.toml` comes before the
    `pyproject.toml` beside it, and one of those without `[tool.reimage]` is passed over.
    """
    folder = os.path.abspath(start)  # noqa: PTH100 - no link leads out of the project
    while True:
        found, last = _look_into(folder)
        above = os.path.dirname(folder)  # noqa: PTH120 - asked for each of many files
        if found or last or above == folder:
            return found
        folder = above


@lru_cache(maxsize=256)
def load_config(path: Path) -> Config:
    """The settings in the file at `path`, read once per process. Raises `ConfigError`."""
    table = _tool_table(path) if path.name == _SHARED else _toml(path)
    if table is None:
        raise ConfigError(path, f"{path} has no [tool.reimage] table.")
    reader = _Reader(path, "tool.reimage." if path.name == _SHARED else "")
    return reader.config(table)


@lru_cache(maxsize=4096)
def _look_into(folder: str) -> tuple[Path | None, bool]:
    """The configuration in a folder, and whether the search ends there."""
    last = os.path.lexists(f"{folder}/.git")
    for name in (_OWN, _SHARED):
        # Path.is_file would raise for a folder that may not be searched.
        if os.path.isfile(f"{folder}/{name}"):  # noqa: PTH113
            path = Path(folder, name)
            if name == _OWN or _means_us(path):
                return path, last
    return None, last


def _means_us(path: Path) -> bool:
    if b"reimage" not in _data(path):
        return False
    try:
        return _tool_table(path) is not None
    except ConfigError:
        return b"tool.reimage" in _data(path)  # broken, and ours: loading it says where


def _tool_table(path: Path) -> dict[str, object] | None:
    table: object = _toml(path)
    for key in ("tool", "reimage"):
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _data(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError(path, str(translated(path, error))) from error


def _toml(path: Path) -> dict[str, object]:
    import tomllib

    try:
        text = _data(path).decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, f"{path}:{line}: this is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        told = re.match(r"line (\d+)", place)
        # Otherwise the place is "end of document".
        line = int(told[1]) if told else text.rstrip().count("\n") + 1
        raise ConfigError(path, f"{path}:{line}: this is not TOML: {reason}.") from error
    except RecursionError as error:
        raise ConfigError(path, f"{path} is nested too deeply.") from error


class _Reader:
    """Turns the tables of one file into settings; `prefix` is put before keys in messages."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix

    def config(self, table: dict[str, object]) -> Config:
        self._know(table, _KEYS, "")
        lists = {key: self._strings(table, key, "") or () for key in _LISTS}
        context = self._string(table, "context", "")
        return Config(
            path=self.path,
            select=_names(lists["select"]),
            ignore=_names(lists["ignore"]),
            prefer=_names(lists["prefer"]),
            allow=self._claim(table, ""),
            context=None if context is None else self.path.parent / context,
            per_file=tuple(self._per_file(table.get("per-file", {}))),
            exclude=lists["exclude"],
            pin=self._pin(self._table(table.get("pin", {}), "pin")),
            bases=self._bases(self._table(table.get("bases", {}), "bases")),
            policy=self._policy(self._table(table.get("policy", {}), "policy")),
            registry=self._registry(self._table(table.get("registry", {}), "registry")),
            smoke=self._smoke(table["smoke"]) if "smoke" in table else None,
        )

    def _smoke(self, table: object) -> "SmokeTest":
        from reimage.verify.smoke.plan import BadSmokeFile, plan_of

        try:
            return plan_of(self._table(table, "smoke"), f"{self.path}: {self.prefix}smoke")
        except BadSmokeFile as error:
            raise ConfigError(self.path, str(error)) from error

    def _pin(self, table: dict[str, object]) -> PinConfig:
        self._know(table, PIN_KEYS, "pin.")
        days = table.get("min-age", 0)
        if isinstance(days, bool) or not isinstance(days, int) or days < 0:
            raise self._error("pin.min-age", "must be a number of days")
        with_optimize = self._switch(table, "with-optimize", "pin.")
        return PinConfig(with_optimize, days, self._strings(table, "named-contexts", "pin.") or ())

    def _bases(self, table: dict[str, object]) -> BasesConfig:
        self._know(table, BASES_KEYS, "bases.")
        with_optimize = self._switch(table, "with-optimize", "bases.")
        return BasesConfig(with_optimize, self._strings(table, "trusted", "bases.") or ())

    def _policy(self, table: dict[str, object]) -> Policy:
        self._know(table, POLICY_KEYS, "policy.")
        registries, publishers, tags = (
            self._strings(table, key, "policy.") or () for key in POLICY_KEYS[:3]
        )
        require_digest = self._switch(table, "require-digest", "policy.")
        return Policy(registries, publishers, tags, require_digest)

    def _switch(self, table: dict[str, object], key: str, where: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self._error(where + key, "must be true or false")
        return value

    def _registry(self, table: dict[str, object]) -> RegistryConfig:
        self._know(table, REGISTRY_KEYS, "registry.")
        mirrors = self._table(table.get("mirrors", {}), "registry.mirrors")
        ca = self._string(table, "ca", "registry.")
        return RegistryConfig(
            self._strings(table, "plain-http", "registry.") or (),
            tuple(
                (domain, self._strings(mirrors, domain, "registry.mirrors.") or ())
                for domain in mirrors
            ),
            None if ca is None else self.path.parent / ca,
        )

    def _per_file(self, tables: object) -> Iterable[tuple[str, PerFile]]:
        for pattern, table in self._table(tables, "per-file").items():
            where = f'per-file."{pattern}"'
            if not pattern:
                raise self._error(where, "has an empty pattern")
            own = self._table(table, where)
            self._know(own, _PER_FILE_KEYS, where + ".")
            select = self._strings(own, "select", where + ".")
            yield (
                pattern,
                PerFile(
                    ignore=_names(self._strings(own, "ignore", where + ".") or ()),
                    select=None if select is None else _names(select),
                    allow=self._claim(own, where + "."),
                ),
            )

    def _know(self, table: dict[str, object], known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                meant = closest(key, known)
                advice = f"did you mean '{meant}'" if meant else f"the keys are {', '.join(known)}"
                raise self._error(where + key, f"is not a key: {advice}{'?' if meant else ''}")

    def _table(self, value: object, where: str) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        raise self._error(where, "must be a table")

    def _strings(self, table: dict[str, object], key: str, where: str) -> tuple[str, ...] | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, list):
            strings = tuple(item for item in value if isinstance(item, str) and item.strip())
            if len(strings) == len(value):
                return strings
        raise self._error(where + key, "must be a list of names in quotes, none of them empty")

    def _string(self, table: dict[str, object], key: str, where: str) -> str | None:
        value = table.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        raise self._error(where + key, "must be text in quotes, and not empty")

    def _claim(self, table: dict[str, object], where: str) -> str | None:
        value = self._string(table, "allow", where)
        labels = [claim.label for claim in Claim]
        label = value and value.replace("_", "-")
        if label is None or label in labels:
            return label
        raise self._error(where + "allow", f"must be {', '.join(labels)}, not '{value}'")

    def _error(self, key: str, message: str) -> ConfigError:
        stop = "" if message.endswith("?") else "."
        return ConfigError(self.path, f"{self.path}: {self.prefix}{key} {message}{stop}")


def _names(strings: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(string.strip().replace("_", "-") for string in strings))


def _segments(pattern: str) -> list[str]:
    """The parts of a pattern, led by `**` where it fits at any depth."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    # Of several `**` in a row, one says it all and is tried once.
    parts = [
        part for part, last in zip(parts, ["", *parts], strict=False) if not part == last == "**"
    ]
    if pattern.endswith("/**"):
        parts.pop()
    return [*parts, "*"] if pattern.endswith(("/", "/**")) else parts


def _fits(names: tuple[str, ...], parts: list[str]) -> bool:
    """Whether a path fits; what is below a folder that fits does as well."""
    if not parts:
        return True
    if parts[0] == "**":
        return any(_fits(names[at:], parts[1:]) for at in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], parts[0]) and _fits(names[1:], parts[1:])
