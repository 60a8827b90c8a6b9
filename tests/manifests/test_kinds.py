"""Images of kustomize, of pipelines, and of the rarer places of Compose and Kubernetes."""

from __future__ import annotations

import pytest

from reimage.manifests.images import ImageValue, images_of
from reimage.manifests.nodes import read_documents

DIGEST = f"sha256:{'a' * 64}"


def found(text: str, name: str = "") -> list[str] | None:
    values = images_of(read_documents(text), name)
    if values is None:
        return None
    for value in values:
        if isinstance(value, ImageValue):
            assert value.span.of(text) == value.written
    return [
        value.reference if isinstance(value, ImageValue) else f"! {value.message}"
        for value in values
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "image:\n  repository: nginx\n  tag: 1.27\n"),
        (".circleci/config.yml", "jobs:\n  a:\n    docker: [{image: cimg/node:22}]\n"),
        ("action.yml", "name: x\ninputs: {image: {default: nginx}}\n"),
        ("workflow.yaml", "jobs: [a]\non: push\n"),
    ],
)
def test_other_files_are_left_alone(name: str, text: str) -> None:
    assert found(text, name) is None


KUSTOMIZATION = f"""\
resources: [../base]
images:
  - name: app            # the placeholder
    newName: registry.example.org/team/app
    newTag: "1.4"
  - {{name: nginx, newTag: 1.27@{DIGEST}}}
  - name: redis
    digest: {DIGEST}
  - name: only-renamed
    newName: registry.example.org/other
  - name: placeholder
    newName: registry.example.org/other:2
  - name: twice
    newTag: "3"
    digest: {DIGEST}
"""


KEYS = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


@pytest.mark.parametrize(("keys", "name"), [("", "overlays/kustomization.yaml"), (KEYS, "x.yaml")])
def test_kustomize(keys: str, name: str) -> None:
    values = found(keys + KUSTOMIZATION, name)
    assert values
    assert values[:4] == [
        "registry.example.org/team/app:1.4",
        f"nginx:1.27@{DIGEST}",
        f"redis@{DIGEST}",
        "registry.example.org/other:2",
    ]
    assert values[4].startswith("! kustomize passes over the newTag of twice where there is a dig")
    assert len(values) == 5


WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    container: node:22
    services:
      db: {image: "postgres:17"}
      none: {image: ""}
    steps:
      - uses: actions/checkout@v4
      - uses: docker://alpine:3.20
      - {uses: './local', with: {image: x}}
  matrix:
    container:
      image: python:${{ matrix.version }}
  default:
    container: python:${V:-3}
  reusable:
    uses: ./.github/workflows/other.yml
"""


def test_workflows_of_github() -> None:
    values = found(WORKFLOW, ".github/workflows/ci.yml")
    assert values
    assert values[:3] == ["node:22", "postgres:17", "alpine:3.20"]
    assert values[3] == (
        "! python:${{ matrix.version }} is filled in by a template, so only that knows the image"
    )
    assert values[4].startswith("! python:${V:-3} is made of V")
    assert len(values) == 5


def test_actions() -> None:
    assert found("runs:\n  using: docker\n  image: docker://alpine:3\n", "action.yml") == [
        "alpine:3"
    ]
    assert found("runs:\n  using: docker\n  image: Dockerfile\n", "action.yml") == []
    steps = "runs:\n  using: composite\n  steps: [{uses: 'docker://busybox'}]\n"
    assert found(steps, "action.yaml") == ["busybox"]


GITLAB = """\
image: ruby:3.3
services:
  - postgres:17
  - name: docker:dind
    alias: docker
default:
  image: {name: node:22, entrypoint: [""]}
variables: {image: "none:1"}
.base: &base
  image: python:$VERSION
test:
  <<: *base
  services: [!reference [.x, services], redis:7]
build:
  image: ${CI_REGISTRY:-x}/app:1
"""


def test_pipelines_of_gitlab() -> None:
    values = found(GITLAB, ".gitlab-ci.yml")
    assert values
    assert values[:4] == ["ruby:3.3", "postgres:17", "docker:dind", "node:22"]
    assert values[4].startswith("! python:$VERSION is made of VERSION")
    assert values[5] == "redis:7"
    assert values[6].startswith("! ${CI_REGISTRY:-x}/app:1 is made of CI_REGISTRY")
    assert len(values) == 7


COMPOSE = """\
services:
  built:
    image: company/app:1
    build:
      context: .
      additional_contexts:
        base: docker-image://alpine:3.20
        sources: https://example.org/x.git
      dockerfile_inline: |
        FROM python:3.12
  listed:
    build:
      additional_contexts:
        - base=docker-image://debian:12
        - here=.
"""


def test_what_compose_builds_with() -> None:
    assert found(COMPOSE, "compose.yaml") == [
        "alpine:3.20",
        "! the Dockerfile that is written into this file is not read",
        "debian:12",
    ]


def test_images_that_are_mounted() -> None:
    text = """\
apiVersion: v1
kind: Pod
spec:
  containers: [{name: a, image: "app:1", volumeMounts: [{name: m}]}]
  volumes:
    - name: m
      image: {reference: "models:2", pullPolicy: Always}
    - name: n
      configMap: {name: image}
"""
    assert found(text, "pod.yaml") == ["app:1", "models:2"]


def test_values_that_a_template_fills_in() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{image: '{{ .Values.image }}:1'}]\n"
    assert found(text, "templates/pod.yaml") == [
        "! {{ .Values.image }}:1 is filled in by a template, so only that knows the image"
    ]
