"""A program whose standard input and output are the connection."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence

from buildkit_client.errors import NoBuilder


class CommandDial:
    """Starts the command for each connection. It ends when its connection does."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        #: The last thing that a command which has ended wrote to its standard error.
        self.said = ""
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
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        return near

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.said = line.decode("utf-8", "replace").strip() or self.said
        process.wait()
