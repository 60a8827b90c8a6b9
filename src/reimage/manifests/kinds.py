"""What kind of file a YAML file is, and which of its values name images.

Kinds are known by their names where tools go by names (Compose, kustomize, the pipelines of GitHub
and GitLab), and Kubernetes by its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.manifests.nodes import Node, walk
from reimage.text import late

_COMPOSE_NAME = late(r"(?:docker-)?compose(?:[.-].+)?\.ya?ml")
_KUSTOMIZATION = late(r"kustomization\.ya?ml")
_WORKFLOW = late(r"(?:.*/)?\.(?:github|gitea|forgejo)/workflows/[^/]+")
_ACTION = late(r"action\.ya?ml")
_GITLAB = late(r"(?:.*[.-])?gitlab-ci\.ya?ml")
_KUBERNETES_KEYS = [
    late(rf"^[\"']?{key}[\"']?[ \t]*:", re.MULTILINE) for key in ("apiVersion", "kind")
]
_LISTS_OF_CONTAINERS = ("containers", "initContainers", "ephemeralContainers", "steps", "sidecars")
_CONTAINERS = ("container", "script")
_DOCKER_ACTION = "docker://"
_DOCKER_IMAGE = "docker-image://"
_NO_JOBS = ("variables", "workflow", "include", "stages", "spec", "cache", "pages_options")


class Named(NamedTuple):
    """A value that names an image: its text without `prefix`, behind `before`.

    `defaults` says that `${NAME:-default}` is replaced there. With `unclear` it can't be pinned.
    """

    node: Node
    before: str = ""
    prefix: str = ""
    defaults: bool = False
    unclear: str = ""


def may_name_images(name: str, text: str) -> bool:
    """Whether a YAML file looks like one of those that are read here, at first sight."""
    last = name.rpartition("/")[2]
    if _WORKFLOW.fullmatch(name) or _ACTION.fullmatch(last):
        return _DOCKER_ACTION in text or "container" in text or "services" in text
    if "image" not in text:
        return False
    known = any(each.fullmatch(last) for each in (_COMPOSE_NAME, _KUSTOMIZATION, _GITLAB))
    return known or all(key.search(text) for key in _KUBERNETES_KEYS)


def named_images(name: str, roots: Sequence[Node]) -> list[Named] | None:
    """The values in no order; None where the file is of no kind that is known."""
    last = name.rpartition("/")[2]
    if _GITLAB.fullmatch(last):
        return [each for root in roots for each in _gitlab(root)]
    found: list[Named] = []
    known = False
    for root in roots:
        images = _images_of(root, last)
        if images is not None:
            known = True
            found += images
    return found if known else None


def _images_of(root: Node, last: str) -> Iterator[Named] | None:
    kind, services = _text(root.get("kind")), root.get("services")
    if _KUSTOMIZATION.fullmatch(last) or kind in ("Kustomization", "Component"):
        return _kustomize(root)
    if root.get("apiVersion") and root.get("kind"):
        return _kubernetes(root)
    jobs, runs = root.get("jobs"), root.get("runs")
    if jobs and jobs.pairs is not None and root.get("on"):
        return _workflow(jobs)
    if runs and runs.get("using"):
        return _action(runs)
    if services and services.pairs is not None:  # a list of that name is GitLab's
        return _compose(services)
    return None


def _compose(services: Node) -> Iterator[Named]:
    """A service that is built has an image of its own, whose name is no reference to pin."""
    for _, service in services.pairs or ():
        keys = with_merged(service)
        if "build" in keys:
            yield from _compose_build(with_merged(keys["build"]))
        elif "image" in keys:
            yield Named(keys["image"], defaults=True)


def _compose_build(build: dict[str, Node]) -> Iterator[Named]:
    contexts = build.get("additional_contexts", Node())
    for _, value in contexts.pairs or ():
        if _text(value).startswith(_DOCKER_IMAGE):
            yield Named(value, prefix=_DOCKER_IMAGE, defaults=True)
    for row in contexts.rows:
        name, equals, image = _text(row).partition("=")
        if image.startswith(_DOCKER_IMAGE):
            yield Named(row, prefix=f"{name}{equals}{_DOCKER_IMAGE}", defaults=True)
    inline = build.get("dockerfile_inline")
    if inline:
        yield Named(inline, unclear="the Dockerfile that is written into this file is not read")


def _kubernetes(root: Node) -> Iterator[Named]:
    """Of the containers, wherever a kind of object keeps its template of a pod, and of volumes."""
    for node in walk(root):
        for key, value in node.pairs or ():
            containers = value.rows if key in _LISTS_OF_CONTAINERS else []
            for container in [*containers, *([value] if key in _CONTAINERS else [])]:
                if image := with_merged(container).get("image"):
                    yield Named(image, defaults=True)
            for volume in value.rows if key == "volumes" else []:
                source = with_merged(volume).get("image", Node())
                if reference := source.get("reference"):
                    yield Named(reference, defaults=True)


def _kustomize(root: Node) -> Iterator[Named]:
    """`newTag` may hold a digest behind the tag; a `digest` of its own makes the tag nothing."""
    images = root.get("images") or Node()
    for row in images.rows:
        keys = with_merged(row)
        tag, digest, new_name = (keys.get(key) for key in ("newTag", "digest", "newName"))
        name = _text(new_name) or _text(keys.get("name"))
        if tag and digest:
            told = f"kustomize passes over the newTag of {name} where there is a digest: write both"
            yield Named(tag, unclear=f"{told} as newTag: TAG@DIGEST")
        elif digest:
            yield Named(digest, before=f"{name}@")
        elif tag:
            yield Named(tag, before=f"{name}:")
        elif new_name is not None and ":" in _text(new_name).rpartition("/")[2]:
            yield Named(new_name)


def _workflow(jobs: Node) -> Iterator[Named]:
    for _, job in jobs.pairs or ():
        keys = with_merged(job)
        services = keys.get("services", Node()).pairs or ()
        for container in (keys.get("container"), *(service for _, service in services)):
            if container:
                image = container if container.scalar else with_merged(container).get("image")
                if image and _text(image):
                    yield Named(image)
        yield from _steps(keys.get("steps"))


def _action(runs: Node) -> Iterator[Named]:
    image = runs.get("image")
    if image and _text(image).startswith(_DOCKER_ACTION):
        yield Named(image, prefix=_DOCKER_ACTION)
    yield from _steps(runs.get("steps"))


def _steps(steps: Node | None) -> Iterator[Named]:
    for step in steps.rows if steps else ():
        uses = with_merged(step).get("uses")
        if uses and _text(uses).startswith(_DOCKER_ACTION):
            yield Named(uses, prefix=_DOCKER_ACTION)


def _gitlab(root: Node) -> Iterator[Named]:
    jobs = [value for key, value in root.pairs or () if key not in _NO_JOBS]
    for job in [root, *jobs]:
        keys = with_merged(job)
        services = keys.get("services", Node()).rows
        for each in (keys.get("image"), *services):
            image = each if each is None or each.scalar else with_merged(each).get("name")
            if image and _text(image):
                yield Named(image)


def with_merged(node: Node) -> dict[str, Node]:
    """The keys of a mapping with those that it merges, which count less than its own."""
    keys: dict[str, Node] = {}
    waiting, seen = [node], set[int]()
    while waiting:
        table = waiting.pop(0)
        if id(table) not in seen:
            seen.add(id(table))
            for key, value in table.pairs or ():
                keys.setdefault(key, value)
                waiting += (
                    ([value] if value.pairs is not None else value.rows) if key == "<<" else []
                )
    return keys


def _text(node: Node | None) -> str:
    return node.scalar.text if node and node.scalar else ""
