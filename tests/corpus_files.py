"""Dockerfiles from public repositories, for tests only. They lie beside the checkout, never in it.

A test that needs them is skipped, and says so, where they are absent.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "shared" / "corpus"
PRESENT = (ROOT / "index.tsv").is_file()
every_eighth_or_all = pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
"""For laws that take long: a part of the corpus always, all of it with the slow tests."""
needs_corpus = pytest.mark.skipif(not PRESENT, reason=f"the corpus is absent (looked in {ROOT})")


@lru_cache(maxsize=1)
def index() -> list[dict[str, str]]:
    """The rows of the index: id, kind, parse_wheel, instr_buildkit0322, features, …"""
    if not PRESENT:
        return []
    with (ROOT / "index.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def path(row: dict[str, str]) -> Path:
    return ROOT / "dockerfiles" / row["id"]


def conformance(folder: str) -> list[Path]:
    """The Dockerfiles of BuildKit's own parser cases."""
    return sorted((ROOT / "conformance" / folder).rglob("Dockerfile"))
