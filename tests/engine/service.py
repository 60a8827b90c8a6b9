"""A program that runs beside the tests: started, waited for, stopped."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path


class EngineUnavailable(Exception):
    """This machine can't run an engine. The message says why and what to do."""


class CommandFailed(Exception):
    """A command that must work did not. The message holds what it printed."""


class Service:
    """One process with a log file. It is told to end when the tests' process dies, however."""

    def __init__(
        self, command: list[str], log: Path, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()
        self._process.wait()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Raises CommandFailed with the end of the log when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise CommandFailed(f"{self.name} ended at once:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise CommandFailed(f"{self.name} is not ready:\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self, lines: int = 30) -> str:
        """The end of the log, for a message."""
        return "\n".join(self.log.read_text("utf-8", "replace").split("\n")[-lines:])

    def stop(self, *, seconds: float = 20) -> None:
        """Ask it to end, then insist."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()


def run(command: list[str], *, environment: Mapping[str, str] | None = None) -> str:
    """Run a command to its end and give its output; what it printed is in the error."""
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    if done.returncode != 0:
        raise CommandFailed(
            f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout
