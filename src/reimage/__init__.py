"""Rewrites Dockerfiles so that their images get smaller, says why, and can prove it.

`optimize` is the way in for programs; the command line is `reimage.cli`. Importing this package
loads nothing else: start-up time is part of the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reimage.pipeline.api import optimize

__all__ = ["__version__", "optimize"]

# The one place of the version; the build reads it from here. `importlib.metadata` would cost
# every run some 10 ms.
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "optimize":
        from reimage.pipeline.api import optimize

        return optimize
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
