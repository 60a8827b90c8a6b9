"""Words of the command line turned into what the pipeline takes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.cli.errors import BadUsage

if TYPE_CHECKING:
    from reimage.rewriting.transformation import Claim


def claim(word: str) -> "Claim":
    """The claim a user means by its label."""
    from reimage.rewriting.transformation import Claim

    for each in Claim:
        if each.label == word.replace("_", "-"):
            return each
    raise BadUsage(f"--allow takes {one_of(each.label for each in Claim)}, not '{word}'.")


def names(words: Iterable[str]) -> tuple[str, ...]:
    """Names of transformations, given one by one or with commas, as titles or function names."""
    parts = (part.strip() for word in words for part in word.split(","))
    return tuple(dict.fromkeys(part.replace("_", "-") for part in parts if part))


def hunks(word: str) -> tuple[int, ...]:
    """The numbers in `1,3-5`."""
    from reimage.rewriting.patches import parse_numbers

    try:
        return parse_numbers(word)
    except ValueError as error:
        raise BadUsage(f"--hunks: {error}") from error


def format_name(word: str, known: Sequence[str]) -> str:
    if word in known:
        return word
    raise BadUsage(f"--format takes {one_of(known)}, not '{word}'.")


def context(word: str | None, no_context: bool) -> Path | None:
    """The folder of the build context, if one is named."""
    if word is None:
        return None
    if no_context:
        raise BadUsage("--context and --no-context exclude one another.")
    folder = Path(word)
    if not folder.is_dir():
        raise BadUsage(f"--context {word}: there is no such directory.")
    return folder


def count(option: str, word: str, unit: str) -> int:
    """A whole number of days, minutes …"""
    if word.isascii() and word.isdigit() and len(word) < 7:
        return int(word)
    raise BadUsage(f"{option} takes a number of {unit}, not '{word}'.")


def most_vulnerabilities(words: Iterable[str] | None) -> tuple[tuple[str, int], ...]:
    """Numbers by severity, given one by one or with commas."""
    from reimage.model.scans.counts import SEVERITIES, TOTAL

    option, known = "--max-vulnerabilities", (*SEVERITIES, TOTAL)
    found = []
    for word in (part.strip() for each in words or () for part in each.split(",")):
        name, number = pair(option, word)
        if name.lower() not in known:
            raise BadUsage(f"{option} takes {one_of(known)}, not '{name}'.")
        found.append((name.lower(), count(option, number, "vulnerabilities")))
    return tuple(found)


def pair(option: str, word: str) -> tuple[str, str]:
    """`NAME=VALUE`, neither of them empty."""
    name, _, value = word.partition("=")
    if name and value:
        return name, value
    raise BadUsage(f"{option} takes NAME=VALUE, not '{word}'.")


def one_of(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
