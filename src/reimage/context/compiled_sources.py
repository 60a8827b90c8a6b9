"""Looks through sources of Go, Rust, C and C++ for programs that they start and libraries that they
load by name, and through those of Go for files that they write.

Their languages are not parsed: a name of the standard library in front of a parenthesis is enough
to say that something is started, and a comment that looks like it errs on the safe side.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from reimage.context.source_bytes import SourceBytes, line_at, places
from reimage.model.compiled_facts import CompiledFacts
from reimage.model.python_facts import Started
from reimage.text import decode, late

FILE_LIMIT = 1024 * 1024
TOTAL_LIMIT = 32 * 1024 * 1024
COUNT_LIMIT = 5_000
_C = late(
    r"(?<![\w.>:])(?:std::)?(?:system|popen|execlp?|execle|execvp?e?|posix_spawnp?)\s*\("
    r"(?:\s*\"([^\"\n]*)\")?"
)
_STARTING = {
    ".go": late(
        r"\b(?:exec\.Command(?:Context\([^,\n]*,|\()|os\.StartProcess\(|syscall\.(?:Fork)?Exec\()"
        r"(?:\s*\"([^\"\n]*)\")?"
    ),
    ".rs": late(r"\bCommand::new\(\s*(?:\"([^\"\n]*)\")?"),
    **dict.fromkeys((".c", ".cc", ".cpp", ".cxx", ".h", ".hpp"), _C),
}
_OPENING = late(r"\b(?:plugin\.Open|dlopen|Library::new)\s*\(")
_WRITING_IN_GO = late(
    r"\b(?:os\.(?:Create|WriteFile|Mkdir|MkdirAll|OpenFile|Rename|Remove|RemoveAll|Symlink|Link"
    r"|Chmod|Chown|Truncate|OpenRoot|CopyFS|Setuid|Setgid)|ioutil\.WriteFile"
    r"|syscall\.(?:Open|Mkdir|Mount|Setuid|Setgid))\("
)
_LOW_PORT_IN_GO = late(r"\"(?:0\.0\.0\.0|localhost|\[::\])?:0*[1-9][0-9]{0,2}\"")
_IMPORT_IN_GO = late(r"(?m)^(?:import)?\s*(?:[\w.]+\s+)?\"([\w./~-]+)\"\s*(?://.*)?$")
_NOT_THE_PROGRAM = frozenset(
    "node_modules vendor target third_party .git test tests testdata docs examples benches".split()
)


class CompiledFiles:
    """The sources among `paths`, relative to `root`; tests and what others wrote left out."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root
        self._paths = tuple(path for path in paths if _belongs(path))
        self._facts: CompiledFacts | None = None

    def facts(self) -> CompiledFacts:
        """What all of them ask for; read once."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    def _read(self) -> CompiledFacts:
        started: list[Started] = []
        opened: list[str] = []
        writes: list[str] = []
        low_ports: list[str] = []
        packages: set[str] = set()
        sources = SourceBytes(
            self._root, self._paths, count=COUNT_LIMIT, file=FILE_LIMIT, total=TOTAL_LIMIT
        )
        for path, data in sources:
            text = decode(data)
            started += _started(path, text)
            opened += places(path, text, _OPENING)
            if path.endswith(".go"):
                writes += places(path, text, _WRITING_IN_GO)
                low_ports += places(path, text, _LOW_PORT_IN_GO)
                packages.update(match[1] for match in _IMPORT_IN_GO.finditer(text))
        return CompiledFacts(
            tuple(started),
            tuple(opened),
            tuple(sources.unread),
            tuple(writes),
            tuple(low_ports),
            frozenset(packages),
        )


def _belongs(path: str) -> bool:
    parts = path.split("/")
    suffix = os.path.splitext(path)[1]
    is_test = parts[-1].endswith("_test.go") or parts[-1] == "build.rs"
    return suffix in _STARTING and not is_test and _NOT_THE_PROGRAM.isdisjoint(parts)


def _started(path: str, text: str) -> Iterator[Started]:
    for match in _STARTING[os.path.splitext(path)[1]].finditer(text):
        yield Started(match[1] or None, path, line_at(text, match.start()))
