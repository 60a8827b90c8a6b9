"""Writes the pages that follow from code and fixtures; with --check, says which are out of date."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fixture_cases import Case, find_cases, produced  # noqa: E402

from reimage.image.waste import kinds  # noqa: E402
from reimage.image.waste.kinds import KINDS  # noqa: E402
from reimage.report.images.schemas import compare_schema, inspect_schema  # noqa: E402
from reimage.report.json_schema import schema  # noqa: E402
from reimage.rewriting import Claim, Transformation  # noqa: E402
from reimage.rewriting.patches import make_patch  # noqa: E402
from reimage.transforms import load  # noqa: E402
from reimage.verify.allowances import LEFTOVERS, NOT_REPEATED, VARYING  # noqa: E402

DOCS = ROOT / "docs"
HEAD = "<!-- Written by docs/generate.py from code and fixtures; edits here are lost. -->\n\n"
MEANINGS = {
    Claim.SAME_IMAGE: "root file system and runtime configuration are equal, timestamps aside",
    Claim.SAME_FILES: "build leftovers may go: package lists, caches, logs, docs",
    Claim.SAME_BEHAVIOUR: "files differ; what the entry command needs is whole",
    Claim.CHANGES_BEHAVIOUR: "the image behaves differently; a person must want it",
}
LIMITS = (
    "`reimage optimize` suggests up to `same-behaviour`, `--write` applies up to `same-files`; "
    "`--allow CLAIM` sets another limit. The claim below is the strongest that a transformation "
    "makes; a single rewrite may make a weaker one, and says so."
)

ALLOWED = (
    "`reimage optimize --build` [compares images](proof.md). Files whose path begins like one of "
    "these, from the root on and without the first slash, may differ: the first table for every "
    "claim, the second for `same-files`. A folder does not count that holds nothing else."
)


def pages() -> Iterator[tuple[Path, str]]:
    cases = find_cases()
    yield DOCS / "transforms" / "README.md", overview()
    for transformation in load():
        own = [case for case in cases if case.transformation == transformation.name]
        path = DOCS / "transforms" / f"{transformation.title}.md"
        yield path, page(transformation, own)
    yield DOCS / "waste-kinds.md", waste_kinds()
    yield DOCS / "differences-allowed.md", differences_allowed()
    for name, made in (
        ("optimize", schema()),
        ("inspect", inspect_schema()),
        ("compare", compare_schema()),
    ):
        yield DOCS / "schema" / f"{name}.schema.json", json.dumps(made, indent=2) + "\n"


def differences_allowed() -> str:
    lines = [HEAD + "# Differences that do not count", "", ALLOWED]
    tables = {
        "Not repeated by builds": NOT_REPEATED,
        "Content that builds do not repeat": VARYING,
        "Leftovers": LEFTOVERS,
    }
    for title, table in tables.items():
        lines += ["", f"## {title}", "", "| path, as a regular expression | why |", "|---|---|"]
        lines += [f"| `{each.paths.replace('|', chr(92) + '|')}` | {each.why} |" for each in table]
    return "\n".join(lines) + "\n"


def waste_kinds() -> str:
    lines = [
        HEAD + "# Kinds of waste\n",
        WASTE,
        "",
        "| kind | what it is | cured by |",
        "|---|---|---|",
    ]
    for kind in KINDS:
        meaning = " ".join((getattr(kinds, kind.name).__doc__ or "").split())
        cures = [f"[{name}](transforms/{name.replace('_', '-')}.md)" for name in kind.cures]
        lines.append(f"| `{kind.name}` | {meaning} | {', '.join(cures) or '–'} |")
    return "\n".join(lines) + "\n"


WASTE = (
    "Content of regular files, in bytes. What is waste for several reasons counts once, for the "
    "first kind below. A hard link is never waste as long as a container sees the content under "
    "any name. [Beside dive](waste.md)."
)


def overview() -> str:
    lines = ["# Transformations\n", "| claim | what may differ in the image |", "|---|---|"]
    lines += [f"| `{claim.label}` | {meaning} |" for claim, meaning in MEANINGS.items()]
    lines += ["", LIMITS]
    lines += [
        "",
        "| transformation | what it does | claim | may change | also known as |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| [{t.title}]({t.title}.md) | {t.summary} | `{t.claim.label}` | {_list(t.may_change)} "
        f"| {_list(t.known_as)} |"
        for t in load()
    ]
    return HEAD + "\n".join(lines) + "\n"


def page(transformation: Transformation, cases: list[Case]) -> str:
    _, _, body = transformation.doc.partition("\n")
    facts = [f"Claim: `{transformation.claim.label}`, {MEANINGS[transformation.claim]}."]
    if transformation.may_change:
        facts.append(f"May change in the image configuration: {_list(transformation.may_change)}.")
    if transformation.alternative_to:
        other = transformation.alternative_to.replace("_", "-")
        facts.append(
            f"Alternative to [{other}]({other}.md), which is the default: "
            f"choose with `--prefer {transformation.title}`."
        )
    if transformation.known_as:
        facts.append(f"Suppression comments for {_list(transformation.known_as)} are honoured.")
    example = next(case for case in cases if case.name == "example")
    sections = [
        f"# {transformation.title}",
        f"**{transformation.summary}**",
        body.strip(),
        " ".join(facts),
        f"```diff\n{diff(example)}```",
        _cases("It also rewrites", cases, lambda case: not case.unchanged),
        _cases("It refuses, and says why", cases, lambda case: case.name.startswith("refuses_")),
        _cases("It has nothing to say about", cases, lambda case: case.name.startswith("leaves_")),
    ]
    return HEAD + "\n\n".join(section for section in sections if section) + "\n"


def diff(case: Case) -> str:
    """The patch of a case without its file headers."""
    patches = []
    for name, after in produced(case.outcome()).items():
        path = case.path / "before" / name
        before = path.read_text(encoding="utf-8") if path.exists() else None
        patches += [f"# {name}\n"] if name != "Dockerfile" else []
        patches += [hunk.text for hunk in make_patch(name, before, after).hunks]
    return "".join(patches)


def _cases(title: str, cases: list[Case], wanted: Callable[[Case], bool]) -> str:
    names = [_sentence(case) for case in cases if wanted(case) and case.name != "example"]
    return f"## {title}\n\n" + "\n".join(f"- {name}" for name in names) if names else ""


def _sentence(case: Case) -> str:
    words = case.name.removeprefix("refuses_").removeprefix("leaves_").replace("_", " ")
    folder = f"../../fixtures/dockerfiles/{case.transformation}/{case.name}"
    return f"[{words}]({folder})"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    made = dict(pages())
    stale = [
        path
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    gone = [path for path in (DOCS / "transforms").glob("*.md") if path not in made]
    for path in stale + gone:
        print(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}")
    if check:
        return 1 if stale or gone else 0
    for path in gone:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
