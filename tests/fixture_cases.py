"""The cases in fixtures/dockerfiles: found, not listed.

A case is `<transformation>/<case>/before/` (a build context with its Dockerfile) and `after/`,
which holds the files that come out different. Cases named `leaves_…` have no `after`: nothing is
found. Cases named `refuses_…` have none either, and the transformation says why.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reimage.context.survey import survey
from reimage.dockerfile import parse
from reimage.image.systems import System
from reimage.model import ContextFacts, ImageFacts
from reimage.model.images.answers import Pinning, Resolved, Unresolved
from reimage.model.images.facts import BaseImage
from reimage.rewriting import Claim, Outcome, Transformation, rewrite
from reimage.text import decode, encode
from reimage.transforms import load

ROOT = Path(__file__).parent.parent / "fixtures" / "dockerfiles"
ALL_TOGETHER = "together"
APPS = "apps"
REGISTRY = "registry.toml"
"""What registries say, beside `before`: `tags` (each a digest, or a table with `digest` and
`created`, or with the `error`), `update`, `made-before`, `named-contexts`, `versioned` (which tag
says most about an image), and `bases`, where each image has `release` and `sh` of its Debian."""
NO_CONTEXT = ".no-context"
"""A case with this file beside `before` is looked at without knowing its context."""


@dataclass(frozen=True)
class Case:
    transformation: str
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def unchanged(self) -> bool:
        return self.name.startswith(("leaves_", "refuses_"))

    @property
    def source(self) -> str:
        return decode((self.path / "before" / "Dockerfile").read_bytes())

    @property
    def context(self) -> ContextFacts | None:
        if (self.path / NO_CONTEXT).exists():
            return None
        before = self.path / "before"
        return survey(before, before / "Dockerfile")

    @property
    def images(self) -> ImageFacts | None:
        path = self.path / REGISTRY
        if not path.exists():
            return None
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        answers = {tag: _answer(answer) for tag, answer in told.get("tags", {}).items()}
        return ImageFacts(
            Pinning(answers, told.get("update", False), told.get("made-before")),
            bases={image: _base(system) for image, system in told.get("bases", {}).items()},
            versioned=told.get("versioned", {}),
            named_contexts=frozenset(told.get("named-contexts", ())),
        )

    def context_with(self, files: Mapping[str, str]) -> ContextFacts | None:
        """The context once `files` are written."""
        context = self.context
        return context and context._replace(texts={**context.texts, **files})

    @property
    def transformations(self) -> list[Transformation]:
        """The one that the folder is named after, all defaults for `together`."""
        if self.transformation == ALL_TOGETHER:
            return [t for t in load() if t.alternative_to is None]
        return [t for t in load() if t.name == self.transformation]

    def outcome(self) -> Outcome:
        """What the case's transformations make of it, whatever their claim."""
        parsed = parse(self.source)
        assert not parsed.problems, parsed.problems
        return rewrite(
            parsed.tree,
            self.transformations,
            allow=Claim.CHANGES_BEHAVIOUR,
            context=self.context,
            images=self.images,
        )

    def expected(self) -> dict[str, str]:
        after = self.path / "after"
        return {
            path.relative_to(after).as_posix(): decode(path.read_bytes())
            for path in sorted(after.rglob("*"))
            if path.is_file()
        }

    def accept(self, produced: dict[str, str]) -> None:
        """Write `after`. A case that must stay unchanged can't be accepted away."""
        assert not self.unchanged, f"{self.path} must not change"
        for name, text in produced.items():
            target = self.path / "after" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encode(text))


def _answer(told: Any) -> Resolved | Unresolved:
    if isinstance(told, str):
        return Resolved(told)
    if "error" in told:
        return Unresolved(told["error"])
    return Resolved(told["digest"], told.get("created"))


def _base(told: Any) -> BaseImage:
    system = System("debian", told["release"], "apt", "glibc", told.get("sh", "dash"))
    return BaseImage("", "linux/amd64", {}, system=system)


def produced(outcome: Outcome) -> dict[str, str]:
    """The files that came out different."""
    files = dict(outcome.files)
    if outcome.text != outcome.source:
        files["Dockerfile"] = outcome.text
    return files


def find_cases() -> list[Case]:
    found = (
        Case(folder.name, case)
        for folder in sorted(ROOT.iterdir())
        if folder.is_dir() and folder.name != APPS
        for case in sorted(folder.iterdir())
        if case.is_dir()
    )
    return list(found)


UPDATE = bool(os.environ.get("UPDATE"))
