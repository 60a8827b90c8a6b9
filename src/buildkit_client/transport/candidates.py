"""Every builder that the surroundings speak of, whether or not it would be chosen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from buildkit_client.errors import BuildKitError
from buildkit_client.transport import contexts
from buildkit_client.transport.addresses import Address, parse
from buildkit_client.transport.discovery import docker_endpoint, usual_sockets
from buildkit_client.transport.tls import Tls

#: Drivers of buildx whose builders would be started by asking them.
_STARTED_ON_DEMAND = ("kubernetes", "cloud")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A builder somebody could mean. `url` is for `connect`, `source` is where it was found.

    `problem` is why it cannot be asked what it can do, if that is known already.
    """

    url: str
    source: str
    problem: str = ""
    tls: Tls | None = None
    is_docker: bool = False
    #: Somebody chose it, by a variable or as the Docker context in use.
    was_named: bool = False
    #: Its socket is where it usually is.
    is_usual: bool = False
    #: Where it can be asked without starting it, if that is another place.
    ask_at: str = ""

    def address(self, *, timeout: float | None = None) -> Address:
        """Where to ask it. `NoBuilder` if that is not told within `timeout` seconds."""
        place = self.ask_at or self.url
        return parse(place, tls=self.tls, docker=self.is_docker, timeout=timeout)


def candidates(environ: Mapping[str, str] | None = None) -> tuple[Candidate, ...]:
    """All of them, those that go before others first. None is connected to."""
    environ = os.environ if environ is None else environ
    folder = contexts.config_folder()
    return (
        *_of_the_environment(environ),
        *_of_contexts(folder),
        *_at_usual_places(),
        *_of_buildx(environ, folder),
    )


def _of_the_environment(environ: Mapping[str, str]) -> Iterator[Candidate]:
    if url := environ.get("BUILDKIT_HOST"):
        yield Candidate(url, "$BUILDKIT_HOST", was_named=True)
    if url := environ.get("DOCKER_HOST"):
        tls = docker_endpoint(environ).tls
        yield Candidate(url, "$DOCKER_HOST", tls=tls, is_docker=True, was_named=True)


def _of_contexts(folder: Path) -> Iterator[Candidate]:
    current = contexts.current(folder)
    named = contexts.names(folder)
    for name in sorted({*named, current} - {contexts.DEFAULT}, key=lambda it: (it != current, it)):
        used = name == current
        source = f"the Docker context {'in use' if used else 'named'} '{name}'"
        try:
            endpoint = contexts.read(name, folder)
        except BuildKitError as error:
            yield Candidate("", source, problem=str(error), was_named=used)
        else:
            yield Candidate(endpoint.url, source, tls=endpoint.tls, is_docker=True, was_named=used)


def _at_usual_places() -> Iterator[Candidate]:
    for path, is_docker in usual_sockets():
        source = "Docker's usual socket" if is_docker else "buildkitd's usual socket"
        yield Candidate(f"unix://{path}", source, is_docker=is_docker, is_usual=True)


def _of_buildx(environ: Mapping[str, str], folder: Path) -> Iterator[Candidate]:
    own = environ.get("BUILDX_CONFIG")
    instances = (Path(own) if own else folder / "buildx") / "instances"
    try:
        paths = sorted(path for path in instances.iterdir() if path.is_file())
    except OSError:
        return
    for path in paths:
        yield _instance(path)


def _instance(path: Path) -> Candidate:
    url = f"buildx://{path.name}"
    try:
        with path.open("rb") as file:
            found: object = json.loads(file.read(_LARGEST))
    except (OSError, ValueError) as error:
        return Candidate(url, f"the buildx builder '{path.name}'", f"{path}: {error}")
    table = found if isinstance(found, dict) else {}
    driver = str(table.get("Driver") or "unknown driver")
    source = f"the buildx builder '{path.name}' ({driver})"
    if driver in _STARTED_ON_DEMAND:
        return Candidate(url, source, "it was not asked, for asking would start it")
    if driver == "docker-container":
        nodes = table.get("Nodes")
        first = nodes[0] if isinstance(nodes, list) and nodes else None
        node = str(first.get("Name") or "") if isinstance(first, dict) else ""
        place = f"docker-container://buildx_buildkit_{node or path.name + '0'}"
        return Candidate(url, source, ask_at=place)
    return Candidate(url, source)
