"""The examples of docs/buildkit-client.md are run, and print what stands below them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[3] / "docs" / "buildkit-client.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


class Example(NamedTuple):
    heading: str
    code: str
    expected: str


def examples(text: str) -> Iterator[Example]:
    """Every block of Python, with the block of text that follows it."""
    blocks = list(_BLOCK.finditer(text))
    for number, block in enumerate(blocks):
        if block[1] == "python":
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            headings = _HEADING.findall(text[: block.start()])
            expected = following[2] if following and following[1] == "text" else ""
            yield Example(headings[-1], block[2], expected)


EXAMPLES = list(examples(PAGE.read_text("utf-8")))


@pytest.fixture(scope="session")
def base_image(daemon: Daemon, bases: Bases) -> str:
    """`debian:12-slim` in the engine itself, as anybody has it who built on it before."""
    reference = bases.reference("debian:12-slim")
    daemon.docker("pull", "--quiet", reference)
    daemon.docker("tag", reference, "debian:12-slim")
    return "debian:12-slim"


@pytest.fixture
def place(daemon: Daemon, base_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the application that the page speaks of."""
    (dockerfile,) = [block[2] for block in _BLOCK.finditer(PAGE.read_text("utf-8"))
                     if block[1] == "dockerfile"]  # fmt: skip
    assert base_image in dockerfile
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text(dockerfile)
    (tmp_path / "app" / "hello.txt").write_text("hello\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("BUILDKIT_HOST", raising=False)
    return tmp_path


def test_the_page_has_examples_that_print_something() -> None:
    assert len(EXAMPLES) >= 10
    assert all(example.expected for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.heading))
def test_an_example_prints_what_the_page_says(example: Example, place: Path) -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(example.code, f"{PAGE.name}: {example.heading}", "exec"), {})
    pattern = ".*".join(map(re.escape, example.expected.split("…")))
    assert re.fullmatch(pattern, out.getvalue()), out.getvalue()
