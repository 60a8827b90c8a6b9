"""Values such as `type=local,dest=out`: a row of CSV, each field a key and a value."""

import csv

from reimage.cli.errors import BadUsage

_TRUE = ("1", "t", "true")
_FALSE = ("0", "f", "false")


def row(flag: str, text: str) -> list[str]:
    """The fields; a field with a comma or a quote in it is quoted as in CSV."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise BadUsage(f"{flag} {text}: the quotes do not match.") from error
    return [field.strip() for field in rows[0]] if rows else []


def pairs(flag: str, text: str) -> dict[str, str]:
    """The fields by their keys, which are read in lower case."""
    found: dict[str, str] = {}
    for field in row(flag, text):
        key, equals, value = field.partition("=")
        if not equals or not key:
            raise BadUsage(f"{flag} {text}: '{field}' is not of the form key=value.")
        found[key.strip().lower()] = value
    return found


def split(flag: str, text: str) -> tuple[str, str]:
    """`name=value`, with a name."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadUsage(f"{flag} takes NAME=VALUE, not '{text}'.")
    return name, value


def boolean(flag: str, text: str) -> bool:
    """`true` or `false`, as Go reads them."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadUsage(f"{flag} takes true or false, not '{text}'.")


def number(flag: str, text: str) -> int:
    """A whole number that is not negative."""
    if not text.isascii() or not text.isdecimal():
        raise BadUsage(f"{flag} takes a number, not '{text}'.")
    return int(text)


def only(flag: str, text: str, given: dict[str, str], *known: str) -> None:
    """Refuse keys that nobody would look at."""
    for key in given:
        if key not in known:
            raise BadUsage(f"{flag} {text}: '{key}' is not known; {', '.join(known)} are.")
