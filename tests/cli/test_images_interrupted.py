"""Ctrl-C while an image is read: at once, in silence, and nothing stays."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.image.making import docker_archive, file, files_as_tar, tar

PROGRAM = [sys.executable, "-c", "import reimage.cli; reimage.cli.main()"]
MANY = 180
TASKS = Path("/proc/self/task")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A layer that takes seconds to read: nearly as many zeros as are taken without a question."""
    head = tar(file("zeros", b""))[:512]
    info = bytearray(head)
    info[124:136] = f"{MANY * 10 << 20:011o}\0".encode()
    info[148:156] = b" " * 8
    info[148:156] = f"{sum(info):06o}\0 ".encode()
    zeros = gzip.compress(bytes(10 << 20))
    path = tmp_path / "image.tar"
    path.write_bytes(files_as_tar(docker_archive(gzip.compress(bytes(info)) + zeros * MANY)))
    return path


@pytest.mark.skipif(not TASKS.exists(), reason="only Linux tells the threads of a process")
@pytest.mark.parametrize("command", [["inspect"], ["inspect", "--closure"], ["compare", "{}"]])
def test_an_interrupt_while_an_image_is_read(
    archive: Path, tmp_path: Path, command: list[str]
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = [word.format(archive) for word in command]
    with subprocess.Popen(
        [*PROGRAM, *words, archive],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        tasks = Path(f"/proc/{run.pid}/task")
        while run.poll() is None and len(list(tasks.iterdir())) < 2:
            time.sleep(0.01)
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        printed, said = run.communicate(timeout=20)
    assert run.returncode == 130, said
    assert not printed and b"Traceback" not in said
    assert not list(temporary.iterdir())
