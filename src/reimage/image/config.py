"""The configuration of an image: how its containers run, and how it came to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reimage.image.json_values import Json, parse_object
from reimage.image.platforms import Platform


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """`test` as in Docker: `CMD` or `CMD-SHELL` and what follows, or `NONE`. Times in seconds."""

    test: tuple[str, ...]
    interval: float = 0
    timeout: float = 0
    start_period: float = 0
    start_interval: float = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A step of the build as the image tells it. An `empty` one made no layer."""

    created_by: str
    created: str = ""
    """A time as in RFC 3339, or nothing."""
    comment: str = ""
    author: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """How containers run. Empty where the image says nothing."""

    env: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    ports: tuple[str, ...] = ()
    """As `8080/tcp`, sorted."""
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()
    args_escaped: bool = False
    """The command is one string for Windows to take apart."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole configuration file."""

    platform: Platform
    created: str
    author: str
    config: ImageConfig
    history: tuple[HistoryEntry, ...]
    diff_ids: tuple[str, ...]


def parse(data: bytes) -> Configuration:
    """Read a configuration file of an image. Damaged where it is no JSON object."""
    whole = parse_object(data, "The configuration of the image")
    return Configuration(
        Platform(whole.text("os") or "linux", whole.text("architecture"), whole.text("variant")),
        whole.text("created"),
        whole.text("author"),
        parse_config(whole.inner("config")),
        tuple(_history(entry) for entry in whole.objects("history")),
        whole.inner("rootfs").texts("diff_ids"),
    )


def parse_config(config: Json) -> ImageConfig:
    """The part that containers run with; a daemon tells the same as `Config`."""
    return ImageConfig(
        env=_variables(config.texts("Env")),
        entrypoint=config.texts("Entrypoint"),
        cmd=config.texts("Cmd"),
        user=config.text("User"),
        workdir=config.text("WorkingDir"),
        ports=tuple(sorted(config.inner("ExposedPorts").values)),
        volumes=tuple(sorted(config.inner("Volumes").values)),
        labels=config.mapping("Labels"),
        stop_signal=config.text("StopSignal"),
        healthcheck=_healthcheck(config),
        shell=config.texts("Shell"),
        onbuild=config.texts("OnBuild"),
        args_escaped=config.flag("ArgsEscaped"),
    )


def _variables(texts: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _healthcheck(config: Json) -> Healthcheck | None:
    if not config.has("Healthcheck"):
        return None
    found = config.inner("Healthcheck")
    return Healthcheck(
        found.texts("Test"),
        interval=found.number("Interval") / _NANOSECONDS,
        timeout=found.number("Timeout") / _NANOSECONDS,
        start_period=found.number("StartPeriod") / _NANOSECONDS,
        start_interval=found.number("StartInterval") / _NANOSECONDS,
        retries=found.number("Retries"),
    )


_NANOSECONDS = 1e9


def _history(entry: Json) -> HistoryEntry:
    return HistoryEntry(
        entry.text("created_by"),
        entry.text("created"),
        entry.text("comment"),
        entry.text("author"),
        entry.flag("empty_layer"),
    )
