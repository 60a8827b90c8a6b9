"""Lists that come in pages: the tags of a repository, and what refers to an image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit

from reimage.image.manifests import OCI_INDEX, Descriptor, Index
from reimage.model.images.references import Reference
from reimage.registry.client import Registry
from reimage.registry.connection import Wanted
from reimage.registry.endpoints import Endpoint
from reimage.registry.errors import BadAnswer, NotFound
from reimage.registry.media import read_manifest
from reimage.registry.settings import LIST_LIMIT, MANIFEST_LIMIT
from reimage.registry.transport import Answer

_PAGE = 1000
_MOST_PAGES = 200
_NEXT = re.compile(r'<([^<>]{1,4096})>\s*;[^,]*\brel="?next"?')
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


def tags(registry: Registry, image: Reference) -> Iterator[str]:
    """The tags of the image's repository, in the registry's order, read page by page."""
    what = f"the tags of {image.familiar_name}"
    for page in _pages(registry, Wanted(image, f"tags/list?n={_PAGE}", what), LIST_LIMIT):
        yield from _read_tags(page.body, what)


def referrers(
    registry: Registry, image: Reference, digest: str, artifact_type: str = ""
) -> tuple[Descriptor, ...]:
    """What refers to the manifest `digest`: signatures, attestations, lists of contents.

    Registries that do not know the question keep the list under a tag made of the digest.
    """
    what = f"what refers to {image.familiar_name}@{digest[:19]}…"
    query = f"?artifactType={quote(artifact_type, safe='')}" if artifact_type else ""
    wanted = Wanted(image, f"referrers/{digest}{query}", what, headers={"Accept": OCI_INDEX})
    found: list[Descriptor] = []
    try:
        for page in _pages(registry, wanted, MANIFEST_LIMIT):
            content = read_manifest(page.body, page.headers.get("content-type", ""), what)
            found += content.manifests if isinstance(content, Index) else ()
    except NotFound:
        found = _by_tag(registry, image, digest)
    return tuple(each for each in found if not artifact_type or each.artifact_type == artifact_type)


def _by_tag(registry: Registry, image: Reference, digest: str) -> list[Descriptor]:
    tag = digest.replace(":", "-", 1)[:128]
    try:
        content = registry.manifest(image._replace(tag=tag, digest=None)).content
    except NotFound:
        return []
    return list(content.manifests) if isinstance(content, Index) else []


def _pages(registry: Registry, wanted: Wanted, limit: int) -> Iterator[Answer]:
    connection = registry.connection
    page, endpoint = connection.fetch(wanted, limit)
    address = endpoint.url(wanted.image.path, wanted.rest)
    seen = {address}
    while True:
        yield page
        following = _following(page, address, endpoint, wanted.what)
        if following is None:
            return
        if following in seen or len(seen) >= _MOST_PAGES:
            raise BadAnswer(f"{endpoint.host} has no end of pages for {wanted.what}")
        address = following
        seen.add(address)
        page = connection.fetch_from(endpoint, address, wanted, limit)


def _following(page: Answer, address: str, endpoint: Endpoint, what: str) -> str | None:
    """The address of the next page, which must be on the same server."""
    match = _NEXT.search(page.headers.get("link", ""))
    if match is None:
        return None
    try:
        url: str = urljoin(address, match[1])
        same = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" == endpoint.base
    except ValueError:
        same = False
    if not same:
        raise BadAnswer(f"{endpoint.host} sends to another server for more of {what}")
    return url


def _read_tags(body: bytes, what: str) -> list[str]:
    try:
        table: object = json.loads(body)
    except (ValueError, RecursionError):
        table = None
    names = table.get("tags") if isinstance(table, dict) else ()
    if names is None:
        return []  # a repository whose last tag was deleted
    if not isinstance(names, list):
        raise BadAnswer(f"The list for {what} is no list of tags")
    return [name for name in names if isinstance(name, str) and _TAG.fullmatch(name)]
