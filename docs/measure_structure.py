"""Writes docs/structure.md: applications as written, by an expert, and as reimage leaves them.

Builds everything on the base images of the tests (tests/engine), which takes an hour and needs a
machine that can run an engine. The page holds measurements, so nothing checks whether it is up to
date; run this again when a structural transformation changes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.bases import Bases, serving_bases  # noqa: E402
from tests.engine.daemon import Daemon, running_daemon  # noqa: E402
from tests.engine.install import install  # noqa: E402
from tests.engine.structure import (  # noqa: E402
    Built,
    applications,
    build,
    folder_of,
    rewritten,
    structural,
    structural_refusals,
    write_rewritten,
)

HEAD = "<!-- Measured by docs/measure_structure.py; edits here are lost. -->\n\n"
Row = Mapping[str, Built]
"""Built images of one application by the kind of file: naive, expert, ours."""


def measure(daemon: Daemon, bases: Bases, app: str) -> Row:
    """Build and try all files of an application that reimage splits."""
    folder = folder_of(app)
    files = {"naive": folder / "Dockerfile", "expert": folder / "Dockerfile.expert"}
    row = {
        kind: build(daemon, bases, file, f"{app}-{kind}")
        for kind, file in files.items()
        if file.exists()
    }
    with tempfile.TemporaryDirectory() as target:
        file = write_rewritten(app, Path(target, app))
        return {**row, "ours": build(daemon, bases, file, f"{app}-ours")}


def page(rows: Mapping[str, Row]) -> str:
    """The page for what was measured, with the reasons why other applications stay as they are."""
    ratios = [row["ours"].size / row["naive"].size for row in rows.values()]
    lines = [
        "# Split applications",
        "",
        _told(
            f"Single-stage Dockerfiles of {len(rows)} applications in `fixtures/dockerfiles/apps`:",
            "as they were written, as an expert wrote them by hand, and as all default",
            "transformations leave them. Built by BuildKit on the base images of the tests",
            "(`tests/engine`), started, and asked what their smoke files say. Measured",
            f"{datetime.now(UTC):%Y-%m-%d} at commit {_commit()}. Sizes are MB (10⁶ bytes) of all",
            "layers, unpacked, base included.",
        ),
        "",
        f"Median of ours by naive: {statistics.median(ratios):.2f}; worst {max(ratios):.2f}.",
        "",
        "| application | naive | expert | ours | ours / naive | ours / expert | layers | smoke |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(app, row) for app, row in sorted(rows.items())),
        "",
        _told(
            "Packages that a Dockerfile installs by name stay installed, even where they look like",
            "tools of a person; symbols stay in programs. A JDK alone is little more than its JRE.",
        ),
        "",
        "## Left as they are",
        "",
        "| application | what the user reads |",
        "|---|---|",
        *_others(),
    ]
    return HEAD + "\n".join(lines) + "\n"


def _row(app: str, row: Row) -> str:
    naive, ours, expert = row["naive"], row["ours"], row.get("expert")
    by_hand = f"{_megabytes(expert)} | " if expert else "| "
    ratio = f"{ours.size / expert.size:.2f}" if expert else ""
    return (
        f"| {app} | {_megabytes(naive)} | {by_hand}{_megabytes(ours)} "
        f"| {ours.size / naive.size:.2f} | {ratio} | {naive.layers} → {ours.layers} "
        f"| {'; '.join(ours.problems) or 'passed'} |"
    )


def _megabytes(built: Built) -> str:
    return f"{built.size / 1e6:.1f}"


def _others() -> Iterator[str]:
    for app in applications():
        outcome = rewritten(app)
        if not structural(outcome):
            said = "; ".join(structural_refusals(outcome)) or "nothing: there is nothing to gain"
            yield f"| {app} | {said} |"


def _told(*parts: str) -> str:
    return " ".join(parts)


def _commit() -> str:
    command = ("git", "rev-parse", "--short", "HEAD")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> int:
    split = [app for app in applications() if structural(rewritten(app))]
    with (
        tempfile.TemporaryDirectory() as logs,
        running_daemon(install(), "containerd", Path(logs)) as daemon,
        serving_bases(daemon) as bases,
    ):
        rows = {app: measure(daemon, bases, app) for app in split}
    (ROOT / "docs" / "structure.md").write_text(page(rows), encoding="utf-8")
    return int(any(row["ours"].problems for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
