"""Budgets, held to the image that comes out of a proof as `compare` holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.image.waste.finding import wasted
from reimage.pipeline.images.anatomy import Places, image_report
from reimage.pipeline.images.budgets import Limits, budgets
from reimage.pipeline.images.comparing import line_differences
from reimage.pipeline.images.subjects import Recipe, Subject

if TYPE_CHECKING:
    from reimage.pipeline.images.comparison import BudgetReport
    from reimage.pipeline.images.results import ImageReport
    from reimage.pipeline.proving.building import Built


def budgets_of(
    built: tuple[Built, Built], texts: tuple[str, str], limits: Limits, target: str
) -> tuple[BudgetReport, ...]:
    """Each limit that was given; lines are those of the file that comes out."""
    if limits == Limits():
        return ()
    before, after = (
        _report(each, Recipe("Dockerfile", text, target))
        for each, text in zip(built, texts, strict=True)
    )
    return budgets(limits, before, after, line_differences(before, after))


def _report(built: Built, recipe: Recipe) -> ImageReport:
    subject = Subject(built.name, built.subject.image, built.subject.contents, recipe)
    return image_report(subject, Places(subject), wasted(built.subject.image))
