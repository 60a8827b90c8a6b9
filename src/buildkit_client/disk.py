"""What a builder's cache holds, and how to free it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildkit_client import messages
from buildkit_client.channel import CONTROL, call, stream
from buildkit_client.error_details import translated
from buildkit_client.errors import BadRequest
from buildkit_client.status import Time, read_time

if TYPE_CHECKING:
    import grpc


@dataclass(frozen=True, slots=True)
class CacheRecord:
    """An entry of the cache; `size` in bytes, `kind` such as `regular` or `source.local`."""

    id: str
    kind: str
    description: str
    size: int
    in_use: bool
    shared: bool
    created: Time | None
    last_used: Time | None
    uses: int
    parents: tuple[str, ...]


def disk_usage(channel: grpc.Channel, filters: Sequence[str] = ()) -> tuple[CacheRecord, ...]:
    """Entries of the cache; a filter is such as `type==source.local`."""
    request = messages.DiskUsageRequest(filter=filters)
    with translated():
        answer = call(channel, CONTROL + "DiskUsage", request, messages.DiskUsageResponse)
    return tuple(map(_read, answer.record))


def prune(
    channel: grpc.Channel, *, filters: Sequence[str] = (), unused_for: float = 0.0
) -> tuple[CacheRecord, ...]:
    """Remove entries that match, or were not used for so many seconds, and tell which.

    One of the two has to be said: the cache is shared by all who build there.
    """
    if isinstance(filters, str) or not all(map(str.strip, filters)):
        raise BadRequest("an empty filter would take all: a filter is such as 'type==regular'")
    kept = unused_for * 1e9
    if not 0 <= kept < 1 << 63 or (not filters and kept < 1):
        raise BadRequest("say what to prune: filters, or how long it was not used")
    request = messages.PruneRequest(filter=filters, all=bool(filters), keep_duration=int(kept))
    with translated():
        path = CONTROL + "Prune"
        return tuple(_read(item) for item in stream(channel, path, request, messages.UsageRecord))


def _read(found: messages.UsageRecord) -> CacheRecord:
    return CacheRecord(
        found.id,
        found.record_type,
        found.description,
        found.size,
        found.in_use,
        found.shared,
        read_time(found.created_at),
        read_time(found.last_used_at),
        found.usage_count,
        tuple(found.parents),
    )
