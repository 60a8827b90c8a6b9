"""How Compose files and bake files build images."""

from __future__ import annotations

import pytest

from reimage.manifests.builds import Build, bake_builds, compose_builds, hcl_builds, may_build
from reimage.manifests.nodes import read_documents

COMPOSE = """
x-build: &build
  context: ./shop
  target: web
services:
  short: {build: ./shop}
  whole:
    image: shop
    build:
      <<: *build
      dockerfile: Dockerfile.web
    command: gunicorn --bind '0.0.0.0:80 80' app
    entrypoint: [tini, --]
    volumes: [data:/data]
  again: {image: shop, healthcheck: {test: curl localhost}}
  checked: {build: ., healthcheck: {test: [CMD, ask, me]}}
  never: {build: ., healthcheck: {test: [NONE]}}
  disabled: {build: ., healthcheck: {test: x, disable: true}}
  computed: {build: {context: $FOLDER, target: "${STAGE:-web}", dockerfile: "$FILE"}}
  inline: {build: {dockerfile_inline: FROM scratch}}
  pulled: {image: postgres, command: postgres}
"""


def test_every_service_that_is_built_is_told() -> None:
    short, whole, again, checked, never, disabled, computed, inline = compose_builds(
        read_documents(COMPOSE)
    )
    assert short == Build(6, "./shop")
    assert whole[1:4] == ("./shop", "Dockerfile.web", "web")
    assert whole.command == ("gunicorn", "--bind", "0.0.0.0:80 80", "app")
    assert whole.entrypoint == ("tini", "--")
    assert whole.mounts
    assert again[1:4] == whole[1:4]
    assert again.check == ("sh", "-c", "curl localhost")
    assert not again.mounts
    assert checked.check == ("ask", "me")
    assert never.check == disabled.check == ()
    assert computed[1:4] == (None, None, None)
    assert inline.dockerfile == ""


def test_targets_of_a_bake_file_are_told() -> None:
    text = '{"target": {"web": {"target": "web"}, "all": {"context": "shop", "target": "${S}"}}}'
    assert list(bake_builds(read_documents(text))) == [
        Build(1, ".", "Dockerfile", "web"),
        Build(1, "shop", "Dockerfile", None),
    ]


def test_targets_in_hcl_are_told_whichever_dockerfile_they_are_of() -> None:
    text = 'target "a" {\n  target = "web"\n}\ntarget "b" { target = STAGE }\n# targets = ["a"]\n'
    assert [(each.line, each.target, each.context) for each in hcl_builds(text)] == [
        (2, "web", None),
        (4, None, None),
    ]


@pytest.mark.parametrize(
    "text", ["services: []", "services: {web: x}", "services: {web: {build: }}", "[]", ""]
)
def test_strange_files_build_nothing_that_could_be_meant(text: str) -> None:
    assert [each for each in compose_builds(read_documents(text)) if each.target] == []


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("compose.yaml", True),
        ("docker-compose.prod.yml", True),
        ("docker-bake.override.json", True),
        ("docker-bake.hcl", True),
        ("composer.json", False),
        ("bake.hcl", False),
    ],
)
def test_files_that_build_are_known_by_their_names(name: str, known: bool) -> None:
    assert may_build(name) is known
