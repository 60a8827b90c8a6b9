"""Registries behind a proxy, as the environment names it."""

import base64
from collections.abc import Iterator

import pytest
from tests.registry.conftest import Client
from tests.registry.fake_proxy import FakeProxy, proxying
from tests.registry.fake_registry import FakeRegistry

from reimage.model.images.references import Reference
from reimage.registry.errors import NoConnection, Unreachable

PLAIN = "registry.example.org"
ADVICE = "write it into its address, http://user:password@host:port"
APP = Reference(PLAIN, "app", "1")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def proxy(fake: FakeRegistry) -> Iterator[FakeProxy]:
    with proxying(fake.address) as found:
        yield found


def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(Unreachable) as error:
        client()
    assert str(error.value) == (
        "The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names can't be used: only http:// and "
        "https:// addresses can"
    )


def test_a_proxy_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://bob:secret@127.0.0.1:1")
    with pytest.raises(NoConnection) as error:
        client().resolve(APP)
    assert str(error.value) == (
        f"the proxy 127.0.0.1:1, through which {PLAIN} is asked, can't be reached: nothing listens "
        "there"
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, f"gives no way to {PLAIN} (it answers 403)"),
        (502, f"gives no way to {PLAIN} (it answers 502)"),
        (
            407,
            f"on the way to {PLAIN} wants a sign-in: {ADVICE}",
        ),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_a_proxy_that_refuses(
    monkeypatch: pytest.MonkeyPatch, client: Client, status: int, words: str, plain: bool
) -> None:
    with proxying("127.0.0.1:1", status) as proxy:
        monkeypatch.setenv("HTTP_PROXY" if plain else "HTTPS_PROXY", f"http://{proxy.address}")
        with pytest.raises(Exception) as error:  # noqa: PT011 - the words are what counts
            client(plain_http=frozenset((PLAIN,) if plain else ())).resolve(APP)
    if not plain:
        assert str(error.value) == f"the proxy {proxy.address} {words}"
    elif status == 407:
        assert str(error.value) == f"the proxy {words}"
    else:
        assert PLAIN in str(error.value)


def test_a_registry_without_tls_is_asked_through_it(
    monkeypatch: pytest.MonkeyPatch, client: Client, fake: FakeRegistry, proxy: FakeProxy
) -> None:
    digest = fake.add_image("app", "1")["digest"]
    monkeypatch.setenv("HTTP_PROXY", f"http://bob:s%40cret@{proxy.address}")
    assert client(plain_http=frozenset((PLAIN,))).resolve(APP) == digest
    assert proxy.asked == [PLAIN]
    packed = base64.b64encode(b"bob:s@cret").decode()
    assert proxy.sign_ins == [f"Basic {packed}"]


def test_what_the_environment_excepts_is_asked_without_it(
    monkeypatch: pytest.MonkeyPatch, client: Client, proxy: FakeProxy
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("NO_PROXY", "localhost,.example.invalid,nowhere.invalid")
    for domain in ("registry.example.invalid", "nowhere.invalid"):
        with pytest.raises(NoConnection, match=f"{domain} can't be reached"):
            client().resolve(Reference(domain, "app", "1"))
    assert not proxy.asked


def test_this_machine_is_asked_without_it(
    monkeypatch: pytest.MonkeyPatch, client: Client, fake: FakeRegistry, proxy: FakeProxy
) -> None:
    digest = fake.add_image("app", "1")["digest"]
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy.address}")
    for host in ("127.0.0.1", "localhost"):
        image = Reference(f"{host}:{fake.address.rpartition(':')[2]}", "app", "1")
        assert client().resolve(image) == digest
    assert not proxy.asked
