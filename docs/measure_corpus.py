"""Writes docs/corpus.md and docs/interop.md: what happens on the Dockerfiles of the corpus.

These pages hold measurements, so nothing checks whether they are up to date; run this again when a
transformation changes. The corpus lies beside the checkout and is not part of it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dockerfile_parse import DockerfileParser  # noqa: E402
from tests import corpus_files  # noqa: E402

from reimage.dockerfile import Dockerfile, Onbuild, parse  # noqa: E402
from reimage.pipeline.selection import select  # noqa: E402
from reimage.rewriting import Claim, Outcome, Refusal, rewrite  # noqa: E402
from reimage.text import decode, encode  # noqa: E402

HEAD = "<!-- Measured by docs/measure_corpus.py; edits here are lost. -->\n\n"
Sources = dict[str, str]


def corpus_page(sources: Sources) -> str:
    outcomes = {
        name: rewrite(parse(source).tree, select(), allow=Claim.CHANGES_BEHAVIOUR)
        for name, source in sources.items()
        if not parse(source).problems
    }
    changed = [outcome for outcome in outcomes.values() if outcome.text != outcome.source]
    broken = [outcome for outcome in changed if parse(outcome.text).problems]
    lines = [
        "# On real Dockerfiles",
        "",
        _told(
            f"{len(sources):,} Dockerfiles of public repositories, without their build contexts",
            f"(commit {_commit()}). BuildKit accepts {len(outcomes):,} of them; the others are",
            "reported and left alone.",
        ),
        "",
        "| | files |",
        "|---|---|",
        f"| changed by at least one rewrite, any claim | {len(changed):,} |",
        f"| rejected by BuildKit's rules afterwards | {len(broken)} |",
        f"| rewrites dropped by the guard | {sum(len(o.dropped) for o in outcomes.values())} |",
        f"| not settled after the last pass | {sum(not o.converged for o in outcomes.values())} |",
        "",
        "## By transformation",
        "",
        "Needs are places that could not be judged: `context` is the build context.",
        "",
        "| transformation | files changed | rewrites | refusals | needs |",
        "|---|---|---|---|---|",
        *_by_transformation(outcomes.values()),
        "",
        "## Refusals by reason",
        "",
        "Names, numbers and quoted text are left out of the reasons.",
        "",
        "| transformation | reason | times |",
        "|---|---|---|",
        *_by_reason(outcomes.values()),
    ]
    return HEAD + "\n".join(lines) + "\n"


def _by_transformation(outcomes: Collection[Outcome]) -> Iterator[str]:
    for transformation in select():
        name = transformation.name
        applied = [[a for a in o.applied if a.transformation.name == name] for o in outcomes]
        remarks = [r for o in outcomes for r in o.remarks if r.transformation.name == name]
        refused = sum(isinstance(r.finding, Refusal) for r in remarks)
        yield (
            f"| {transformation.title} | {sum(map(bool, applied))} | {sum(map(len, applied))} "
            f"| {refused} | {len(remarks) - refused} |"
        )


def _by_reason(outcomes: Collection[Outcome]) -> Iterator[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        for remark in outcome.remarks:
            if isinstance(remark.finding, Refusal):
                counted[remark.transformation.title, _general(remark.finding.message)] += 1
    for (title, reason), times in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {title} | {reason} | {times} |"


def _general(message: str) -> str:
    """The message without what is particular to one file."""
    words = (
        "…" if any(c in word for c in "/$`'\"=.@[]{}|*<>0123456789-_") else word
        for word in message.split()
    )
    general: list[str] = []
    for word in words:
        if word != "…" or general[-1:] != ["…"]:
            general.append(word)
    return " ".join(general)


Kind = Callable[[Dockerfile], bool]
KINDS: dict[str, Kind] = {
    "a heredoc: its lines are read as instructions": lambda tree: any(
        i.heredocs for i in tree.instructions
    ),
    "`# escape=` is not read, so lines end where they go on": lambda tree: tree.escape != "\\",
    "an instruction behind ONBUILD": lambda tree: any(
        isinstance(i, Onbuild) for i in tree.instructions
    ),
    "comments between continued lines": lambda tree: any(
        i.inner_comments for i in tree.instructions
    ),
    "an empty line, or blanks only, between continued lines": lambda tree: any(
        i.continued for i in tree.instructions
    ),
}


def interop_page(sources: Sources) -> str:
    differing: dict[str, list[str]] = defaultdict(list)
    compared = 0
    for name, source in sources.items():
        parsed = parse(source)
        if parsed.problems:
            continue
        compared += 1
        if _theirs(source) != _ours(parsed.tree):
            kind = next((kind for kind, fits in KINDS.items() if fits(parsed.tree)), "other")
            differing[kind].append(name)
    total = sum(map(len, differing.values()))
    lines = [
        "# dockerfile-parse and reimage",
        "",
        _told(
            "`reimage.optimize` takes a `dockerfile_parse.DockerfileParser` and gives it back with",
            "its content replaced. It takes the text from the parser, never the meaning: of",
            f"{compared:,} Dockerfiles that BuildKit accepts, dockerfile-parse reads {total}",
            "differently (instructions, their values with blanks folded, first and last lines;",
            f"commit {_commit()}).",
        ),
        "",
        "| what the file holds | files | for instance |",
        "|---|---|---|",
    ]
    for kind, names in sorted(differing.items(), key=lambda item: -len(item[1])):
        lines.append(f"| {kind} | {len(names)} | {names[0].partition('/')[0].replace('__', '/')} |")
    lines += [
        "",
        _told(
            "Where it reads a file as BuildKit does, our tree says the same",
            "(`tests/dockerfile/test_interop.py`).",
        ),
    ]
    return HEAD + "\n".join(lines) + "\n"


Reading = list[tuple[str, str, int, int]]


def _theirs(source: str) -> Reading | None:
    parser = DockerfileParser(fileobj=io.BytesIO(encode(source)))
    try:
        structure = parser.structure
    except (UnicodeDecodeError, ValueError, IndexError, KeyError):
        return None
    return [
        (each["instruction"], _folded(each["value"]), each["startline"] + 1, each["endline"] + 1)
        for each in structure
        if each["instruction"] != "COMMENT"
    ]


def _ours(tree: Dockerfile) -> Reading:
    return [
        (
            each.keyword,
            _folded(each.logical.text[len(each.keyword) :]),
            tree.line(each),
            tree.lines.line(each.span.end),
        )
        for each in tree.instructions
    ]


def _told(*parts: str) -> str:
    return " ".join(parts)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _commit() -> str:
    command = ("git", "rev-parse", "--short", "HEAD")
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def main() -> int:
    if not corpus_files.PRESENT:
        print(f"The corpus is absent: looked in {corpus_files.ROOT}.", file=sys.stderr)
        return 2
    rows = corpus_files.index()
    sources = {row["id"]: decode(corpus_files.path(row).read_bytes()) for row in rows}
    (ROOT / "docs" / "corpus.md").write_text(corpus_page(sources), encoding="utf-8")
    (ROOT / "docs" / "interop.md").write_text(interop_page(sources), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
