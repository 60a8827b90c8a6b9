"""Packages that a RUN installs: the RUN of a final stage, and names beside those that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reimage.model import RunFacts
from reimage.rewriting.edits.script_edits import continuation
from reimage.shell import Word
from reimage.text import Edit, Span


def install_packages(packages: Sequence[str]) -> Iterator[str]:
    """The lines of a RUN that installs these packages of Debian and leaves nothing else behind."""
    if packages:
        yield "RUN apt-get update \\"
        yield f"    && apt-get install -y --no-install-recommends {' '.join(packages)} \\"
        yield "    && rm -rf /var/lib/apt/lists/*"


def name_before(run: RunFacts, source: str, word: Word, package: str) -> Edit:
    """Write a package in front of another: on a line of its own if that one begins a line."""
    at = run.span(word.span).start
    return Edit(Span(at, at), package + _separator(run, source, at))


def name_after(run: RunFacts, source: str, word: Word, packages: Sequence[str]) -> Edit:
    """Write packages behind another: on lines of their own if that one begins a line."""
    span = run.span(word.span)
    separator = _separator(run, source, span.start)
    return Edit(Span(span.end, span.end), "".join(separator + package for package in packages))


def _separator(run: RunFacts, source: str, at: int) -> str:
    indent = source[source.rfind("\n", 0, at) + 1 : at]
    own_line = not indent.strip() and not run.run.script_is_heredoc
    return f"{continuation(run)[0]}{indent}" if own_line else " "
