"""`reimage pin` as a user types it, against a registry in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.registry.fake_registry import FakeRegistry, digest_of, serving, wants_password
from typer.testing import CliRunner, Result

OLD = digest_of(b"old")


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving(FakeRegistry(serves_every_name=True)) as registry:
        yield registry


Pin = Callable[..., Result]


@pytest.fixture
def pin(fake: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pin:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*words: str) -> Result:
        from reimage.cli.app import app

        mirror = f"--mirror=docker.io=http://{fake.address}"
        return CliRunner().invoke(app, ["pin", mirror, *words])

    return run


def digest(fake: FakeRegistry, repository: str, tag: str) -> str:
    found = fake.manifest(f"library/{repository}", tag)
    assert found
    return digest_of(found[1])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--unpin", "--check"], "--unpin takes digests off"),
        (["--check", "--write"], "--check changes nothing"),
        (["--check", "--format=json"], "--check prints text only"),
        (["--min-age=soon"], "--min-age takes a number of days, not 'soon'"),
        (["--cache-tags=-1"], "--cache-tags takes a number of minutes, not '-1'"),
        (["--mirror=docker.io"], "--mirror takes NAME=VALUE, not 'docker.io'"),
        (["--ca=missing.pem"], "No certificates can be read: missing.pem does not exist"),
        (["nothing/*.yaml"], "nothing/*.yaml"),
    ],
)
def test_what_can_not_be_asked_for(pin: Pin, words: list[str], sentence: str) -> None:
    Path("Dockerfile").write_text("FROM a\n")
    done = pin(*words)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stdout == ""


def test_a_patch_on_one_stream_and_reasons_on_the_other(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\nARG V\nCOPY --from=$V /a /b\n")
    done = pin("Dockerfile")
    assert done.exit_code == 0
    assert f"+FROM python:3.12@{digest(fake, 'python', '3.12')}\n" in done.stdout
    assert "pins python:3.12 to\n      sha256:" in done.stderr
    assert "1 file: 1 suggested; 1 place left alone" in done.stderr


def test_written_and_checked(pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    Path("compose.yml").write_text("services: {a: {image: redis}}\n")
    failed = pin("--check")
    assert failed.exit_code == 1
    assert failed.stdout.split("\n") == [
        "Dockerfile:1: pin: python:3.12 has no digest",
        "compose.yml:1: pin: redis has no digest",
        "",
    ]
    assert pin("--write").exit_code == 0
    assert "redis:latest@sha256:" in Path("compose.yml").read_text()
    passed = pin("--check")
    assert (passed.exit_code, passed.stdout) == (0, "")


def test_a_stale_digest_is_named_with_its_line_and_replaced(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text(f"# base\nFROM python:3.12@{OLD}\n")
    failed = pin("--check", "Dockerfile")
    assert failed.exit_code == 1
    assert failed.stdout.startswith("Dockerfile:2: pin: stale: python:3.12 now stands for sha256:")
    pin("--update", "--write", "Dockerfile")
    fresh = digest(fake, "python", "3.12")
    assert Path("Dockerfile").read_text() == f"# base\nFROM python:3.12@{fresh}\n"
    assert pin("--check", "Dockerfile").exit_code == 0


def test_a_registry_that_fails_is_not_a_finding(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text(f"FROM python:3.12@{OLD}\n")
    fake.tricks.append(wants_password("bob", "right"))
    failed = pin("--check", "--offline", "Dockerfile")
    assert failed.exit_code == 2
    assert "whether python:3.12 is stale can't be told" in failed.stdout


def test_machines_read_the_same(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    done = pin("--format=json", "Dockerfile")
    (file,) = json.loads(done.stdout)["files"]
    (rewrite,) = file["rewrites"]
    assert rewrite["name"] == "pin-base-digest"
    assert rewrite["claim"] == "same-image"
    assert rewrite["evidence"] == "facts"
    assert rewrite["edits"][0]["text"] == f"@{digest(fake, 'python', '3.12')}"
    assert rewrite["edits"][0]["start"] == len("FROM python:3.12")


def test_named_contexts_are_left(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM data\n")
    assert pin("--build-context=data=../data", "Dockerfile").stdout == ""
    assert not fake.requests


def test_what_a_registry_still_allows_is_told(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    headers = {
        "Content-Type": "application/vnd.oci.image.index.v1+json",
        "Docker-Content-Digest": OLD,
        "RateLimit-Limit": "100;w=21600",
        "RateLimit-Remaining": "76;w=21600",
    }
    fake.tricks.append(lambda h: h.answer(200, headers=headers))
    done = pin("--verbose", "Dockerfile")
    assert f"{fake.address}: 76 of 100 requests left in 6 h" in done.stderr


def test_one_bad_file_does_not_stop_the_others(pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM\n")
    Path("other.Dockerfile").write_text("FROM a\n")
    done = pin("Dockerfile", "other.Dockerfile")
    assert done.exit_code == 2
    assert "other.Dockerfile" in done.stdout


def test_why_an_image_was_not_pinned_is_always_told(fake: FakeRegistry, pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\nFROM node:22\n")
    fake.tricks.append(lambda h: "node" in h.path and h.answer(404))
    done = pin("Dockerfile", "--quiet", "--offline")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "node:22 is not in the cache, and this run is offline." in done.stderr


def test_a_registry_that_may_answer_later_makes_the_run_fail(
    fake: FakeRegistry, pin: Pin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reimage.model.images.answers import Resolved, Unresolved

    answers = {
        "docker.io/library/python:3.12": Resolved(OLD),
        "docker.io/library/node:22": Unresolved("the registry answers 503", passing=True),
    }
    monkeypatch.setattr("reimage.registry.asking.ask", lambda *images, **more: answers)
    Path("Dockerfile").write_text("FROM python:3.12\nFROM node:22\n")
    done = pin("Dockerfile")
    assert done.exit_code == 2
    assert "+FROM python:3.12@sha256:" in done.stdout
    assert done.stderr.count("the registry answers 503.") == 1


def test_a_mirror_that_fails_is_named(pin: Pin) -> None:
    Path("Dockerfile").write_text("FROM a\n")
    Path("reimage.toml").write_text('[registry.mirrors]\n"b.example" = ["http://127.0.0.1:1"]\n')
    done = pin("Dockerfile")
    assert "passed over" not in done.stderr
    done = pin("--mirror=docker.io=http://127.0.0.1:1", "Dockerfile")
    assert done.exit_code == 0
    assert "passed over" not in done.stderr  # the one before it had the answer
    Path("Dockerfile").write_text("FROM b.example/a\n")
    done = pin("Dockerfile")
    assert done.exit_code == 2
    assert "The mirror 127.0.0.1:1 was passed over" in " ".join(done.stderr.split())
