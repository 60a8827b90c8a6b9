"""What speaks for an image in place of another, and what against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from reimage.image.systems import PROGRAMS, System
from reimage.model.images.facts import BaseImage
from reimage.model.images.official_images import Runtime, known_runtime, known_system
from reimage.model.images.references import Reference
from reimage.model.scans.counts import Counts

_VERSIONS = {
    "python": "PYTHON_VERSION", "node": "NODE_VERSION", "golang": "GOLANG_VERSION",
    "ruby": "RUBY_VERSION", "php": "PHP_VERSION", "java": "JAVA_VERSION", "rust": "RUST_VERSION",
}  # fmt: skip
_ONE_NUMBER_COUNTS = ("node", "java")
_CALLED = {"golang": "Go", "node": "Node.js", "php": "PHP"}
_KINDS = {
    "distroless": "has nothing but what runs: no shell, no package manager",
    "chiselled": "has only the parts of packages that run: no shell, no package manager",
    "minimal": "has its own distribution, Wolfi; free of charge there is only the newest version",
}


class Known(NamedTuple):
    """What is known of an image: by its registry (`facts`), else by its name, and by a scanner."""

    image: Reference
    facts: BaseImage | None = None
    vulnerabilities: Counts | None = None

    @property
    def system(self) -> System | None:
        told = self.facts.system if self.facts else None
        return told or known_system(str(self.image))

    @property
    def runtime(self) -> Runtime | None:
        by_name = known_runtime(str(self.image))
        env = self.facts.env if self.facts else {}
        for name, variable in _VERSIONS.items():
            version = env.get(variable, "").removeprefix("jdk").lstrip("-v")
            if version and (by_name is None or by_name.name == name):
                return Runtime(name, version)
        return by_name

    @property
    def size(self) -> int | None:
        return self.facts.size if self.facts else None

    @property
    def created(self) -> datetime | None:
        return self.facts.created if self.facts else None


class Comparison(NamedTuple):
    """`same_libc` and `same_runtime` are None where that is not known."""

    same_libc: bool | None
    same_runtime: bool | None
    pros: tuple[str, ...]
    cons: tuple[str, ...]


def compare(origin: Known, other: Known, kind: str, *, trusted: bool) -> Comparison:
    """`other` in place of `origin`, in clauses that have the other image as their subject."""
    same_libc, same_runtime = _same_libc(origin, other), _same_runtime(origin, other)
    pros: list[str] = []
    cons: list[str] = []
    for each in (
        _size(origin, other),
        _layers(origin, other),
        _libc(other, same_libc),
        _runtime(origin, other, same_runtime),
        _age(origin, other),
        _vulnerabilities(origin, other),
    ):
        if each:
            (pros if each[0] else cons).append(each[1])
    cons += _lacks(origin, other)
    if kind in _KINDS:
        cons.append(_KINDS[kind])
    if not trusted:
        cons.append("is of a publisher that is not among the trusted ones")
    if origin.facts and other.facts and other.facts.user != origin.facts.user:
        cons.append(f"runs as {other.facts.user or 'root'}, not as {origin.facts.user or 'root'}")
    return Comparison(same_libc, same_runtime, tuple(pros), tuple(cons))


def _same_libc(origin: Known, other: Known) -> bool | None:
    one, two = origin.system, other.system
    return one.libc == two.libc if one and two and one.libc and two.libc else None


def _same_runtime(origin: Known, other: Known) -> bool | None:
    one, two = origin.runtime, other.runtime
    if one is None:
        return True  # there is no runtime that could differ
    if two is None:
        return None
    if one.name != two.name:
        return False
    numbers = 1 if one.name in _ONE_NUMBER_COUNTS else 2
    mine, others = one.version.split(".")[:numbers], two.version.split(".")[:numbers]
    if "" in (one.version, two.version):
        return None
    short = min(len(mine), len(others))
    if mine[:short] != others[:short]:
        return False
    return True if len(mine) == len(others) else None


Reason = tuple[bool, str] | None


def _size(origin: Known, other: Known) -> Reason:
    before, after = origin.size, other.size
    if not before or after is None:
        return None
    percent = int(100 * (after - before) / before)  # 99.7 % is not all of it
    if not percent:
        return None
    return after < before, f"is {abs(percent)} % {'smaller' if percent < 0 else 'larger'}"


def _layers(origin: Known, other: Known) -> Reason:
    if origin.facts is None or other.facts is None:
        return None
    more = other.facts.layers - origin.facts.layers
    if not more:
        return None
    noun = "layer" if abs(more) == 1 else "layers"
    return more < 0, f"has {abs(more)} {noun} {'fewer' if more < 0 else 'more'}"


def _libc(other: Known, same: bool | None) -> Reason:
    name = other.system.libc if other.system else ""
    if same is None:
        return None
    if same:
        return True, f"has the same C library ({name})"
    return False, f"has another C library ({name}), for which programs have to be built anew"


def _runtime(origin: Known, other: Known, same: bool | None) -> Reason:
    one, two = origin.runtime, other.runtime
    if one is None:
        return None
    called = _CALLED.get(one.name, one.name.capitalize())
    if same:
        return True, f"has the same {called} ({two.version if two else ''})"
    if two is None or not two.version:
        return False, f"does not tell its version of {called}"
    if same is None:
        return False, f"has {called} {two.version}, and whether that is the same is not told"
    return False, f"has {called} {two.version} instead of {one.version}"


def _age(origin: Known, other: Known) -> Reason:
    if origin.created is None or other.created is None:
        return None
    days = (other.created - origin.created).days
    if abs(days) < 2:
        return None
    return days > 0, f"was made {abs(days)} days {'later' if days > 0 else 'earlier'}"


def _vulnerabilities(origin: Known, other: Known) -> Reason:
    before, after = origin.vulnerabilities, other.vulnerabilities
    if before is None or after is None or before == after:
        return None
    return after < before, f"has {after} instead of {before.total}"


def _lacks(origin: Known, other: Known) -> Iterator[str]:
    one, two = origin.system, other.system
    if one is None or two is None:
        return
    missing = [name for name in PROGRAMS if one.has(name) and two.has(name) is False]
    if missing:
        *others, last = missing
        yield f"lacks {', '.join(others)} and {last}" if others else f"lacks {last}"
    if one.package_manager and one.package_manager != two.package_manager:
        had = two.package_manager
        yield f"has {had} in place of {one.package_manager}" if had else "has no package manager"
