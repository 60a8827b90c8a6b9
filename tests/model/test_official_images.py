"""What names of images tell, and which relatives they have."""

from __future__ import annotations

import pytest

from reimage.image.systems import PROGRAMS
from reimage.model.images.official_images import known_runtime, known_system
from reimage.model.images.references import Reference, parse_reference
from reimage.model.images.relatives import CATALOGUE, relatives, tags_of_the_same_version


def reference(text: str) -> Reference:
    found = parse_reference(text)
    assert isinstance(found, Reference)
    return found


@pytest.mark.parametrize(
    "image",
    [
        "Python:3",
        "company/python:3.12",
        "ghcr.io/library/python:3.12",
        "python:3.12-windowsservercore-ltsc2022",
        "gcr.io/distroless/static-debian12:debug",
        "golang:1.23-slim",
        "cgr.dev/chainguard/python:latest-dev",
        "gcr.io/distroless/java21-debian12:debug-nonroot",
        "almalinux:9-minimal",
        "oraclelinux:9-slim",
        "oraclelinux:7",
        "amazonlinux:2",
        "amazonlinux:2.0.20240131.0",
        "buildpack-deps:noble-curl",
        "eclipse-temurin:21-jre-ubi9-minimal",
    ],
)
def test_what_the_table_does_not_know(image: str) -> None:
    assert known_system(image) is None


@pytest.mark.parametrize(
    ("image", "family", "release"),
    [
        ("python:3.12", "debian", ""),
        ("python:3.12-slim-bookworm", "debian", "bookworm"),
        ("docker.io/library/python:3.12-alpine3.20", "alpine", "3.20"),
        ("public.ecr.aws/docker/library/node:22-bookworm-slim", "debian", "bookworm"),
        ("debian:12.11-slim", "debian", "bookworm"),
        ("ubuntu:24.04", "ubuntu", "24.04"),
        ("alpine:3.20.3", "alpine", "3.20"),
        ("gcr.io/distroless/nodejs22-debian13:nonroot", "debian", "trixie"),
        ("cgr.dev/chainguard/python", "wolfi", ""),
        ("amazonlinux:2023", "rhel", ""),
        ("oraclelinux:9", "rhel", ""),
        ("almalinux:9.4", "rhel", "9.4"),
        ("fedora", "fedora", ""),
        ("eclipse-temurin:21-jre-noble", "ubuntu", "24.04"),
    ],
)
def test_families_and_releases(image: str, family: str, release: str) -> None:
    found = known_system(image)
    assert found is not None
    assert (found.family, found.release) == (family, release)


def test_programs_that_are_not_certain_are_left_open() -> None:
    full, slim = known_system("python:3.12"), known_system("python:3.12-slim")
    open_one = known_system("fedora:42")
    assert full and slim and open_one
    assert [full.has(name) for name in PROGRAMS] == [True] * 4
    assert (slim.has("curl"), slim.has("bash")) == (False, True)
    assert open_one.has("curl") is None


@pytest.mark.parametrize(
    ("image", "runtime"),
    [
        ("python:3.12-slim", ("python", "3.12")),
        ("python:slim", ("python", "")),
        ("gcr.io/distroless/python3-debian12", ("python", "3.11")),
        ("gcr.io/distroless/nodejs22-debian12", ("node", "22")),
        ("eclipse-temurin:21-jre", ("java", "21")),
        ("debian:12", None),
        ("company/python:3.12", None),
    ],
)
def test_runtimes(image: str, runtime: tuple[str, str] | None) -> None:
    assert known_runtime(image) == runtime


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("python", "python:slim"),
        ("python:3.12-bookworm", "python:3.12-slim-bookworm"),
        ("node:22-bookworm", "node:22-bookworm-slim"),
        ("debian:bookworm", "gcr.io/distroless/base-debian12"),
        ("php:8.3-fpm", "php:8.3-fpm-alpine"),
    ],
)
def test_relatives_keep_what_the_tag_says(image: str, expected: str) -> None:
    assert expected in [str(each.image) for each in relatives(reference(image))]


def test_every_entry_of_the_catalogue_makes_a_name() -> None:
    for line in CATALOGUE.strip().split("\n")[1:]:
        name = line.split()[0]
        assert relatives(reference(f"{name}:12.3.4-bookworm")), name
    assert relatives(reference("company/python:3.12")) == ()


def test_tags_of_another_version_are_no_relatives() -> None:
    tags = ["3.12", "3.12-slim", "3.13-slim", "3.12-windowsservercore", "latest", "3.12-alpine3.20"]
    found = tags_of_the_same_version(reference("python:3.12"), tags, 9)
    assert [each.image.tag for each in found] == ["3.12-slim", "3.12-alpine3.20"]
    assert tags_of_the_same_version(reference("python"), tags, 9) == []
