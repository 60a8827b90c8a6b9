"""What a word of the command line means."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.image.making import files_as_tar, layout, tar, write

from reimage.pipeline.errors import UsageError
from reimage.pipeline.images.targets import target

IMAGE = layout(tar())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("word", ["./missing", "/missing/Dockerfile", "missing.tar", "~x"])
def test_a_path_that_is_not_there_is_no_name_of_an_image(word: str) -> None:
    with pytest.raises(UsageError, match="There is no file or directory"):
        target(word)


def test_a_folder_with_neither_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="neither an image layout nor a Dockerfile"):
        target(str(folder))


def test_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a directory"):
        target("pipe")


def test_files_and_folders_are_looked_into(folder: Path) -> None:
    write(folder / "layout", IMAGE)
    (folder / "saved").write_bytes(files_as_tar(IMAGE))
    (folder / "packed").write_bytes(b"\x1f\x8b\x08 and more")
    (folder / "Dockerfile").write_bytes(b"FROM scratch\n")
    kinds = [target(word).kind for word in ("layout", "saved", "packed", "Dockerfile", ".")]
    assert kinds == ["layout", "archive", "archive", "dockerfile", "context"]


def test_an_image_of_a_registry_is_marked_as_such(folder: Path) -> None:
    (folder / "docker:").mkdir()
    found = target("docker://example.org/app:1")
    assert (found.kind, found.word, found.is_built) == ("registry", "example.org/app:1", False)


@pytest.mark.parametrize("word", ["app", "app:1", "example.org:5000/a/b:c", "a@sha256:" + "0" * 64])
def test_what_is_no_file_is_a_name(word: str) -> None:
    assert target(word).kind == "image"


def test_a_revision_gives_the_file_as_it_was(folder: Path) -> None:
    git("init", "--quiet")
    (folder / "Dockerfile").write_bytes(b"FROM old\r\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "old")
    (folder / "Dockerfile").write_bytes(b"FROM new\n")
    found = target("HEAD:Dockerfile")
    assert (found.kind, found.text) == ("revision", b"FROM old\r\n")
    assert found.path.resolve() == (folder / "Dockerfile").resolve()
    with pytest.raises(UsageError, match="no file other/Dockerfile in the revision HEAD"):
        target("HEAD:other/Dockerfile")
    assert target("HEAD:12").kind == "image"
    assert target("--help:Dockerfile").kind == "image"
