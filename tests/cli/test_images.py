"""`reimage inspect` and `reimage compare` on images that are files."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Shell
from tests.image.making import file, files_as_tar, layout, tar, write
from tests.pipeline.images.subjects import DOCKERFILE, LAYERS, STEPS, history


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "BUILDKIT_HOST"):
        monkeypatch.delenv(name, raising=False)
    made = layout(*(tar(*members) for members in LAYERS), history=history(STEPS))
    write(Path("image"), made)
    Path("small.tar").write_bytes(files_as_tar(layout(tar(*LAYERS[0]))))
    Path("Dockerfile.app").write_text(DOCKERFILE)
    return Shell()


def sentence(shell: Shell, *args: str) -> str:
    result = shell(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("reimage: ") and result.stderr.count("\n") == 1
    return result.stderr


def test_what_is_not_there_is_one_sentence(shell: Shell) -> None:
    assert "no file or directory ./none" in sentence(shell, "inspect", "./none")
    assert "no file none, and no engine" in sentence(shell, "inspect", "none")


def test_a_damaged_image_is_one_sentence(shell: Shell) -> None:
    whole = Path("small.tar").read_bytes()
    Path("cut.tar").write_bytes(whole[:1500])
    sentence(shell, "inspect", "cut.tar")
    sentence(shell, "compare", "small.tar", "cut.tar")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("inspect", "image", "--context", "."), "--context is for a build"),
        (("inspect", "image", "--format", "yaml"), "--format takes text or json"),
        (("inspect", "image", "--platform", "a,b"), "is no platform"),
        (("inspect", "Dockerfile.app", "-f", "x"), "--file is for an image"),
        (("compare", "image", "image", "--max-size", "5%"), "--max-size takes a size"),
        (("compare", "image", "image", "--max-layers", "x"), "--max-layers takes a number"),
        (("compare", "image", "image", "--context", "."), "neither of the two is built"),
        (("compare", "image", "image", "--again"), "neither of the two is built"),
        (("inspect", "HEAD~1:Dockerfile"), "git knows no file Dockerfile in HEAD~1 here."),
        (("compare", "image", "none.tar"), "no file or directory none.tar"),
        (("inspect", "image", "-f", "none"), "none"),
        (("compare", "image", "Dockerfile.app", "--touch", "gone.py"), "no such file in the build"),
    ],
)
def test_bad_usage_is_one_sentence(shell: Shell, args: tuple[str, ...], told: str) -> None:
    assert told in sentence(shell, *args)


def test_inspect_puts_bytes_beside_the_lines_of_a_dockerfile(shell: Shell) -> None:
    result = shell("inspect", "image", "--file", "Dockerfile.app")
    assert result.exit_code == 0
    assert "   750 B   700 B 1.75 kB    7  RUN apt-get update" in result.stdout
    assert "\x1b" not in result.stdout


def test_inspect_without_a_dockerfile_tells_the_steps(shell: Shell) -> None:
    result = shell("inspect", "image", "--layers", "--files", "--waste", "--closure")
    assert result.exit_code == 0
    assert "   750 B   700 B 1.75 kB  RUN apt-get update && apt-get install -y app" in result.stdout
    for title in ("Layers", "Waste", "Files (4)", "What the command needs"):
        assert f"\n{title}\n" in result.stdout


def test_inspect_as_json(shell: Shell) -> None:
    found = json.loads(shell("inspect", "image", "--format", "json").stdout)
    assert found["image"]["size"] == 2050 and found["files"] is None


def test_compare_holds_budgets_by_exit_code(shell: Shell) -> None:
    held = shell("compare", "small.tar", "image", "--max-size", "3kB", "--max-layers", "3")
    assert held.exit_code == 0 and "2 budgets held" in held.stdout
    over = shell("compare", "small.tar", "image", "--max-growth", "5%")
    assert over.exit_code == 1 and "--max-growth is 5%" in over.stdout


@pytest.mark.parametrize("form", ["json", "markdown", "html", "github", "sarif"])
def test_every_format_tells_budgets_on_the_standard_error_too(shell: Shell, form: str) -> None:
    result = shell("compare", "small.tar", "image", "--max-growth", "5%", "--format", form)
    assert result.exit_code == 1 and result.stdout
    assert "over: The image grew by 1,050 bytes" in result.stderr


def test_a_full_temporary_folder_is_one_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def seek(self, place: int) -> None:
            pass

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("reimage.image.contents.tempfile.SpooledTemporaryFile", lambda **_: Full())
    Path("kept.tar").write_bytes(
        files_as_tar(layout(tar(file("var/lib/dpkg/status", b"Package: a\n"))))
    )
    told = sentence(shell, "compare", "small.tar", "kept.tar")
    assert "no space left on device; make room there, or name another folder with TMPDIR" in told
