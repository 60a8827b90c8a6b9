"""Reports of scanners, found, read and held to the images that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from reimage.files import FilesError, read
from reimage.model.images.comparing import Known
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.model.scans.reports import Scan, Unreadable, read_report
from reimage.pipeline.errors import UsageError

_LARGEST = 64 << 20
_MOST = 200
_SUFFIXES = (".json", ".sarif")


class Report(NamedTuple):
    """A scan in a file. `said` is the image that the user says it is about."""

    path: str
    scan: Scan
    said: Reference | None = None


class Scans:
    """The reports of a run. `notes` tell in the end which of them counted for nothing."""

    def __init__(self, reports: Sequence[Report] = (), notes: Iterable[str] = ()) -> None:
        self._reports = reports
        self._notes = list(notes)
        self._used: dict[str, str] = {}
        """Path of a report → the scanner that wrote it."""
        self._stale: set[str] = set()

    def of(self, known: Known, names: Iterable[str]) -> Report | None:
        """The report about an image that is also called `names`; the last one where there are
        several."""
        called = {known.image.tagged, *names}
        found = [each for each in self._reports if self._is_about(each, known, called)]
        if not found:
            return None
        self._used[found[-1].path] = found[-1].scan.scanner
        for each in found[:-1]:
            self._notes.append(f"{each.path} is about {known.image}, as is {found[-1].path}.")
            self._used.setdefault(each.path, "")
        return found[-1]

    @property
    def given(self) -> bool:
        return bool(self._reports)

    @property
    def notes(self) -> Iterator[str]:
        yield from dict.fromkeys(self._notes)
        for each in self._reports:
            if each.path not in self._used and each.path not in self._stale:
                image = each.said or next(iter(each.scan.names), "an image without a name")
                yield f"{each.path} is about {image}, none of these, and counts for nothing."
        scanners = sorted({each for each in self._used.values() if each})
        if len(scanners) > 1:
            yield f"The counts are of {' and '.join(scanners)}, which do not find the same."

    def _is_about(self, report: Report, known: Known, called: set[str]) -> bool:
        if report.said:
            return report.said.tagged in called
        facts, scan = known.facts, report.scan
        digests = {facts.digest, *facts.other_digests} if facts else set[str]()
        if digests & scan.digests:
            return True
        if not any(name.tagged in called for name in scan.names):
            return False
        if digests and scan.repository_digests:
            self._stale.add(report.path)
            self._notes.append(
                f"{report.path} is about {known.image} as it was, not as it is now, and counts for "
                "nothing: scan it again."
            )
            return False
        return True


def read_scans(words: Sequence[str]) -> Scans:
    """The reports that `[IMAGE=]FILE` and folders name. Raises UsageError for one that can't be
    used; what is merely found in a folder is noted."""
    reports, notes = [], []
    for word in words:
        said, path = _taken_apart(word)
        if path.is_dir():
            for each in _files(path):
                found = _report(each, None)
                if isinstance(found, Report):
                    reports.append(found)
                else:
                    notes.append(f"{each} {found.reason}, and counts for nothing.")
            continue
        found = _report(path, said)
        if isinstance(found, Unreadable):
            raise UsageError(f"{path} {found.reason}.")
        if not (found.said or found.scan.names or found.scan.digests):
            raise UsageError(f"{path} does not say which image it is about: write IMAGE={path}.")
        reports.append(found)
    return Scans(reports, notes)


def _taken_apart(word: str) -> tuple[Reference | None, Path]:
    name, equals, rest = word.partition("=")
    if not equals or Path(word).exists():
        return None, Path(word)
    image = parse_reference(name)
    if isinstance(image, NoReference):
        raise UsageError(f"{name} is no image: {image.reason}.")
    return image, Path(rest)


def _files(folder: Path) -> list[Path]:
    found = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
    if len(found) > _MOST:
        raise UsageError(f"{folder} has more than {_MOST} files: name the reports that count.")
    return found


def _report(path: Path, said: Reference | None) -> Report | Unreadable:
    try:
        data = read(path, limit=_LARGEST)
    except FilesError as error:
        raise UsageError(str(error)) from error
    found = read_report(data)
    return found if isinstance(found, Unreadable) else Report(str(path), found, said)
