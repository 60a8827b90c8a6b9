"""What names of images and SHELL tell."""

from __future__ import annotations

import pytest

from reimage.model.known_images import looks_at_its_command, sh_knows_pipefail
from reimage.model.state import shell_options


@pytest.mark.parametrize(
    "image",
    [
        "debian:12-slim",
        "ubuntu",
        "scratch",
        "$BASE",
        "alpinelinux/gitlab",
        "me/alpines:3",
        "node:22-${VARIANT}",
        "alpine/git:${TAG}-slim",
    ],
)
def test_sh_may_lack_pipefail(image: str) -> None:
    assert not sh_knows_pipefail(image)


@pytest.mark.parametrize(
    "image",
    [
        "alpine",
        "alpine:3.20",
        "docker.io/library/alpine@sha256:00",
        "$REGISTRY/node:${V}-alpine3.20",
        "nginx:stable-alpine-slim",
        "registry.access.redhat.com/ubi9/ubi-minimal:9.4",
        "localhost:5000/fedora",
    ],
)
def test_sh_has_pipefail(image: str) -> None:
    assert sh_knows_pipefail(image)


def test_entrypoints_of_databases_look_at_the_command() -> None:
    assert looks_at_its_command("localhost:5000/library/redis:7@sha256:00")
    assert not looks_at_its_command("python:3.12")
    assert not looks_at_its_command(None)


@pytest.mark.parametrize(
    ("shell", "options"),
    [
        (("/bin/sh", "-c"), {"c"}),
        (("/bin/bash", "-eo", "pipefail", "-c"), {"c", "e", "pipefail"}),
        (("bash", "-o", "errexit", "-o", "pipefail", "-c"), {"c", "errexit", "pipefail"}),
        (("bash", "--login", "-ec"), {"login", "c", "e"}),
        ((), set()),
    ],
)
def test_shell_switches_options_on(shell: tuple[str, ...], options: set[str]) -> None:
    assert shell_options(shell) == options
