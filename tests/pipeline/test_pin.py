"""Pinning files against a registry in this process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.manifests.test_images import COMPOSE, POD
from tests.registry.fake_registry import FakeRegistry, digest_of, serving

from reimage.pipeline import UsageError
from reimage.pipeline.optimize import optimize_files
from reimage.pipeline.options import Options
from reimage.pipeline.pin import PinOptions, check, gather, pin_files
from reimage.pipeline.registries import RegistryOptions
from reimage.pipeline.results import FileReport

OLD = digest_of(b"old")


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving(FakeRegistry(serves_every_name=True)) as registry:
        yield registry


@pytest.fixture(autouse=True)
def nobody_is_signed_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def options(fake: FakeRegistry, **more: object) -> PinOptions:
    mirrors = tuple(
        (domain, f"http://{fake.address}") for domain in ("docker.io", "ghcr.io", "example.org")
    )
    registry = RegistryOptions(mirrors=mirrors, cache=Path("../cache").resolve())
    return PinOptions(registry=registry)._replace(**more)  # type: ignore[arg-type]


def digest(fake: FakeRegistry, repository: str, tag: str) -> str:
    found = fake.manifest(repository, tag)
    assert found
    return digest_of(found[1])


def run(fake: FakeRegistry, *arguments: str, **more: object) -> list[FileReport]:
    chosen = options(fake, **more)
    return list(pin_files(gather(arguments, chosen), chosen))


def findings(fake: FakeRegistry, *arguments: str, **more: object) -> list[str]:
    chosen = options(fake, update=True, **more)
    found = check(gather(arguments, chosen), chosen)
    return [f"{each.path}:{each.line}: {each.message}" for each in found]


def test_nothing_is_written_unless_asked(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    (report,) = run(fake, "Dockerfile")
    assert f"+FROM python:3.12@{digest(fake, 'library/python', '3.12')}" in report.patch
    assert Path("Dockerfile").read_text() == "FROM python:3.12\n"


def test_a_whole_folder_in_one_run(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    Path("sub").mkdir()
    Path("sub/Dockerfile").write_text("FROM python:3.12\nCOPY --from=ghcr.io/a/b:1 /a /b\n")
    Path("compose.yaml").write_text(COMPOSE)
    Path("sub/pod.yml").write_text(POD)
    Path("values.yaml").write_text("image: {{ not yaml\n")
    reports = run(fake, ".", write=True)
    assert [report.path for report in reports] == [
        "Dockerfile",
        "compose.yaml",
        "sub/Dockerfile",
        "sub/pod.yml",
    ]
    assert {rewrite.status for report in reports for rewrite in report.rewrites} == {"written"}
    assert fake.asked()["/v2/library/python/manifests/3.12"] == 1
    assert max(fake.asked().values()) == 1
    assert findings(fake, ".") == []


def test_yaml_changes_only_in_the_image_values(fake: FakeRegistry) -> None:
    text = (COMPOSE + "---\n" + POD).replace("\n", "\r\n")
    Path("compose.yaml").write_bytes(text.encode())
    run(fake, "compose.yaml", write=True)
    pins = {
        "python:3.12": digest(fake, "library/python", "3.12"),
        "redis:7": digest(fake, "library/redis", "7"),
        "{SEARCH_TAG:-2": digest(fake, "library/opensearch", "2"),
        "busybox:1.36": digest(fake, "library/busybox", "1.36"),
        "image: nginx": digest(fake, "library/nginx", "latest"),
    }
    expected = text
    for name, pinned in pins.items():
        latest = ":latest" if "nginx" in name else ""
        expected = expected.replace(name, f"{name}{latest}@{pinned}")
    assert Path("compose.yaml").read_bytes().decode() == expected
    run(fake, "compose.yaml", write=True, unpin=True)
    unpinned = text.replace("image: nginx", "image: nginx:latest")
    assert Path("compose.yaml").read_bytes().decode() == unpinned


def test_a_comment_shields_an_image(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("# reimage: skip=pin-base-digest moves on purpose\nFROM a\n")
    Path("compose.yaml").write_text(
        "services:\n  a:\n    image: b  # reimage: skip=pin-base-digest\n"
    )
    assert [report.patch for report in run(fake, ".")] == ["", ""]
    assert findings(fake, ".") == []


def test_an_unpinned_file_is_as_it_was(fake: FakeRegistry) -> None:
    source = (
        "# syntax=docker/dockerfile:1\nARG V=3.12\nFROM python:${V}\nCOPY --from=busybox:1 /a /b\n"
    )
    Path("Dockerfile").write_text(source)
    run(fake, "Dockerfile", write=True)
    assert Path("Dockerfile").read_text().count("@sha256:") == 3
    run(fake, "Dockerfile", write=True, unpin=True)
    assert Path("Dockerfile").read_text() == source


def test_a_digest_without_a_tag_is_not_taken_off(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text(f"FROM python@{OLD}\n")
    (report,) = run(fake, "Dockerfile", unpin=True)
    assert not report.patch
    assert "without its digest it would mean latest" in report.refusals[0].message


def test_check_names_file_and_line_of_what_is_unpinned_or_stale(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text(
        f"ARG V=3\nFROM python:3.12\nCOPY --from=node:22@{OLD} /a /b\nFROM a:${{V}}-slim\n"
        f"FROM fresh:1@{digest(fake, 'library/fresh', '1')}\nFROM tagless@{OLD}\n"
    )
    new = digest(fake, "library/node", "22")
    inside = (
        "ARG V stands inside a:${V}-slim: a digest at its end would win over the build argument V, "
        "without a word"
    )
    assert findings(fake, "Dockerfile") == [
        "Dockerfile:2: python:3.12 has no digest",
        f"Dockerfile:3: stale: node:22 now stands for {new[:19]}…, no longer for {OLD[:19]}…",
        f"Dockerfile:4: {inside}",
    ]


def test_check_offline_still_finds_what_is_unpinned(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text(f"FROM python:3.12\nFROM node:22@{OLD}\n")
    chosen = options(fake)._replace(update=True)
    chosen = chosen._replace(registry=chosen.registry._replace(offline=True))
    found = list(check(gather(["Dockerfile"], chosen), chosen))
    assert [each.line for each in found] == [1, 2]
    assert "is not in the cache, and this run is offline" in found[1].message
    assert [each.known for each in found] == [True, False]
    assert not fake.requests


def test_update_waits_for_an_image_to_get_older(fake: FakeRegistry) -> None:
    today = datetime.now(UTC)
    fake.add_image("library/python", "3.12", {"created": today.isoformat()})
    fake.add_image("library/node", "22", {"created": (today - timedelta(days=9)).isoformat()})
    fake.add_image("library/other", "1", {})
    source = f"FROM python:3.12@{OLD}\nFROM node:22@{OLD}\nFROM other:1@{OLD}\n"
    Path("Dockerfile").write_text(source)
    (report,) = run(fake, "Dockerfile", update=True, min_age=3, write=True)
    assert [rewrite.line for rewrite in report.rewrites] == [2]
    assert "is too fresh yet" not in report.rewrites[0].message
    assert [refusal.line for refusal in report.refusals] == [1, 3]
    assert f"a new digest of {today:%Y-%m-%d}, which is too fresh" in report.refusals[0].message
    assert "but not when it was made, so it waits" in report.refusals[1].message
    assert findings(fake, "Dockerfile", min_age=3) == []


def test_without_update_a_digest_is_left_and_not_asked_about(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text(f"FROM python:3.12@{OLD}\n")
    (report,) = run(fake, "Dockerfile")
    assert not report.rewrites
    assert not fake.requests


def test_files_that_can_not_be_judged_do_not_stop_the_others(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("FROM\n")
    Path("bad.yaml").write_text("a: [\n")
    Path("other.yaml").write_text("a: 1\n")
    Path("good.Dockerfile").write_text("FROM a\n")
    reports = run(fake, "Dockerfile", "bad.yaml", "other.yaml", "missing", "good.Dockerfile")
    assert [report.failed for report in reports] == [True, True, True, True, False]
    assert reports[1].error is not None
    assert reports[1].error.startswith("bad.yaml:1: this is not YAML:")
    assert reports[2].error is not None
    assert reports[2].error.startswith("other.yaml is neither a Compose file, a Kubernetes")


def test_a_template_that_was_only_found_is_no_error(fake: FakeRegistry) -> None:
    Path("pod.yaml").write_text(POD + "{{- if .Values.more }}\n")
    (report,) = run(fake, ".")
    assert not report.failed
    assert "it looks like a template" in report.skipped[0].need


def test_settings_that_can_not_be_used(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("FROM a\n")
    chosen = options(fake)
    chosen = chosen._replace(registry=chosen.registry._replace(ca=Path("missing.pem")))
    with pytest.raises(UsageError, match=r"No certificates can be read: missing\.pem does not"):
        gather(["Dockerfile"], chosen)


def test_the_configuration_names_contexts_mirrors_and_age(fake: FakeRegistry) -> None:
    Path("reimage.toml").write_text(
        "exclude = ['vendor']\n[pin]\nnamed-contexts = ['data', 'python:3']\nmin-age = 2\n"
        f"[registry]\nmirrors = {{ 'docker.io' = ['http://{fake.address}'] }}\n"
    )
    Path("vendor").mkdir()
    Path("vendor/Dockerfile").write_text("FROM b\n")
    Path("Dockerfile").write_text(f"FROM data\nFROM python:3\nFROM c:1@{OLD}\nFROM d\n")
    chosen = PinOptions(update=True, registry=RegistryOptions(cache=Path("../cache").resolve()))
    (report,) = pin_files(gather(["."], chosen), chosen)
    assert [rewrite.line for rewrite in report.rewrites] == [4]
    assert [refusal.line for refusal in report.refusals] == [3]


def test_optimize_asks_no_registry_unless_it_is_told_to(fake: FakeRegistry) -> None:
    Path("Dockerfile").write_text("FROM python:3.12\n")
    registry = options(fake).registry
    (report,) = optimize_files([Path("Dockerfile")], Options(registry=registry))
    assert not fake.requests
    assert [(each.name, each.need) for each in report.skipped] == [
        ("pin-base-digest", "the registry")
    ]
    (report,) = optimize_files([Path("Dockerfile")], Options(registry=registry, pin=True))
    assert f"python:3.12@{digest(fake, 'library/python', '3.12')}" in report.patch
    Path("configured").mkdir()
    Path("configured/reimage.toml").write_text("[pin]\nwith-optimize = true\n")
    Path("configured/Dockerfile").write_text("FROM python:3.12\n")
    (report,) = optimize_files([Path("configured/Dockerfile")], Options(registry=registry))
    assert f"python:3.12@{digest(fake, 'library/python', '3.12')}" in report.patch


def test_a_kustomization_gets_the_digest_behind_its_tag(fake: FakeRegistry) -> None:
    text = "images:\n  - name: a  # here\n    newTag: '1.2'\n  - {name: b, digest: DIGEST}\n"
    text = text.replace("DIGEST", f"sha256:{'1' * 64}")
    Path("kustomization.yaml").write_text(text)
    [report] = run(fake, "kustomization.yaml", write=True)
    [found] = [
        digest
        for (name, tag), (_, body) in fake.manifests.items()
        if tag == "1.2"
        for digest in [digest_of(body)]
    ]
    assert Path("kustomization.yaml").read_text() == text.replace("'1.2'", f"'1.2@{found}'")
    assert not report.failed


def test_pipelines_are_found_and_pinned(fake: FakeRegistry) -> None:
    text = "on: push\njobs:\n  a:\n    container: a:1\n    steps: [{uses: 'docker://b:2'}]\n"
    Path(".github/workflows").mkdir(parents=True)
    Path(".github/workflows/ci.yml").write_text(text)
    run(fake, ".", write=True)
    written = Path(".github/workflows/ci.yml").read_text()
    assert written.startswith("on: push\njobs:\n  a:\n    container: a:1@sha256:")
    assert "uses: 'docker://b:2@sha256:" in written


def test_files_of_bake_are_refused(fake: FakeRegistry) -> None:
    Path("docker-bake.hcl").write_text('target "a" {}\n')
    [report] = run(fake, "docker-bake.hcl")
    assert report.error == (
        "docker-bake.hcl is no Dockerfile and no YAML: files of bake are not read."
    )
