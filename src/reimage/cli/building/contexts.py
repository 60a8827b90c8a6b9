"""Where the files of a build come from: the context, its Dockerfile, and named contexts."""

import re
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.cli.building.fields import split
from reimage.cli.building.names import context_name
from reimage.cli.errors import BadUsage

if TYPE_CHECKING:
    from buildkit_client.request import Archive

_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@|[\w.-]+@[\w.-]+:|github\.com/")
_NAMED_REMOTE = re.compile(rf"{_REMOTE.pattern}|docker-image://|oci-layout://")
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_LARGEST = 16 << 20
_HEAD = 1024
_PIECE = 256 * 1024
STDIN = "-"


class Sources(NamedTuple):
    """A context and a Dockerfile, as `BuildRequest` takes them.

    `told_as` is how the user named the Dockerfile, `remote_name` where it is in a context that the
    builder fetches.
    """

    context: "Path | Archive | str | None"
    dockerfile: Path | bytes | None
    told_as: str
    remote_name: str = ""


def sources(context: str, file: str | None) -> Sources:
    """What CONTEXT and --file name."""
    if context == STDIN:
        if file == STDIN:
            raise BadUsage("Context and Dockerfile can't both come from the standard input.")
        return _all_from_stdin(file)
    path = Path(context)
    if not path.is_dir() and _REMOTE.match(context):
        return _remote(context, file)
    if not path.exists():
        raise BadUsage(f"There is no directory {context} to be the build context.")
    if not path.is_dir():
        raise BadUsage(
            f"{context} is not a directory: the context is one, and --file names a Dockerfile."
        )
    if file == STDIN:
        return Sources(path, _stdin(), "<stdin>")
    return _default(path) if file is None else _named(path, file)


def _all_from_stdin(file: str | None) -> Sources:
    """An archive with the context, or a Dockerfile alone."""
    head = sys.stdin.buffer.read(_HEAD)
    if _is_archive(head):
        from buildkit_client.request import Archive

        rest = iter(lambda: sys.stdin.buffer.read(_PIECE), b"")
        return Sources(Archive(chain((head,), rest)), None, file or "Dockerfile", file or "")
    if file is not None:
        raise BadUsage(
            f"--file {file} is looked for in an archive on the standard input, and that is none."
        )
    return Sources(None, _checked(head + sys.stdin.buffer.read(_LARGEST + 1)), "<stdin>")


def _is_archive(head: bytes) -> bool:
    return head.startswith(_ARCHIVES) or head[257:262] == b"ustar"


def _remote(context: str, file: str | None) -> Sources:
    if file == STDIN:
        return Sources(context, _stdin(), "<stdin>")
    return Sources(context, None, file or "Dockerfile", file or "")


def _default(context: Path) -> Sources:
    for name in ("Dockerfile", "Containerfile", "dockerfile"):
        path = context / name
        if path.is_file():
            # Nothing is named where the client finds it by itself: the files are sent once.
            return Sources(context, None if name == "Dockerfile" else path, str(path))
    raise BadUsage(f"There is no Dockerfile in {context}; --file names one that is elsewhere.")


def _named(context: Path, file: str) -> Sources:
    path = Path(file)
    if re.match(r"https?://", file):
        raise BadUsage(f"--file {file}: reimage fetches no Dockerfile; download it first.")
    if path.is_dir():
        raise BadUsage(f"--file {file} is a directory.")
    if not path.exists():
        inside = context / file
        hint = f" Did you mean {inside}?" if not path.is_absolute() and inside.is_file() else ""
        raise BadUsage(f"--file {file}: there is no such file.{hint}")
    if not path.is_file():  # a pipe, as `<(…)` makes one
        return Sources(context, _read(path), file)
    return Sources(context, path, file)


def _stdin() -> bytes:
    data = sys.stdin.buffer.read(_LARGEST + 1)
    if _is_archive(data):
        raise BadUsage(
            "--file -: the standard input is an archive, not a Dockerfile; with - in place of the "
            "directory it is the build context."
        )
    return _checked(data)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _checked(file.read(_LARGEST + 1))
    except OSError as error:
        raise BadUsage(f"--file {path}: {error.strerror}.") from error


def _checked(data: bytes) -> bytes:
    if len(data) > _LARGEST:
        raise BadUsage(f"The Dockerfile is larger than {_LARGEST} bytes.")
    return data


def named_contexts(words: Iterable[str]) -> dict[str, Path | str]:
    """`NAME=DIRECTORY`, or `NAME=docker-image://…`, `oci-layout://…`, or what a URL names."""
    return dict(map(_named_context, words))


def _named_context(word: str) -> tuple[str, Path | str]:
    name, place = split("--build-context", word)
    key = context_name("--build-context", name)
    path = Path(place)
    if not path.is_dir() and _NAMED_REMOTE.match(place):
        return key, place
    if place.startswith("target:"):
        raise BadUsage(f"--build-context {word}: only a bake file has other targets to build from.")
    if not path.is_dir():
        raise BadUsage(f"--build-context {word}: there is no directory {place}.")
    return key, path
