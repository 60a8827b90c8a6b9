"""What a build may use besides its files: agents, networks, sources that the builder fetches."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext
from tests.engine.buildkit.layout_of_files import tar_of
from tests.engine.buildkit.ssh_server import running_agent
from tests.engine.registry import free_port
from tests.engine.service import Service, run

from buildkit_client import (
    Builder,
    BuildFailed,
    BuildKitError,
    BuildRequest,
    LocalDirectory,
    Rule,
)

pytestmark = pytest.mark.engine


def copy_with_libraries(program: str, root: Path) -> None:
    """A program and what it is linked to, at their places below `root`."""
    path = shutil.which(program)
    assert path
    for file in [path, *re.findall(r"(/\S+) \(0x", run(["ldd", path]))]:
        target = root / file.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def test_a_run_talks_to_an_ssh_agent(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context()
    copy_with_libraries("ssh-add", context / "root")
    dockerfile = (
        SHELL
        + b"COPY root /\nRUN mkdir -p /etc && echo 'root:x:0:0::/:/bin/sh' > /etc/passwd\n"
        + b"RUN --mount=type=ssh ssh-add -L > /default\n"
        + b"RUN --mount=type=ssh,id=other ssh-add -L > /other || echo $? > /other\n"
        + b"RUN test -z $SSH_AUTH_SOCK\n"
        + b"FROM scratch\nCOPY --from=0 /default /other /\n"
    )
    out = LocalDirectory(tmp_path / "out")
    with running_agent(tmp_path) as (agent, public_key):
        request = BuildRequest(
            context=context,
            dockerfile=dockerfile,
            network="host",
            ssh={"default": agent},
            outputs=(out,),
            no_cache=True,
        )
        builder.build(request)
    assert (out.path / "default").read_text() == public_key
    assert (out.path / "other").read_text() == "2\n"  # no agent to talk to


def test_an_agent_that_is_required_and_not_given(
    builder: Builder, make_context: MakeContext
) -> None:
    dockerfile = SHELL + b"RUN --mount=type=ssh,required=true true\n"
    with pytest.raises(BuildKitError, match=r"ssh|SSH"):
        builder.build(BuildRequest(context=make_context(), dockerfile=dockerfile, network="host"))


def test_networks_of_a_run(builder: Builder, make_context: MakeContext, tmp_path: Path) -> None:
    def links(**fields: object) -> set[str]:
        out = LocalDirectory(tmp_path / "out")
        dockerfile = SHELL + b"RUN ls /sys/class/net > /links\n"
        request = BuildRequest(
            context=make_context(),
            dockerfile=dockerfile,
            no_cache=True,
            outputs=(out,),
            **fields,  # type: ignore[arg-type]
        )
        builder.build(request)
        return set((out.path / "links").read_text().split())

    assert links(network="none") == {"lo"}
    assert links(network="host") == set(os.listdir("/sys/class/net"))
    assert links(network="default") == {"lo", "eth0"}


def test_what_a_run_may_not_do_unless_it_is_allowed(
    builder: Builder, make_context: MakeContext
) -> None:
    dockerfile = SHELL + b"RUN --network=host true\n"
    request = BuildRequest(context=make_context(), dockerfile=dockerfile, network="none")
    with pytest.raises(BuildFailed, match=r"network\.host is not allowed"):
        builder.build(request)
    allowed = BuildRequest(
        context=make_context(),
        dockerfile=dockerfile,
        network="none",
        entitlements=("network.host",),
    )
    assert builder.build(allowed).steps


def test_what_the_daemon_does_not_allow(builder: Builder, make_context: MakeContext) -> None:
    request = BuildRequest(
        context=make_context(), dockerfile=SHELL, entitlements=("security.insecure",)
    )
    with pytest.raises(BuildFailed, match=r"security\.insecure is not allowed by build daemon"):
        builder.build(request)


def test_sources_are_denied_and_replaced(
    builder: Builder, make_context: MakeContext, tmp_path: Path
) -> None:
    with serving({"a": b"1", "b": b"2"}, tmp_path / "served") as url:
        rule = Rule("convert", f"{url}/a", match="exact", replacement=f"{url}/b")
        out = LocalDirectory(tmp_path / "out")
        dockerfile = f"FROM scratch\nADD {url}/a /\n".encode()
        replaced = BuildRequest(dockerfile=dockerfile, source_policy=(rule,), outputs=(out,))
        builder.build(replaced)
        assert (out.path / "a").read_bytes() == b"2"
        denied = BuildRequest(dockerfile=dockerfile, source_policy=(Rule("deny", f"{url}/*"),))
        with pytest.raises(BuildFailed, match=r"denied|not allowed"):
            builder.build(denied)


@contextmanager
def serving(files: dict[str, bytes], folder: Path) -> Iterator[str]:
    """Serve files over HTTP on this machine."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing of requests."""

    def log_message(self, format: str, *arguments: object) -> None:
        return


def test_a_context_that_the_builder_fetches_as_an_archive(builder: Builder, tmp_path: Path) -> None:
    packed = tar_of({"Dockerfile": b"FROM scratch\nCOPY f /\n", "f": b"packed"})
    with serving({"context.tar": packed}, tmp_path / "served") as url:
        out = LocalDirectory(tmp_path / "out")
        builder.build(BuildRequest(context=f"{url}/context.tar", outputs=(out,)))
    assert (out.path / "f").read_bytes() == b"packed"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """A Git repository with a Dockerfile, served on this machine."""
    root = tmp_path / "git" / "repository"
    root.mkdir(parents=True)
    (root / "Dockerfile").write_bytes(b"FROM scratch\nCOPY f /\n")
    (root / "f").write_bytes(b"committed")
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-q", "-m", "1"]):
        run(["git", "-C", str(root), *command])
    port = free_port()
    options = ["--export-all", f"--base-path={root.parent}", "--listen=127.0.0.1"]
    command = ["git", "daemon", *options, f"--port={port}", "--reuseaddr"]
    server = Service(command, tmp_path / "git.log")
    try:
        yield f"git://127.0.0.1:{port}/repository"
    finally:
        server.stop()


def test_a_repository_is_a_context_and_a_named_one(
    builder: Builder, repository: str, tmp_path: Path
) -> None:
    one, other = (LocalDirectory(tmp_path / name) for name in ("one", "other"))
    builder.build(BuildRequest(context=f"{repository}#main", outputs=(one,)))
    assert (one.path / "f").read_bytes() == b"committed"
    named = BuildRequest(
        dockerfile=b"FROM scratch\nCOPY --from=source f /g\n",
        contexts={"source": f"{repository}#main"},
        outputs=(other,),
    )
    builder.build(named)
    assert (other.path / "g").read_bytes() == b"committed"
