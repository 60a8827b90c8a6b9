"""Puts small images into an open registry."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

from tests.registry.fake_registry import INDEX, MANIFEST, digest_of

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LAYER = bytes(range(256)) * 400
PLATFORMS = ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")


class Uploaded(NamedTuple):
    """Digests by `repository:tag`, and the digest of a layer of each of them."""

    digests: dict[str, str]
    layer: str


def upload(base: str) -> Uploaded:
    """`app:single` and `app:multi` in OCI's media types, `old/app:…` in Docker's."""
    digests: dict[str, str] = {}
    for repository, index, manifest in (
        ("app", INDEX, MANIFEST),
        ("old/app", DOCKER_LIST, DOCKER_MANIFEST),
    ):
        layer = _blob(base, repository, LAYER) | {
            "mediaType": "application/vnd.oci.image.layer.v1.tar"
        }
        manifests = []
        for platform in PLATFORMS:
            system, architecture, *variant = platform.split("/")
            named = {"os": system, "architecture": architecture}
            named |= {"variant": variant[0]} if variant else {}
            config = {**named, "created": "2026-01-02T03:04:05Z", "config": {"User": platform}}
            body = {
                "schemaVersion": 2,
                "mediaType": manifest,
                "config": _blob(base, repository, json.dumps(config).encode())
                | {"mediaType": "application/vnd.oci.image.config.v1+json"},
                "layers": [layer],
            }
            tag = "single" if platform == PLATFORMS[0] else ""
            one = _manifest(base, repository, tag, body)
            manifests.append(one | {"platform": named})
        digests[f"{repository}:single"] = manifests[0]["digest"]
        body = {"schemaVersion": 2, "mediaType": index, "manifests": manifests}
        digests[f"{repository}:multi"] = _manifest(base, repository, "multi", body)["digest"]
    for number in range(25):
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        _manifest(base, "old/app", f"t{number:02}", body)
    return Uploaded(digests, digest_of(LAYER))


def _blob(base: str, repository: str, content: bytes) -> dict[str, Any]:
    place = _send("POST", f"{base}/v2/{repository}/blobs/uploads/", b"")
    digest = digest_of(content)
    mark = "&" if "?" in place else "?"
    _send("PUT", f"{place}{mark}digest={digest}", content, "application/octet-stream")
    return {"digest": digest, "size": len(content)}


def _manifest(base: str, repository: str, tag: str, body: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(body).encode()
    digest = digest_of(content)
    _send("PUT", f"{base}/v2/{repository}/manifests/{tag or digest}", content, body["mediaType"])
    return {"mediaType": body["mediaType"], "digest": digest, "size": len(content)}


def _send(method: str, url: str, body: bytes, kind: str = "") -> str:
    headers = {"Content-Type": kind} if kind else {}
    request = Request(url, body, headers, method=method)
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return str(answer.headers.get("Location", ""))
