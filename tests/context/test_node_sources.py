"""What sources of Node.js write, start and listen on."""

from __future__ import annotations

from pathlib import Path

import pytest

from reimage.context import node_sources
from reimage.context.node_sources import NodeFiles
from reimage.model.node_facts import NodeFacts


def facts(folder: Path, path: str, text: str) -> NodeFacts:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, "utf-8")
    return NodeFiles(str(folder), [path]).facts()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server.js", "fs.readFileSync('a'); form(x); alarm(1); response.write(b)"),
        ("server.ts", "app.listen(8080); const port = 3000; const report = 12;"),
        ("server.ts", "const port = Number(process.env.PORT ?? 3000);"),
        ("node_modules/a/index.js", "fs.writeFile(a, b)"),
        ("server.test.ts", "fs.writeFile(a, b)"),
        ("vite.config.ts", "import { exec } from 'child_process'"),
        ("styles.css", "rm(1)"),
    ],
)
def test_what_asks_for_nothing(tmp_path: Path, path: str, text: str) -> None:
    assert facts(tmp_path, path, text) == NodeFacts()


@pytest.mark.parametrize(
    "text",
    [
        "\nfs.writeFileSync(path, text)",
        "\nawait mkdir(folder, { recursive: true })",
        "\nconst log = fs.createWriteStream('log')",
        "\nconst file = await fs.promises.open('a', 'w')",
        "\nnew winston.transports.File({ filename })",
        "\nnew DataSource({ type: 'sqlite' })",
    ],
)
def test_a_line_that_writes(tmp_path: Path, text: str) -> None:
    assert facts(tmp_path, "a.mjs", text).writes == ("a.mjs:2",)


@pytest.mark.parametrize(
    "text", ["app.listen(80)", "listen(443, go)", "port: 80,", "env.PORT || 80", "const PORT = 80;"]
)
def test_a_line_that_asks_for_a_port_of_roots(tmp_path: Path, text: str) -> None:
    assert facts(tmp_path, "a.tsx", text).low_ports == ("a.tsx:1",)


def test_a_line_that_starts_programs(tmp_path: Path) -> None:
    assert facts(tmp_path, "a.cts", 'import "node:child_process";').started == ("a.cts:1",)


def test_a_source_that_is_too_large_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_sources, "FILE_LIMIT", 3)
    assert facts(tmp_path, "a.js", "long").unread == ("a.js",)
