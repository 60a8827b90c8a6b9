"""The name somebody probably meant."""

from collections.abc import Iterable


def closest(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`, None when none is close."""
    # Only errors get here, and difflib takes longer to import than most files to parse.
    import difflib

    found = difflib.get_close_matches(word[:64], list(names), n=1, cutoff=0.6)
    return found[0] if found else None
