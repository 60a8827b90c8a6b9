"""Writes docs/structure.md: applications as written, by an expert, and as reimage leaves them.

Builds everything on the base images of the tests (tests/engine), twice, which takes about an hour
on a quiet machine and needs one that can run an engine; names of applications as arguments build
only those, and print the page. `--kept FOLDER` keeps the figures of each application there and
takes those of the same outcome that are kept already: a run that was interrupted goes on. The page
holds measurements, so nothing checks whether it is up to date; run this again when a structural
transformation changes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import corpus_files  # noqa: E402
from tests.engine.bases import Bases, serving_bases  # noqa: E402
from tests.engine.daemon import Daemon, running_daemon  # noqa: E402
from tests.engine.edit_costs import Costs, costs  # noqa: E402
from tests.engine.install import install  # noqa: E402
from tests.engine.structure import (  # noqa: E402
    Built,
    applications,
    folder_of,
    rewritten,
    structural,
    structural_refusals,
    write_rewritten,
)
from tests.fixture_cases import produced  # noqa: E402

from reimage.context.survey import survey  # noqa: E402
from reimage.dockerfile import parse  # noqa: E402
from reimage.model import Facts  # noqa: E402
from reimage.model.applications.application import Application  # noqa: E402
from reimage.model.applications.known import is_known  # noqa: E402
from reimage.model.applications.recipes import application, told_by_the_text  # noqa: E402
from reimage.text import decode  # noqa: E402

HEAD = "<!-- Measured by docs/measure_structure.py; edits here are lost. -->\n\n"
ROUNDS = 3
WORST = 0.6
"""What an application should keep of its size, at most."""
FREE = 25 * 10**9
"""Bytes of the disk below which builds of other applications are forgotten."""
_EARLIER = (
    "Figures with * are of an earlier outcome, whose build stage had its lines in another order."
)
Row = Mapping[str, Costs]
"""What the images of one application cost, by the kind of file: naive, expert, ours."""


def measure(daemon: Daemon, bases: Bases, app: str) -> Row:
    """Build, try and edit all files of an application that reimage splits."""
    row: dict[str, Costs] = {}
    for kind in ("naive", "expert", "ours"):
        with tempfile.TemporaryDirectory() as target:
            folder = Path(target, app)
            file = folder / "Dockerfile"
            if kind == "ours":
                write_rewritten(app, folder)
            else:
                shutil.copytree(folder_of(app), folder, symlinks=True)
            if kind == "expert":
                if not file.with_suffix(".expert").exists():
                    continue
                file.with_suffix(".expert").replace(file)
            is_ours = kind == "ours"
            tag = f"{app}-{kind}"
            row[kind] = costs(daemon, bases, file, tag, ROUNDS, with_closure=is_ours)
        daemon.docker("image", "rm", "--force", f"{app}-{kind}")
    if shutil.disk_usage(daemon.folder).free < FREE:
        daemon.docker("builder", "prune", "--all", "--force")
    told = (f"{kind} {each}" for kind, each in row.items())
    print(app, *told, sep="\n  ", file=sys.stderr, flush=True)
    return row


def page(rows: Mapping[str, Row], unmeasured: Sequence[str]) -> str:
    """The page for what was measured, with the reasons why other applications stay as they are."""
    ratios = [row["ours"].built.size / row["naive"].built.size for row in rows.values()]
    lines = [
        "# Split applications",
        "",
        _told(
            f"Dockerfiles of {len(rows)} applications in `fixtures/dockerfiles/apps`:",
            "as they were written, as an expert wrote them by hand, and as all default",
            "transformations leave them. Built by BuildKit on the base images of the tests",
            "(`tests/engine`), started, and asked what their smoke files say. Measured",
            f"{datetime.now(UTC):%Y-%m-%d} at commit {_commit()}. Sizes are MB (10⁶ bytes) of all",
            "layers, unpacked, base included. Needed are the files that the closure of the command",
            "names (`reimage inspect --closure`): what a program or an interpreter loads, and not",
            "the time zones, certificates and data that it may ask for.",
        ),
        "",
        f"Median of ours by naive: {statistics.median(ratios):.2f}; worst {max(ratios):.2f}.",
        *([_EARLIER] if any(app.endswith("*") for app in rows) else ()),
        *([f"Split, but not measured: {', '.join(unmeasured)}."] if unmeasured else ()),
        "",
        _told(
            "| application | naive | expert | ours | ours / naive | ours / expert",
            "| needed | ours / needed | layers | smoke |",
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_size_row(app, row) for app, row in sorted(rows.items())),
        "",
        _told(
            "Packages that a Dockerfile installs by name stay installed, even where they look like",
            "tools of a person. A base comes whole: where a shell is needed, with Debian's package",
            "manager and all that it is made of; for a small program even distroless, with",
            "OpenSSL, time zones and certificates, is more than what is loaded.",
        ),
        "",
        "## One edit, and the first answer",
        "",
        _told(
            "One line is added to the source that the smoke file names: the seconds of the next",
            "build, and the compressed size of the layers that are new then, in kB (10³ bytes):",
            "they are pushed and pulled again. The last columns are the seconds from starting the",
            f"container to the first answer, the median of {ROUNDS}. A figure that is larger than",
            "it should be is in bold: an edit should cost no more than with the naive or the",
            "expert's file, a start at most a tenth and 0.1 s more than the naive one. An expert",
            "ships the folders that run and no other file, and installs what a project depends on",
            "by name and apart from it: an edit of ours renews the folder that is copied whole.",
            "Other work went on beside, so that seconds which are close to one another say little.",
        ),
        "",
        _told(
            "| application | build: naive | expert | ours | kB: naive | expert | ours",
            "| answer: naive | ours |",
        ),
        "|---|---|---|---|---|---|---|---|---|",
        *(_edit_row(app, row) for app, row in sorted(rows.items())),
        "",
        "## Left as they are",
        "",
        "| application | what the user reads, and why |",
        "|---|---|",
        *_others(),
        "",
        *_of_the_corpus(),
    ]
    return HEAD + "\n".join(lines) + "\n"


def _size_row(app: str, row: Row) -> str:
    naive, ours = row["naive"].built, row["ours"].built
    expert = row["expert"].built if "expert" in row else None
    by_hand = f"{expert.size / 1e6:.1f} | " if expert else "| "
    ratio = _against(ours.size / expert.size, 1.1, "{:.2f}") if expert else ""
    needed = row["ours"].needed
    return (
        f"| {app} | {naive.size / 1e6:.1f} | {by_hand}{ours.size / 1e6:.1f} "
        f"| {_against(ours.size / naive.size, WORST, '{:.2f}')} | {ratio} "
        f"| {needed / 1e6:.1f} | {_against(ours.size / needed, 1.5, '{:.2f}')} "
        f"| {naive.layers} → {ours.layers} "
        f"| {'; '.join(ours.problems) or 'passed'} |"
    )


def _edit_row(app: str, row: Row) -> str:
    naive, ours = row["naive"], row["ours"]
    others = [each for kind, each in row.items() if kind != "ours"]
    seconds = _against(ours.edit_seconds, min(each.edit_seconds for each in others), "{:.1f}")
    size = _against(ours.edit_bytes / 1e3, min(each.edit_bytes for each in others) / 1e3, "{:,.0f}")
    answer = _against(ours.answer_seconds, 1.1 * naive.answer_seconds + 0.1, "{:.2f}")
    expert = row.get("expert")
    by_hand = f"{expert.edit_seconds:.1f}" if expert else ""
    by_hand_bytes = f"{expert.edit_bytes / 1e3:,.0f}" if expert else ""
    return (
        f"| {app} | {naive.edit_seconds:.1f} | {by_hand} | {seconds} "
        f"| {naive.edit_bytes / 1e3:,.0f} | {by_hand_bytes} | {size} "
        f"| {naive.answer_seconds:.2f} | {answer} |"
    )


def _against(value: float, limit: float, how: str) -> str:
    text = how.format(value)
    return text if value <= limit else f"**{text}**"


def _of_the_corpus() -> Iterator[str]:
    """How the single-stage files of the corpus fare, of which only the text is known."""
    yield "## Files of the corpus"
    yield ""
    if not corpus_files.PRESENT:
        yield "The corpus was absent."
        return
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in corpus_files.index():
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        stages = Facts(parsed.tree).stages if not parsed.problems else ()
        if len(stages) != 1:
            continue
        stage = stages[0]
        if stage.windows or not stage.runs or not is_known(stage):
            outcomes["no recipe knows the base, or nothing is built on it"] += 1
        elif reason := told_by_the_text(stage):
            outcomes["refused, whatever the context holds"] += 1
            reasons[_general(reason)] += 1
        else:
            outcomes["needs its context"] += 1
    yield _told(
        f"{sum(outcomes.values())} Dockerfiles of the corpus have one stage. Their contexts are",
        "not known: none is split, and nothing is guessed.",
    )
    yield from ("", "| | files |", "|---|---|")
    yield from (f"| {name} | {count} |" for name, count in outcomes.most_common())
    yield from ("", "| refused because | files |", "|---|---|")
    yield from (f"| {name} | {count} |" for name, count in reasons.most_common())


def _general(reason: str) -> str:
    """The reason without the names of the file at hand, where it is a common one."""
    if reason.startswith("it is not known what ") and reason.endswith(" leaves behind"):
        return "it is not known what a command leaves behind"
    if reason.startswith("build arguments decide"):
        return "build arguments decide what the base is"
    return reason.partition(":")[0].replace("|", "\\|")


def _others() -> Iterator[str]:
    for app in applications():
        outcome = rewritten(app)
        if not structural(outcome):
            said = "; ".join(structural_refusals(outcome)) or f"nothing: {_nothing_to_gain(app)}"
            yield f"| {app} | {said} |"


def _nothing_to_gain(app: str) -> str:
    """Why there is not even a refusal."""
    folder = folder_of(app)
    stages = Facts(parse((folder / "Dockerfile").read_text("utf-8")).tree).stages
    image = stages[-1].image
    if len(stages) > 1:
        return f"it has {len(stages)} stages already, and ends on {image}"
    found = application(stages[0], survey(folder, folder / "Dockerfile"))
    if isinstance(found, Application):
        return f"{image} is slim already, and a distroless image can't get {_and(found.packages)}"
    return f"no smaller image is known that does what {image} does"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _told(*parts: str) -> str:
    return " ".join(parts)


def _commit() -> str:
    command = ("git", "rev-parse", "--short", "HEAD")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def kept(app: str, file: Path, *, earlier: bool = False) -> Row:
    """The figures that were written to the file; of an `earlier` outcome only where that is asked
    for."""
    if not file.exists():
        return {}
    read = json.loads(file.read_text("utf-8"))
    if (read["of"] != _instructions(app)) is not earlier:
        return {}
    return {kind: Costs(Built(*built), *others) for kind, (built, *others) in read["row"].items()}


def keep(app: str, file: Path, row: Row) -> None:
    """Write the figures to the file, with what was built."""
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"of": _instructions(app), "row": row}
    file.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _instructions(app: str) -> dict[str, list[str]]:
    """What comes out, without blank lines and comments."""
    told: dict[str, list[str]] = {}
    for name, text in produced(rewritten(app)).items():
        told[name] = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("apps", nargs="*", metavar="APPLICATION")
    parser.add_argument("--kept", type=Path, metavar="FOLDER")
    parser.add_argument("--only-kept", action="store_true", help="build nothing")
    parser.add_argument("--earlier", action="store_true", help="take those of other outcomes, too")
    chosen = parser.parse_args()
    split = [app for app in chosen.apps or applications() if structural(rewritten(app))]
    files = {app: chosen.kept / f"{app}.json" for app in split} if chosen.kept else {}
    rows = {app: row for app, file in files.items() if (row := kept(app, file))}
    before = {app: kept(app, file, earlier=True) for app, file in files.items() if chosen.earlier}
    rows |= {f"{app}*": row for app, row in before.items() if row}
    missing = [app for app in split if not {app, f"{app}*"} & rows.keys()]
    with ExitStack() as stack:
        if chosen.only_kept:
            missing.clear()
        elif missing:
            logs = stack.enter_context(tempfile.TemporaryDirectory())
            daemon = stack.enter_context(running_daemon(install(), "containerd", Path(logs)))
            bases = stack.enter_context(serving_bases(daemon))
        for app in missing:
            try:
                rows[app] = measure(daemon, bases, app)
            except Exception:  # noqa: BLE001 - the others are measured all the same
                print(app, traceback.format_exc(), file=sys.stderr, flush=True)
                continue
            if app in files:
                keep(app, files[app], rows[app])
    text = page(rows, [app for app in split if not {app, f"{app}*"} & rows.keys()])
    if chosen.apps:
        print(text)
    else:
        (ROOT / "docs" / "structure.md").write_text(text, encoding="utf-8")
    wrong = [app for app, row in rows.items() if row["ours"].built.problems]
    return int(bool(wrong) or len(rows) < len(split))


if __name__ == "__main__":
    sys.exit(main())
