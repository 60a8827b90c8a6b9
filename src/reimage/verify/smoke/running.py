"""Runs the command of a result inside the builder, and asks it from within its own container."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from buildkit_client.containers import Container, ContainerOptions, Finished
from buildkit_client.errors import BuildKitError, TimedOut
from reimage.verify.smoke import probe
from reimage.verify.smoke.judging import NOT_STARTED, Answer, Seen
from reimage.verify.smoke.plan import Request, SmokeTest

if TYPE_CHECKING:
    from buildkit_client.gateway import Result
    from reimage.image.config import ImageConfig

_KEPT = 64 << 10
"""bytes of each stream, and of each answer; what comes beyond is thrown away"""
_PAUSE = 0.25
_QUIET = 5.0
"""seconds that a command which opens no port is watched"""
_SLACK = 15.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SHELL_CODES = (126, 127)


class Place(NamedTuple):
    """A result to run, the probe's result in the same gateway (none where it can't run), and the
    network that the test was given."""

    result: Result
    probe: Result | None
    network: Literal["default", "host", "none"] = "none"


def observe(
    place: Place, config: ImageConfig, test: SmokeTest, *, expected: Seen | None = None
) -> Seen:
    """Run the smoke test. `expected` is what the original did: as soon as the same has happened,
    there is nothing more to wait for."""
    words, watched = command(config, test), not test.run
    mounts = {probe.PLACE: place.probe} if place.probe and watched else {}
    options = ContainerOptions(network=place.network, mounts=mounts)
    with place.result.container(options) as container:
        process = _Process(container, words, config, test)
        process.start()
        if not watched or not place.probe:
            return process.seen_at_its_end(test.timeout if test.run else _QUIET)
        answers = tuple(_asked(container, each, process, test) for each in test.http)
        ports = _ports(container, process, config, test, expected)
        seen = process.seen(ports, answers)
        if test.http or process.has_ended:
            return seen
        return replace(seen, healthy=_healthy(container, config, process, test))


def command(config: ImageConfig, test: SmokeTest) -> list[str]:
    """What the test runs: the image's command, one with other arguments, or another one."""
    if test.run and test.run.whole:
        return list(test.run.args)
    if test.run:
        return [*config.entrypoint, *test.run.args]
    return [*config.entrypoint, *config.cmd]


class _Process:
    """The command, which runs while others ask it."""

    def __init__(
        self, container: Container, words: list[str], config: ImageConfig, test: SmokeTest
    ) -> None:
        self._container = container
        self._words = words
        self._config = config
        self._env = environment(config, test.env)
        self._limit = test.timeout * 2 + _SLACK
        self._started = threading.Event()
        self._ended = threading.Event()
        self._finished: Finished | None = None
        self._failure: BuildKitError | None = None
        self._said: dict[int, bytes] = {1: b"", 2: b""}

    def start(self) -> None:
        """Returns when it runs, or has failed to."""
        threading.Thread(target=self._run, daemon=True, name="smoke").start()
        self._started.wait(self._limit)

    def _run(self) -> None:
        try:
            self._finished = self._container.run(
                self._words,
                env=self._env,
                cwd=self._config.workdir or "/",
                user=self._config.user,
                timeout=self._limit,
                on_output=self._hear,
                on_started=self._started.set,
                keep=_KEPT,
            )
        except BuildKitError as error:
            self._failure = error
        finally:
            self._ended.set()
            self._started.set()

    def _hear(self, stream: int, data: bytes) -> None:
        self._said[stream] = (self._said.get(stream, b"") + data[-_KEPT:])[-_KEPT:]

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    def wait(self, seconds: float) -> None:
        self._ended.wait(seconds)

    def seen_at_its_end(self, seconds: float) -> Seen:
        self._ended.wait(seconds)
        return self.seen(frozenset(), ())

    def seen(self, ports: frozenset[int], answers: tuple[Answer, ...]) -> Seen:
        said = b"".join(self._said.values())[-2000:].decode("utf-8", "replace")
        if not self.has_ended or isinstance(self._failure, TimedOut):
            return Seen(None, ports, answers, "", said)
        if self._finished is None:
            return Seen(NOT_STARTED, ports, answers, "", str(self._failure))
        code = self._finished.code
        output = self._finished.stdout.decode("utf-8", "replace")
        if code in _SHELL_CODES or b"runc run failed" in self._finished.stderr:
            code = NOT_STARTED
        return Seen(code, ports, answers, output, said)


def environment(config: ImageConfig, more: Mapping[str, str]) -> dict[str, str]:
    """As an engine gives it to a container."""
    return {"PATH": _PATH, **config.env, **more}


def _asked(container: Container, request: Request, process: _Process, test: SmokeTest) -> Answer:
    if process.has_ended:
        return Answer(0, "")
    question = probe.question(request.port, request.path)
    tries = max(1, int(test.timeout * 10))
    with suppress(BuildKitError):  # the container ended: nobody answers
        done = container.run(
            probe.ask(tries), stdin=question, timeout=test.timeout + _SLACK, keep=_KEPT
        )
        return read_answer(done.stdout)
    return Answer(0, "")


def read_answer(data: bytes) -> Answer:
    """An answer of HTTP."""
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b"\r\n")[0].split()
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Answer(status, body.decode("utf-8", "replace"))


def _ports(
    container: Container,
    process: _Process,
    config: ImageConfig,
    test: SmokeTest,
    expected: Seen | None,
) -> frozenset[int]:
    """The ports that it has opened: all that the original has, or what does not change any more."""
    wanted = expected.ports if expected else frozenset()
    hopes = bool(wanted or (config.ports and not expected))
    until = time.monotonic() + (test.timeout if hopes else _QUIET)
    before: frozenset[int] | None = None
    while not process.has_ended and time.monotonic() < until:
        now = _listening(container)
        if now and now == before and wanted <= now:
            return now
        before = now
        process.wait(_PAUSE)
    return before or frozenset()


def _healthy(
    container: Container, config: ImageConfig, process: _Process, test: SmokeTest
) -> bool | None:
    """What the HEALTHCHECK says, once the ports are open; None where there is none to ask."""
    kind, *words = (config.healthcheck.test if config.healthcheck else ()) or ("NONE",)
    if kind not in ("CMD", "CMD-SHELL") or not words:
        return None
    if kind == "CMD":
        # A process that fails ends the whole container: there is one try.
        with suppress(BuildKitError):
            return _checked(container, words, config, test).code == 0
        return False
    shell = [*(config.shell or ("/bin/sh", "-c")), f"({words[0]}) >&2; echo reimage:$?"]
    until = time.monotonic() + test.timeout
    while not process.has_ended and time.monotonic() < until:
        try:
            told = _checked(container, shell, config, test).stdout
        except BuildKitError:
            return False
        if told.strip() == b"reimage:0":
            return True
        process.wait(_PAUSE)
    return False


def _checked(
    container: Container, words: list[str], config: ImageConfig, test: SmokeTest
) -> Finished:
    return container.run(
        words,
        env=environment(config, test.env),
        cwd=config.workdir or "/",
        user=config.user,
        timeout=test.timeout,
        keep=_KEPT,
    )


def _listening(container: Container) -> frozenset[int]:
    found: set[int] = set()
    with suppress(BuildKitError):
        for words in probe.tables():
            found |= probe.listening(container.run(words, timeout=_SLACK, keep=1 << 20).stdout)
    return frozenset(found)
