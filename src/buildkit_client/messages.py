"""Protobuf messages, made at first use from the descriptors that lie beside the .proto files.

They live in a pool of their own, under a package name of their own: another copy of BuildKit's
messages in the same process does not clash with them, and no generated code asks for a certain
protobuf release. What type checkers see is `messages.pyi`. None of these types leaves the package.
"""

from __future__ import annotations

import threading
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

_PACKAGE = "buildkit_client"
_lock = threading.Lock()
_pool: DescriptorPool | None = None


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    from google.protobuf import message_factory

    try:
        descriptor = _descriptors().FindMessageTypeByName(f"{_PACKAGE}.{name}")
    except KeyError:
        raise AttributeError(f"there is no message {name}") from None
    with _lock:
        return globals().setdefault(name, message_factory.GetMessageClass(descriptor))


def _descriptors() -> DescriptorPool:
    global _pool
    with _lock:
        if _pool is None:
            _pool = _load()
        return _pool


def _load() -> DescriptorPool:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

    pool = DescriptorPool()
    shipped = files(_PACKAGE).joinpath("protos", "descriptors.binpb").read_bytes()
    for file in FileDescriptorSet.FromString(shipped).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool
