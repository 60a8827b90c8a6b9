"""`reimage inspect` and `compare` of what is built for real, beside what Docker says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.fixture_cases import ROOT

from reimage.report.images.schemas import compare_schema, inspect_schema

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine

OPTIMISED = """\
FROM python:3.12-slim
ENV APP_PORT=8000
WORKDIR /app
RUN apt-get update \\
    && apt-get install -y --no-install-recommends libpq5 \\
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip install --no-cache-dir --no-compile -r requirements.txt
COPY . .
EXPOSE 8000
CMD ["python", "app.py"]
"""


PROGRAM = (sys.executable, "-c", "import reimage.cli; reimage.cli.main()")


def environment(daemon: Daemon) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name != "BUILDKIT_HOST"}
    return clean | {"DOCKER_HOST": daemon.host}


def reimage(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(daemon),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A small application as somebody wrote it first, and a better Dockerfile beside it."""
    folder = tmp_path / "app"
    shutil.copytree(ROOT / "apps" / "flask", folder)
    (folder / "better").write_text(OPTIMISED)
    (folder / "better.dockerignore").write_text("better*\n")
    (folder / ".dockerignore").write_text("better*\n")
    return folder


def sizes_of(daemon: Daemon, name: str) -> list[int]:
    """Layers as `docker history` counts them, the lowest first; symbolic links are in it."""
    told = daemon.docker("history", "--no-trunc", "--human=false", "--format={{.Size}}", name)
    return [int(size) for size in reversed(told.split()) if size != "0"]


def test_figures_agree_with_docker_and_lines_add_up(
    graphdriver_daemon: Daemon, bases: Bases, app: Path
) -> None:
    daemon = graphdriver_daemon
    options = [*bases.options_for(app / "Dockerfile"), "--network", "host"]
    done = reimage(daemon, "inspect", str(app), *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: Any = json.loads(done.stdout)
    jsonschema.validate(found, inspect_schema())
    image = found["image"]
    assert image["rows"][-1]["total"] == image["size"] == sum(it["size"] for it in image["layers"])
    assert [row["line"] for row in image["rows"]] == [1, 2, 4, 5, 6, 9, 10, 12, 14, 15]
    digest = image["config_digest"]
    theirs = int(daemon.docker("image", "inspect", "--format={{.Size}}", digest))
    assert image["size"] == pytest.approx(theirs, rel=0.001)
    ours = [layer["size"] for layer in image["layers"] if layer["size"]]
    assert ours == pytest.approx(sizes_of(daemon, digest), rel=0.02, abs=200)
    named = reimage(daemon, "inspect", digest, "--format", "json")
    assert json.loads(named.stdout)["image"]["layers"][0]["digest"] == image["layers"][0]["digest"]


def test_a_better_dockerfile_compares_as_better(daemon: Daemon, bases: Bases, app: Path) -> None:
    options = [*bases.options_for(app / "Dockerfile"), "--network", "host"]
    both = (str(app / "Dockerfile"), str(app / "better"))
    done = reimage(
        daemon, "compare", *both, *options, "--format", "json", "--touch", "app.py", "--again"
    )
    assert done.returncode == 0, done.stderr
    found: Any = json.loads(done.stdout)
    jsonschema.validate(found, compare_schema())
    assert found["delta"]["size"] < -15_000_000
    one, two = found["before"]["touched"], found["after"]["touched"]
    # `ADD .` before the installation makes an edit run and push everything that follows it.
    assert one["new_bytes"] > 5_000_000 and two["new_bytes"] < 10_000
    assert one["cached_steps"] < two["cached_steps"] < two["steps"]
    assert (app / "app.py").read_bytes() == (ROOT / "apps" / "flask" / "app.py").read_bytes()
    assert found["delta"]["compressed_size"] < 0
    assert found["before"]["steps"] and found["after"]["steps"]
    for side in ("before", "after"):
        assert 0 < found[side]["build_again_seconds"] < found[side]["build_seconds"]
    assert found["lines"][0]["text"] == "RUN apt-get update"
    assert any(it["path"].startswith("/var/lib/apt/lists/") for it in found["files"]["removed"])
    assert "curl" in {it["name"] for it in found["packages"] if it["after"] is None}
    worse = reimage(daemon, "compare", *reversed(both), *options, "--max-growth", "5%")
    assert worse.returncode == 1
    flat = " ".join(worse.stdout.split())
    assert "grew most is" in flat and "Dockerfile:9: RUN apt-get update" in flat
    assert f"{found['after']['steps']} of {found['after']['steps']}" in worse.stdout


def test_a_build_that_fails_is_told_as_reimage_build_tells_it(
    daemon: Daemon, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    done = reimage(daemon, "inspect", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing" in done.stderr and "Traceback" not in done.stderr


def test_an_interrupted_build_leaves_nothing(daemon: Daemon, bases: Bases, tmp_path: Path) -> None:
    context, temporary = tmp_path / "context", tmp_path / "temporary"
    context.mkdir()
    temporary.mkdir()
    (context / "Dockerfile").write_text(f"FROM debian:12-slim\nRUN echo begun; sleep {os.getpid()}")
    options = [*bases.options_for(context / "Dockerfile"), "--network", "host"]
    with subprocess.Popen(
        [*PROGRAM, "compare", str(context), str(context), *options, "--progress", "plain"],
        env=environment(daemon) | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stderr
        for line in process.stderr:
            if line.endswith(b" begun\n"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(20) == 130, said
        assert b"Traceback" not in said and not process.stdout.read()
    assert not list(temporary.iterdir())
