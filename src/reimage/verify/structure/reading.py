"""Reads a file of container-structure-test: YAML or JSON, schema version 2.0.0.

What the file asks and is not looked at here is refused: a test that nobody runs proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from reimage.manifests.errors import ManifestError
from reimage.manifests.nodes import Node, read_documents
from reimage.verify.smoke.plan import BadSmokeFile
from reimage.verify.structure.plan import (
    CommandTest,
    FileContentTest,
    FileExistenceTest,
    MetadataTest,
    Pair,
    Patterns,
    StructureTest,
)

_VERSION = "2.0.0"
_MOST = 500
"""tests of a file"""
_ONLY_GO = re.compile(r"\[\[:|\\[pPQCz]")
"""What Go's regular expressions know, and Python's do not or read otherwise."""
_OWNER = ("uid", "gid")
_EXECUTABLE_BY = ("owner", "group", "other", "any")
_REFUSED = {
    "licenseTests": "licenses are not looked at",
    "containerRunOptions": "a container of the builder has no such options",
    "setup": "a container of the builder cannot be changed before a command",
    "teardown": "a container of the builder is thrown away",
}
_Value = TypeVar("_Value")


def read_structure_test(text: str, name: str) -> StructureTest:
    """What the file asks. Raises BadSmokeFile."""
    try:
        documents = read_documents(text)
    except ManifestError as error:
        raise BadSmokeFile(f"{name}:{error.line}: {error}.") from error
    if len(documents) != 1:
        raise BadSmokeFile(f"{name} is no file of container-structure-test: it is to be one table.")
    table = _Table(documents[0], name, "the file")
    version = table.text("schemaVersion")
    if version != _VERSION:
        table.fail(f"schemaVersion is {version or 'missing'}; only {_VERSION} is read")
    found = StructureTest(
        table.all("commandTests", _command),
        table.all("fileExistenceTests", _existence),
        table.all("fileContentTests", _content),
        table.one("metadataTest", _metadata) or MetadataTest(),
        table.all("globalEnvVars", _pair),
    )
    table.done()
    if not 0 < found.count <= _MOST:
        table.fail(f"it has {found.count or 'no'} tests, and may have 1 to {_MOST}")
    return found


class _Table:
    """A mapping of the file, from which each key is taken once."""

    def __init__(self, node: Node, name: str, what: str) -> None:
        self._name = name
        self._what = what
        self.is_json = name.lower().endswith(".json")
        if node.pairs is None:
            self.fail("it is to be a table")
        self._left = {key.lower(): (key, value) for key, value in node.pairs}

    def fail(self, reason: str, node: Node | None = None) -> NoReturn:
        place = f":{node.scalar.line}" if node and node.scalar else ""
        raise BadSmokeFile(
            f"{self._name}{place} is no file of container-structure-test that can be used: "
            f"{self._what}: {reason}."
        )

    def _take(self, key: str) -> Node | None:
        return self._left.pop(key.lower(), (key, None))[1]

    def done(self) -> None:
        """Nothing may be left over."""
        for low, (key, node) in self._left.items():
            for name, reason in _REFUSED.items():
                if low == name.lower():
                    self.fail(f"{key} is not supported, for {reason}", node)
            self.fail(f"{key!r} is not a key that is known here", node)

    def text(self, key: str) -> str:
        return self.optional_text(key) or ""

    def optional_text(self, key: str) -> str | None:
        node = self._take(key)
        return None if node is None else self._text(node, key)

    def _text(self, node: Node, key: str) -> str:
        if node.scalar is None:
            self.fail(f"{key} is to be a text")
        return node.scalar.text

    def needed(self, key: str) -> str:
        return self.text(key) or self.fail(f"it needs a {key}")

    def number(self, key: str) -> int | None:
        node = self._take(key)
        if node is None:
            return None
        text = self._text(node, key)
        if not re.fullmatch(r"-?[0-9]{1,10}", text):
            self.fail(f"{key} is to be a number, not {text!r}", node)
        return int(text)

    def switch(self, key: str, *, usual: bool) -> bool:
        node = self._take(key)
        if node is None:
            return usual
        text = self._text(node, key)
        if text.lower() not in ("true", "false"):
            self.fail(f"{key} is to be true or false, not {text!r}", node)
        return text.lower() == "true"

    def texts(self, key: str) -> tuple[str, ...]:
        return self.optional_texts(key) or ()

    def optional_texts(self, key: str) -> tuple[str, ...] | None:
        node = self._take(key)
        if node is None:
            return None
        if node.pairs is not None or (node.scalar and node.scalar.text):
            self.fail(f"{key} is to be a list", node)
        return tuple(self._text(row, key) for row in node.rows)

    def nothing(self, key: str) -> None:
        """The key may be there, with nothing in it."""
        node = self._left.get(key.lower(), (key, None))[1]
        if node and not node.rows:
            self._take(key)

    def pattern(self, text: str) -> str:
        """A regular expression that means here what it means in Go."""
        if found := _ONLY_GO.search(text):
            self.fail(f"{found[0]} in {text!r} can't be read here: write it in another way")
        try:
            re.compile(text)
        except re.error as error:
            self.fail(f"{text!r} is no regular expression: {error}")
        return text

    def patterns(self, expected: str, excluded: str) -> Patterns:
        return Patterns(
            tuple(map(self.pattern, self.texts(expected))),
            tuple(map(self.pattern, self.texts(excluded))),
        )

    def all(self, key: str, read: Callable[[_Table], _Value]) -> tuple[_Value, ...]:
        node = self._take(key)
        if node is None:
            return ()
        if node.pairs is not None:
            self.fail(f"{key} is to be a list")
        return tuple(
            self._read(row, f"{key} {number}", read) for number, row in enumerate(node.rows, 1)
        )

    def one(self, key: str, read: Callable[[_Table], _Value]) -> _Value | None:
        node = self._take(key)
        return None if node is None else self._read(node, key, read)

    def _read(self, node: Node, what: str, read: Callable[[_Table], _Value]) -> _Value:
        inner = _Table(node, self._name, what)
        value = read(inner)
        inner.done()
        return value


def _pair(table: _Table) -> Pair:
    key, value = table.needed("key"), table.text("value")
    is_regex = table.switch("isRegex", usual=False)
    return Pair(key, table.pattern(value) if is_regex else value, is_regex)


def _command(table: _Table) -> CommandTest:
    name = table.needed("name")
    for key in ("setup", "teardown"):
        table.nothing(key)
    return CommandTest(
        name,
        (table.needed("command"), *table.texts("args")),
        table.all("envVars", _pair),
        table.patterns("expectedOutput", "excludedOutput"),
        table.patterns("expectedError", "excludedError"),
        table.number("exitCode") or 0,
    )


def _existence(table: _Table) -> FileExistenceTest:
    # What a JSON file leaves out is false and 0 to container-structure-test.
    uid, gid = (0 if table.is_json and id is None else id for id in map(table.number, _OWNER))
    found = FileExistenceTest(
        table.needed("name"),
        table.needed("path"),
        table.switch("shouldExist", usual=not table.is_json),
        table.text("permissions"),
        uid,
        gid,
        table.text("isExecutableBy"),
    )
    if found.executable_by and found.executable_by not in _EXECUTABLE_BY:
        table.fail(f"isExecutableBy is one of {', '.join(_EXECUTABLE_BY)}")
    return found


def _content(table: _Table) -> FileContentTest:
    name, path = table.needed("name"), table.needed("path")
    return FileContentTest(name, path, table.patterns("expectedContents", "excludedContents"))


def _metadata(table: _Table) -> MetadataTest:
    return MetadataTest(
        env=table.all("envVars", _pair),
        unbound_env=tuple(pair.key for pair in table.all("unboundEnvVars", _pair)),
        labels=table.all("labels", _pair),
        entrypoint=table.optional_texts("entrypoint"),
        cmd=table.optional_texts("cmd"),
        exposed_ports=table.texts("exposedPorts"),
        unexposed_ports=table.texts("unexposedPorts"),
        volumes=table.texts("volumes"),
        unmounted_volumes=table.texts("unmountedVolumes"),
        workdir=table.optional_text("workdir"),
        user=table.optional_text("user"),
    )
