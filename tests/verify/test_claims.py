"""Each claim holds or does not, and says where."""

from __future__ import annotations

import pytest
from tests.image.making import Member, file
from tests.verify.images import APP, BASE, subject

from reimage.verify.same_behaviour import same_behaviour
from reimage.verify.same_files import same_files
from reimage.verify.same_image import same_image


def with_(*members: Member) -> tuple[Member, ...]:
    return (*BASE, APP, *members)


def test_an_image_is_the_same_as_itself() -> None:
    for claim in (same_image, same_files, same_behaviour):
        assert claim(subject(), subject()) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((), (file("new", b"x"),), "/new is new"),
        ((file("old", b"x"),), (), "/old is gone"),
        ((file("same", b"x"),), (file("same", b"y"),), "/same differs in content"),
        ((file("m", b"x", mode=0o644),), (file("m", b"x", mode=0o600),), "/m differs in mode"),
        ((file("o", b"x", uid=1),), (file("o", b"x"),), "/o differs in owner"),
    ],
)
def test_files_that_differ_break_same_image_and_same_files(
    before: tuple[Member, ...], after: tuple[Member, ...], told: str
) -> None:
    one, two = subject(*with_(*before)), subject(*with_(*after))
    assert same_image(one, two) == [told]
    assert same_files(one, two) == [told]
    assert same_behaviour(one, two) == []


@pytest.mark.parametrize(
    "path",
    [
        "etc/ld.so.cache",
        "var/log/dpkg.log",
        "opt/app/__pycache__/main.cpython-312.pyc",
        "var/lib/dpkg/status-old",
        "tmp/tmpab12",
    ],
)
def test_what_no_build_repeats_breaks_nothing(path: str) -> None:
    one, two = subject(*with_(file(path, b"1"))), subject(*with_(file(path, b"2")))
    assert same_image(one, two) == []


@pytest.mark.parametrize(
    "path", ["etc/shadow", "opt/log/dpkg.log", "var/lib/dpkg/status", "app.pyc", "etc/hosts.allow"]
)
def test_what_looks_alike_does(path: str) -> None:
    one, two = subject(*with_(file(path, b"1"))), subject(*with_(file(path, b"2")))
    assert same_image(one, two) == [f"/{path} differs in content"]


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/apt/lists/archive_dists",
        "root/.cache/pip/http/a",
        "usr/share/doc/curl/README",
        "var/cache/apt/archives/a.deb",
        "root/.npm/_cacache/x",
    ],
)
def test_leftovers_may_go_and_are_part_of_the_same_image(path: str) -> None:
    one, two = subject(*with_(file(path, b"1"))), subject()
    assert same_files(one, two) == []
    assert f"/{path} is gone" in same_image(one, two)


def test_noise_of_the_original_does_not_count_and_only_that() -> None:
    one = subject(*with_(file("built", b"1"), file("data", b"1")))
    two = subject(*with_(file("built", b"2"), file("data", b"2")))
    assert same_image(one, two, noise={"built"}) == ["/data differs in content"]


def test_many_files_are_counted() -> None:
    told = same_image(subject(), subject(*with_(*(file(f"f{n:03}", b"") for n in range(50)))))
    assert (len(told), told[-1]) == (21, "30 more files differ")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"User": "app"}, "user is 'app', not not set"),
        ({"WorkingDir": "/srv"}, "workdir is '/srv', not not set"),
        ({"StopSignal": "SIGINT"}, "stop signal is 'SIGINT', not not set"),
        ({"Env": ["A=secret", "PATH=/bin"]}, "the variable A has another value"),
        ({"Env": ["PATH=/bin"]}, "the variable A is gone"),
        ({"Cmd": ["/app", "-v"]}, "the command is ['/app', '-v'], not ['/app']"),
    ],
)
def test_a_configuration_that_behaves_otherwise_breaks_every_claim(
    config: dict[str, object], told: str
) -> None:
    one, two = subject(), subject(**config)
    assert same_behaviour(one, two) == [told]
    assert len(same_image(one, two)) == 1
    assert len(same_files(one, two)) == 1


@pytest.mark.parametrize(
    "config",
    [
        {"Env": ["A=1", "B=2", "PATH=/usr/bin"]},
        {"ExposedPorts": {"80/tcp": {}}},
        {"Labels": {"a": "b"}},
        {"Cmd": ["/bin/sh", "-c", "exec /app"]},
        {"Entrypoint": ["/app"], "Cmd": []},
    ],
)
def test_what_promises_more_behaves_the_same_but_is_no_same_image(
    config: dict[str, object],
) -> None:
    shell = file("bin/sh", b"x", mode=0o755)
    one, two = subject(*with_(shell)), subject(*with_(shell), **config)
    assert same_behaviour(one, two) == []
    assert same_image(one, two)


def test_a_port_that_goes_is_told() -> None:
    one = subject(ExposedPorts={"80/tcp": {}, "81/tcp": {}})
    told = same_behaviour(one, subject(ExposedPorts={"80/tcp": {}}))
    assert told == ["ports is ['80/tcp'], not ['80/tcp', '81/tcp']"]


def test_what_was_declared_may_change() -> None:
    one, two = subject(), subject(Cmd=["/app", "-v"])
    for claim in (same_image, same_files, same_behaviour):
        assert claim(one, two, declared=("Cmd",)) == []
        assert claim(one, two, declared=("Entrypoint",))


def test_a_library_that_is_gone_breaks_the_behaviour() -> None:
    without = [member for member in (*BASE, APP) if member[0].name != "usr/lib/libc.so.6"]
    told = same_behaviour(subject(), subject(*without))
    assert told == ["libc.so.6 is missing, which app needs"]
    assert same_behaviour(subject(*without), subject(*without)) == []


def test_a_command_that_is_gone_breaks_the_behaviour() -> None:
    assert same_behaviour(subject(), subject(*BASE)) == [
        "/app is missing, which the image's command needs"
    ]
