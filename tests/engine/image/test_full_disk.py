"""A disk that is full in the middle: one sentence, and nothing of ours stays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.service import run
from tests.image.making import file, files_as_tar, layout, tar

pytestmark = pytest.mark.engine


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 20 MB."""
    if os.geteuid():
        pytest.skip("only root may mount a disk")
    folder = tmp_path / "small"
    folder.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(folder)])
    try:
        yield folder
    finally:
        run(["umount", "--lazy", str(folder)])


def test_a_temporary_folder_without_room(small: Path, tmp_path: Path) -> None:
    packages = b"Package: a\nStatus: install ok installed\nVersion: 1\n\n" * 1_200_000
    image = tmp_path / "image.tar"
    image.write_bytes(files_as_tar(layout(tar(file("var/lib/dpkg/status", packages)))))
    done = subprocess.run(
        [sys.executable, "-c", "import reimage.cli; reimage.cli.main()", "compare", image, image],
        env={**os.environ, "TMPDIR": str(small)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"cannot be put aside in {small}: no space left on device" in done.stderr
    assert not list(small.iterdir())


def test_an_output_without_room(small: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (small / "filled").write_bytes(bytes(21 << 20))
    image = tmp_path / "image.tar"
    many = (file(f"folder/{number:06}", b"x") for number in range(2000))
    image.write_bytes(files_as_tar(layout(tar(*many))))
    base = tmp_path / "base.tar"
    base.write_bytes(files_as_tar(layout(tar(file("a", b"x")))))
    what = ["compare", str(base), str(image), "--format", "json"]
    with (small / "report.json").open("wb") as report:
        done = subprocess.run(
            [sys.executable, "-c", "import reimage.cli; reimage.cli.main()", *what],
            stdout=report,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "reimage: The output can't be written: No space left on device.\n"
