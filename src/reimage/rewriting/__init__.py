"""What a transformation is; applying rewrites to a fixed point; patches. No IO."""

from reimage.rewriting.engine import Dropped, Identified, Outcome, Remark, rewrite
from reimage.rewriting.transformation import (
    Claim,
    Evidence,
    Finding,
    Refusal,
    Rewrite,
    Skipped,
    Transformation,
    transformation,
)

__all__ = [
    "Claim",
    "Dropped",
    "Evidence",
    "Finding",
    "Identified",
    "Outcome",
    "Refusal",
    "Remark",
    "Rewrite",
    "Skipped",
    "Transformation",
    "rewrite",
    "transformation",
]
