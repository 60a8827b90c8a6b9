"""What the names of well-known images tell about the system in them, when nobody can be asked.

The rows are about images of github.com/docker-library, github.com/GoogleContainerTools/distroless,
Chainguard and the relatives of Red Hat. Those with a stand-in are held to it in the engine lane.
What differs between the versions of an image, or is not certain, is left open: which release of
Debian an unqualified tag stands for, for instance, changes with the years.
"""

from __future__ import annotations

from functools import cache
from math import inf
from typing import NamedTuple

from reimage.image.systems import MANAGERS, System, libc_of
from reimage.model.images.references import DOCKER_HUB, NoReference, Reference, parse_reference
from reimage.text import late

RELEASES = ("trixie", "bookworm", "bullseye", "buster")
"""The releases of Debian that tags of official images name, newest first."""
_TABLE = """
# Name, variant of the tag, family, what /bin/sh is, programs: s(h) b(ash) c(url) u(seradd), or ?
debian                     *       debian   dash     sbu
ubuntu                     *       ubuntu   dash     sbu
alpine                     *       alpine   busybox  s
buildpack-deps             *       debian   dash     sbcu
golang                     full    debian   dash     sbcu
golang                     alpine  alpine   busybox  s
node                       full    debian   dash     sbcu
node                       slim    debian   dash     sbu
node                       alpine  alpine   busybox  s
nginx                      full    debian   dash     ?
nginx                      alpine  alpine   busybox  ?
perl                       full    debian   dash     sbcu
perl                       slim    debian   dash     sbu
php                        full    debian   dash     sbcu
php                        alpine  alpine   busybox  ?
python                     full    debian   dash     sbcu
python                     slim    debian   dash     sbu
python                     alpine  alpine   busybox  s
ruby                       full    debian   dash     sbcu
ruby                       slim    debian   dash     sbu
ruby                       alpine  alpine   busybox  s
rust                       full    debian   dash     sbcu
rust                       slim    debian   dash     sbu
rust                       alpine  alpine   busybox  s
eclipse-temurin            full    ubuntu   dash     ?
eclipse-temurin            alpine  alpine   busybox  ?
fedora                     *       fedora   bash     ?
almalinux                  *       rhel     bash     ?
rockylinux                 *       rhel     bash     ?
oraclelinux                *       rhel     bash     ?
amazonlinux                *       rhel     bash     ?
gcr.io/distroless/static   *       debian   -        -
gcr.io/distroless/base     *       debian   -        -
gcr.io/distroless/cc       *       debian   -        -
gcr.io/distroless/nodejs   *       debian   -        -
gcr.io/distroless/java     *       debian   -        -
gcr.io/distroless/python3  *       debian   -        ?
cgr.dev/chainguard/static  *       wolfi    -        -
cgr.dev/chainguard/python  *       wolfi    -        ?
cgr.dev/chainguard/node    *       wolfi    -        ?
cgr.dev/chainguard/wolfi-base * wolfi busybox ?
"""
_LETTERS = {"s": "sh", "b": "bash", "c": "curl", "u": "useradd"}
_DEBIAN_NUMBERS = {"13": "trixie", "12": "bookworm", "11": "bullseye", "10": "buster"}
_DISTROLESS = "gcr.io/distroless/"
_CHAINGUARD = "cgr.dev/chainguard/"
_DISTROLESS_NAME = late(
    r"gcr\.io/distroless/(?P<what>[a-z]+3?)(?P<version>\d*)(?:-base)?(?:-debian(?P<release>\d+))?"
)
_PYTHON_OF_DEBIAN = {"bullseye": "3.9", "bookworm": "3.11", "trixie": "3.13"}
_VERSION = late(r"\d+(?:\.\d+)*")
_ALPINE = late(r"alpine(?P<release>\d+\.\d+)?(?:\.\d+)?")
_UBUNTU = {"focal": "20.04", "jammy": "22.04", "noble": "24.04"}
_MIRRORS = ("public.ecr.aws/docker/", "mirror.gcr.io/")
_LANGUAGES = ("golang", "node", "perl", "php", "python", "ruby", "rust")


class Runtime(NamedTuple):
    """A language's own program in an image: `python`, `3.12`; the version may be unknown."""

    name: str
    version: str = ""


class TagParts(NamedTuple):
    """A tag of an official image, taken apart: `3.12-slim-bookworm`."""

    version: str
    variants: tuple[str, ...]

    @property
    def kind(self) -> str:
        """`alpine`, `slim` or `full`."""
        if any(_ALPINE.fullmatch(each) for each in self.variants):
            return "alpine"
        return "slim" if "slim" in self.variants else "full"

    @property
    def major(self) -> float:
        """The first number of the version; more than any where there is none."""
        first = self.version.partition(".")[0]
        return int(first) if first and len(first) < 9 else inf

    @property
    def is_windows(self) -> bool:
        return any("windows" in each or "nanoserver" in each for each in self.variants)


