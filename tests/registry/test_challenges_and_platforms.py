"""Headers that ask for a sign-in, and platforms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.image.platforms import Platform, best, read_platform
from reimage.registry.challenges import read_challenges
from reimage.registry.limits import RateLimit, read_rate_limit


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ("Basic", [("basic", {})]),
        ('Basic realm="a, b"', [("basic", {"realm": "a, b"})]),
        (
            'Bearer realm="https://x/t",service="s",scope="repository:a:pull,push"',
            [
                (
                    "bearer",
                    {"realm": "https://x/t", "service": "s", "scope": "repository:a:pull,push"},
                )
            ],
        ),
        (
            'Basic realm="one", Bearer realm="two", charset=UTF-8',
            [("basic", {"realm": "one"}), ("bearer", {"realm": "two", "charset": "UTF-8"})],
        ),
        (r'Bearer realm="a \"quoted\" b"', [("bearer", {"realm": 'a "quoted" b'})]),
        ('Bearer realm="unfinished', [("bearer", {})]),
    ],
)
def test_challenges_are_read(header: str, expected: list[object]) -> None:
    assert [(each.scheme, each.parameters) for each in read_challenges(header)] == expected


@given(st.text(alphabet='Bearer realm=",\\ \t', max_size=300))
def test_any_header_comes_to_an_end(header: str) -> None:
    read_challenges(header)


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("100;w=21600", "76;w=21600", RateLimit(100, 76, 21600)),
        ("5000", "4999", RateLimit(5000, 4999)),
        ("", "76", None),
        ("many", "76", None),
        ("100", "-1", None),
    ],
)
def test_rate_limits_are_read(limit: str, remaining: str, expected: RateLimit | None) -> None:
    headers = {"ratelimit-limit": limit, "ratelimit-remaining": remaining}
    assert read_rate_limit(headers) == expected


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "a/b/c/d"])
def test_what_is_no_platform(text: str) -> None:
    assert read_platform(text) is None


@pytest.mark.parametrize(
    ("wanted", "there", "chosen"),
    [
        ("linux/amd64", ["linux/arm64", "linux/386"], None),
        ("linux/arm/v6", ["linux/arm/v7"], None),
        ("windows/amd64", ["linux/amd64"], None),
        ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
        ("linux/x86_64", ["linux/amd64"], "linux/amd64"),
        ("linux/aarch64", ["linux/arm64/v8"], "linux/arm64/v8"),
        ("linux/arm64/v8", ["linux/arm64"], "linux/arm64"),
        ("linux/arm", ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"),
        ("linux/amd64", ["linux/amd64/v2"], None),
    ],
)
def test_the_nearest_platform_is_chosen(wanted: str, there: list[str], chosen: str | None) -> None:
    asked = read_platform(wanted)
    assert asked
    choices = [(Platform(*name.split("/")), name) for name in there]
    assert best([(None, "attestation"), *choices], asked) == chosen
