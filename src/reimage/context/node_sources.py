"""Looks through JavaScript and TypeScript for files that are written and programs that are started.

The languages are not parsed: a name of Node.js's `fs` in front of a parenthesis is enough to say
that something is written, and a comment that looks like it errs on the safe side.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from reimage.context.source_bytes import SourceBytes, places
from reimage.model.node_facts import NodeFacts
from reimage.text import decode, late

FILE_LIMIT = 1024 * 1024
TOTAL_LIMIT = 16 * 1024 * 1024
COUNT_LIMIT = 2_000
_SUFFIXES = frozenset(".js .mjs .cjs .jsx .ts .mts .cts .tsx".split())
_NOT_THE_SERVER = frozenset(
    "node_modules .git .storybook test tests __tests__ __mocks__ cypress e2e coverage docs".split()
)
_NO_SOURCE = late(r"\.(?:test|spec|stories|config|d|min)\.[cm]?[jt]sx?$|(?:^|/)\.[^/]*$")
_WRITING = late(
    r"(?<![\w$])(?:writeFile|appendFile|mkdir|unlink|rename|rmdir|rm|copyFile|cp|symlink|link"
    r"|chmod|chown|truncate|outputFile|outputJson|writeJson|ensureDir|ensureFile)(?:Sync)?\s*\("
    r"|(?<![\w$])createWriteStream\s*\(|\bfs\w*\.(?:promises\.)?(?:open|move|copy|remove)(?:Sync)?\("
    r"|\btransports\.(?:DailyRotate)?File\b|\bsqlite\b"
)
_STARTING = late(r"[\"'](?:node:)?child_process[\"']|[\"'](?:execa|shelljs|zx|cross-spawn)[\"']")
_LOW_PORT = late(
    r"\blisten\(\s*(?:80|443|[1-9]\d{0,2})\s*[,)]|(?:\|\||\?\?)\s*[\"']?(?:80|443)[\"']?(?![\d.])"
    r"|\b[pP][oO][rR][tT]\b[\"']?\s*[:=]\s*[\"']?[1-9]\d{0,2}(?![\d.])"
    r"|\bset(?:uid|gid)\s*\("
)


class NodeFiles:
    """The sources among `paths`, relative to `root`; tests, settings of tools and installed
    packages left out."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root
        self._paths = tuple(path for path in paths if _belongs(path))
        self._facts: NodeFacts | None = None

    def facts(self) -> NodeFacts:
        """What all of them ask for; read once."""
        if self._facts is None:
            self._facts = self._read()
        return self._facts

    def _read(self) -> NodeFacts:
        writes: list[str] = []
        started: list[str] = []
        low_ports: list[str] = []
        sources = SourceBytes(
            self._root, self._paths, count=COUNT_LIMIT, file=FILE_LIMIT, total=TOTAL_LIMIT
        )
        for path, data in sources:
            text = decode(data)
            writes += places(path, text, _WRITING)
            started += places(path, text, _STARTING)
            low_ports += places(path, text, _LOW_PORT)
        return NodeFacts(tuple(writes), tuple(started), tuple(low_ports), tuple(sources.unread))


def _belongs(path: str) -> bool:
    suffix = os.path.splitext(path)[1]
    is_server = _NOT_THE_SERVER.isdisjoint(path.split("/"))
    return suffix in _SUFFIXES and is_server and not _NO_SOURCE.search(path)