def tag_parts(tag: str | None) -> TagParts:
    """The version in front, as far as there is one, and the words behind it."""
    first, *rest = (tag or "").split("-")
    if _VERSION.fullmatch(first):
        return TagParts(first, tuple(rest))
    return TagParts("", tuple(each for each in (first, *rest) if each))


def official_name(reference: Reference) -> str:
    """`python` for Docker Hub's official image and mirrors of it, else the whole name."""
    name = reference.name
    for mirror in _MIRRORS:
        name = name.replace(mirror, f"{DOCKER_HUB}/", 1)
    return name.removeprefix(f"{DOCKER_HUB}/library/")


def known_system(image: str) -> System | None:
    """The system of an image by its name; None for one that the table lacks, or of Windows."""
    reference = parse_reference(image)
    if isinstance(reference, NoReference):
        return None
    name, parts = official_name(reference), tag_parts(reference.tag)
    distroless = _DISTROLESS_NAME.fullmatch(name)
    if distroless:
        name = f"{_DISTROLESS}{distroless['what']}"
    if _is_another(name, parts):
        return None
    row = _rows().get((name, "*")) or _rows().get((name, parts.kind))
    if row is None or parts.is_windows:
        return None
    number = distroless["release"] if distroless else ""
    release = _DEBIAN_NUMBERS.get(number or "", "") or _release(name, row.family, parts)
    return row._replace(release=release)


def _is_another(name: str, parts: TagParts) -> bool:
    """Whether the tag is of a variant that differs from the row of its name."""
    words = set(parts.variants)
    if name.startswith((_DISTROLESS, _CHAINGUARD)):
        return any("debug" in word or word == "dev" for word in words)
    if name in ("fedora", "almalinux", "rockylinux", "oraclelinux"):
        # What is called minimal or slim has microdnf, and releases before 8 have yum.
        return not words.isdisjoint(("minimal", "slim", "slim-fips", "init")) or parts.major < 8
    if name == "amazonlinux":
        return parts.major in (1, 2)
    of_ubuntu = any(word in _UBUNTU for word in words)
    others = any(word.startswith(("ubi", "centos", "oracle")) for word in words)
    return others or (of_ubuntu and name == "buildpack-deps")


def known_runtime(image: str) -> Runtime | None:
    """The language that an image is for, and its version where the name tells."""
    reference = parse_reference(image)
    if isinstance(reference, NoReference):
        return None
    name = official_name(reference)
    if found := _DISTROLESS_NAME.fullmatch(name):
        release = _DEBIAN_NUMBERS.get(found["release"] or "", "")
        match found["what"]:
            case "nodejs":
                return Runtime("node", found["version"])
            case "java":
                return Runtime("java", found["version"])
            case "python3":
                return Runtime("python", _PYTHON_OF_DEBIAN.get(release, ""))
        return None
    last = name.rpartition("/")[2]
    version = tag_parts(reference.tag).version
    if name in _LANGUAGES or name in (f"{_CHAINGUARD}{last}", f"{DOCKER_HUB}/ubuntu/{last}"):
        return Runtime(last, version) if last in _LANGUAGES else None
    return Runtime("java", version) if name == "eclipse-temurin" else None


def _release(name: str, family: str, parts: TagParts) -> str:
    for word in parts.variants:
        if found := _ALPINE.fullmatch(word):
            return found["release"] or ""
        if word in RELEASES:
            return word
        if family == "ubuntu" and word in _UBUNTU:
            return _UBUNTU[word]
    if name == "debian":
        return _DEBIAN_NUMBERS.get(parts.version.partition(".")[0], "")
    if name in ("alpine", "ubuntu", "fedora", "almalinux", "rockylinux"):
        return ".".join(parts.version.split(".")[:2])
    return ""


@cache
def _rows() -> dict[tuple[str, str], System]:
    found = {}
    for line in _TABLE.strip().split("\n"):
        if not line.startswith("#"):
            name, variant, family, sh, programs = line.split()
            manager = "" if sh == "-" else MANAGERS[family]
            names = frozenset(_LETTERS[letter] for letter in programs if letter in _LETTERS)
            found[name, variant] = System(
                family,
                package_manager=manager,
                libc="" if name.endswith("/static") else libc_of(family),
                sh=sh.strip("-"),
                programs=None if programs == "?" else names,
            )
    return found
