"""Measures builds by buildkit_client beside builds by the docker CLI: same daemon, same run.

    python benchmarks/builds.py             prints the table
    python benchmarks/builds.py --write     and writes it to docs/performance-builds.md

The daemon is the one of the tests (root, and Debian's packages), or the one at `--host`. The two
take turns, so that whatever else the machine does slows down both. Each build is a process of its
own, by `docker build`, by `reimage build` and by the library; what the library needs in a process
that runs already is told besides. Nothing is exported but by the cached build, which makes an image
in the Engine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.compare import commit, machine  # noqa: E402
from tests.engine.daemon import Store, running_daemon  # noqa: E402
from tests.engine.install import install  # noqa: E402

PAGE = ROOT / "docs" / "performance-builds.md"
FILES, FILE_SIZE = 10_000, 2_000
GIGABYTE = 10**9
CACHED = "cached"
DOCKERFILES = {
    CACHED: "FROM scratch\nCOPY a /a\nCOPY b /b\nWORKDIR /w\n",
    "many": "FROM scratch\nCOPY . /\n",
    "large": "FROM scratch\nCOPY . /\n",
}


class Case(NamedTuple):
    """A context to build. `renewed`: under a name that the builder has not seen, each time."""

    title: str
    context: str
    renewed: bool
    limit: float
    """of the docker CLI's time"""


CASES = (
    Case("a build that is cached", CACHED, False, 1.1),
    Case("10,000 files of 2 kB, sent for the first time", "many", True, 1.2),
    Case("these files, unchanged", "many", False, 1.5),
    Case("one file of 1 GB, sent for the first time", "large", True, 1.5),
    Case("this file, unchanged", "large", False, 1.5),
)


