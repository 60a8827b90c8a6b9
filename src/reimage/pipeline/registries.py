"""Which registries a run asks, and how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.pipeline.config.registries import RegistryConfig
from reimage.pipeline.errors import UsageError

if TYPE_CHECKING:
    from reimage.registry.client import Registry


class RegistryOptions(NamedTuple):
    """What the command line says about registries; it adds to the configuration.

    `offline` asks nobody; `tags_for` is the minutes for which an answer about a tag may be taken
    from an earlier run; `cache` replaces the user's folder for caches.
    """

    offline: bool = False
    plain_http: tuple[str, ...] = ()
    mirrors: tuple[tuple[str, str], ...] = ()
    ca: Path | None = None
    tags_for: float = 0
    cache: Path | None = None
    connections: int = 8


class Answered(NamedTuple):
    """What registries said, and how much they still allow, in a sentence for each.

    `notes` are sentences about mirrors that gave no answer.
    """

    answers: dict[str, Resolved | Unresolved]
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ask_registries(
    images: Iterable[Reference],
    options: RegistryOptions,
    config: RegistryConfig,
    *,
    aged: Collection[str] = (),
) -> Answered:
    """What each tag stands for; each is asked once. The age is looked up of those in `aged`.

    Raises UsageError for unusable settings.
    """
    wanted = list({image.tagged: image for image in images}.values())
    if not wanted:
        return Answered({})
    from reimage.registry.asking import ask

    with open_registry(options, config) as registry:
        answers = ask(registry, wanted, aged=aged)
        limits = tuple(f"{host}: {limit}" for host, limit in sorted(registry.rate_limits.items()))
        return Answered(answers, limits, registry.passed_over)


@contextmanager
def open_registry(options: RegistryOptions, config: RegistryConfig) -> Iterator[Registry]:
    """A client with the settings of command line and configuration."""
    from reimage.registry.client import Registry
    from reimage.registry.errors import RegistryError
    from reimage.registry.settings import Settings

    mirrors: dict[str, tuple[str, ...]] = {}
    for domain, address in options.mirrors:
        mirrors[domain] = (*mirrors.get(domain, ()), address)
    for domain, addresses in config.mirrors:
        mirrors[domain] = (*mirrors.get(domain, ()), *addresses)
    settings = Settings(
        plain_http=frozenset((*options.plain_http, *config.plain_http)),
        mirrors=mirrors,
        ca=options.ca or config.ca,
        offline=options.offline,
        cache=options.cache or _cache_folder(),
        tags_for=options.tags_for * 60,
        connections=options.connections,
    )
    try:
        registry = Registry(settings)
    except RegistryError as error:
        raise UsageError(f"{error}.") from error
    with registry:
        yield registry


def _cache_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("reimage")) / "registry"
