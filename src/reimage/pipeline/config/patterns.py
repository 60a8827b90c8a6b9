"""Patterns of files, as `.gitignore` has them."""

from __future__ import annotations

from fnmatch import fnmatchcase


def segments(pattern: str) -> list[str]:
    """The parts of a pattern, led by `**` where it fits at any depth."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    # Of several `**` in a row, one says it all and is tried once.
    parts = [
        part for part, last in zip(parts, ["", *parts], strict=False) if not part == last == "**"
    ]
    if pattern.endswith("/**"):
        parts.pop()
    return [*parts, "*"] if pattern.endswith(("/", "/**")) else parts


def fits(names: tuple[str, ...], parts: list[str]) -> bool:
    """Whether a path fits; what is below a folder that fits does as well."""
    if not parts:
        return True
    if parts[0] == "**":
        return any(fits(names[at:], parts[1:]) for at in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], parts[0]) and fits(names[1:], parts[1:])
