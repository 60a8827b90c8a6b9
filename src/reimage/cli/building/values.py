"""Arguments, labels, hosts and limits of a build."""

import ipaddress
import os
import re
from collections.abc import Iterable

from reimage.cli.building.fields import row, split
from reimage.cli.errors import BadUsage

#: Stands for the address of the machine that the builder runs on.
HOST_GATEWAY = "host-gateway"
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[kmgtp]?)(?:i?b)?", re.IGNORECASE)
_UNITS = "bkmgtp"
_LIMITS = (
    "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending "
    "stack"
).split()


def arguments(words: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE`, or `NAME` for the value in the environment (left out if it has none)."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise BadUsage(f"--build-arg takes NAME=VALUE or NAME, not '{word}'.")
        if equals:
            found[name] = value
        elif (inherited := os.environ.get(name)) is not None:
            found[name] = inherited
    return found


def labels(words: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE`, or `NAME` for an empty value."""
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        if not name.strip():
            raise BadUsage(f"--label takes NAME=VALUE, not '{word}'.")
        found[name] = value
    return found


def annotations(words: Iterable[str]) -> dict[str, str]:
    """As attributes of an exporter: `annotation.NAME`, or `annotation-index.NAME`, …"""
    found = {}
    for word in words:
        key, value = split("--annotation", word)
        kinds, colon, name = key.partition(":")
        levels = kinds.split(",") if colon and _are_levels(kinds) else [""]
        for level in levels:
            prefix = f"annotation-{level}" if level else "annotation"
            found[f"{prefix}.{name if levels != [''] else key}"] = value
    return found


def _are_levels(text: str) -> bool:
    known = ("manifest", "index", "manifest-descriptor", "index-descriptor")
    return all(re.sub(r"\[.*\]$", "", level) in known for level in text.split(","))


def hosts(words: Iterable[str]) -> dict[str, str]:
    """`NAME:ADDRESS` or `NAME=ADDRESS`; an IPv6 address may stand in brackets."""
    found: dict[str, str] = {}
    for word in (each for text in words for each in row("--add-host", text)):
        name, equals, address = word.partition("=")
        if not equals:
            name, _, address = word.partition(":")
        bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
        if not name or not (bare == HOST_GATEWAY or _is_address(bare)):
            raise BadUsage(f"--add-host takes NAME:ADDRESS, not '{word}'.")
        if found.get(name, bare) != bare:
            raise BadUsage(f"--add-host {word}: reimage gives a name one address, not several.")
        found[name] = bare
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def size(flag: str, text: str) -> int:
    """Bytes: `64m`, `1g`, `512kb`, `67108864`."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise BadUsage(f"{flag} takes a size such as 64m or 1g, not '{text}'.")
    return int(float(match["number"]) * 1024 ** _UNITS.index(match["unit"].lower() or "b"))


def limits(words: Iterable[str]) -> tuple[str, ...]:
    """`nofile=1024:2048` or `nofile=1024`, the way BuildKit takes them."""
    return tuple(map(_limit, words))


def _limit(word: str) -> str:
    name, value = split("--ulimit", word)
    soft, colon, hard = value.partition(":")
    numbers = (soft, hard if colon else soft)
    if name not in _LIMITS or not all(re.fullmatch(r"-1|\d+", text) for text in numbers):
        raise BadUsage(f"--ulimit takes NAME=SOFT:HARD, such as nofile=1024:2048, not '{word}'.")
    if "-1" not in numbers and int(numbers[0]) > int(numbers[1]):
        raise BadUsage(f"--ulimit {word}: the soft limit is above the hard one.")
    return f"{name}={numbers[0]}:{numbers[1]}"


def listed(words: Iterable[str]) -> tuple[str, ...]:
    """Values given one by one or with commas, each once."""
    parts = (part.strip() for word in words for part in word.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
