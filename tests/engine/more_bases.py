"""Base images that only some tests need: each is made when a Dockerfile names it.

One recipe each, in base_images/more. A recipe starts from other stand-ins as any Dockerfile does.
They are as fat as the real ones, whose packages they install.

Build containers reach the registries of Python's and Node's packages and Debian's mirrors. Those of
Go, Rust, Java and Ruby are out of reach: what applications in these languages depend on comes from
Debian's packages, which the recipes set up where the ecosystem's own tool looks for it. Of Python's
only the HTML form is there, so `poetry install` finds nothing while `poetry export` and pip do; and
headers for Node's native modules come from the image, as the place node-gyp asks is out of reach.
Lock files that must name a registry (uv.lock) can't be committed.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.make_bases import RECIPES, STAGES, copy_cpython, cpython_of_this_machine

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

RECIPES_OF_THEIR_OWN = {
    "buildpack-deps:bookworm": "buildpack-deps",
    "buildpack-deps:bookworm-scm": "buildpack-deps-scm",
    "python:3.12": "python-3.12",
    "python:3.12-bookworm": "python-3.12",
    "python:3.11": "python-3.11",
    "python:3.11-bookworm": "python-3.11",
    "python:3.11-slim": "python-3.11-slim",
    "python:3.11-slim-bookworm": "python-3.11-slim",
    "node:22": "node-22",
    "node:22-bookworm": "node-22",
    "golang:1.23-bookworm": "golang-1.23",
    "gcc:12": "gcc-12",
    "rust:1": "rust",
    "rust:1-bookworm": "rust",
    "eclipse-temurin:17-jdk": "temurin-17-jdk",
    "eclipse-temurin:17-jre": "temurin-17-jre",
    "maven:3-eclipse-temurin-17": "maven-3",
    "gcr.io/distroless/cc-debian13": "distroless-cc-debian13",
    "gcr.io/distroless/java-base-debian12": "distroless-java-base",
    "gcr.io/distroless/java-base-debian12:nonroot": "distroless-java-base-nonroot",
    "gcr.io/distroless/java17-debian12": "distroless-java17",
    "gcr.io/distroless/java17-debian12:nonroot": "distroless-java17-nonroot",
    "nginx:stable": "nginx",
    "nginx:stable-bookworm": "nginx",
    "nginxinc/nginx-unprivileged:stable": "nginx-unprivileged",
    "nginxinc/nginx-unprivileged:stable-bookworm": "nginx-unprivileged",
    "php:8.2-cli": "php-8.2-cli",
    "ruby:3.1": "ruby-3.1",
    "ruby:3.1-slim": "ruby-3.1-slim",
}
"""What Dockerfiles call the image → its recipe."""
FILES = RECIPES / "more" / "files"


def recipe_of(image: str) -> Path:
    return RECIPES / "more" / f"{RECIPES_OF_THEIR_OWN[image]}.Dockerfile"


def stand_ins_named_in(dockerfile: Path) -> list[str]:
    """The images that a Dockerfile starts from or copies from and that we make."""
    named = re.findall(r"^FROM (?:--\S+ )*(\S+)|--from=(\S+)", dockerfile.read_text(), re.MULTILINE)
    known = STAGES.keys() | RECIPES_OF_THEIR_OWN.keys()
    return sorted(known & {name for pair in named for name in pair})


def recipe_mark(image: str) -> str:
    """Changes with the recipe and with those that it starts from. A name for a file."""
    recipe = recipe_of(image)
    digest = hashlib.sha256(recipe.read_bytes())
    if "--from=files" in recipe.read_text():
        for path in sorted(FILES.iterdir()):
            digest.update(path.read_bytes())
    for other in stand_ins_named_in(recipe):
        if other in RECIPES_OF_THEIR_OWN:
            digest.update(recipe_mark(other).encode())
    return f"{recipe.stem}-{digest.hexdigest()[:16]}"


def make_base(daemon: Daemon, registry: str, image: str, options: list[str]) -> None:
    """Build one recipe and push it under all its names; what it starts from is there already."""
    recipe = recipe_of(image)
    same = [name for name in RECIPES_OF_THEIR_OWN if recipe_of(name) == recipe]
    names = ",".join(f"{registry}/{name}" for name in same)
    output = f'--output=type=image,"name={names}",push=true,store=false,unpack=false'
    how = ["--progress=plain", "--network=host", "--provenance=false", f"--file={recipe}"]
    how += [f"--build-context=files={FILES}"]
    how += [f"--build-context=cpython-3.11={_gather_cpython(daemon, '3.11')}"]
    daemon.docker("buildx", "build", *how, *options, output, str(RECIPES / "context"))


def _gather_cpython(daemon: Daemon, version: str) -> Path:
    """A folder for /usr/local, empty where this machine has not built that version."""
    folder = daemon.folder / f"cpython-{version}"
    if not folder.exists():
        folder.mkdir()
        if found := cpython_of_this_machine(version):
            copy_cpython(found, folder, version)
    return folder
