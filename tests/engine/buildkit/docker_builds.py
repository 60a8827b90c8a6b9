"""The same context, built by the docker CLI and by us, to compare what arrives."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from buildkit_client import Builder, BuildRequest, Tar

COPY_ALL = b"FROM scratch\nCOPY . /\n"


class Member(NamedTuple):
    """All that is known of a file in an image."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    modified: str
    size: int
    digest: str
    target: str
    device: tuple[int, int]
    xattrs: tuple[tuple[str, str], ...]


class DockerFailed(Exception):
    """What the docker CLI printed."""


def ours(builder: Builder, context: Path, dockerfile: bytes | Path = COPY_ALL) -> dict[str, Member]:
    """By this package."""
    with tempfile.TemporaryFile() as archive:
        output = Tar(archive.write)
        builder.build(BuildRequest(context=context, dockerfile=dockerfile, outputs=(output,)))
        return members(archive)


@dataclass(frozen=True, slots=True)
class Docker:
    """The docker CLI, and how it finds the daemon."""

    program: Path
    environment: dict[str, str]

    def build(self, context: Path, dockerfile: bytes | Path = COPY_ALL) -> dict[str, Member]:
        """What arrives when it builds."""
        given = dockerfile if isinstance(dockerfile, bytes) else None
        file = "-" if given is not None else str(dockerfile)
        how = ["--progress=plain", "--provenance=false", "--output=type=tar,dest=-"]
        with tempfile.TemporaryFile() as archive:
            done = subprocess.run(
                [self.program, "buildx", "build", *how, f"--file={file}", context],
                env=self.environment,
                input=given or b"",
                stdout=archive,
                stderr=subprocess.PIPE,
                check=False,
            )
            if done.returncode:
                raise DockerFailed(done.stderr.decode("utf-8", "replace"))
            return members(archive)


def members(archive: io.BufferedRandom) -> dict[str, Member]:
    """By name, in the order of the archive."""
    archive.seek(0)
    with tarfile.open(fileobj=archive, errors="surrogateescape") as opened:
        return {os.fsdecode(os.fsencode(entry.name)): _member(opened, entry) for entry in opened}


def _member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Member:
    file = archive.extractfile(entry) if entry.isreg() else None
    digest = hashlib.sha256()
    while file and (piece := file.read(1 << 20)):
        digest.update(piece)
    xattrs = {k: v for k, v in entry.pax_headers.items() if k.startswith("SCHILY.xattr.")}
    return Member(
        entry.type,
        entry.mode,
        (entry.uid, entry.gid),
        entry.pax_headers.get("mtime", str(entry.mtime)),
        entry.size,
        digest.hexdigest() if file else "",
        entry.linkname,
        (entry.devmajor, entry.devminor),
        tuple(sorted(xattrs.items())),
    )
