"""What a user means by a word: a layout, an archive, a Dockerfile, a revision, or an image by name,
in the engine or in a registry."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Literal, NamedTuple

from reimage.files.reading import DOCKERFILE_LIMIT
from reimage.pipeline.errors import UsageError

Kind = Literal["layout", "archive", "dockerfile", "context", "revision", "image", "registry"]
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_GIT_SECONDS = 60
_ONLY_GIT = re.compile(r"[~^]|@\{")
"""In a revision, never in the name of an image."""
_OF_A_REGISTRY = "docker://"
"""As skopeo and others write it."""


class Target(NamedTuple):
    """A word that was understood. `path` is none of an image's name, `text` a revision's file."""

    kind: Kind
    word: str
    path: Path
    text: bytes = b""

    @property
    def is_built(self) -> bool:
        return self.kind in ("dockerfile", "context", "revision")


def target(word: str) -> Target:
    """What a word names. UsageError where a path is there that is none of these."""
    if word.startswith(_OF_A_REGISTRY):
        return Target("registry", word.removeprefix(_OF_A_REGISTRY), Path())
    path = Path(word)
    if path.is_dir():
        return _folder(word, path)
    if path.is_file():
        return Target("archive" if _is_archive(path) else "dockerfile", word, path)
    if path.exists():
        raise UsageError(f"{word} is neither a file nor a directory.")
    revision, colon, name = word.partition(":")
    if colon and revision and name and not name.startswith("/"):
        found = _of_git(revision, name)
        if found is not None:
            return found
        if _ONLY_GIT.search(revision):
            raise UsageError(f"git knows no file {name} in {revision} here.")
    if word.startswith((".", "/", "~")) or word.endswith((".tar", ".tgz", ".tar.gz")):
        raise UsageError(f"There is no file or directory {word}.")
    return Target("image", word, path)


def _folder(word: str, path: Path) -> Target:
    if (path / "index.json").exists():
        return Target("layout", word, path)
    if any((path / name).is_file() for name in ("Dockerfile", "Containerfile", "dockerfile")):
        return Target("context", word, path)
    raise UsageError(f"{word} is a directory with neither an image layout nor a Dockerfile in it.")


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    return start.startswith(_PACKED) or start[257:262] == b"ustar"


def _of_git(revision: str, name: str) -> Target | None:
    """A file of a revision; None where there is no repository, or no such revision."""
    if revision.startswith("-"):
        return None
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        return None
    object_ = f"{commit.decode().strip()}:{name}"
    size = _git("cat-file", "-s", object_)
    if size is None:
        if re.search(r"[/.]|file$", name, re.IGNORECASE):
            raise UsageError(f"There is no file {name} in the revision {revision}.")
        return None
    if int(size) > DOCKERFILE_LIMIT:
        raise UsageError(f"{revision}:{name} is larger than any Dockerfile that can be built.")
    text = _git("cat-file", "blob", object_)
    if text is None:
        raise UsageError(f"{revision}:{name} is not a file.")
    top = _git("rev-parse", "--show-toplevel")
    root = Path(os.fsdecode(top.rstrip(b"\n"))) if top else Path()
    path = Path(name) if name.startswith("./") else root / name
    return Target("revision", f"{revision}:{name}", path, text)


def _git(*arguments: str) -> bytes | None:
    """What git says; None where it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return None
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git can't be asked: {error}.") from error
    return done.stdout if done.returncode == 0 else None
