"""Five images: what reimage says of them, container-structure-test and the daemon say as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.engine.image.structure_tests import structure_of, told
from tests.fixture_cases import ROOT

from reimage.docker_api.daemon import Daemon as Client
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.trees.images import tree_difference
from reimage.image.trees.merging import merged

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

    from reimage.image.anatomy import Image, Layer
    from reimage.image.entries import Entry

pytestmark = [pytest.mark.engine, pytest.mark.slow]

IMAGES = (
    "debian:12-slim",
    "node:22-slim",
    "gcr.io/distroless/python3-debian12:nonroot",
    "flask",
    "odd",
)
READ = ("etc/os-release", "usr/lib/os-release", "app/app.py", "etc/passwd", "srv/notes/later")
ODD = """\
FROM debian:12-slim
LABEL org.example.title="Odd things" empty=""
ENV GREETING="a b=c" EMPTY=
RUN mkdir -p /srv/notes /srv/gone /srv/again && echo 1 > /srv/notes/first \\
    && echo 2 > /srv/gone/second && echo 3 > /srv/again/third && ln -s notes /srv/link \\
    && ln /srv/notes/first /srv/notes/other
RUN rm -rf /srv/gone /srv/again && mkdir /srv/again && echo 4 > /srv/again/fourth \\
    && rm /srv/notes/first && chown 12:34 /srv/notes/other && echo 5 > /srv/notes/later
