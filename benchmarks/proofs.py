"""Measures `reimage optimize --build` beside the two `docker build` calls that it stands for.

    python benchmarks/proofs.py                    five applications, prints the table
    python benchmarks/proofs.py --write            and writes it to docs/performance-proofs.md
    python benchmarks/proofs.py --apps go          others
    python benchmarks/proofs.py --kept FILE        keeps each row in FILE, and measures only what
                                                   is not in it: a run that was cut off goes on

Same daemon (that of the tests, with the containerd image store; root, and Debian's packages), same
run. Cold: the builder's cache and images are gone before the two docker builds, one after the
other, and once more before the proof. Warm: the same again with nothing changed. The proof compares
images and runs the application's smoke test on both, which docker's builds do not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.compare import commit, machine  # noqa: E402
from tests.engine.bases import Bases, serving_bases  # noqa: E402
from tests.engine.daemon import Daemon, running_daemon  # noqa: E402
from tests.engine.install import install  # noqa: E402
from tests.fixture_cases import APPS  # noqa: E402
from tests.fixture_cases import ROOT as FIXTURES  # noqa: E402

PAGE = ROOT / "docs" / "performance-proofs.md"
USUAL = ("flask", "go", "node", "express-shop", "fastapi-weather")
COLD, WARM, WARM_SECONDS = 1.3, 1.0, 1.0


class Row(NamedTuple):
    """Seconds; `docker` is the sum of both builds."""

    app: str
    docker: float
    proof: float
    docker_warm: float
    proof_warm: float
    builds: int


class Bench:
    """One application on one daemon."""

    def __init__(self, daemon: Daemon, bases: Bases, app: str, folder: Path) -> None:
        self._daemon = daemon
        self.folder = folder / app
        shutil.copytree(FIXTURES / APPS / app, self.folder)
        self.dockerfile = self.folder / "Dockerfile"
        self._options = ["--network=host", *bases.options_for_rewriting(self.dockerfile)]
        self._environment = daemon.environment | {
            "PYTHONPATH": str(ROOT / "src"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PATH": f"{daemon.engine.docker.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def forget(self) -> None:
        """Images and the builder's cache."""
        self._daemon.docker("system", "prune", "--all", "--force")
        self._daemon.docker("builder", "prune", "--all", "--force")

    def proof(self, *more: str) -> tuple[float, dict[str, object]]:
        """Seconds, and the report."""
        words = ["optimize", "--build", f"--builder={self._daemon.host}", "--format=json"]
        smoke = f"--smoke={self.folder / 'smoke.toml'}"
        program = [sys.executable, "-c", "from reimage.cli import main; main()"]
        command = [*program, *words, smoke, *self._options, *more, str(self.dockerfile)]
        seconds, told = self._timed(command)
        found: dict[str, object] = json.loads(told)["files"][0]["build"]
        return seconds, found

    def docker(self, *dockerfiles: Path) -> float:
        """Seconds of a docker build after the other."""
        return sum(
            self._timed(
                ["docker", "build", "-q", f"--file={each}", *self._options, str(self.folder)]
            )[0]
            for each in dockerfiles
        )

    def _timed(self, command: Sequence[str]) -> tuple[float, str]:
        began = time.monotonic()
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        return time.monotonic() - began, done.stdout


def measured(bench: Bench, app: str) -> Row:
    """All figures of one application."""
    before = bench.dockerfile.with_name("before.Dockerfile")
    shutil.copy(bench.dockerfile, before)
    bench.forget()
    proof, report = bench.proof()
    proof_warm, _ = bench.proof()
    bench.proof("--write")
    after = bench.dockerfile
    bench.forget()
    docker = bench.docker(before, after)
    docker_warm = bench.docker(before, after)
    builds = report["builds"]
    assert isinstance(builds, int)
    return Row(app, docker, proof, docker_warm, proof_warm, builds)


def table(rows: Sequence[Row]) -> str:
    """The figures as Markdown."""
    head = "| application | two docker builds | proof | ratio | builds | docker warm | proof warm |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row.app} | {row.docker:.1f} s | {row.proof:.1f} s | {row.proof / row.docker:.2f} | "
        f"{row.builds} | {row.docker_warm:.1f} s | {row.proof_warm:.1f} s |"
        for row in rows
    ]
    cold = sum(row.proof <= COLD * row.docker for row in rows)
    warm = sum(row.proof_warm <= WARM * row.docker_warm + WARM_SECONDS for row in rows)
    lines += [
        "",
        f"Cold, at most {COLD} x: {cold} of {len(rows)}.",
        f"Warm, at most {WARM} x and {WARM_SECONDS:g} s more: {warm} of {len(rows)}.",
    ]
    return "\n".join(lines)


def rows(apps: Sequence[str], kept: Path | None) -> list[Row]:
    """All rows; those that are kept are not measured again."""
    found = {}
    if kept and kept.exists():
        lines = kept.read_text("utf-8").splitlines()
        found = {row.app: row for row in (Row(*json.loads(line)) for line in lines)}
    missing = [app for app in apps if app not in found]
    with tempfile.TemporaryDirectory(prefix="proofs-") as name, ExitStack() as stack:
        folder = Path(name)
        if missing:
            running = running_daemon(install("sid"), "containerd", folder)
            daemon = stack.enter_context(running)
            bases = stack.enter_context(serving_bases(daemon))
        for app in missing:
            found[app] = row = measured(Bench(daemon, bases, app, folder), app)
            sys.stderr.write(f"{row}\n")
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    return [found[app] for app in apps]


def main() -> None:
    """Measure and print; with --write also into the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--apps", default=",".join(USUAL))
    parser.add_argument("--kept", type=Path, metavar="FILE")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    found = table(rows(asked.apps.split(","), asked.kept))
    sys.stdout.write(found + "\n")
    if asked.write:
        today = dt.datetime.now(dt.UTC).date()
        PAGE.write_text(
            "# Speed of proofs\n\n"
            f"`python benchmarks/proofs.py --write`, {today}, {commit()}, {machine()}; one run. "
            "Cold, then warm; the proof compares images and runs smoke tests besides.\n\n"
            f"{found}\n",
            "utf-8",
        )


if __name__ == "__main__":
    main()
