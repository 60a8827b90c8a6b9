"""The settings of `pin` and of registries, as a configuration file gives them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PIN_KEYS = ("with-optimize", "min-age", "named-contexts")
BASES_KEYS = ("with-optimize", "trusted")
POLICY_KEYS = (
    "registries",
    "publishers",
    "forbidden-tags",
    "require-digest",
    "max-vulnerabilities",
)
REGISTRY_KEYS = ("plain-http", "mirrors", "ca")


class PinConfig(NamedTuple):
    """`min_age` is days."""

    with_optimize: bool = False
    min_age: int = 0
    named_contexts: tuple[str, ...] = ()


class BasesConfig(NamedTuple):
    """`trusted` are publishers in addition to those that reimage trusts: `ghcr.io/company`."""

    with_optimize: bool = False
    trusted: tuple[str, ...] = ()


class RegistryConfig(NamedTuple):
    """Registries without TLS, mirrors by domain, and a file of certificates."""

    plain_http: tuple[str, ...] = ()
    mirrors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ca: Path | None = None