RUN chmod 4750 /srv/again/fourth && chmod 1777 /srv/again && chmod 2755 /srv/notes
EXPOSE 80 8080/tcp
VOLUME ["/data", "/srv/volume"]
WORKDIR /srv/new
USER 12:34
ENTRYPOINT ["/bin/echo", "$HOME"]
CMD ["a b", "c"]
"""
SCRIPT = """\
rm /etc/debian_version; rm -r /usr/share/common-licenses; chmod 600 /etc/shells
mkdir -p /new/deep; echo x > /new/deep/file; ln -s file /new/deep/link
echo more >> /etc/passwd; rm -r /var/lib/dpkg/info; echo a file > /var/lib/dpkg/info
rm -r /opt; mkdir /opt; echo back > /opt/back; chown 5 /srv
"""


@pytest.fixture(scope="module", params=IMAGES)
def name(
    request: pytest.FixtureRequest,
    graphdriver_daemon: Daemon,
    bases: Bases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """An image of the daemon with the older store, which can tell differences of containers."""
    daemon = graphdriver_daemon
    if ":" in request.param:
        image = bases.reference(request.param)
        daemon.docker("pull", "--quiet", image)
        yield image
        return
    folder = ROOT / "apps" / "flask"
    if request.param == "odd":
        folder = tmp_path_factory.mktemp("odd")
        (folder / "Dockerfile").write_text(ODD)
    options = [*bases.options_for(folder / "Dockerfile"), "--network=host", "--load"]
    daemon.docker("buildx", "build", *options, "--tag", f"{request.param}:facts", str(folder))
    yield f"{request.param}:facts"
    daemon.docker("rmi", f"{request.param}:facts")


def test_container_structure_test_agrees(
    graphdriver_daemon: Daemon, name: str, tmp_path: Path
) -> None:
    with Contents(1 << 24) as contents:
        reading = Reading(contents=contents, keep=lambda entry, _: entry.path in READ)
        image = Client(graphdriver_daemon.host).image(name, reading=reading)
        tests = structure_of(image, contents)
    passed, failed, reasons = told(graphdriver_daemon, name, tests, tmp_path)
    assert not failed, reasons
    number = len(tests["fileExistenceTests"]) + len(tests["fileContentTests"]) + 1
    assert passed == number > 60
    for test in tests["fileExistenceTests"]:
        test["shouldExist"] = not test["shouldExist"]
    _, failed, _ = told(graphdriver_daemon, name, tests, tmp_path)
    assert failed == len(tests["fileExistenceTests"])


def test_inspect_and_history_agree(graphdriver_daemon: Daemon, name: str) -> None:
    client = Client(graphdriver_daemon.host)
    image, facts, history = client.image(name), client.inspect(name), client.history(name)
    assert (facts.id, facts.platform) == (image.config_digest, image.platform)
    assert facts.config == image.config
    assert facts.diff_ids == tuple(layer.diff_id for layer in image.layers)
    steps = list(zip(reversed(history), image.history, strict=True))
    assert [line.created_by for line, _ in steps] == [step.created_by for _, step in steps]
    # The daemon adds the lengths of symbolic links, not of all that containers wrote, and a few
    # bytes where files were deleted.
    layers = iter(image.layers)
    for line, step in steps:
        more = line.size if step.empty else line.size - (layer := next(layers)).content_size
        assert 0 <= more <= (0 if step.empty else links_of(layer) + 16), line
    assert facts.size == sum(line.size for line in history)
    assert facts.size == pytest.approx(image.content_size, rel=0.001)


def links_of(layer: Layer) -> int:
    return sum(len(entry.link) for entry in layer.entries if entry.is_symlink)


def test_the_difference_to_a_changed_container_is_docker_diff(
    graphdriver_daemon: Daemon, name: str, tmp_path: Path
) -> None:
    daemon = graphdriver_daemon
    client = Client(daemon.host)
    before = client.image(name)
    container = changed_container(daemon, name, before, tmp_path)
    printed = daemon.docker("diff", container).rstrip("\n").split("\n")
    told = {(line[0], line[2:]) for line in printed}
    assert told == {
        ({"modified": "C", "added": "A", "deleted": "D"}[each.kind], each.path)
        for each in client.changes(container)
    }
    made = daemon.docker("commit", container).strip()
    daemon.docker("rm", container)
    after = client.image(made)
    daemon.docker("rmi", made)
    ours, touched = as_docker_diff(before, after)
    assert ours <= told
    # Docker also tells the folders above, whose times changed, and what was only written again.
    rest = {path.lstrip("/") for _, path in told - ours}
    assert {kind for kind, _ in told - ours} <= {"C"}
    assert rest <= touched
    assert len(ours) >= 3


def changed_container(daemon: Daemon, name: str, image: Image, folder: Path) -> str:
    """Changed by a script, and from outside where there is no shell."""
    has_shell = merged(image.layers).find("bin/sh") is not None
    if has_shell:
        command = ["--user=0", "--entrypoint=/bin/sh", name, "-c", SCRIPT]
        container = daemon.docker("create", "--network=none", *command).strip()
        daemon.docker("start", "--attach", container)
        return container
    container = daemon.docker("create", name, "nothing").strip()
    (folder / "new").mkdir()
    (folder / "new" / "file").write_text("x")
    (folder / "passwd").write_text("replaced\n")
    daemon.docker("cp", str(folder / "new"), f"{container}:/new")
    daemon.docker("cp", str(folder / "passwd"), f"{container}:/etc/passwd")
    return container


def as_docker_diff(before: Image, after: Image) -> tuple[set[tuple[str, str]], set[str]]:
    """Letters and paths; and every path in the layer that the container made, with those above."""
    one, two = merged(before.layers), merged(after.layers)
    found = tree_difference(one, two)
    removed = {entry.path for entry in found.removed}
    # A folder that became a file is one line, and so is one that went with all that was in it.
    top = {
        path
        for path in removed
        if not any(above in removed or not two.is_directory(above) for above in parents(path))
    }
    lines = {("A", f"/{entry.path}") for entry in found.added}
    lines |= {("D", f"/{path}") for path in top}
    lines |= {("C", f"/{change.path}") for change in found.changed}
    touched: set[str] = set()
    for layer in after.layers[len(before.layers) :]:
        for entry in layer.entries:
            touched |= {path_of(entry), *parents(path_of(entry))}
    return lines, touched


def path_of(entry: Entry) -> str:
    name = entry.name.removeprefix(".wh.")
    return f"{entry.directory}/{name}" if entry.directory else name


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
