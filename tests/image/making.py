"""Makes layers and images, good and bad ones, in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backports import zstd

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", **more: Any) -> Member:
    """A member with any attribute of `tarfile.TarInfo`."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mtime = kind, len(content), 1_700_000_000
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def file(name: str, content: bytes = b"", **more: Any) -> Member:
    return member(name, content=content, **more)


def directory(name: str, **more: Any) -> Member:
    return member(name, tarfile.DIRTYPE, **more)


def symlink(name: str, target: str) -> Member:
    return member(name, tarfile.SYMTYPE, linkname=target)


def hard_link(name: str, target: str, **more: Any) -> Member:
    return member(name, tarfile.LNKTYPE, linkname=target, **more)


def tar(*members: Member, format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format, errors="surrogateescape") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def files_as_tar(files: Mapping[str, bytes]) -> bytes:
    return tar(*(file(name, content) for name, content in files.items()))


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


PACKING: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "": bytes,
}


class Blobs:
    """An image layout under construction."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, data: bytes, **more: object) -> dict[str, object]:
        name = digest(data)
        self.files[f"blobs/{name.replace(':', '/')}"] = data
        return {"digest": name, "size": len(data), **more}

    def add_json(self, value: object, **more: object) -> dict[str, object]:
        return self.add(json.dumps(value).encode(), **more)


def configuration(layers: Sequence[bytes], **more: object) -> dict[str, object]:
    return {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        **more,
    }


def manifest(
    blobs: Blobs, layers: Sequence[bytes], packing: str = "gzip", **more: object
) -> dict[str, object]:
    """Adds layers, configuration and manifest; gives the manifest's descriptor."""
    kind = f"application/vnd.oci.image.layer.v1.tar{'+' if packing else ''}{packing}"
    packed = [blobs.add(PACKING[packing](layer), mediaType=kind) for layer in layers]
    config = blobs.add_json(
        configuration(layers, **more), mediaType="application/vnd.oci.image.config.v1+json"
    )
    return blobs.add_json({"schemaVersion": 2, "config": config, "layers": packed})


def layout(*layers: bytes, packing: str = "gzip", **more: object) -> dict[str, bytes]:
    """Path → content of an image layout with one image."""
    blobs = Blobs()
    described = manifest(blobs, layers, packing, **more)
    return with_index(blobs, described)


def with_index(blobs: Blobs, *manifests: dict[str, object]) -> dict[str, bytes]:
    index = {"schemaVersion": 2, "manifests": list(manifests)}
    return blobs.files | {
        "index.json": json.dumps(index).encode(),
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
    }


def docker_archive(*layers: bytes, names: Sequence[str] = ("app:1",)) -> dict[str, bytes]:
    """Path → content as `docker save` wrote it before it became an image layout."""
    config = json.dumps(configuration(layers)).encode()
    paths = [f"{number:064x}/layer.tar" for number, _ in enumerate(layers)]
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    listed = [{"Config": config_name, "RepoTags": list(names), "Layers": paths}]
    files = dict(zip(paths, layers, strict=True))
    return files | {config_name: config, "manifest.json": json.dumps(listed).encode()}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
