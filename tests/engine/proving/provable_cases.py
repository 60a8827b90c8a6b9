"""The cases of the transformations' fixtures, and which of them a machine without public images can
build.

`fixtures/unbuildable.toml` names the others: `reasons` maps what the proof says of a case, or a
part of it, to the cases, and `untried` are those that nobody has looked at yet. Cases whose base
images nobody makes here are counted, not listed. `dropped` are cases whose rewrite is right by the
text and wrong in the image: the proof tells, and says why.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tests.engine.make_bases import STAGES
from tests.engine.more_bases import RECIPES_OF_THEIR_OWN
from tests.fixture_cases import ALL_TOGETHER, NO_CONTEXT, ROOT, Case, find_cases

from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.text import decode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.bases import Bases

ALIASES = {
    "python:3.12-slim-bookworm": "python:3.12-slim",
    "node:22-bookworm-slim": "node:22-slim",
    "debian": "debian:12",
    "debian:latest": "debian:12",
}
"""Other names of images that are made here."""
MADE = STAGES.keys() | RECIPES_OF_THEIR_OWN.keys() | ALIASES.keys() | {"scratch"}
CASES = [case for case in find_cases() if (case.path / "after").is_dir()]


def name_of(case: Case) -> str:
    return f"{case.transformation}/{case.name}"


def reasons() -> dict[str, str]:
    """What the proof says of a case that cannot be built, by name."""
    return {name: reason for reason, names in _listed()["reasons"].items() for name in names}


def dropped() -> dict[str, str]:
    """Why the proof drops the rewrite of a case, by name."""
    return dict(_listed()["dropped"])


def untried() -> set[str]:
    """Names of cases that nobody has looked at."""
    return set(_listed()["untried"])


def _listed() -> dict[str, Any]:
    return tomllib.loads((ROOT.parent / "unbuildable.toml").read_text("utf-8"))


def images(case: Case) -> set[str]:
    """What it starts from, and copies or mounts from, before and after; as it is written."""
    found: set[str] = set()
    for path in (case.path / "before" / "Dockerfile", case.path / "after" / "Dockerfile"):
        if path.exists():
            text = decode(path.read_bytes())
            stages = Facts(parse(text).tree).stages
            names = {stage.name for stage in stages} | {str(stage.index) for stage in stages}
            found |= {
                stage.image or stage.from_.arguments.whole.of(text)
                for stage in stages
                if not stage.base
            }
            copied = re.findall(r"(?:--from=|,from=)([^\s,]+)", text)
            found |= {each for each in copied if each.lower() not in names}
    return found


def is_made_here(case: Case) -> bool:
    """Whether every image that it needs is."""
    return images(case) <= MADE


def options(case: Case, dockerfile: Path, bases: Bases) -> list[str]:
    """Of `reimage optimize --build`: the images of this machine, and the case's transformation."""
    found = bases.options_for_rewriting(dockerfile)
    found += [
        f"--build-context={name}=docker-image://{bases.reference(made)}"
        for name, made in ALIASES.items()
    ]
    if case.transformation != ALL_TOGETHER:
        found.append(f"--select={case.transformation.replace('_', '-')}")
    if (case.path / NO_CONTEXT).exists():
        found.append("--no-context")
    return found
