"""Debian's packages: one status file, or one of each package as distroless images have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.image.packages.package import Files, Package, paragraphs

if TYPE_CHECKING:
    from reimage.image.entries import Entry

_STATUS = "var/lib/dpkg/status"
_PARTS = "var/lib/dpkg/status.d"
_LISTS = "var/lib/dpkg/info"
_KIBIBYTE = 1024


def wanted(entry: Entry) -> bool:
    if entry.directory == _LISTS:
        return entry.name.endswith(".list")
    return entry.path == _STATUS or entry.directory == _PARTS


def read(files: Files) -> Iterator[Package]:
    for fields in paragraphs(files.text(_STATUS)):
        if fields.get("Status", "").endswith(" installed"):
            yield _package(fields, _listed(files, fields))
    for name in files.tree.inside(_PARTS):
        if not name.endswith(".md5sums"):
            for fields in paragraphs(files.text(f"{_PARTS}/{name}")):
                yield _package(fields, _summed(files, f"{_PARTS}/{name}.md5sums"))


def _package(fields: dict[str, str], files: tuple[str, ...]) -> Package:
    size = fields.get("Installed-Size", "")
    return Package(
        "dpkg",
        fields.get("Package", ""),
        fields.get("Version", ""),
        int(size) * _KIBIBYTE if size.isdecimal() and len(size) < 15 else None,
        "",
        files,
    )


def _listed(files: Files, fields: dict[str, str]) -> tuple[str, ...]:
    name = fields.get("Package", "")
    text = files.text(f"{_LISTS}/{name}.list") or files.text(
        f"{_LISTS}/{name}:{fields.get('Architecture', '')}.list"
    )
    return tuple(line[1:] for line in text.split("\n") if len(line) > 2)


def _summed(files: Files, path: str) -> tuple[str, ...]:
    lines = (line.partition("  ")[2] for line in files.text(path).split("\n"))
    return tuple(filter(None, lines))
