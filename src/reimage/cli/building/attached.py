"""Caches, and what is attached to an image."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from reimage.cli.building.fields import pairs, row
from reimage.cli.errors import BadUsage

if TYPE_CHECKING:
    from buildkit_client.request import Cache, Provenance, Sbom


def caches(flag: str, words: Iterable[str]) -> "tuple[Cache, ...]":
    """`type=KIND,…`, or the name of an image with a cache in it."""
    return tuple(cache for word in words for cache in _caches(flag, word))


def _caches(flag: str, word: str) -> "list[Cache]":
    from buildkit_client.request import Cache

    fields = row(flag, word)
    if all("=" not in field for field in fields):
        return [Cache("registry", {"ref": field}) for field in fields]
    given = pairs(flag, word)
    kind = given.pop("type", "")
    if not kind:
        raise BadUsage(f"{flag} {word}: type= is missing.")
    needed = {"registry": "ref", "local": "src" if flag == "--cache-from" else "dest"}.get(kind)
    if needed and not given.get(needed):
        raise BadUsage(f"{flag} {word}: {needed}= is missing.")
    return [Cache(kind, _of_actions() | given if kind == "gha" else given)]


def _of_actions() -> dict[str, str]:
    """What a workflow of GitHub Actions tells its steps about its cache."""
    told = {
        "token": "ACTIONS_RUNTIME_TOKEN",
        "url": "ACTIONS_CACHE_URL",
        "url_v2": "ACTIONS_RESULTS_URL",
    }
    found = {key: value for key, name in told.items() if (value := os.environ.get(name))}
    return found | ({"version": "2"} if os.environ.get("ACTIONS_CACHE_SERVICE_V2") else {})


class Attestations(NamedTuple):
    """What is to be attached, and attributes of it that the client has no words for."""

    provenance: "Provenance | None"
    sbom: "Sbom | None"
    options: dict[str, str]


def attestations(attest: Iterable[str], provenance: str | None, sbom: str | None) -> Attestations:
    """--attest, and its short forms, which go before it."""
    wanted: dict[str, dict[str, str]] = {}
    for word in attest:
        given = pairs("--attest", word)
        kind = given.pop("type", "")
        _put(wanted, "--attest", word, kind, given)
    for kind, text in (("provenance", provenance), ("sbom", sbom)):
        if text is not None:
            _put(wanted, f"--{kind}", text, kind, _short(f"--{kind}", text))
    return _attached(wanted)


def _short(flag: str, text: str) -> dict[str, str]:
    if text.lower() in ("true", "1"):
        return {}
    if text.lower() in ("false", "0"):
        return {"disabled": "true"}
    if text in ("min", "max") and flag == "--provenance":
        return {"mode": text}
    return pairs(flag, text)


def _put(
    wanted: dict[str, dict[str, str]], flag: str, word: str, kind: str, given: dict[str, str]
) -> None:
    if kind not in ("provenance", "sbom"):
        raise BadUsage(f"{flag} {word}: type=provenance and type=sbom can be attached.")
    disabled = given.pop("disabled", "false")
    wanted.pop(kind, None)
    if disabled.lower() not in ("true", "1"):
        wanted[kind] = given


def _attached(wanted: dict[str, dict[str, str]]) -> Attestations:
    from buildkit_client.request import Provenance, Sbom

    found = Attestations(None, None, {})
    if (made := wanted.get("provenance")) is not None:
        mode = made.get("mode", "min")
        if mode not in ("min", "max"):
            raise BadUsage(f"--provenance: mode is min or max, not '{mode}'.")
        found = found._replace(provenance=Provenance("max" if mode == "max" else "min"))
        if set(made) - {"mode"}:
            found.options["attest:provenance"] = _joined({"mode": mode} | made)
    if (holds := wanted.get("sbom")) is not None:
        found = found._replace(sbom=Sbom(holds.get("generator", "")))
        if set(holds) - {"generator"}:
            found.options["attest:sbom"] = _joined(holds)
    return found


def _joined(given: dict[str, str]) -> str:
    fields = [f"{key}={value}" for key, value in given.items()]
    return ",".join(f'"{field}"' if "," in field else field for field in fields)
