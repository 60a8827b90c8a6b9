"""The programs that the Python sources of a build context start."""

from __future__ import annotations

from reimage.model.context import ContextFacts


def started_by_sources(context: ContextFacts) -> tuple[str, ...] | str:
    """Their names without folders, or a sentence why they are not all known."""
    sources = context.python.facts() if context.python else None
    if sources is None or sources.unread:
        return "its sources can't be read, so that it is not known what they start"
    if sources.through_shell:
        return f"{sources.through_shell[0]} asks a shell to run something"
    names: list[str] = []
    for each in sources.started:
        if each.program is None:
            return f"{each.path}:{each.line} starts a program whose name it computes"
        names.append(each.program.rpartition("/")[2])
    return tuple(names)
