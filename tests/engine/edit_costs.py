"""What an image and one edit of its sources cost: seconds and bytes, measured on a daemon."""

from __future__ import annotations

import json
import statistics
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.engine.smoke import seconds_until_it_answers
from tests.engine.structure import Built, build

from reimage.docker_api.daemon import Daemon as Client
from reimage.image.closure.finding import closure, keep
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

EDITS = {
    ".go": 'func init() { println("edited") }',
    ".rs": '#[used]\nstatic EDITED: [u8; 6] = *b"edited";',
    ".c": 'const char *volatile edited = "edited";',
    ".cpp": 'const char *volatile edited = "edited";',
    ".java": "final class Edited {}",
    ".js": "globalThis.edited = true;",
    ".jsx": "globalThis.edited = true;",
    ".ts": "export const edited = true;",
    ".py": "EDITED = True",
    ".rb": "EDITED = true",
    ".php": "define('EDITED', true);",
    ".md": "Edited.",
}
"""The end of a file → a line that changes what is built of it, and not what it answers."""


class Costs(NamedTuple):
    """The image, the bytes of all files that its command needs, the seconds of a build after one
    edit, the compressed bytes of the layers that are new then, and the median of the seconds until
    the container gives its first answer."""

    built: Built
    needed: int
    edit_seconds: float
    edit_bytes: int
    answer_seconds: float


def costs(
    daemon: Daemon, bases: Bases, dockerfile: Path, tag: str, rounds: int, *, with_closure: bool
) -> Costs:
    """Build in the Dockerfile's folder, try, edit the file that smoke.toml names, build again.

    The folder is the caller's copy: the edit stays in it. What is needed is only looked for where
    `with_closure` says so: a large image takes a while to read."""
    smoke_file = dockerfile.parent / "smoke.toml"
    built = build(daemon, bases, dockerfile, tag)
    needed = bytes_needed(daemon, tag) if with_closure else 0
    before = layers(daemon, tag)
    answers = [seconds_until_it_answers(daemon, tag, smoke_file) for _ in range(rounds)]
    edit(dockerfile.parent / tomllib.loads(smoke_file.read_text("utf-8"))["edit"])
    start = time.perf_counter()
    build(daemon, bases, dockerfile, tag, tried=False)
    seconds = time.perf_counter() - start
    new = {digest: size for digest, size in layers(daemon, tag).items() if digest not in before}
    return Costs(built, needed, seconds, sum(new.values()), statistics.median(answers))


def edit(file: Path) -> None:
    """Add a line that is compiled and packed like any other."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"\n{EDITS[file.suffix]}\n")


def bytes_needed(daemon: Daemon, tag: str) -> int:
    """The bytes of the files that the closure of the image's command names."""
    with Contents(2 << 30) as contents:
        reading = Reading(hashing=False, contents=contents, keep=keep)
        image = Client(daemon.host).image(tag, reading=reading)
        needed = closure(image, contents).needed
        return sum(it.entry.size for it in merged(image.layers) if it.entry.path in needed)


def layers(daemon: Daemon, tag: str) -> dict[str, int]:
    """The digests of an image's layers → their compressed sizes, from the containerd store."""
    digest = daemon.docker("image", "inspect", "--format={{.Id}}", tag).strip()
    manifest = _document(daemon, digest)
    while "manifests" in manifest:
        manifest = _document(daemon, manifest["manifests"][0]["digest"])
    return {layer["digest"]: layer["size"] for layer in manifest["layers"]}


def _document(daemon: Daemon, digest: str) -> dict:  # type: ignore[type-arg]
    blobs = daemon.folder / "containerd" / "io.containerd.content.v1.content" / "blobs"
    document: dict[str, object] = json.loads((blobs / digest.replace(":", "/")).read_text())
    return document
