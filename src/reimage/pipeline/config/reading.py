"""Tables of TOML become settings, or a sentence that says which key is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.model.images.policy import Policy
from reimage.model.scans.counts import SEVERITIES, TOTAL
from reimage.pipeline.config.registries import (
    BASES_KEYS,
    PIN_KEYS,
    POLICY_KEYS,
    REGISTRY_KEYS,
    BasesConfig,
    PinConfig,
    RegistryConfig,
)
from reimage.pipeline.config.settings import Config, ConfigError, PerFile
from reimage.rewriting.transformation import Claim
from reimage.text import closest

if TYPE_CHECKING:
    from reimage.verify.smoke.plan import SmokeTest

_LISTS = ("select", "ignore", "prefer", "exclude")
_KEYS = (*_LISTS, "allow", "context", "per-file", "pin", "bases", "policy", "registry", "smoke")
_PER_FILE_KEYS = ("ignore", "select", "allow")


class Reader:
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

    def _smoke(self, table: object) -> SmokeTest:
        from reimage.verify.smoke.plan import BadSmokeFile
        from reimage.verify.smoke.reading import plan_of

        try:
            name = f"{self.path}: {self.prefix}smoke"
            return plan_of(self._table(table, "smoke"), name, self.path.parent)
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
        return Policy(registries, publishers, tags, require_digest, tuple(self._limits(table)))

    def _limits(self, policy: dict[str, object]) -> Iterable[tuple[str, int]]:
        where = "policy.max-vulnerabilities"
        table = self._table(policy.get("max-vulnerabilities", {}), where)
        self._know(table, (*SEVERITIES, TOTAL), f"{where}.")
        for name, number in table.items():
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise self._error(f"{where}.{name}", "must be a number of vulnerabilities")
            yield name, number

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
