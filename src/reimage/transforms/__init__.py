"""The transformations, one file each. The folder is the registry."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from reimage.rewriting.transformation import Transformation


@lru_cache(maxsize=1)
def load() -> tuple[Transformation, ...]:
    """All transformations by name. A file that does not hold the one of its name is our bug."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(_load(name) for name in names)


def _load(name: str) -> Transformation:
    module = importlib.import_module(f"{__name__}.{name}")
    found = getattr(module, name, None)
    if not isinstance(found, Transformation):
        raise TypeError(f"{module.__file__} must define the transformation {name}")
    if not found.summary.endswith("."):
        raise TypeError(f"{module.__file__}: the docstring's first line must be a sentence")
    return found
