"""The shared libraries that a program is linked to, found by the loader of the build stage."""

from __future__ import annotations

from collections.abc import Sequence

from reimage.model.applications.application import Addition, Artifact
from reimage.model.applications.references import Official

_THERE = "libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc[+][+]|libssl|libcrypto"
_IMAGES = {"bookworm": "gcr.io/distroless/cc-debian12", "trixie": "gcr.io/distroless/cc-debian13"}


def image_for(base: Official) -> str | None:
    """The distroless image with glibc, libstdc++ and OpenSSL for programs that `base` compiles.

    A tag that names no release moves with Debian: the newest runs what was linked to an older one.
    None for a release that has no such image."""
    return _IMAGES.get(base.release or "trixie")


LIBRARIES = Artifact("/libraries/", to="/usr/lib/")
"""What `gathered` puts aside, where the loader looks without a cache."""


def gathered(programs: Sequence[str]) -> Addition:
    """A RUN at the end of the build stage that puts aside what the image lacks.

    A library that is not found ends the build."""
    return Addition(
        None,
        (
            "# The shared libraries that the image below lacks",
            "RUN mkdir /libraries \\",
            f"    && ldd {' '.join(programs)} > /tmp/linked \\",
            f"    && awk '$2 == \"=>\" && $1 !~ /^({_THERE})[.]so/ {{ print $3 }}' /tmp/linked \\",
            "    | sort -u | xargs -r cp -pL -t /libraries",
        ),
    )
