"""The client of the Docker API, asked about images that real daemons have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reimage.docker_api.daemon import Daemon

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.conftest import StartDaemon
    from tests.engine.daemon import Store

    from reimage.image.anatomy import Layer

pytestmark = pytest.mark.engine


def size_in_older_store(layer: Layer) -> int:
    """It counts a symbolic link as long as its target."""
    links = sum(len(entry.link) for entry in layer.entries if entry.is_symlink)
    return layer.content_size + links


@pytest.mark.parametrize("store", ["graphdriver", "containerd"])
@pytest.mark.parametrize("suite", ["sid", "trixie"])
@pytest.mark.parametrize("base", ["debian:12-slim", "gcr.io/distroless/static-debian12:nonroot"])
def test_images_agree_with_what_daemons_say(
    start_daemon: StartDaemon, bases: Bases, suite: str, store: Store, base: str
) -> None:
    engine = start_daemon(suite, store)
    name = bases.reference(base)
    engine.docker("pull", "--quiet", name)
    daemon = Daemon(engine.host)
    image, facts, history = daemon.image(name), daemon.inspect(name), daemon.history(name)
    assert facts.config == image.config
    assert facts.platform == image.platform
    assert facts.diff_ids == tuple(layer.diff_id for layer in image.layers)
    assert facts.id in (image.digest, image.config_digest)
    assert [line.created_by for line in reversed(history)] == [
        step.created_by for step in image.history
    ]
    if store == "graphdriver":
        found = [size for size in map(size_in_older_store, image.layers) if size]
        assert [line.size for line in reversed(history) if line.size] == found
        assert facts.size == sum(found)


def test_changes_agree_with_docker_diff(start_daemon: StartDaemon, bases: Bases) -> None:
    engine = start_daemon("sid", "graphdriver")
    name = bases.reference("debian:12-slim")
    script = "echo x > /new; rm /etc/debian_version; chmod 600 /etc/hostname /etc/shells"
    container = engine.docker("create", name, "sh", "-c", script).strip()
    engine.docker("start", "--attach", container)
    found = Daemon(engine.host).changes(container)
    letters = {"modified": "C", "added": "A", "deleted": "D"}
    assert {f"{letters[change.kind]} {change.path}" for change in found} == set(
        engine.docker("diff", container).strip().split("\n")
    )
