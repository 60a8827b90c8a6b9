"""Keeps a builder of one's own for as long as its standard input stays open.

A program of its own: when the client ends, however it ends, the pipe between them closes, and what
was started here is stopped and taken away. It runs as a script, without this package, on a plan
in JSON: `folder`, `bridge` (or ""), and `services`, each with its `command`, `socket` and whether
it `pings` as Docker's API does. It prints `ready`, or why it is not.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypedDict

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MNT_DETACH = 2
_START_SECONDS = 30.0
_STOP_SECONDS = 8.0
_LIBC = ctypes.CDLL(None, use_errno=True)
BRIDGE = "bridge"


class Service(TypedDict):
    """A program that listens at a socket."""

    command: list[str]
    socket: str
    pings: bool


class Plan(TypedDict):
    """What to start, in this order."""

    folder: str
    bridge: str
    services: list[Service]


class NotStarted(Exception):
    """Something did not start. The text says what."""


class Stopped(Exception):
    """A signal asks for the end."""


def keep(plan: Plan) -> None:
    """Start everything, wait until standard input ends, and take everything away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    # What a killed daemon leaves behind becomes a child of this process.
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    folder = Path(plan["folder"])
    running: list[subprocess.Popen[bytes]] = []
    # Held to the end: who finds it free knows that this process was killed.
    fcntl.flock(os.open(folder, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_EX)
    try:
        _start(plan, folder, running)
        _say("ready")
        while os.read(0, 1024):
            pass
    except NotStarted as error:
        _say(str(error))
    except Stopped:
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(running):
            _end(process)
        _kill_orphans()
        remove(folder)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise Stopped


def _say(text: str) -> None:
    with suppress(BrokenPipeError):
        os.write(1, f"{text}\n".encode())


def _start(plan: Plan, folder: Path, running: list[subprocess.Popen[bytes]]) -> None:
    if plan["bridge"]:
        (folder / BRIDGE).write_text(plan["bridge"])
        for what in (["add", plan["bridge"], "type", "bridge"], ["set", plan["bridge"], "up"]):
            done = subprocess.run(["ip", "link", *what], capture_output=True, text=True)
            if done.returncode != 0:
                raise NotStarted(f"no bridge can be made: {done.stderr.strip()}")
    for service in plan["services"]:
        log = folder / f"{Path(service['command'][0]).name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                service["command"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_keeper,
            )
        running.append(process)
        _wait(service, process, log)


def _die_with_keeper() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(service: Service, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(service):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            words = [line for line in log.read_text("utf-8", "replace").split("\n") if line]
            state = "ended" if ended else "does not answer"
            raise NotStarted(f"{log.stem} {state}: {words[-1] if words else 'no word from it'}")
        time.sleep(0.02)


def _answers(service: Service) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(service["socket"])
            if not service["pings"]:
                return True
            probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in probe.recv(100)
        except OSError:
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill_orphans() -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while (children := list(_children())) and time.monotonic() < deadline:
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _children() -> Iterator[int]:
    own = os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name, in brackets, may hold anything: state and parent follow the last bracket.
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[1]) == own:
                yield int(folder.name)


def remove(folder: Path) -> None:
    """Take away what lies in the folder, with its mounts and its bridge."""
    for mount in reversed(list(_mounts(folder))):
        _LIBC.umount2(os.fsencode(mount), _MNT_DETACH)
    with suppress(OSError):
        bridge = (folder / BRIDGE).read_text()
        subprocess.run(["ip", "link", "delete", bridge], capture_output=True, check=False)
    # Twice as fast as shutil, and stops at a mount that is still there.
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=False)


def _mounts(folder: Path) -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").split("\n")[:-1]:
        place = line.split(" ")[4]
        for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
            place = place.replace(code, character)
        if place.startswith(f"{folder}/"):
            yield place


if __name__ == "__main__":
    import json

    keep(json.loads(sys.argv[1]))
