"""Images of registries: what a tag stands for, manifests, blobs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from reimage.image.digests import digest_of, is_digest
from reimage.image.manifests import Index
from reimage.image.manifests import Manifest as ImageManifest
from reimage.image.platforms import Platform, best
from reimage.model.images.references import Reference
from reimage.registry.cache import Cache
from reimage.registry.connection import Connection, Wanted
from reimage.registry.errors import BadAnswer, Offline
from reimage.registry.limits import RateLimit
from reimage.registry.media import ACCEPTED, check_media_type, read_manifest
from reimage.registry.settings import CONFIG_LIMIT, MANIFEST_LIMIT, Settings

_ACCEPT = {"Accept": ACCEPTED}


class Manifest(NamedTuple):
    """A manifest or an index, with the digest of its bytes."""

    digest: str
    body: bytes
    content: Index | ImageManifest


class Registry:
    """Every registry, by the names of images. Methods raise RegistryError, and may be called from
    several threads. Close it at the end."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.connection = Connection(self.settings)
        self._cache = Cache(self.settings.cache)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """What registries told last about how much they still allow, by host."""
        return dict(self.connection.transport.rate_limits)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """A sentence for each mirror that gave no answer, so that the registry itself was asked."""
        told = sorted(self.connection.passed_over.items())
        return tuple(
            f"The mirror {host} was passed over, and the registry asked instead: {reason}."
            for host, reason in told
        )

    def resolve(self, image: Reference) -> str:
        """The digest that the tag stands for: of the index, where the image has several platforms.

        A digest that is written stands for itself.
        """
        if image.digest:
            return image.digest
        kept = self._kept_tag(image)
        if kept:
            return kept
        digest = self._head(image) or self.manifest(image).digest
        if self.settings.tags_for:
            self._cache.write_tag(image.tagged, digest)
        return digest

    def _kept_tag(self, image: Reference) -> str | None:
        if not self.settings.tags_for and not self.settings.offline:
            return None
        seconds = None if self.settings.offline else self.settings.tags_for
        found = self._cache.tag(image.tagged, seconds=seconds)
        if found is None and self.settings.offline:
            raise Offline(f"{image} is not in the cache, and this run is offline")
        return found

    def _head(self, image: Reference) -> str | None:
        """The digest by the headers alone, which Docker Hub does not count; None if they lack."""
        wanted = Wanted(image, f"manifests/{image.tag or 'latest'}", str(image), "HEAD", _ACCEPT)
        try:
            answer, _ = self.connection.fetch(wanted, 0)
        except BadAnswer:
            return None  # some proxies do not take HEAD; GET says what is wrong
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        digest = answer.headers.get("docker-content-digest", "")
        if not media_type or not is_digest(digest):
            return None
        check_media_type(media_type, str(image))
        return digest

    def manifest(self, image: Reference) -> Manifest:
        """The manifest or index of an image, checked against its digest."""
        what = str(image)
        if image.digest and (kept := self._cache.read(image.digest, MANIFEST_LIMIT)):
            return Manifest(image.digest, kept, read_manifest(kept, "", what))
        name = image.digest or image.tag or "latest"
        wanted = Wanted(image, f"manifests/{name}", what, headers=_ACCEPT)
        answer, _ = self.connection.fetch(wanted, MANIFEST_LIMIT)
        told = image.digest or answer.headers.get("docker-content-digest", "")
        digest = _checked(answer.body, told, what)
        content = read_manifest(answer.body, answer.headers.get("content-type", ""), what)
        self._cache.write(digest, answer.body)
        return Manifest(digest, answer.body, content)

    def image(
        self, image: Reference, platform: Platform, found: Manifest | None = None
    ) -> tuple[str, ImageManifest]:
        """Digest and manifest of the image that runs on `platform`; one without an index does.

        `found` is what `manifest` gave, where that was asked before.
        """
        found = found or self.manifest(image)
        if isinstance(found.content, ImageManifest):
            return found.digest, found.content
        choices = [(each.platform, each.digest) for each in found.content.manifests]
        digest = best(choices, platform)
        if digest is None:
            known = sorted({str(each) for each, _ in choices if each and each.os != "unknown"})
            there = ", ".join(known) or "none that are named"
            raise BadAnswer(f"{image} has no image for {platform}; its platforms are {there}")
        found = self.manifest(image._replace(digest=digest))
        if isinstance(found.content, Index):
            raise BadAnswer(f"{image} is an index of indexes, which no builder takes")
        return digest, found.content

    def blob(self, image: Reference, digest: str, *, limit: int = CONFIG_LIMIT) -> bytes:
        """A whole blob of at most `limit` bytes, checked against its digest."""
        if kept := self._cache.read(digest, limit):
            return kept
        what = _blob_of(image, digest)
        answer, _ = self.connection.fetch(Wanted(image, f"blobs/{digest}", what), limit)
        _checked(answer.body, digest, what)
        self._cache.write(digest, answer.body)
        return answer.body

    @contextmanager
    def open_blob(
        self, image: Reference, digest: str, size: int, *, start: int = 0
    ) -> Iterator[Iterator[bytes]]:
        """A blob of `size` bytes from `start` on, piece by piece.

        A whole one is checked against its digest when the last piece was taken; raises BadAnswer
        then, and at once where more comes than `size`.
        """
        what = _blob_of(image, digest)
        headers = {"Range": f"bytes={start}-{size - 1}"} if start else {}
        wanted = Wanted(image, f"blobs/{digest}", what, headers=headers)
        with self.connection.stream(wanted, size) as answer:
            chunks = answer.chunks
            if start and answer.status != 206:
                chunks = _from(chunks, start)
            yield _measured(chunks, size - start, "" if start else digest, what)


def _blob_of(image: Reference, digest: str) -> str:
    return f"the blob {digest[:19]}… of {image.familiar_name}"


def _checked(body: bytes, digest: str, what: str) -> str:
    """The digest of `body`, which must be `digest` where one is given."""
    if not is_digest(digest):
        return digest_of(body)
    if digest_of(body, digest) != digest:
        raise _wrong(what, digest)
    return digest


def _wrong(what: str, digest: str) -> BadAnswer:
    return BadAnswer(f"What the registry sends for {what} does not have the digest {digest[:19]}…")


def _from(chunks: Iterator[bytes], start: int) -> Iterator[bytes]:
    """What a server that knows no ranges sends, without its beginning."""
    for chunk in chunks:
        if start < len(chunk):
            yield chunk[start:]
        start = max(start - len(chunk), 0)


def _measured(chunks: Iterator[bytes], size: int, digest: str, what: str) -> Iterator[bytes]:
    left = size
    running = hashlib.new(digest.partition(":")[0]) if digest else None
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise BadAnswer(f"The registry sends more than the {size} bytes of {what}")
        if running:
            running.update(chunk)
        yield chunk
    if left:
        raise BadAnswer(f"The registry sends {size - left} instead of {size} bytes of {what}")
    if running and f"{digest.partition(':')[0]}:{running.hexdigest()}" != digest:
        raise _wrong(what, digest)
