"""Files that a higher layer has again with other content. Only the highest is seen."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.image.waste.kind import Facts, Find, Kind


def _find(facts: Facts) -> Iterator[Find]:
    for step in facts.changes:
        for change in step.changed:
            before = change.before
            rewritten = {"content", "type"} & set(change.what)
            is_content = before.entry.is_file and not before.entry.is_hard_link
            if rewritten and is_content and not facts.is_alive(before):
                yield Find(before, by=step.layer)


KIND = Kind("replaced", "files that a later step writes anew", _find, cures=("merge_run_layers",))
