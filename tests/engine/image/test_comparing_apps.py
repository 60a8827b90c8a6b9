"""Applications as first written beside the same by hand: every format, budgets, and the figures."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.engine.image.test_inspecting_builds import reimage
from tests.fixture_cases import ROOT

from reimage.report.images.schemas import compare_schema

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = [pytest.mark.engine, pytest.mark.slow]

APPS = {
    "fastapi-weather": "src/weather/main.py",
    "go-links": "main.go",
    "typescript-tasks": "src/main.ts",
}
"""With the file of each that somebody edits."""
STARTS = {
    "text": "before  ",
    "markdown": "### ",
    "html": "<!DOCTYPE html>",
    "github": "::notice ",
    "sarif": "{",
}


@pytest.mark.parametrize("app", APPS)
def test_a_naive_and_an_expert_application(
    daemon: Daemon, bases: Bases, app: str, tmp_path: Path
) -> None:
    folder = ROOT / "apps" / app
    files = (folder / "Dockerfile", folder / "Dockerfile.expert")
    options = ["--network=host"]
    for file in files:
        options += bases.options_for(file)
    both = ["compare", *map(str, files), *options]
    budgets = ["--max-growth=0%", "--max-size=2GB", "--max-layers=40", "--max-waste=90%"]
    done = reimage(daemon, *both, *budgets, "--format=json", f"--touch={APPS[app]}")
    assert done.returncode == 0, done.stderr
    found: Any = json.loads(done.stdout)
    jsonschema.validate(found, compare_schema())
    assert all(budget["held"] for budget in found["budgets"]) and len(found["budgets"]) == 4
    for side, file in zip(("before", "after"), files, strict=True):
        layers = layers_of(daemon, file, options, tmp_path / f"{side}.tar")
        told = found[side]
        assert [(it["digest"], it["compressed_size"]) for it in told["layers"]] == layers
        assert told["compressed_size"] == sum(size for _, size in layers)
        assert told["rows"][-1]["total"] == told["size"]
    before, after = found["before"], found["after"]
    assert after["size"] < before["size"] / 2
    assert after["touched"]["new_bytes"] < before["touched"]["new_bytes"]
    for form, start in STARTS.items():
        done = reimage(daemon, *both, f"--format={form}")
        assert done.returncode == 0 and done.stdout.startswith(start), done.stderr
    worse = ["compare", *map(str, reversed(files)), *options, "--max-growth=5%", "--max-layers=1"]
    done = reimage(daemon, *worse, "--format=sarif")
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["runs"][0]["results"]) == 2
    told = " ".join(done.stderr.split())
    assert "over: The image grew by" in told and f"{app}/Dockerfile:" in told


def test_docker_images_tells_the_same_size(
    graphdriver_daemon: Daemon, bases: Bases, tmp_path: Path
) -> None:
    daemon = graphdriver_daemon
    folder = ROOT / "apps" / "c-extension"
    names = []
    for name in ("Dockerfile", "Dockerfile.expert"):
        options = [*bases.options_for(folder / name), "--network=host", "--load"]
        names.append(f"compared:{name.lower()}")
        build = ["buildx", "build", *options, "--file", str(folder / name), "--tag", names[-1]]
        daemon.docker(*build, str(folder))
    done = reimage(daemon, "compare", *names, "--format=json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for side, name in zip(("before", "after"), names, strict=True):
        size = int(daemon.docker("image", "inspect", "--format={{.Size}}", name))
        assert found[side]["size"] == pytest.approx(size, rel=0.001)
        printed = daemon.docker("images", "--format={{.Size}}", name).strip()
        assert printed == decimal(size)
    daemon.docker("rmi", *names)


def decimal(size: int) -> str:
    """As `docker images` writes it: three digits of powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000  # type: ignore[assignment]
    return f"{size:.3g}{unit}"


def layers_of(
    daemon: Daemon, dockerfile: Path, options: list[str], archive: Path
) -> list[tuple[str, int]]:
    """Digests and sizes as the manifest of docker's own build tells them."""
    how = ["--provenance=false", f"--output=type=oci,dest={archive}", *options]
    daemon.docker("buildx", "build", *how, "--file", str(dockerfile), str(dockerfile.parent))
    with tarfile.open(archive) as opened:

        def document(name: str) -> Any:
            file = opened.extractfile(name)
            assert file
            return json.load(file)

        digest = document("index.json")["manifests"][0]["digest"]
        manifest = document(f"blobs/{digest.replace(':', '/')}")
    return [(layer["digest"], layer["size"]) for layer in manifest["layers"]]
