"""Sessions against a builder that is none: the tunnel, and the services in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import grpc
import pytest
from tests.buildkit_client.fake_builder import FakeBuilder, ask, converse, fetch, receive

from buildkit_client import BadRequest, Credentials, ExportFailed, messages
from buildkit_client.channel import CONTENT, call
from buildkit_client.session import auth, content, filesend, filesync, packets, secret_store
from buildkit_client.session.modes import to_go
from buildkit_client.session.secret_store import FromEnvironment, FromFile, Secret
from buildkit_client.session.services import Failures, Handlers
from buildkit_client.session.trees import Directory, Files, Tree
from buildkit_client.session.tunnel import Session


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[FakeBuilder]:
    folder = tmp_path / "builder"
    folder.mkdir()
    with FakeBuilder(folder) as running:
        yield running


def offered(builder: FakeBuilder, *services: Handlers) -> Session:
    return Session(builder.channel, services, shared_key="key", name="näme")


def test_a_session_tells_what_it_offers_and_is_alive(builder: FakeBuilder) -> None:
    with offered(builder, filesync.serve({}, Failures())) as session:
        channel = builder.wait_for_session()
        path = "/grpc.health.v1.Health/Check"
        assert ask(channel, path, b"") == b"\x08\x01"
        told = builder.headers
    assert ("x-docker-expose-session-uuid", session.id) in told
    assert ("x-docker-expose-session-sharedkey", "key") in told
    assert ("x-docker-expose-session-name", "n_me") in told
    methods = {value for key, value in told if key == "x-docker-expose-session-grpc-method"}
    assert methods == {path, "/moby.filesync.v1.FileSync/DiffCopy"}


def test_what_is_not_offered_is_not_there(builder: FakeBuilder) -> None:
    with offered(builder), pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
        ask(builder.wait_for_session(), "/moby.buildkit.secrets.v1.Secrets/GetSecret", b"")


def test_a_service_is_offered_once(builder: FakeBuilder) -> None:
    with pytest.raises(ValueError, match="twice"):
        offered(builder, filesync.serve({}, Failures()), filesync.serve({}, Failures()))


def test_files_are_sent_as_they_are_asked_for(builder: FakeBuilder, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "big").write_bytes(b"x" * 3_000_000)
    (root / "empty").touch()
    (root / "left out").touch()
    trees: dict[str, Tree] = {
        "context": Directory(root),
        "dockerfile": Files({"Dockerfile": b"FROM x"}),
    }
    with offered(builder, filesync.serve(trees, Failures())):
        channel = builder.wait_for_session()
        found = receive(channel, ("dir-name", "context"), ("exclude-patterns", "left*"))
        assert found == {"d": None, "d/big": b"x" * 3_000_000, "empty": b""}
        asked = (("dir-name", "dockerfile"), ("followpaths", "Dockerfile"))
        assert receive(channel, *asked) == {"Dockerfile": b"FROM x"}


def test_two_thousand_patterns_and_encoded_ones(builder: FakeBuilder, tmp_path: Path) -> None:
    (tmp_path / "é").touch()
    (tmp_path / "f").touch()
    many = [("exclude-patterns", f"some/longer/pattern/{number}") for number in range(2000)]
    encoded = [("exclude-patterns-encoded", "1"), ("exclude-patterns", "%C3%A9")]
    with offered(builder, filesync.serve({"context": Directory(tmp_path)}, Failures())):
        found = receive(builder.wait_for_session(), ("dir-name", "context"), *many, *encoded)
    assert "f" in found
    assert "é" not in found


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        pytest.param([("dir-name", "other")], "no access", id="a tree that is not offered"),
        pytest.param(
            [("dir-name", "context"), ("exclude-patterns", "a[b")], "not valid", id="a bad pattern"
        ),
    ],
)
def test_what_cannot_be_sent_is_refused(
    builder: FakeBuilder, headers: list[tuple[str, str]], said: str
) -> None:
    with (
        offered(builder, filesync.serve({"context": Files({})}, Failures())),
        pytest.raises(grpc.RpcError, match=said),
    ):
        receive(builder.wait_for_session(), *headers)


def test_a_file_number_that_was_not_listed_is_refused(builder: FakeBuilder) -> None:
    with offered(builder, filesync.serve({"context": Files({})}, Failures())):
        channel = builder.wait_for_session()
        path, sent = "/moby.filesync.v1.FileSync/DiffCopy", iter([packets.request_packet(5)])
        with pytest.raises(grpc.RpcError, match="invalid file id 5"):
            list(converse(channel, path, sent, ("dir-name", "context")))


def test_secrets(builder: FakeBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_TEST", "v")
    (tmp_path / "large").write_bytes(b"x" * (secret_store.LIMIT + 1))
    (tmp_path / "goes").touch()
    secrets: dict[str, Secret] = {
        "plain": b"p",
        "env": FromEnvironment("SECRET_OF_THE_TEST"),
        "goes": FromFile(tmp_path / "goes"),
    }
    for bad in (
        FromEnvironment("SECRET_THAT_IS_NOT_SET"),
        FromFile(tmp_path / "none"),
        FromFile(tmp_path / "large"),
    ):
        with pytest.raises(BadRequest, match="secret s"):
            secret_store.serve({"s": bad})
    path = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
    with offered(builder, secret_store.serve(secrets)):
        channel = builder.wait_for_session()

        def secret(name: str) -> bytes:
            return call(channel, path, messages.SecretRequest(id=name), messages.Bytes).data

        assert (secret("plain"), secret("env")) == (b"p", b"v")
        with pytest.raises(grpc.RpcError, match=r"NOT_FOUND[^$]*secret unknown"):
            secret("unknown")
        # Not NOT_FOUND, at which the builder leaves out a secret that is optional.
        (tmp_path / "goes").unlink()
        with pytest.raises(grpc.RpcError, match=r"FAILED_PRECONDITION[^$]*secret goes"):
            secret("goes")


def test_credentials_and_no_token_authority(builder: FakeBuilder) -> None:
    with offered(builder, auth.serve(lambda host: Credentials("u", host), Failures())):
        channel = builder.wait_for_session()
        path = "/moby.filesync.v1.Auth/"
        request = messages.CredentialsRequest(host="h")
        answer = call(channel, path + "Credentials", request, messages.CredentialsResponse)
        assert (answer.username, answer.secret) == ("u", "h")
        with pytest.raises(grpc.RpcError, match="UNAVAILABLE"):
            call(channel, path + "GetTokenAuthority", messages.Empty(), messages.Empty)


def send_tree(channel: grpc.Channel, *sent: bytes) -> list[messages.Packet]:
    """Send packets as a builder; answers are read until the other side ends."""
    waiting: SimpleQueue[bytes | None] = SimpleQueue()
    for packet in sent:
        waiting.put(packet)
    answers = []
    number = ("buildkit-attachable-exporter-id", "1")
    path = "/moby.filesync.v1.FileSend/DiffCopy"
    for data in converse(channel, path, iter(waiting.get, None), number):
        answer = packets.read(data)
        answers.append(answer)
        if answer.type == packets.REQUEST:
            waiting.put(packets.data_packet(answer.id, b"content"))
            waiting.put(packets.data_packet(answer.id, b""))
        if answer.type == packets.FIN:
            waiting.put(packets.FINISH)
            waiting.put(None)
    return answers


def file_entry(path: str) -> bytes:
    return packets.stat_packet(messages.Stat(path=path.encode(), mode=to_go(0o100600), size=7))


def test_a_tree_is_received(builder: FakeBuilder, tmp_path: Path) -> None:
    failures = Failures()
    with offered(builder, filesend.serve({1: filesend.ToDirectory(tmp_path / "out")}, failures)):
        sent = (file_entry("a"), file_entry("b"), packets.END_OF_LIST)
        answers = send_tree(builder.wait_for_session(), *sent)
    assert [answer.type for answer in answers] == [packets.REQUEST, packets.REQUEST, packets.FIN]
    assert (tmp_path / "out" / "b").read_bytes() == b"content"
    assert failures.first is None


def test_a_tree_that_leads_out_is_refused_and_remembered(
    builder: FakeBuilder, tmp_path: Path
) -> None:
    failures = Failures()
    with (
        offered(builder, filesend.serve({1: filesend.ToDirectory(tmp_path / "out")}, failures)),
        pytest.raises(grpc.RpcError, match="leads out"),
    ):
        send_tree(builder.wait_for_session(), file_entry("../a"))
    assert isinstance(failures.first, ExportFailed)
    assert not (tmp_path / "a").exists()


def test_a_stream_replaces_a_file_only_when_it_is_whole(
    builder: FakeBuilder, tmp_path: Path
) -> None:
    target = tmp_path / "out.tar"
    target.write_bytes(b"before")
    path = "/moby.filesync.v1.FileSend/DiffCopy"
    whole = [messages.Bytes(data=b"x" * 9_000_000).SerializeToString()] * 3
    endless: SimpleQueue[bytes] = SimpleQueue()
    endless.put(whole[0])
    sink = filesend.ToFile(target)
    with offered(builder, filesend.serve({0: sink}, Failures())):
        channel = builder.wait_for_session()
        with pytest.raises(grpc.RpcError, match="DEADLINE"):
            list(converse(channel, path, iter(endless.get, b""), timeout=0.5))
        endless.put(b"")
        # One that ends well is kept only if the build does.
        for keep, size in ((False, 6), (True, 27_000_000)):
            assert not list(converse(channel, path, iter(whole)))
            assert target.read_bytes() == b"before"
            sink.settle(keep=keep)
            assert target.stat().st_size == size
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_many_calls_at_once(builder: FakeBuilder, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"f{number}").write_bytes(b"%d" % number * 100)
    with offered(builder, filesync.serve({"context": Directory(tmp_path)}, Failures())):
        channel = builder.wait_for_session()
        asked = ("dir-name", "context"), ("include-patterns", "f*")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: receive(channel, *asked), range(16)))
    assert all(len(tree) == 300 for tree in found)
    assert {tree["f299"] for tree in found} == {b"299" * 100}


def test_blobs_are_written_checked_and_read(builder: FakeBuilder, tmp_path: Path) -> None:
    store = tmp_path / "store"
    digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"
    header = ("buildkit-attachable-store-id", "local:s")

    def write(channel: grpc.Channel, expected: str) -> list[bytes]:
        request = messages.WriteContentRequest(action=2, ref="r", expected=expected, data=b"x")
        sent = iter([request.SerializeToString()])
        return list(converse(channel, CONTENT + "Write", sent, header))

    with offered(builder, content.serve({"local:s": content.Store(store)}, Failures())):
        channel = builder.wait_for_session()
        with pytest.raises(grpc.RpcError, match="FAILED_PRECONDITION"):
            write(channel, "sha256:" + "0" * 64)
        (answer,) = write(channel, digest)
        assert messages.WriteContentResponse.FromString(answer).digest == digest
        with pytest.raises(grpc.RpcError, match="ALREADY_EXISTS"):
            write(channel, digest)
        asked = messages.ReadContentRequest(digest=digest).SerializeToString()
        (read,) = fetch(channel, CONTENT + "Read", asked, header)
        assert messages.ReadContentResponse.FromString(read).data == b"x"
        for bad in ("sha256:../../x", "sha256:" + "1" * 64):
            info = messages.ContentInfoRequest(digest=bad).SerializeToString()
            with pytest.raises(grpc.RpcError, match=r"INVALID_ARGUMENT|NOT_FOUND"):
                ask(channel, CONTENT + "Info", info, header)
