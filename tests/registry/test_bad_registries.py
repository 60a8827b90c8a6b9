"""What a registry can do wrong, and the sentence that the user sees."""

from __future__ import annotations

import socket
import time

import pytest
from tests.registry.conftest import Client, image
from tests.registry.fake_registry import (
    MANIFEST,
    FakeRegistry,
    Handler,
    Tokens,
    digest_of,
    serving,
    wants_password,
)

from buildkit_client.docker_config import Credentials
from reimage.image.platforms import Platform
from reimage.registry.errors import (
    BadAnswer,
    Denied,
    NotFound,
    Offline,
    RateLimited,
    ServerTrouble,
    Unreachable,
)

LINUX = Platform("linux", "amd64")


def told(error: pytest.ExceptionInfo[Exception], fake: FakeRegistry) -> str:
    return str(error.value).replace(fake.address, "HOST")


def test_a_wrong_password_is_told_without_the_password(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(wants_password("bob", "right"))
    registry = client(credentials=lambda host: Credentials("bob", "wrong-secret"))
    with pytest.raises(Denied) as error:
        registry.resolve(image(fake))
    assert told(error, fake) == (
        "HOST does not accept the password of bob: sign in again with `docker login HOST`"
    )


def test_nobody_is_signed_in(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(wants_password("bob", "right"))
    with pytest.raises(Denied) as error:
        client().resolve(image(fake))
    assert told(error, fake) == (
        "HOST shows app to nobody unknown: it does not exist, or needs `docker login HOST`"
    )


def test_a_wrong_password_at_the_token_server(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(Tokens(password="Basic other"))
    registry = client(credentials=lambda host: Credentials("bob", "wrong-secret"))
    with pytest.raises(Denied) as error:
        registry.resolve(image(fake))
    assert "does not accept the password of bob" in str(error.value)
    assert "wrong-secret" not in str(error.value)


def test_a_token_that_is_never_accepted(fake: FakeRegistry, client: Client) -> None:
    tokens = Tokens(uses=0)
    fake.tricks.append(tokens)
    with pytest.raises(Denied):
        client().resolve(image(fake))
    assert tokens.made <= 3


def test_an_expired_token_is_replaced(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    tokens = Tokens(uses=1)
    fake.tricks.append(tokens)
    registry = client()
    assert registry.resolve(image(fake)) == registry.manifest(image(fake)).digest
    assert tokens.made == 2


def test_an_unknown_way_to_sign_in(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(lambda h: h.answer(401, headers={"WWW-Authenticate": "Negotiate abc"}))
    with pytest.raises(Denied) as error:
        client().resolve(image(fake))
    assert told(error, fake) == "HOST asks for a sign-in of a kind that reimage does not know"


@pytest.mark.parametrize("realm", ["file:///etc/passwd", "", "ftp://example.org/", "http://["])
def test_tokens_come_from_the_web_only(fake: FakeRegistry, client: Client, realm: str) -> None:
    header = {"WWW-Authenticate": f'Bearer realm="{realm}"'}
    fake.tricks.append(lambda h: h.answer(401, headers=header))
    with pytest.raises(BadAnswer) as error:
        client().resolve(image(fake))
    assert told(error, fake) == "HOST names no address for its tokens"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"token": 1}', b'{"token": "a\\nb"}', b"[" * 100000]
)
def test_a_token_that_is_none(fake: FakeRegistry, client: Client, body: bytes) -> None:
    def trick(handler: Handler) -> bool:
        if handler.path.startswith("/token"):
            return handler.answer(200, body)
        realm = f"http://{fake.address}/token"
        return handler.answer(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})

    fake.tricks.append(trick)
    with pytest.raises(BadAnswer) as error:
        client().resolve(image(fake))
    assert told(error, fake) == "The token for HOST is no token"


def test_an_image_that_is_not_there(fake: FakeRegistry, client: Client) -> None:
    with pytest.raises(NotFound) as error:
        client().resolve(image(fake))
    assert told(error, fake) == "the registry HOST does not have HOST/app:1"
    assert len(fake.requests) == 1


def test_a_sign_in_that_may_not_read_it(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(lambda h: h.answer(403))
    with pytest.raises(Denied) as error:
        client().resolve(image(fake))
    assert told(error, fake) == "HOST does not let this sign-in read HOST/app:1"


def test_too_many_requests_with_a_long_wait_fail_at_once(
    fake: FakeRegistry, client: Client
) -> None:
    headers = {
        "Retry-After": "3600",
        "RateLimit-Limit": "100;w=21600",
        "RateLimit-Remaining": "0;w=21600",
    }
    fake.tricks.append(lambda h: h.answer(429, headers=headers))
    registry = client()
    with pytest.raises(RateLimited) as error:
        registry.resolve(image(fake))
    assert told(error, fake) == (
        "HOST takes no more requests for now (0 of 100 requests left in 6 h): try again in 3600 s, "
        "or sign in with `docker login`"
    )
    assert str(registry.rate_limits[fake.address]) == "0 of 100 requests left in 6 h"


def test_too_many_requests_with_a_short_wait_are_waited_for(
    fake: FakeRegistry, client: Client
) -> None:
    fake.add_image("app", "1")
    answers = [429, 429]
    fake.tricks.append(
        lambda h: bool(answers) and h.answer(answers.pop(), headers={"Retry-After": "0"})
    )
    assert client().resolve(image(fake))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_the_server_is_tried_again_and_then_told(
    fake: FakeRegistry, client: Client, status: int
) -> None:
    fake.tricks.append(lambda h: "manifests" in h.path and h.answer(status))
    with pytest.raises(ServerTrouble) as error:
        client().resolve(image(fake))
    assert told(error, fake).startswith(f"HOST answers {status} (")
    assert told(error, fake).endswith("when asked for HOST/app:1")
    assert fake.asked()["/v2/app/manifests/1"] == 3


def test_a_server_that_recovers(fake: FakeRegistry, client: Client) -> None:
    fake.add_image("app", "1")
    answers = [503, 500]
    fake.tricks.append(lambda h: bool(answers) and h.answer(answers.pop()))
    assert client().resolve(image(fake))


def test_a_connection_that_is_cut(fake: FakeRegistry, client: Client) -> None:
    def cut(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return True

    fake.tricks.append(cut)
    with pytest.raises(Unreachable) as error:
        client().manifest(image(fake))
    assert told(error, fake) == "The connection to HOST broke before the answer was complete"
    assert fake.asked()["/v2/app/manifests/1"] == 3


def _trickle(handler: Handler, text: bytes) -> bool:
    handler.close_connection = True
    try:
        for byte in text:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass
    return True


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], ids=["head", "body"]
)
def test_a_registry_that_sends_a_byte_now_and_then(
    fake: FakeRegistry, client: Client, beginning: bytes
) -> None:
    def trick(handler: Handler) -> bool:
        handler.wfile.write(beginning)
        return _trickle(handler, b"HTTP/1.1 200 OK\r\n" + b"X-Long: x\r\n" * 100)

    fake.tricks.append(trick)
    registry = client(one_request=0.4, attempts=1, plain_http=frozenset([fake.address]))
    before = time.monotonic()
    with pytest.raises(Unreachable) as error:
        registry.manifest(image(fake))
    assert told(error, fake) == "HOST takes longer than 0.4 s to answer"
    assert time.monotonic() - before < 3


def test_nothing_listens(client: Client) -> None:
    with serving() as gone:
        pass
    with pytest.raises(Unreachable) as error:
        client().resolve(image(gone))
    assert told(error, gone) == "HOST can't be reached: nothing listens there"


def test_what_does_not_speak_http(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        fake = FakeRegistry(address=f"127.0.0.1:{port}")
        registry = client(one_request=0.2, attempts=1, plain_http=frozenset([fake.address]))
        with pytest.raises(Unreachable) as error:
            registry.resolve(image(fake))
    assert told(error, fake) == "HOST takes longer than 0.2 s to answer"


def test_a_manifest_with_a_wrong_digest(fake: FakeRegistry, client: Client) -> None:
    digest = digest_of(b"other")
    fake.manifests["app", digest] = (MANIFEST, b"{}")
    with pytest.raises(BadAnswer) as error:
        client().manifest(image(fake, f"app@{digest}"))
    assert told(error, fake) == (
        f"What the registry sends for HOST/app@{digest} does not have the digest {digest[:19]}…"
    )


def test_a_blob_with_a_wrong_digest(fake: FakeRegistry, client: Client) -> None:
    digest = digest_of(b"other")
    fake.blobs[digest] = b"this"
    registry = client()
    with pytest.raises(BadAnswer, match="does not have the digest"):
        registry.blob(image(fake), digest)
    whole = registry.open_blob(image(fake), digest, 4)
    with whole as chunks, pytest.raises(BadAnswer, match="does not have the digest"):
        list(chunks)


@pytest.mark.parametrize(("size", "words"), [(3, "more than the 3 bytes"), (9, "4 instead of 9")])
def test_a_blob_of_another_size(fake: FakeRegistry, client: Client, size: int, words: str) -> None:
    digest = fake.add_blob(b"this")["digest"]
    whole = client().open_blob(image(fake), digest, size)
    with whole as chunks, pytest.raises(BadAnswer, match=words):
        list(chunks)


def test_a_giant_manifest_is_not_read(fake: FakeRegistry, client: Client) -> None:
    fake.manifests["app", "1"] = (MANIFEST, b" " * (5 << 20))
    with pytest.raises(BadAnswer) as error:
        client().manifest(image(fake))
    assert told(error, fake) == ("HOST sends more than 4 MiB for HOST/app:1, so it is not read")


def test_a_giant_manifest_without_a_length_is_not_read(fake: FakeRegistry, client: Client) -> None:
    def trick(handler: Handler) -> bool:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            for _ in range(100):
                handler.wfile.write(b" " * (1 << 20))
        except OSError:
            pass
        return True

    fake.tricks.append(trick)
    with pytest.raises(BadAnswer, match="sends more than 4 MiB"):
        client().manifest(image(fake))


def test_an_answer_that_is_compressed_although_nobody_asked(
    fake: FakeRegistry, client: Client
) -> None:
    fake.tricks.append(lambda h: h.answer(200, b"x", {"Content-Encoding": "gzip"}))
    with pytest.raises(BadAnswer, match="compresses its answer"):
        client().manifest(image(fake))


def test_redirects_in_circles(fake: FakeRegistry, client: Client) -> None:
    fake.tricks.append(lambda h: h.answer(307, headers={"Location": h.path}))
    with pytest.raises(BadAnswer) as error:
        client().manifest(image(fake))
    assert told(error, fake) == "HOST sends HOST/app:1 round in circles"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "", "gopher://x/", "http://["])
def test_redirects_to_what_is_not_the_web(
    fake: FakeRegistry, client: Client, location: str
) -> None:
    fake.tricks.append(lambda h: h.answer(307, headers={"Location": location}))
    with pytest.raises(BadAnswer) as error:
        client().manifest(image(fake))
    assert told(error, fake) == "HOST redirects HOST/app:1 to what is no address of the web"


def test_a_redirect_to_another_host_takes_no_password_along(
    fake: FakeRegistry, client: Client
) -> None:
    digest = fake.add_blob(b"layer")["digest"]
    with serving() as storage:
        storage.blobs = fake.blobs
        fake.tricks.append(wants_password("bob", "right"))
        target = f"http://{storage.address}/v2/x/blobs/{digest}?signature=secret"
        fake.tricks.append(lambda h: h.answer(307, headers={"Location": target}))
        registry = client(credentials=lambda host: Credentials("bob", "right"))
        assert registry.blob(image(fake), digest) == b"layer"
        assert any("authorization" in headers for _, _, headers in fake.requests)
        assert storage.requests
        assert not any("authorization" in headers for _, _, headers in storage.requests)
        storage.blobs = {}
        with pytest.raises(NotFound) as error:
            registry.blob(image(fake)._replace(path="other"), digest)
    assert "secret" not in str(error.value)


def test_an_old_manifest_is_refused(fake: FakeRegistry, client: Client) -> None:
    body = b'{"schemaVersion": 1, "name": "app", "tag": "1"}'
    fake.manifests["app", "1"] = (
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        body,
    )
    for ask in (client().resolve, client().manifest):
        with pytest.raises(BadAnswer) as error:
            ask(image(fake))
        assert told(error, fake) == (
            "HOST/app:1 has a manifest of the schema 1, which Docker gave up in 2019: its owner "
            "has to push it again"
        )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"layers": [], "config": 3}', "has a digest that is none"),
        (b'{"config": {"digest": "sha256:12"}, "layers": []}', "has a digest that is none"),
        (b'{"manifests": {}}', "lacks its list of manifests"),
        (b'{"mediaType": "text/html"}', "is no image: its media type is text/html"),
    ],
)
def test_a_manifest_that_is_none(
    fake: FakeRegistry, client: Client, body: bytes, words: str
) -> None:
    fake.manifests["app", "1"] = ("application/json", body)
    with pytest.raises(BadAnswer, match=words):
        client().manifest(image(fake))


def test_a_platform_that_is_not_there(fake: FakeRegistry, client: Client) -> None:
    fake.add_index("app", "1", ["linux/arm64", "windows/amd64"])
    with pytest.raises(BadAnswer) as error:
        client().image(image(fake), LINUX)
    assert told(error, fake) == (
        "HOST/app:1 has no image for linux/amd64; its platforms are linux/arm64, windows/amd64"
    )


def test_offline_nothing_is_asked(fake: FakeRegistry, client: Client) -> None:
    with pytest.raises(Offline) as error:
        client(offline=True).resolve(image(fake))
    assert told(error, fake) == "HOST/app:1 is not in the cache, and this run is offline"
    assert not fake.requests
