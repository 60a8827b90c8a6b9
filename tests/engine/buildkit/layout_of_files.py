"""An OCI image layout of a few files, made without any builder."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

_TYPE = "application/vnd.oci.image."


def write_layout(folder: Path, images: Mapping[str, Mapping[str, bytes]]) -> Path:
    """Tag → files by name."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    entries = []
    for tag, files in images.items():
        layer = tar_of(files)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
            "history": [{"created_by": "test"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": _TYPE + "manifest.v1+json",
            "config": _put(folder, _TYPE + "config.v1+json", json.dumps(config).encode()),
            "layers": [_put(folder, _TYPE + "layer.v1.tar", layer)],
        }
        entry = _put(folder, _TYPE + "manifest.v1+json", json.dumps(manifest).encode())
        entries.append(entry | {"annotations": {"org.opencontainers.image.ref.name": tag}})
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return folder


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar file of them."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


def _put(folder: Path, media_type: str, data: bytes) -> dict[str, object]:
    digest = _digest(data)
    (folder / "blobs" / digest.replace(":", "/")).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
