"""Files that a higher layer has again with the same content: `chmod`, `chown` and `touch` copy
the whole file into a new layer."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.image.waste.kind import Facts, Find, Kind


def _find(facts: Facts) -> Iterator[Find]:
    for step in facts.changes:
        for change in step.changed:
            before = change.before
            if {"content", "type"} & set(change.what) or before.entry.is_hard_link:
                continue
            if before.entry.is_file and not facts.is_alive(before):
                yield Find(before, by=step.layer)


KIND = Kind(
    "copied_up",
    "files that a later step only gives another mode, owner or time",
    _find,
    cures=("set_mode_and_owner_in_copy", "merge_run_layers"),
)
