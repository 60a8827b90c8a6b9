"""Which distroless image runs what a final stage holds, and what has to be brought along.

Source: github.com/GoogleContainerTools/distroless. Its images hold no shell and no package manager;
`static` has certificates, time zones and users; `cc` has glibc, OpenSSL and what GCC links to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reimage.model.applications.entry import Entry
from reimage.model.applications.entry_scripts import is_script
from reimage.model.applications.references import Official, official
from reimage.model.built_image import BuiltImage
from reimage.model.packages.package_names import package_names
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import Verb
from reimage.text import late

_NODE_VERSIONS = ("20", "22", "24")
_OLDEST_ON_TWELVE = 8  # the minor version of the oldest Python whose last images had Debian 12
_DEBIAN = {"bookworm": "debian12", "trixie": "debian13"}
_STANDARD = (
    "libbz2.so.1.0", "libexpat.so.1", "libffi.so.8", "liblzma.so.5", "libsqlite3.so.0",
    "libuuid.so.1", "libz.so.1",
)  # fmt: skip
# OpenSSL of Debian 13 needs libzstd, which every Debian has for its package manager.
_LIBRARIES = {"bookworm": _STANDARD, "trixie": (*_STANDARD, "libzstd.so.1")}
"""What the modules of the standard library link to and `cc` lacks; a terminal's are left out."""
_THERE = late(r"ld-linux|lib(?:c|m|dl|rt|pthread|resolv|util|gcc_s|gomp|stdc\+\+|ssl|crypto)[.]so")
"""Libraries of `cc`, on which the image of Node.js stands as well."""
PACKAGES_IN_EVERY_IMAGE = frozenset(("ca-certificates", "netbase", "tzdata"))


_OF_THE_SYSTEM = frozenset(
    """
    ash bash busybox cat cp chroot dash date dumb-init echo env false ls mkdir mv nice nohup printf
    rm sed seq setpriv sh sleep stdbuf su tail tee test timeout tini touch true
    """.split()
)


def installs_only_what_is_there(run: RunFacts) -> bool:
    """Whether the RUN installs only packages that every distroless image has."""
    installs = [each for each in run.operations if each.verb is Verb.INSTALL]
    commands = [each.unwrapped().name for each in run.commands]
    names = {n for each in installs for w in each.packages for n in package_names(run, w)}
    return (
        bool(installs)
        and names <= PACKAGES_IN_EVERY_IMAGE
        and all(name in ("apk", "apt-get", "apt", "rm") for name in commands)
    )


def lacking_library(built: BuiltImage | None, found: Replacement) -> str | None:
    """What the application loads in the image that was built, and neither the distroless image has
    nor is brought along."""
    for path, _, by in built.loaded if built else ():
        name = path.rpartition("/")[2]
        if not _THERE.match(name) and not name.startswith(found.libraries or "?"):
            return f"/{by} loads {name}, which is not in a distroless image"
    return None


def lacking_program(started: Entry) -> str | None:
    """What is started that no distroless image has: a script, or a program of the system."""
    name = (started.program or "").rpartition("/")[2]
    if name in _OF_THE_SYSTEM:
        return f"it starts {started.program}, and a distroless image has no such program"
    if is_script(started):
        return f"{started.program} is a script for a shell, and a distroless image has none"
    return None


class Replacement(NamedTuple):
    """The distroless `image`, and for an interpreter that is brought along the stage it is
    `carried_from`, its `version` (major.minor) and the shared `libraries` it needs."""

    image: str
    carried_from: Stage | None = None
    version: str = ""
    libraries: tuple[str, ...] = ()


def for_node(base: Official, known: str) -> Replacement | str:
    """The image with the same major version of Node.js. `known` is the release of Debian that the
    base has, where that is known."""
    major = base.version.partition(".")[0]
    if major not in _NODE_VERSIONS:
        return f"there is no distroless image with Node.js {base.version or 'of that tag'}"
    if "." in base.version:
        return f"a distroless image follows Node.js {major}, and this one is held at {base.version}"
    release = base.release or known or "bookworm"
    if release not in _DEBIAN:
        return f"there is no distroless image of Debian {release}"
    return Replacement(f"gcr.io/distroless/nodejs{major}-{_DEBIAN[release]}")


def for_python(base: Official, builder: Stage | None, known: str) -> Replacement | str:
    """The image that the interpreter of the build stage is carried to: distroless images have
    Debian's own Python, which is another version than the one that installed the packages.

    `known` is the release of Debian that the base has, where that is known."""
    parts = base.version.split(".")
    if len(parts) < 2:
        return f"the tag of python:{base.version} does not tell the version of its library's folder"
    release = base.release or known or _newest_for(parts)
    if release not in _DEBIAN:
        return (
            f"which release of Debian python:{base.version} is made from decides about its C "
            f"library: name it in the tag, as in python:{base.version}-slim-bookworm, or ask the "
            "registry with --bases"
        )
    other = official(builder.image or "", "python") if builder else None
    if other is not None and not other.debian:
        return "the build stage has another C library, which its interpreter is linked to"
    if other is None or (other.version, other.release) != (base.version, base.release):
        return "no build stage has the same Python, whose interpreter could be carried along"
    version = ".".join(parts[:2])
    image = f"gcr.io/distroless/cc-{_DEBIAN[release]}"
    return Replacement(image, builder, version, _LIBRARIES[release])


def _newest_for(version: Sequence[str]) -> str | None:
    """The release for a tag that names none but moves with Debian: what an older C library was
    linked to, a newer one has. A tag with a patch version stays on the release of its day."""
    moves = len(version) == 2 and version[0] == "3" and int(version[1]) >= _OLDEST_ON_TWELVE
    return "trixie" if moves else None
