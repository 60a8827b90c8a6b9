"""What is kept of a proof, and when it is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reimage.pipeline.proving import remembering
from reimage.pipeline.proving.remembering import Figures, Memory, Remembered
from reimage.pipeline.proving.results import SavingReport

SAVED = SavingReport(("one", "two"), ("merge-run-layers",), -30, None, -1, 0.5, None)
PROOF = Remembered(
    digests=("sha256:a", "sha256:b"),
    layers=("sha256:c",),
    asked=1,
    before=Figures(100, 40, 3),
    after=Figures(70, None, 2),
    saved=SAVED,
    savings=(SAVED, SAVED._replace(rewrites=())),
)


def test_nothing_is_recalled_before_anything_is_kept(tmp_path: Path) -> None:
    assert Memory(tmp_path / "none", ("a",)).recall() is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"digests": ["a"]}', "[" * 100_000, '{"digests": [1, 2]}', "\\xff"],
)
def test_what_is_damaged_was_not_kept(tmp_path: Path, text: str) -> None:
    memory = Memory(tmp_path, ("a",))
    memory.keep(PROOF)
    (path,) = tmp_path.iterdir()
    path.write_text(text)
    assert memory.recall() is None


@pytest.mark.parametrize("about", [("a", "c"), ("a",), ("a", "b", "c")])
def test_another_question_has_no_answer(tmp_path: Path, about: tuple[str, ...]) -> None:
    Memory(tmp_path, ("a", "b")).keep(PROOF)
    assert Memory(tmp_path, about).recall() is None


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    Memory(tmp_path / "new", ("a", "b")).keep(PROOF)
    assert Memory(tmp_path / "new", ("a", "b")).recall() == PROOF


def test_what_was_built_from_is_not_written_down(tmp_path: Path) -> None:
    Memory(tmp_path, ("the token is hunter2",)).keep(PROOF)
    (path,) = tmp_path.iterdir()
    assert "hunter2" not in path.name + path.read_text()


def test_another_version_proves_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(tmp_path, ("a",)).keep(PROOF)
    monkeypatch.setattr(remembering, "__version__", "99")
    assert Memory(tmp_path, ("a",)).recall() is None


def test_the_number_of_proofs_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "_MOST", 3)
    for number in range(6):
        Memory(tmp_path, (number,)).keep(PROOF)
    assert len(list(tmp_path.iterdir())) == 3


def test_where_nothing_can_be_kept_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "proofs", ("a",))
    memory.keep(PROOF)
    assert memory.recall() is None
