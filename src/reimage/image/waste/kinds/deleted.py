"""Files that a higher layer deletes. No container sees them, everybody downloads them."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.image.waste.kind import Facts, Find, Kind


def _find(facts: Facts) -> Iterator[Find]:
    for step in facts.changes:
        for gone in step.removed:
            if gone.entry.is_file and not gone.entry.is_hard_link and not facts.is_alive(gone):
                yield Find(gone, by=step.layer)


KIND = Kind(
    "deleted",
    "files that a later step deletes",
    _find,
    cures=("merge_run_layers", "clean_package_lists", "drop_download_caches"),
)
