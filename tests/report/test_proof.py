"""What building showed, on the terminal, as Markdown and as a page."""

from __future__ import annotations

import re

from reimage.pipeline.images.comparison import BudgetReport
from reimage.pipeline.proving.results import (
    BuildReport,
    ChangeReport,
    ChangeSide,
    ReproducibleReport,
    SavingReport,
    SideReport,
)
from reimage.pipeline.results import FileReport, RunReport
from reimage.report.markdown import as_markdown
from reimage.report.pieces import plain
from reimage.report.proof import proof_lines
from reimage.report.proof_page import bars, optimize_page

BUILD = BuildReport(
    builder="unix:///builder.sock",
    smoke="requests: 8000/<b>",
    before=SideReport(2_000_000, 1_000_000, 3, 20.0, 4, 0),
    after=SideReport(1_500_000, 900_000, 2, 15.0, 4, 0),
    builds=4,
    seconds=44.0,
    saved=SavingReport((), (), -500_000, -100_000, -1, None, -300),
    savings=(
        SavingReport(("a:1-2",), ("merge-run-layers",), 100_000, 20_000, -1, 2.5, 0),
        SavingReport(
            ("b:1-2", "c:1-2", "d:1-2", "e:1-2"),
            ("b", "c", "d", "e"),
            -600_000,
            -120_000,
            0,
            None,
            -300,
        ),
    ),
    change=ChangeReport("app.py", ChangeSide(9.0, 4, 1, 400), ChangeSide(1.0, 4, 3, 100)),
    reproducible=ReproducibleReport(1, ("sha256:1", "sha256:2"), False, ("/srv/a",), 0),
    budgets=(
        BudgetReport("max-layers", "1", 2, 1, False, 3, "RUN x", "", "The image has 2 layers"),
    ),
)
REPORT = FileReport("Dockerfile", patch="--- a\n+++ b\n@@ -1 +1 @@\n-x\n+<i>\n", build=BUILD)
ERROR = FileReport("Other", error="The original does not build: <why>.")


def test_what_was_not_built_says_nothing_of_builds() -> None:
    assert plain(proof_lines(ERROR)) == ""
    assert "|" not in as_markdown(RunReport("1", (ERROR,)))
    assert "Figures" not in optimize_page(RunReport("1", (ERROR,)))


def test_the_waterfall_is_told_part_by_part_and_ends_with_the_whole() -> None:
    told = plain(proof_lines(REPORT))
    rows = [re.split(r"  +", line.strip()) for line in told.splitlines()]
    assert ["size", "compressed", "layers", "seconds", "to pull", "what each saved"] in rows
    assert ["+100 kB", "+20 kB", "-1", "+2.5s", "±0", "merge-run-layers"] in rows
    assert ["-600 kB", "-120 kB", "±0", "?", "-300 B", "b, c, d and 1 more"] in rows
    assert ["-500 kB", "-100 kB", "-1", "?", "-300 B", "the whole"] in rows
    assert "rebuild     9.0s to 1.0s after an edit of app.py" in told
    assert "repeatable  no: two builds without cache differ in /srv/a" in told
    assert "The image has 2 layers" in told


def test_markdown_has_the_same_and_lets_no_markup_through() -> None:
    told = as_markdown(RunReport("1", (REPORT,)))
    assert "| merge-run-layers | +100 kB | +20 kB | -1 | +2.5s | ±0 |" in told
    assert "| to pull after it | 400 B | 100 B | -75.0 % |" in told
    assert "8000/\\<b\\>" in told
    assert "Budget not held: The image has 2 layers." in told


def test_the_page_has_the_same_and_lets_no_markup_through() -> None:
    page = optimize_page(RunReport("1", (REPORT, ERROR)))
    assert "merge-run-layers" in page
    assert "&lt;b&gt;" in page
    assert "+&lt;i&gt;" in page
    assert "&lt;why&gt;" in page
    assert "<i>" not in page


def test_the_bars_of_the_waterfall_lead_from_one_size_to_the_other() -> None:
    assert bars(BUILD) == [(100.0, 5.0, "up"), (75.0, 30.0, "down"), (0.0, 75.0, "left")]
