"""A build on the builder that was found: what depends on it is filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reimage.pipeline.errors import UsageError
from reimage.pipeline.exports import Export, Exports, exports

if TYPE_CHECKING:
    from buildkit_client import Builder, BuildRequest

HOST_GATEWAY = "host-gateway"
_GATEWAY_LABEL = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"


class Prepared(NamedTuple):
    """A request with its outputs."""

    request: BuildRequest
    exports: Exports


def prepare(
    request: BuildRequest,
    wanted: Sequence[Export],
    *,
    names: tuple[str, ...],
    annotations: Mapping[str, str],
    builder: Builder,
    write: Callable[[bytes], object],
) -> Prepared:
    """The request for `builder`. `write` is given what goes to standard output."""
    found = exports(wanted, names, annotations, builder.abilities, write)
    return Prepared(replace(with_hosts(request, builder), outputs=found.outputs), found)


def with_hosts(request: BuildRequest, builder: Builder) -> BuildRequest:
    """With the address that the builder has for `host-gateway`."""
    return replace(request, extra_hosts=_hosts(request.extra_hosts, builder))


def _hosts(hosts: Mapping[str, str], builder: Builder) -> dict[str, str]:
    if HOST_GATEWAY not in hosts.values():
        return dict(hosts)
    for worker in builder.workers():
        if address := worker.labels.get(_GATEWAY_LABEL):
            return {
                name: address if given == HOST_GATEWAY else given for name, given in hosts.items()
            }
    raise UsageError("This builder does not say what host-gateway is; give --add-host an address.")
