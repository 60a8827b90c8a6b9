"""Images and containers of a running daemon."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from buildkit_client.errors import BuildKitError
from buildkit_client.transport.addresses import docker_dial
from buildkit_client.transport.discovery import docker_endpoint
from reimage.docker_api.errors import NoDaemon, NotThere, Refused
from reimage.docker_api.requests import Requests
from reimage.image.config import ImageConfig, parse_config
from reimage.image.json_values import Json
from reimage.image.opening import read_stream
from reimage.image.platforms import Platform

if TYPE_CHECKING:
    from buildkit_client.transport.tls import Tls
    from reimage.image.anatomy import Image
    from reimage.image.layers import Reading

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,400}")
_ID = re.compile(r"[0-9a-f]{12,64}")
Kind = Literal["modified", "added", "deleted"]
_KINDS: tuple[Kind, ...] = ("modified", "added", "deleted")


class ImageFacts(NamedTuple):
    """What `docker image inspect` says."""

    id: str
    names: tuple[str, ...]
    digests: tuple[str, ...]
    platform: Platform
    size: int
    """Bytes: of the files in the older store; containerd's counts what is packed, too."""
    config: ImageConfig
    diff_ids: tuple[str, ...]


class HistoryLine(NamedTuple):
    """A line of `docker history`, the newest first."""

    created_by: str
    size: int
    created: int
    """Seconds since 1970."""
    comment: str


class Change(NamedTuple):
    """A line of `docker diff`."""

    path: str
    kind: Kind


class Daemon:
    """The daemon at a URL. Every call is a connection of its own; nothing stays open."""

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        try:
            self._requests = Requests(url, docker_dial(url, tls))
        except BuildKitError as error:
            raise NoDaemon(f"{error}.") from error

    def inspect(self, name: str) -> ImageFacts:
        """What the daemon knows about an image."""
        found = self._object(f"/images/{_quoted(name)}/json")
        place = Platform(found.text("Os"), found.text("Architecture"), found.text("Variant"))
        return ImageFacts(
            found.text("Id"),
            found.texts("RepoTags"),
            found.texts("RepoDigests"),
            place,
            found.number("Size"),
            parse_config(found.inner("Config")),
            found.inner("RootFS").texts("Layers"),
        )

    def history(self, name: str) -> tuple[HistoryLine, ...]:
        """How an image came to be, the newest step first."""
        found = self._objects(f"/images/{_quoted(name)}/history")
        return tuple(
            HistoryLine(
                line.text("CreatedBy"),
                line.number("Size"),
                line.number("Created"),
                line.text("Comment"),
            )
            for line in found
        )

    def image(
        self, name: str, *, platform: Platform | None = None, reading: Reading | None = None
    ) -> Image:
        """The image itself, read while the daemon sends it; nothing of it is stored here."""
        with self._requests.stream(f"/images/{_quoted(_tagged(name))}/get") as pieces:
            return read_stream(pieces, platform=platform, reading=reading)

    def forget(self, name: str) -> None:
        """Take a name from an image, and with its last name the image. It may be gone already."""
        with suppress(NotThere):
            self._requests.delete(f"/images/{_quoted(_tagged(name))}?noprune=1")

    def changes(self, container: str) -> tuple[Change, ...]:
        """What a container has changed in its file system."""
        found = self._objects(f"/containers/{_quoted(container)}/changes")
        return tuple(
            Change(line.text("Path"), _KINDS[line.number("Kind")])
            for line in found
            if 0 <= line.number("Kind") < len(_KINDS)
        )

    def _object(self, path: str) -> Json:
        found = self._requests.json(path)
        if not isinstance(found, dict):
            raise Refused("The Docker daemon answered something unexpected.")
        return Json(found)

    def _objects(self, path: str) -> list[Json]:
        return Json({"all": self._requests.json(path)}).objects("all")


def _tagged(name: str) -> str:
    """The name with its tag: without one, the containerd store exports every tag there is."""
    has_tag = ":" in name.rpartition("/")[2] or "@" in name
    return name if has_tag or _ID.fullmatch(name) else f"{name}:latest"


def connect() -> Daemon:
    """The daemon that $DOCKER_HOST, the Docker context in use, or the usual socket leads to."""
    try:
        return Daemon(*docker_endpoint())
    except BuildKitError as error:
        raise NoDaemon(f"{error}.") from error


def _quoted(name: str) -> str:
    if not _NAME.fullmatch(name) or ".." in name:
        raise Refused(f"'{name.removesuffix(':latest')}' is no name of an image or container.")
    return quote(name, safe="/:@+")
