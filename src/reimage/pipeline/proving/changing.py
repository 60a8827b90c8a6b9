"""What a change of a source file costs: both files are built again with that file edited."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.pipeline.errors import UsageError
from reimage.pipeline.images.touching import new_bytes, touched_copy
from reimage.pipeline.proving.refused import NotProvable
from reimage.pipeline.proving.results import ChangeReport, ChangeSide
from reimage.pipeline.proving.wishes import NEWEST

if TYPE_CHECKING:
    from reimage.model import ContextFacts
    from reimage.pipeline.proving.building import BuildBench, Built

_BLANKS = 40
"""at the end of a file: next to no language minds, and hardly any two are the same"""


class Change:
    """An edit of one file; each image is built once with it. Use it in a `with`."""

    def __init__(self, bench: BuildBench, folder: Path, name: str) -> None:
        self._bench = bench
        self._copied = touched_copy(folder, name)
        self._sides: dict[int, ChangeSide] = {}
        self.name = name

    def __enter__(self) -> Change:
        try:
            self._copy = self._copied.__enter__()
        except UsageError as error:
            raise NotProvable(str(error).replace("--touch", "--edit")) from error
        return self

    def __exit__(self, *error: object) -> None:
        self._copied.__exit__(None, None, None)

    def of(self, built: Built) -> ChangeSide:
        """What it costs in one of the images."""
        if id(built) not in self._sides:
            # Another edit each time, or what one side built would be in the other one's cache.
            with (self._copy / self.name).open("ab") as file:
                file.write(bytes(secrets.choice(b" \n") for _ in range(_BLANKS)) + b"\n")
            name = f"{built.name} after an edit of {self.name}"
            again = self._bench.again(built, name, context=self._copy, no_cache=False)
            renewed = new_bytes(built.subject.image, again.subject.image)
            self._sides[id(built)] = ChangeSide(
                round(again.seconds, 3), len(again.steps), again.cached_steps, renewed
            )
        return self._sides[id(built)]

    def report(self, before: Built, after: Built) -> ChangeReport:
        """Both sides."""
        return ChangeReport(self.name, self.of(before), self.of(after))


def edited_file(wish: str, folder: Path | None, context: ContextFacts | None) -> str:
    """The name in the context of the file to edit. Raises NotProvable where there is none."""
    if folder is None:
        raise NotProvable("--edit needs a build context, to edit a file of it.")
    if wish != NEWEST:
        return wish
    found = _newest(folder, context.files if context else ())
    if not found:
        raise NotProvable(f"--edit: there is no file in the build context {folder}.")
    return found


def _newest(folder: Path, names: Iterable[str]) -> str:
    """What was changed last of what is sent to the builder, Dockerfiles aside."""
    best: tuple[int, str] = (-1, "")
    for name in names:
        file = folder / name
        if not _ASIDE.search(name) and not file.is_symlink() and file.is_file():
            best = max(best, (file.stat().st_mtime_ns, name))
    return best[1]


_ASIDE = re.compile(r"(^|/)\.|dockerfile|containerfile|\.(md|rst|txt|toml)$", re.IGNORECASE)
"""no sources: hidden files, Dockerfiles, documentation and settings"""
