"""Which images Compose and Kubernetes files name, and where."""

from __future__ import annotations

import pytest

from reimage.manifests.errors import ManifestError
from reimage.manifests.images import ImageValue, images_of
from reimage.manifests.kinds import may_name_images
from reimage.manifests.nodes import read_documents

COMPOSE = """\
# Comments stay.
x-base: &base
  image: &python "python:3.12"   # as everywhere
  restart: always
services:
  web:
    <<: *base
    environment: {LEVEL: info}
  worker:
    image: *python
  built:
    image: company/app:1
    build: .
  cache: {image: 'redis:7'}
  search:
    image: opensearch:${SEARCH_TAG:-2}
"""
POD = """\
apiVersion: v1
kind: Pod
spec:
  initContainers: [{name: wait, image: busybox:1.36}]
  containers:
    - name: web
      image: nginx
      env: [{name: image, value: "not an image"}]
"""


def found(text: str) -> list[str]:
    values = images_of(read_documents(text))
    assert values is not None
    for value in values:
        if isinstance(value, ImageValue):
            assert value.span.of(text) == value.written
    return [
        value.reference if isinstance(value, ImageValue) else f"! {value.message}"
        for value in values
    ]


def test_what_is_built_is_no_image_to_pull() -> None:
    assert "company/app:1" not in found(COMPOSE)


def test_compose_services_and_what_they_merge() -> None:
    assert found(COMPOSE) == ["python:3.12", "redis:7", "opensearch:2"]


def test_containers_of_a_pod() -> None:
    assert found(POD) == ["busybox:1.36", "nginx"]


def test_containers_wherever_a_kind_keeps_them() -> None:
    job = POD.replace("kind: Pod", "kind: CronJob").replace("spec:\n", "spec:\n  template:\n")
    nested = job.replace("  initC", "    initC").replace("  cont", "    cont")
    nested = nested.replace("    - name", "      - name").replace("      image", "        image")
    assert found(nested.replace("      env", "        env")) == ["busybox:1.36", "nginx"]


def test_several_documents_in_one_file() -> None:
    text = f"---\n{POD}---\n---\n# only a comment\n---\n{POD.replace('nginx', 'caddy')}"
    assert found(text) == ["busybox:1.36", "nginx", "busybox:1.36", "caddy"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n",
        "- 1\n",
        "services: [docker:dind]\nimage: python:3.12\n",
        "image: {repository: nginx, tag: 1}\n",
        "apiVersion: v1\n",
    ],
)
def test_other_yaml_is_left_alone(text: str) -> None:
    assert images_of(read_documents(text)) is None


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("${REGISTRY}/app:1", "is made of REGISTRY: a digest behind a variable would win"),
        ("app:${TAG}", "is made of TAG"),
        ("app:$TAG", "is made of TAG"),
        ("${A:-b}/app:${TAG:-1}", "is made of A and TAG"),
        ("app:${TAG:?must be set}", "is made of TAG"),
        (">-\n      app\n      :1", "over several lines or with escapes"),
        ('"app\\x3a1"', "over several lines or with escapes"),
    ],
)
def test_what_can_not_be_pinned_where_it_stands(image: str, words: str) -> None:
    (value,) = found(f"services:\n  a:\n    image: {image}\n")
    assert value.startswith("!")
    assert words in value


def test_an_anchor_that_is_used_for_something_else_too() -> None:
    text = "services:\n  a:\n    image: &it app:1\n    environment:\n      NAME: *it\n"
    assert found(text) == ["! app:1 has an anchor that is also used for something that is no image"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("services:\n  a: [\n", 2, "this is not YAML"),
        ("a: b\nkind: {{ .Values.kind }}\n{{- end }}\n", 3, "it looks like a template"),
        ("a: \x07\n", 1, "characters that YAML forbids"),
        ("a: \udc80\n", 1, "characters that YAML forbids"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("- " * 100_000, 1, "nested too deeply"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(300)), 201, "nested too deeply"),
        ("a: *missing\n", 1, "this is not YAML"),
    ],
)
def test_what_is_no_yaml(text: str, line: int, words: str) -> None:
    with pytest.raises(ManifestError) as error:
        read_documents(text)
    assert words in str(error.value)
    assert error.value.line == line


def test_aliases_that_grow_without_end_are_looked_at_once() -> None:
    lines = ["services:", "  a0: &a0 {image: app:1}"]
    lines += [
        f"  a{number}: &a{number} {{x: [{', '.join([f'*a{number - 1}'] * 9)}], image: app:1}}"
        for number in range(1, 40)
    ]
    assert found("\n".join(lines)) == ["app:1"] * 40


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("compose.yaml", "image: x", True),
        ("docker-compose.override.yml", "image: x", True),
        ("deploy/app.yaml", "apiVersion: v1\nkind: Pod\nimage: x", True),
        ("compose.yaml", "volumes: {}", False),
        ("values.yaml", "image: x", False),
        ("composer.yaml", "image: x", False),
        ("deploy/kustomization.yml", "images: []", True),
        (".github/workflows/ci.yml", "container: node:22", True),
        (".github/workflows/ci.yml", "on: push", False),
        (".github/dependabot.yml", "container: x", False),
        ("action.yml", "image: docker://x", True),
        (".gitlab-ci.yml", "image: x", True),
    ],
)
def test_which_files_are_worth_reading(name: str, text: str, expected: bool) -> None:
    assert may_name_images(name, text) is expected