class Place:
    """Contexts in a temporary folder, and a daemon."""

    def __init__(self, folder: Path, host: str, docker: str, settings: str) -> None:
        self.folder, self.host, self.docker = folder, host, docker
        # What is installed has been compiled.
        left_out = ("DOCKER_", "BUILDX_", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        self.environment = kept | {
            "DOCKER_HOST": host,
            "DOCKER_CONFIG": settings,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONPATH": str(ROOT / "src"),
        }
        os.environ.update(self.environment)
        self._number = 0
        self._now = {name: self._make(name) for name in DOCKERFILES}

    def _make(self, name: str) -> Path:
        context = self.folder / name
        context.mkdir()
        (context / "Dockerfile").write_text(DOCKERFILES[name])
        noise = random.Random(1)
        if name == CACHED:
            for letter in ("a", "b"):
                (context / letter).write_bytes(noise.randbytes(1000))
        elif name == "many":
            for number in range(FILES):
                below = context / f"package{number // 100}" / f"part{number // 10 % 10}"
                below.mkdir(parents=True, exist_ok=True)
                (below / f"file{number}.py").write_bytes(noise.randbytes(FILE_SIZE))
        else:
            with (context / "large").open("wb") as file:
                for _ in range(GIGABYTE // 10**6):
                    file.write(noise.randbytes(10**6))
        return context

    def context(self, case: Case) -> Path:
        """Where the context is now. The name is what a builder knows earlier files by."""
        if case.renewed:
            self._number += 1
            moved = self.folder / f"{case.context}-{self._number}"
            self._now[case.context] = self._now[case.context].rename(moved)
        return self._now[case.context]

    def forget(self) -> None:
        """Free the disk of contexts that were sent, but keep what the cached build needs."""
        words = ["builder", "prune", "--force", "--filter", "type=source.local"]
        self.run([self.docker, *words])

    def version(self) -> str:
        """Of the client and of the Engine."""
        words = "{{.Client.Version}}, Engine {{.Server.Version}}"
        command = [self.docker, "version", "--format", words]
        return subprocess.check_output(command, env=self.environment, text=True).strip()

    def run(self, command: list[str]) -> float:
        """Seconds from start to end of a process."""
        start = time.perf_counter()
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
        took = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{command} failed:\n{done.stderr.decode('utf-8', 'replace')}")
        return took


BUILD = """
import sys
from pathlib import Path
from buildkit_client import BuildRequest, IntoEngine, connect
def build(host, context, name):
    outputs = (IntoEngine(names=(name,)),) if name else ()
    with connect(host) as builder:
        builder.build(BuildRequest(context=Path(context), outputs=outputs))
"""
IMAGE = "reimage-benchmark"


def by_docker(place: Place, case: Case, context: Path) -> float:
    """One build by the docker CLI, as a process."""
    command = ["build", "--quiet", "--provenance=false", _output(case), str(context)]
    return place.run([place.docker, *command])


def by_reimage(place: Place, case: Case, context: Path) -> float:
    """One build by `reimage build`, as a process."""
    program = "from reimage.cli import main; main()"
    command = ["build", "--quiet", f"--builder={place.host}", _output(case), str(context)]
    return place.run([sys.executable, "-c", program, *command])


def _output(case: Case) -> str:
    return f"--tag={IMAGE}" if case.context == CACHED else "--output=type=cacheonly"


def by_library(place: Place, case: Case, context: Path) -> float:
    """One build by the library, as a process."""
    program = f"{BUILD}\nbuild(*sys.argv[1:])"
    name = IMAGE if case.context == CACHED else ""
    return place.run([sys.executable, "-c", program, place.host, str(context), name])


def by_library_at_hand(place: Place, case: Case, context: Path) -> float:
    """One build by the library in this process."""
    names: dict[str, Callable[[str, Path, str], None]] = {}
    exec(BUILD, names)
    start = time.perf_counter()
    names["build"](place.host, context, IMAGE if case.context == CACHED else "")
    return time.perf_counter() - start


WAYS: tuple[tuple[str, Callable[[Place, Case, Path], float]], ...] = (
    ("docker", by_docker),
    ("reimage", by_reimage),
    ("process", by_library),
    ("call", by_library_at_hand),
)


def measure(place: Place, case: Case, rounds: int) -> dict[str, list[float]]:
    """Seconds by way. The first round warms up, and does not count."""
    found: dict[str, list[float]] = {name: [] for name, _ in WAYS}
    for number in range(rounds + 1):
        for name, way in WAYS:
            context = place.context(case)
            if not case.renewed and number == 0:
                way(place, case, context)
            took = way(place, case, context)
            if number:
                found[name].append(took)
        if case.renewed:
            place.forget()
    return found


def row(case: Case, found: dict[str, list[float]], load: float) -> str:
    """One line of the table."""
    docker, *others = (statistics.median(found[name]) for name, _ in WAYS)
    seconds = " | ".join(f"{took:.2f}" for took in (docker, *others))
    spread = f"{min(found['reimage']):.2f}–{max(found['reimage']):.2f}"
    ratios = " | ".join(f"{took / docker:.2f} ×" for took in others)
    seconds, ratios = f"{seconds} | {spread}", f"{ratios} | {case.limit} ×"
    return f"| {case.title} | {len(found['call'])} | {load:.0f} | {seconds} | {ratios} |"


def earlier_rows(measured: list[str]) -> dict[str, str]:
    """Rows by title of a page that was measured on the same day of the same things."""
    text = PAGE.read_text(encoding="utf-8")
    if "\n".join(measured) not in text:
        return {}
    lines = [line for line in text.split("\n") if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def page(place: Place, arguments: argparse.Namespace) -> str:
    """Measure, and say it."""
    today = dt.datetime.now(tz=dt.UTC).date()
    measured = [
        f"Measured on {today} at commit {commit()} on {machine()},",
        f"Python {platform.python_version()}, docker {place.version()} ({arguments.store} store).",
    ]
    rows = earlier_rows(measured)
    for number in arguments.cases:
        case = CASES[number]
        rounds = arguments.rounds_large if case.context == "large" else arguments.rounds
        found = measure(place, case, rounds)
        rows[case.title] = row(case, found, os.getloadavg()[1])
        print(rows[case.title], file=sys.stderr)
    header = "build | rounds | load | docker build | reimage build | process | call | range"
    takes = "reimage build takes | process takes | call takes | at most"
    lines = [
        "# Performance of builds",
        "",
        *measured,
        "",
        "Medians, in seconds; the four take turns. `docker build` and `reimage build` start a",
        "process for each build, and so does `process`, by the library alone; `call` is a build",
        "in a Python process that runs already, `range` that of `reimage build`. `load` is how",
        "many processes of the machine, these and others, wanted a core meanwhile.",
        "",
        "To measure again: `python benchmarks/builds.py --write`.",
        "",
        f"| {header} | {takes} |",
        "|---|" + "---:|" * 11,
        *(rows[case.title] for case in CASES if case.title in rows),
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def place_to_measure(host: str, store: str) -> Iterator[Place]:
    """The daemon that was named, or one of our own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reimage-builds-")))
        if host:
            settings = os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker"))
            yield Place(folder, host, shutil.which("docker") or "docker", settings)
            return
        (folder / "logs").mkdir()
        kind: Store = "containerd" if store == "containerd" else "graphdriver"
        daemon = stack.enter_context(running_daemon(install(), kind, folder / "logs"))
        settings = daemon.environment["DOCKER_CONFIG"]
        yield Place(folder, daemon.host, str(daemon.engine.docker), settings)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--host", default="", help="a daemon that runs, as for DOCKER_HOST")
    parser.add_argument("--store", default="graphdriver", choices=["graphdriver", "containerd"])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--rounds-large", type=int, default=20, help="for the file of 1 GB")
    parser.add_argument("--cases", type=int, nargs="*", default=list(range(len(CASES))))
    arguments = parser.parse_args()
    with place_to_measure(arguments.host, arguments.store) as place:
        text = page(place, arguments)
    print(text, end="")
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
