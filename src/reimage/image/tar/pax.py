"""Extended headers: records of a length, a key and a value."""

from __future__ import annotations

from reimage.image.errors import Damaged

Records = dict[str, bytes]
_MALFORMED = "A tar file has a malformed extended header."


def parse(data: bytes) -> list[tuple[str, bytes]]:
    """`LENGTH KEY=VALUE\\n`, again and again; keys may repeat."""
    found = []
    at = 0
    while at < len(data) and data[at]:
        blank = data.find(b" ", at, at + 12)
        digits = data[at:blank]
        if blank < 0 or not digits.isdigit():
            raise Damaged(_MALFORMED)
        end = at + int(digits)
        key, equals, value = data[blank + 1 : end - 1].partition(b"=")
        if end <= blank or end > len(data) or data[end - 1] != 0x0A or not equals:
            raise Damaged(_MALFORMED)
        found.append((key.decode("utf-8", "surrogateescape"), value))
        at = end
    return found


def merge(records: Records, more: list[tuple[str, bytes]]) -> None:
    """Later records win; an empty value takes an earlier one back."""
    for key, value in more:
        if value or key.startswith(XATTR):
            records[key] = value
        else:
            records.pop(key, None)


def whole(value: bytes) -> int:
    """A decimal number, of which the fraction does not count."""
    digits, _, fraction = value.partition(b".")
    try:
        found = int(digits or b"0")
    except ValueError:
        raise Damaged(_MALFORMED) from None
    # Times before 1970 are rounded down, too.
    return found - 1 if digits.startswith(b"-") and fraction.strip(b"0") else found


XATTR = "SCHILY.xattr."
