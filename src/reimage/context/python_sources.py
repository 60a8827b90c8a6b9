"""Reads the Python sources of a context for what they ask of the image. The door to libcst.

Libcst takes a fifth of a second to import, and a large application a second to read: only where a
rewrite depends on it are sources looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from reimage.context.source_bytes import SourceBytes
from reimage.model.python_facts import PythonFacts, Started

FILE_LIMIT = 1024 * 1024
TOTAL_LIMIT = 16 * 1024 * 1024
COUNT_LIMIT = 2_000
_NOT_THE_APPLICATION = frozenset(
    "node_modules vendor site-packages .git .venv venv test tests testing docs".split()
)


class PythonFiles:
    """The `.py` files among `paths`, relative to `root`; tests and installed packages left out."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root
        self._paths = tuple(path for path in paths if _belongs(path))
        self._facts: PythonFacts | None = None

    def facts(self) -> PythonFacts:
        """What all of them ask for; read once."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    def _read(self) -> PythonFacts:
        from reimage.context.python_reading import read_module

        found: list[PythonFacts] = []
        sources = SourceBytes(
            self._root, self._paths, count=COUNT_LIMIT, file=FILE_LIMIT, total=TOTAL_LIMIT
        )
        for path, data in sources:
            facts = read_module(data, path)
            if facts is None:
                sources.unread.append(path)
            else:
                found.append(facts)
        return _together(found, sources.unread)


def _belongs(path: str) -> bool:
    parts = path.split("/")
    name = parts[-1]
    is_test = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return name.endswith(".py") and not is_test and _NOT_THE_APPLICATION.isdisjoint(parts)


def _together(found: Iterable[PythonFacts], unread: Iterable[str]) -> PythonFacts:
    imports: set[str] = set()
    computed: list[str] = []
    started: list[Started] = []
    through_shell: list[str] = []
    writes: list[str] = []
    low_ports: list[str] = []
    libraries: list[str] = []
    for facts in found:
        imports |= facts.imports
        computed += facts.computed_imports
        started += facts.started
        through_shell += facts.through_shell
        writes += facts.writes
        low_ports += facts.low_ports
        libraries += facts.opened_libraries
    return PythonFacts(
        frozenset(imports),
        tuple(computed),
        tuple(started),
        tuple(through_shell),
        tuple(unread),
        tuple(writes),
        tuple(low_ports),
        tuple(libraries),
    )
