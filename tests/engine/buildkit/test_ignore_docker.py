"""Ignore files hold back what they hold back for the docker CLI, in real builds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.engine.buildkit.docker_builds import Docker, DockerFailed, ours

from buildkit_client import Builder, BuildKitError

pytestmark = pytest.mark.engine

NAMES = [
    "a",
    "b",
    "ab",
    "a.md",
    "b.py",
    ".env",
    "a-b",
    "c",
    "d1",
    "[x]",
    "a b",
    "#c",
    "!d",
    "é",
    "A",
]
SEGMENTS = [
    "a",
    "b",
    "ab",
    "*",
    "**",
    "*.md",
    "a*",
    "?",
    "[ab]",
    "[^a]",
    "[a-c]",
    "**b",
    "a**",
    ".*",
]
SEGMENTS += ["c", "d1", "d[0-9]", r"\a", r"d\d", r"\[x\]", "a b", "é", "*.{md,py}", "a^", ".", ".."]
SEGMENTS += ["*.m?", "{a,b}", "?|c"]
WHOLE = [
    "# comment",
    " # no comment",
    "",
    "   ",
    "*",
    "**",
    "!a",
    "!**/*.md",
    "!a/b",
    "/",
    ".",
    "./a",
]
WHOLE += [
    "/a/",
    "a/../b",
    "../a",
    "!.env",
    "**/a",
    "a/**",
    "!a/**",
    "\t!  b  ",
    r"\!d",
    r"\#c",
    "[",
    "!",
]


def make_tree(chosen: random.Random, root: Path) -> None:
    root.mkdir()
    for _ in range(chosen.randint(8, 25)):
        path = root.joinpath(*chosen.choices(NAMES, k=chosen.randint(1, 4)))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        except OSError:
            continue  # one of the names is a file where this one needs a folder


def make_ignore_file(chosen: random.Random) -> bytes:
    lines = []
    for _ in range(chosen.randint(1, 6)):
        if chosen.random() < 0.2:
            lines.append(chosen.choice(WHOLE[:-2] if chosen.random() < 0.9 else WHOLE))
            continue
        sign = chosen.choice(["", "", "", "!", "!", "/", "!/", " ", "./"])
        end = chosen.choice(["", "", "", "/", " ", "/."])
        lines.append(sign + "/".join(chosen.choices(SEGMENTS, k=chosen.randint(1, 3))) + end)
    text = chosen.choice(["\n", "\n", "\r\n"]).join(lines) + chosen.choice(["", "\n"])
    return (b"\xef\xbb\xbf" if chosen.random() < 0.1 else b"") + text.encode()


def outcome(build: Docker | Builder, root: Path, dockerfile: Path) -> list[str] | str:
    """The names of what arrives; or that the build fails."""
    try:
        if isinstance(build, Docker):
            return list(build.build(root, dockerfile))
        return list(ours(build, root, dockerfile))
    except (DockerFailed, BuildKitError):
        return "it fails"


def compare(builder: Builder, docker: Docker, seeds: range, tmp_path: Path) -> int:
    failed = 0
    for seed in seeds:
        chosen = random.Random(seed)
        root = tmp_path / f"context-{seed}"
        make_tree(chosen, root)
        (root / "app.Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        text = make_ignore_file(chosen)
        (root / ".dockerignore").write_bytes(text)
        if chosen.random() < 0.2:
            (root / "app.Dockerfile.dockerignore").write_bytes(text := make_ignore_file(chosen))
        expected = outcome(docker, root, root / "app.Dockerfile")
        found = outcome(builder, root, root / "app.Dockerfile")
        assert (seed, text, found) == (seed, text, expected)
        failed += expected == "it fails"
    return failed


def test_ten_builds(builder: Builder, docker: Docker, tmp_path: Path) -> None:
    assert compare(builder, docker, range(10), tmp_path) < 5


@pytest.mark.slow
def test_two_hundred_builds(builder: Builder, docker: Docker, tmp_path: Path) -> None:
    assert compare(builder, docker, range(10, 210), tmp_path) < 60


def test_the_ignore_file_of_a_dockerfile_comes_first(
    builder: Builder, docker: Docker, tmp_path: Path
) -> None:
    root = tmp_path / "context"
    root.mkdir()
    for name in ("a", "b", "c"):
        (root / name).write_text(name)
    (root / "app.Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (root / ".dockerignore").write_text("a\n")
    (root / "app.Dockerfile.dockerignore").write_text("b\n*ignore\n*file\n")
    assert outcome(builder, root, root / "app.Dockerfile") == ["a", "c"]
    assert outcome(docker, root, root / "app.Dockerfile") == ["a", "c"]
