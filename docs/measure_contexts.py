"""Writes docs/contexts.md: corpus files with a small context, as they stand and as reimage leaves
them.

Builds and starts each that is split, twice, on the base images of the tests (tests/engine), which
takes about half an hour and needs the corpus and a machine that can run an engine. `--kept FOLDER`
keeps the figures of each file there and takes those that are kept already. The page holds
measurements, so nothing checks whether it is up to date.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.bases import serving_bases  # noqa: E402
from tests.engine.corpus_contexts import (  # noqa: E402
    MADE,
    SPLIT,
    Made,
    Tried,
    is_split,
    lay,
    rewritten,
    tried,
)
from tests.engine.daemon import running_daemon  # noqa: E402
from tests.engine.install import install  # noqa: E402
from tests.engine.service import CommandFailed  # noqa: E402
from tests.engine.structure import structural_refusals  # noqa: E402

HEAD = "<!-- Measured by docs/measure_contexts.py; edits here are lost. -->\n\n"


def page(rows: Mapping[str, Tried]) -> str:
    """The page for the files that were built."""
    others = [made for made in SPLIT if made.is_of_another_variant]
    good = [row for row in rows.values() if not row.problems]
    shares = [row.after / row.before for row in good]
    lines = [
        "# Corpus files with a context",
        "",
        " ".join(
            (
                f"For {len(MADE)} single-stage Dockerfiles of the corpus",
                "`tests/engine/corpus_contexts.toml` holds the small context that their COPY and",
                "RUN lines call for. FROM names the version that the tests have a stand-in for.",
                f"All default transformations split {len(SPLIT)} of them. For {len(others)} of",
                "these (*) a slim image stands in for one of Alpine, which stays as it is.",
            )
        ),
        "",
        " ".join(
            (
                "Built and started as they stand and as they come out,",
                f"{datetime.now(UTC):%Y-%m-%d} at commit {_commit()}: {len(rows)}, of which",
                f"{len(good)} do as they did before.",
                f"Median of after by before: {statistics.median(shares):.2f}." if shares else "",
            )
        ).rstrip(),
        "",
        "| file | base | MB before | after | after / before | what is said against it |",
        "|---|---|---|---|---|---|",
        *(_row(made, rows.get(made.id)) for made in SPLIT),
        "",
        "| left as they are | files |",
        "|---|---|",
        *(f"| {reason} | {count} |" for reason, count in _reasons().most_common()),
    ]
    return HEAD + "\n".join(lines) + "\n"


def _row(made: Made, row: Tried | None) -> str:
    name = made.id.rpartition("__Dockerfile")[0].replace("__", "/", 1)
    base = f"{made.base[1]}{'*' if made.is_of_another_variant else ''}" if made.base else ""
    if row is None:
        return f"| {name} | {base} | | | | not built |"
    if not row.before or not row.after:
        return f"| {name} | {base} | | | | {'; '.join(row.problems)} |"
    started = "passed" if "http" in made.smoke or "run" in made.smoke else "built, not started"
    sizes = f"{row.before / 1e6:.1f} | {row.after / 1e6:.1f} | {row.after / row.before:.2f}"
    return f"| {name} | {base} | {sizes} | {'; '.join(row.problems) or started} |"


def _reasons() -> Counter[str]:
    """Why the others are not split."""
    return Counter(reason for made in MADE if made.outcome != "split" for reason in _said(made))


def _said(made: Made) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = rewritten(lay(made, Path(folder)))
    assert not is_split(outcome)
    yield "; ".join(structural_refusals(outcome)) or "nothing: there is nothing to gain"


def _commit() -> str:
    command = ("git", "rev-parse", "--short", "HEAD")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _kept(file: Path) -> Tried | None:
    return Tried(*json.loads(file.read_text("utf-8"))) if file.exists() else None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kept", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--only-kept", action="store_true", help="build nothing")
    chosen = parser.parse_args()
    files = {made.id: chosen.kept / f"{made.id.rpartition('/')[2][:8]}.json" for made in SPLIT}
    rows = {name: row for name, file in files.items() if (row := _kept(file))}
    missing = [made for made in SPLIT if made.id not in rows and not chosen.only_kept]
    chosen.kept.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if missing:
            logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            daemon = stack.enter_context(running_daemon(install(), "containerd", logs))
            bases = stack.enter_context(serving_bases(daemon))
        for made in missing:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    row = tried(daemon, bases, made, Path(folder))
                except CommandFailed as failure:
                    row = Tried(0, 0, [str(failure).partition("\n")[0]])
            rows[made.id] = row
            files[made.id].write_text(json.dumps(row), encoding="utf-8")
    (ROOT / "docs" / "contexts.md").write_text(page(rows), encoding="utf-8")
    return int(any(row.problems for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
