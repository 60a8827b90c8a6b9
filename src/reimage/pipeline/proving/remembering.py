"""What earlier proofs showed, in the user's cache: a second one with nothing changed compares and
runs nothing. Kept are digests and figures; what was built from goes into a hash only."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reimage import __version__
from reimage.pipeline.proving.results import SavingReport

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 500
"""proofs; a file each, of some kilobytes"""
_LARGEST = 4 << 20


class Figures(NamedTuple):
    """Of an image: bytes, and its number of layers."""

    size: int
    compressed_size: int | None
    layers: int


class Remembered(NamedTuple):
    """A proof in which every rewrite held. `digests` are those of the original and of the result,
    `layers` those of both; `asked` says what the smoke test showed."""

    digests: tuple[str, str]
    layers: tuple[str, ...]
    asked: int
    before: Figures
    after: Figures
    saved: SavingReport
    savings: tuple[SavingReport, ...]


class Memory:
    """The place of one proof in `folder`. Everything in `about` has to be the same."""

    def __init__(self, folder: Path, about: Sequence[object]) -> None:
        text = repr((__version__, *about)).encode("utf-8", "surrogateescape")
        self._path = folder / f"{hashlib.sha256(text).hexdigest()}.json"

    def recall(self) -> Remembered | None:
        """What was kept; what cannot be read was not kept."""
        try:
            with self._path.open("rb") as file:
                return _parsed(json.loads(file.read(_LARGEST)))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def keep(self, proof: Remembered) -> None:
        """Where nothing can be kept, the next proof takes as long as this one."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            folder = self._path.parent
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
                json.dump(proof._asdict(), file)
            Path(file.name).replace(self._path)
            _bound(folder)


def usual_folder() -> Path:
    """Where proofs are kept unless somebody says otherwise."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("reimage")) / "proofs"


def _bound(folder: Path) -> None:
    """The oldest go."""
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_MOST:]:
        path.unlink(missing_ok=True)


def _parsed(found: dict[str, Any]) -> Remembered:
    one, two = map(_text, found["digests"])
    return Remembered(
        (one, two),
        tuple(map(_text, found["layers"])),
        int(found["asked"]),
        Figures(*map(_number, found["before"])),  # type: ignore[arg-type]  # as it was kept
        Figures(*map(_number, found["after"])),  # type: ignore[arg-type]
        _saving(found["saved"]),
        tuple(map(_saving, found["savings"])),
    )


def _saving(found: list[Any]) -> SavingReport:
    ids, names, *figures = found
    size, compressed, layers, seconds, renewed = figures
    return SavingReport(
        tuple(map(_text, ids)),
        tuple(map(_text, names)),
        int(size),
        _number(compressed),
        int(layers),
        None if seconds is None else float(seconds),
        _number(renewed),
    )


def _number(value: object) -> int | None:
    if value is not None and type(value) is not int:
        raise ValueError(f"{value!r} is no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value
