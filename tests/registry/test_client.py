"""What a client gets from a registry that does what it should."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.registry.conftest import Client, image
from tests.registry.fake_registry import (
    INDEX,
    FakeRegistry,
    Handler,
    Tokens,
    digest_of,
    serving,
    wants_password,
)

from buildkit_client.docker_config import Credentials
from reimage.image.platforms import Platform
from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.registry.asking import ask
from reimage.registry.base_images import base_image, created
from reimage.registry.endpoints import is_this_machine, server
from reimage.registry.errors import BadAnswer, NotFound, Offline
from reimage.registry.listing import referrers, tags

LINUX = Platform("linux", "amd64")


def test_a_tag_stands_for_the_index(fake: FakeRegistry, client: Client) -> None:
    index = fake.add_index("app", "1", ["linux/amd64", "linux/arm64"])
    assert client().resolve(image(fake)) == index["digest"]
    assert [method for method, _, _ in fake.requests] == ["HEAD"]


def test_without_the_headers_the_manifest_itself_is_taken(
    fake: FakeRegistry, client: Client
) -> None:
    one = fake.add_image("app", "1")
    fake.tricks.append(lambda h: h.command == "HEAD" and h.answer(405))
    assert client().resolve(image(fake)) == one["digest"]


def test_a_password_is_only_sent_when_it_is_asked_for(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    registry = client(credentials=lambda host: Credentials("bob", "right"))
    registry.resolve(image(fake))
    assert not any("authorization" in headers for _, _, headers in fake.requests)
    fake.tricks.append(wants_password("bob", "right"))
    assert registry.resolve(image(fake))


def test_a_token_is_asked_for_once_by_all_threads(fake: FakeRegistry, client: Client) -> None:
    names = [f"{number}" for number in range(40)]
    for name in names:
        fake.add_image("app", name)
    tokens = Tokens()
    fake.tricks.append(tokens)
    answers = ask(client(), [image(fake, f"app:{name}") for name in names])
    assert all(isinstance(answer, Resolved) for answer in answers.values())
    assert tokens.made == 1
    assert tokens.scopes == ["repository:app:pull"]


def test_each_image_is_asked_for_once(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    answers = ask(client(), [image(fake)] * 50 + [image(fake, "app:2")] * 50)
    assert [type(answer) for answer in answers.values()] == [Resolved, Unresolved]
    assert set(fake.asked().values()) == {1}


def test_an_identity_token_is_exchanged(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    fake.tricks.append(Tokens(identity_token="refresh-me"))
    registry = client(credentials=lambda host: Credentials("", "refresh-me"))
    assert registry.resolve(image(fake))
    posted = [path for method, path, _ in fake.requests if method == "POST"]
    assert posted == ["/token"]


def test_a_manifest_is_read_from_the_cache_and_checked(
    fake: FakeRegistry, client: Client, tmp_path: Path
) -> None:
    digest = fake.add_image("app", "1")["digest"]
    pinned = image(fake)._replace(digest=digest)
    registry = client(cache=tmp_path)
    first = registry.manifest(pinned)
    assert registry.manifest(pinned) == first
    assert client(cache=tmp_path, offline=True).manifest(pinned) == first
    assert len(fake.requests) == 1
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    kept.write_bytes(b"tampered with")
    assert registry.manifest(pinned) == first
    assert len(fake.requests) == 2


def test_what_a_tag_stands_for_is_forgotten_unless_asked(
    fake: FakeRegistry, client: Client, tmp_path: Path
) -> None:
    old = fake.add_image("app", "1")["digest"]
    assert client(cache=tmp_path).resolve(image(fake)) == old
    with pytest.raises(Offline):
        client(cache=tmp_path, offline=True).resolve(image(fake))
    assert client(cache=tmp_path, tags_for=60).resolve(image(fake)) == old
    new = fake.add_image("app", "1", {"other": 1})["digest"]
    assert client(cache=tmp_path, tags_for=60).resolve(image(fake)) == old
    assert client(cache=tmp_path, offline=True).resolve(image(fake)) == old
    assert client(cache=tmp_path).resolve(image(fake)) == new


def test_a_blob_from_the_middle(fake: FakeRegistry, client: Client) -> None:
    content = bytes(range(256)) * 40
    digest = fake.add_blob(content)["digest"]
    registry = client()
    with registry.open_blob(image(fake), digest, len(content), start=1000) as chunks:
        assert b"".join(chunks) == content[1000:]
    assert fake.requests[-1][2]["range"] == f"bytes=1000-{len(content) - 1}"
    fake.tricks.append(lambda h: "blobs" in h.path and h.answer(200, content))
    with registry.open_blob(image(fake), digest, len(content), start=1000) as chunks:
        assert b"".join(chunks) == content[1000:]


def test_a_whole_blob_behind_a_sign_in(fake: FakeRegistry, client: Client) -> None:
    content = b"x" * 100_000
    digest = fake.add_blob(content)["digest"]
    fake.tricks.append(Tokens())
    registry = client()
    with registry.open_blob(image(fake), digest, len(content)) as chunks:
        assert b"".join(chunks) == content


def test_tags_come_in_pages(fake: FakeRegistry, client: Client) -> None:
    def pages(handler: Handler) -> bool:
        if "last=b" in handler.path:
            return handler.answer(200, b'{"tags": ["c", "not a tag", 3]}')
        link = {"Link": '</v2/app/tags/list?last=b&n=1000>; rel="next"'}
        return handler.answer(200, b'{"tags": ["a", "b"]}', link)

    fake.tricks.append(pages)
    assert list(tags(client(), image(fake))) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("/v2/app/tags/list?n=1000", "has no end of pages for the tags of HOST/app"),
        ("http://elsewhere.example/", "sends to another server for more of the tags of HOST/app"),
        ("//[", "sends to another server"),
    ],
)
def test_pages_that_lead_nowhere(fake: FakeRegistry, client: Client, link: str, words: str) -> None:
    header = {"Link": f'<{link}>; rel="next"'}
    fake.tricks.append(lambda h: h.answer(200, b'{"tags": []}', header))
    with pytest.raises(BadAnswer) as error:
        list(tags(client(), image(fake)))
    assert words in str(error.value).replace(fake.address, "HOST")


def test_a_repository_whose_tags_are_deleted(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(lambda h: h.answer(200, b'{"name": "app", "tags": null}'))
    assert list(tags(client(), image(fake))) == []


def test_what_refers_to_an_image(fake: FakeRegistry, client: Client) -> None:
    one = fake.add_blob(b"signature") | {"artifactType": "a/signature"}
    other = fake.add_blob(b"list") | {"artifactType": "a/list"}
    body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [one, other]}
    digest = digest_of(b"image")
    known = json.dumps(body).encode()
    fake.tricks.append(
        lambda h: "/referrers/" in h.path and h.answer(200, known, {"Content-Type": INDEX})
    )
    found = referrers(client(), image(fake), digest, "a/list")
    assert [each.digest for each in found] == [other["digest"]]


def test_a_registry_without_referrers_keeps_them_under_a_tag(
    fake: FakeRegistry, client: Client
) -> None:
    digest = digest_of(b"image")
    assert referrers(client(), image(fake), digest) == ()
    one = fake.add_blob(b"signature")
    body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [one]}
    fake.add_manifest("app", digest.replace(":", "-"), body)
    assert [each.digest for each in referrers(client(), image(fake), digest)] == [one["digest"]]


def test_a_mirror_is_asked_first_and_gets_no_password_of_the_registry(
    fake: FakeRegistry, client: Client
) -> None:
    with serving() as mirror:
        here = mirror.add_image("proxy/library/python", "3.12")["digest"]
        mirror.tricks.append(Tokens())
        asked: list[str] = []

        def credentials(host: str) -> Credentials:
            asked.append(host)
            return Credentials("bob", "right")

        registry = client(
            mirrors={"docker.io": (f"http://{mirror.address}/proxy/",)}, credentials=credentials
        )
        python = Reference("docker.io", "library/python", "3.12")
        assert registry.resolve(python) == here
        assert asked == [mirror.address]
        fake.add_image("app", "1")
        registry = client(mirrors={fake.address: (f"http://{mirror.address}",)})
        assert registry.resolve(image(fake))


def test_facts_of_a_base_image(fake: FakeRegistry, client: Client) -> None:
    config = {
        "created": "2026-01-02T03:04:05.123456789Z",
        "config": {
            "Env": ["PATH=/bin:/usr/bin", "A=b=c"],
            "User": "65532",
            "WorkingDir": "/srv",
            "Entrypoint": ["/bin/tini", "--"],
            "Cmd": None,
            "Shell": ["/bin/bash", "-c"],
            "ExposedPorts": {"80/tcp": {}},
            "Labels": {"a": "b", "c": 3},
        },
    }
    fake.add_index("app", "1", ["linux/arm64"], config={"User": "other"})
    fake.add_image("app", "2", config, layers=3)
    found = base_image(client(), image(fake, "app:2"))
    assert found.env == {"PATH": "/bin:/usr/bin", "A": "b=c"}
    assert (found.user, found.workdir, found.command) == ("65532", "/srv", ())
    assert found.entrypoint == ("/bin/tini", "--")
    assert found.shell == ("/bin/bash", "-c")
    assert (found.exposed, found.labels) == (("80/tcp",), {"a": "b"})
    assert (found.layers, found.size) == (3, 3 * 700)
    arm = base_image(client(), image(fake), Platform("linux", "arm64", "v8"))
    assert arm.user == "other"


def test_the_age_of_an_image(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1", {"created": "2026-01-02T03:04:05Z"})
    fake.add_index("app", "2", ["linux/amd64"], created="2026-02-03T00:00:00+01:00")
    fake.add_image("app", "3", {"created": "1970-01-01T00:00:00Z"})
    registry = client()
    assert created(registry, image(fake)) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert created(registry, image(fake, "app:2")) == datetime(2026, 2, 2, 23, tzinfo=UTC)
    assert created(registry, image(fake, "app:3")) is None


def test_where_docker_hub_is() -> None:
    hub = server("docker.io", "https")
    assert hub.url("library/python", "tags/list") == (
        "https://registry-1.docker.io/v2/library/python/tags/list"
    )
    assert hub.known_as == "docker.io"


@pytest.mark.parametrize("domain", ["localhost", "localhost:5000", "127.0.0.1:1", "[::1]:5000"])
def test_this_machine_needs_no_tls(domain: str) -> None:
    assert is_this_machine(domain)


@pytest.mark.parametrize("domain", ["localhost.example.org", "10.0.0.1:5000", "example.org"])
def test_other_machines_do(domain: str) -> None:
    assert not is_this_machine(domain)


def test_many_threads_share_a_client(fake: FakeRegistry, client: Client) -> None:
    fake.add_index("app", "1", ["linux/amd64"])
    registry = client()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(registry.image(image(fake), LINUX)[0]))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_missing_blob_is_named_by_its_beginning(fake: FakeRegistry, client: Client) -> None:
    digest = digest_of(b"missing")
    with pytest.raises(NotFound) as error:
        client().blob(image(fake), digest)
    told = str(error.value).replace(fake.address, "HOST")
    assert told == f"the registry HOST does not have the blob {digest[:19]}… of HOST/app"
