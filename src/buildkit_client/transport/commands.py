"""A program whose standard input and output are the connection."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence

from buildkit_client.errors import NoBuilder

# It has closed its connection, so it is about to end.
_LAST_WORDS_SECONDS = 1.0
# How docker's messages about a mistake end.
_NO_REASON = ("Run 'docker", "See 'docker")


class CommandDial:
    """Starts the command for each connection. It ends when its connection does."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._said = ""
        #: Whether the last one ended in an error.
        self.failed = False
        self._watcher: threading.Thread | None = None
        if shutil.which(self._command[0]) is None:
            raise NoBuilder(f"this builder is reached through '{command[0]}', which is not here")

    def __call__(self) -> socket.socket:
        near, far = socket.socketpair()
        with far:
            process = subprocess.Popen(
                self._command,
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._watcher = threading.Thread(target=self._watch, args=(process,), daemon=True)
        self._watcher.start()
        return near

    @property
    def last_words(self) -> str:
        """The last line with a reason that the command wrote to its standard error."""
        if self._watcher:
            self._watcher.join(_LAST_WORDS_SECONDS)
        return self._said

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                said = line.decode("utf-8", "replace").strip().removeprefix("ERROR: ")
                if said and not said.startswith(_NO_REASON):
                    self._said = said
        self.failed = process.wait() != 0
