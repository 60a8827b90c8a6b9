"""What a build may leave behind: in this process, in its temporary folder, at the builder.

Each thing is one line of text, so that what is too much can be shown as it is.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from buildkit_client import connect

_SECONDS = 5.0
#: Programs that the tests themselves start, and start again.
_SERVICES = ("(dockerd", "(containerd", "(docker-registry", "(setpriv")


@contextmanager
def nothing_is_left(*looks: Callable[[], set[str]]) -> Iterator[None]:
    """After the block there is nothing that was not there before, or soon there is not."""

    def look() -> set[str]:
        return set().union(*(look() for look in (of_this_process, *looks)))

    before = look()
    yield
    until = time.monotonic() + _SECONDS
    while (left := look() - before) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left, sorted(left)


def of_this_process() -> set[str]:
    """Threads, open files and sockets, temporary files, child processes."""
    own = os.getpid()
    found = {f"thread {thread.name} {thread.ident}" for thread in threading.enumerate()}
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # the one that the folder itself was listed by
        if not target.startswith("anon_inode:"):  # gRPC's own, which serve all channels
            found.add(f"open {number} {target}")
    found |= {f"temporary {name}" for name in os.listdir(tempfile.gettempdir())}
    return found | below(own)


def below(pid: int) -> set[str]:
    """Processes that descend from one."""
    children: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                name, _, rest = folder.joinpath("stat").read_text().rpartition(")")
            except OSError:
                continue
            if not name.endswith(_SERVICES):
                parent = int(rest.split()[1])
                children.setdefault(parent, []).append((int(folder.name), name))
    found: set[str] = set()
    waiting = [pid]
    while waiting:
        for number, name in children.get(waiting.pop(), ()):
            found.add(f"process {name})")
            waiting.append(number)
    return found


def at(url: str) -> Callable[[], set[str]]:
    """Containers, builds under way and processes of the Docker Engine at a unix socket."""

    def look() -> set[str]:
        path = Path(url.removeprefix("unix://"))
        pid = int((path.parent / "docker.pid").read_text())
        with connect(url) as builder:
            running = {f"build {item.ref}" for item in builder.history() if not item.completed}
        return running | _containers(path) | below(pid)

    return look


def _containers(path: Path) -> set[str]:
    with socket.socket(socket.AF_UNIX) as engine:
        engine.connect(str(path))
        engine.sendall(b"GET /containers/json?all=1 HTTP/1.0\r\nHost: docker\r\n\r\n")
        answer = b"".join(iter(lambda: engine.recv(1 << 16), b""))
    return {f"container {item['Id']}" for item in json.loads(answer.partition(b"\r\n\r\n")[2])}
