"""Debian packages of which little is left without what they only recommend.

Source: the Recommends of Debian 12, and those of the libraries that the packages depend on.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType

from reimage.text import late

_COMPILERS = ("build-essential", "g++", "clang")

_NEEDED = MappingProxyType(
    {
        "ca-certificates": ("curl", "wget", "git", "mercurial"),
        "libc6-dev": ("gcc",),
        "xauth": ("xvfb",),
    }
)
"""What a package needs to be of use, by the name of the recommended package."""

_INCLUDED = MappingProxyType({"libc6-dev": _COMPILERS})
"""Packages that bring one of these along."""

_FOR_COMPILING = ("python3-pip", "python-pip", "cmake", "golang", "golang-go")
"""Packages that recommend a compiler and may, or may not, need it."""

_COLLECTION = late(
    r"task-.*|.*-desktop(?:-environment.*)?|xfce4|lxde|lxqt|gnome(?:-core)?|kde-(?:full|standard)|.*\^"
)
"""Packages that mostly consist of recommendations."""

# Docker's own Dockerfiles for these install ca-certificates, slim variants included.
_WITH_CERTIFICATES = late(
    r"(?:docker\.io/)?(?:library/)?(?:buildpack-deps|golang|php|python|ruby|rust)(?=[:@]|$)"
)


def missing_recommendation(
    package: str, installed: Collection[str], image: str | None
) -> str | None:
    """The recommended package that `package` needs to be named beside it, if it is not there."""
    for needed, users in _NEEDED.items():
        if package not in users or needed in installed:
            continue
        if any(name in installed for name in _INCLUDED.get(needed, ())):
            continue
        if needed == "ca-certificates" and _WITH_CERTIFICATES.match(image or ""):
            continue
        return needed
    return None


def reason_to_recommend(package: str, installed: Collection[str]) -> str | None:
    """Why the recommendations of `package` may be what it is installed for."""
    if _COLLECTION.fullmatch(package):
        return f"{package} consists of what it recommends"
    if package in _FOR_COMPILING and not any(c in installed for c in (*_COMPILERS, "gcc")):
        return f"{package} recommends the compiler that it may need; name build-essential if so"
    return None
