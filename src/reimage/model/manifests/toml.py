"""Reading TOML that strangers wrote."""

from __future__ import annotations

from typing import Any


def read_toml(text: str) -> dict[str, Any] | None:
    """The table that `text` is, with or without a byte order mark; None if it is not TOML."""
    # Few contexts hold TOML, and each run would pay for the import.
    import tomllib

    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
