"""Small Dockerfiles that need no base image, and the builders of the client's own tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.buildkit.conftest import (
    busybox,
    kind,
    make_context,
    own_temporary_files,
    store,
    suite,
    url,
)

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import MakeContext

__all__ = ["busybox", "kind", "make_context", "own_temporary_files", "store", "suite", "url"]

#: Two rewrites, both proven by two builds: MAINTAINER becomes a label, ENV gets its equals sign.
SMALL = """FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
MAINTAINER Ada <ada@example.org>
ENV APP_MODE plain
COPY app.txt /srv/app.txt
CMD ["/bin/sleep", "1000"]
"""


@pytest.fixture
def dockerfile(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """In a context with what it needs, and away from the settings of whoever runs the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-config"))
    for name in ("BUILDKIT_HOST", "DOCKER_CONTEXT", "DOCKER_HOST", "BUILDX_BUILDER"):
        monkeypatch.delenv(name, raising=False)
    path = make_context(**{"app.txt": b"hello\n"}) / "Dockerfile"
    path.write_text(SMALL)
    return path
