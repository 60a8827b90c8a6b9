"""A headless Chromium, driven over WebDriver; Debian's packages chromium and chromium-driver."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
INSTALLED = bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One window. What a page says goes through `run`, keys through `press`."""

    def __init__(self, port: int, profile: Path, flags: Sequence[str]) -> None:
        self._port = port
        self._session = ""
        options = {
            "args": [*_FLAGS, *flags, f"--user-data-dir={profile}", "--window-size=1100,1500"],
            "binary": shutil.which("chromium"),
        }
        logging = {"browser": "ALL"}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": logging}
        found = self._ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/{found['sessionId']}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as asked:
            asked.request(method, f"/session{self._session}{path}", json.dumps(body or {}))
            answer = asked.getresponse()
            value = json.loads(answer.read())["value"]
        assert answer.status == 200, value
        return value

    def open(self, page: Path) -> None:
        self._ask("POST", "/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def press(self, *keys: str) -> None:
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        pressed = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("POST", "/actions", {"actions": [pressed]})

    def spoken(self, selector: str) -> list[tuple[str, str]]:
        """Role and name, as a screen reader is told them, of all elements that match."""
        how = {"using": "css selector", "value": selector}
        found = [next(iter(each.values())) for each in self._ask("POST", "/elements", how)]
        return [
            (
                self._ask("GET", f"/element/{each}/computedrole"),
                self._ask("GET", f"/element/{each}/computedlabel"),
            )
            for each in found
        ]

    def resize(self, width: int, height: int) -> None:
        self._ask("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def complaints(self) -> list[str]:
        """What the console says: errors, and what the page's policy refused."""
        return [each["message"] for each in self._ask("POST", "/se/log", {"type": "browser"})]

    def close(self) -> None:
        self._ask("DELETE", "")


@contextmanager
def browser(folder: Path, *flags: str) -> Iterator[Browser]:
    """A browser with an empty profile in `folder`."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        window = Browser(port, folder / "profile", flags)
        try:
            yield window
        finally:
            window.close()
    finally:
        driver.terminate()
        driver.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("chromedriver does not answer")
