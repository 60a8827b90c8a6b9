"""How Compose files and bake files build images, and what they start in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reimage.manifests.kinds import with_merged
from reimage.manifests.nodes import Node, walk
from reimage.text import late

_COMPOSE = late(r"(?:docker-)?compose(?:[.-].+)?\.ya?ml")
_BAKE = late(r"docker-bake(?:[.-].+)?\.(?:json|hcl)")
_HCL_TARGET = late(r"\btarget\s*=\s*(?:\"([^\"\n]*)\")?")
_NOTHING = Node()


class Build(NamedTuple):
    """A build at `line`. `context` and `dockerfile` are as written, None where they are computed;
    so is `target`, "" for the last stage. Of a service also what it starts in place of the image's
    own command."""

    line: int
    context: str | None = "."
    dockerfile: str | None = "Dockerfile"
    target: str | None = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    mounts: bool = False


def may_build(name: str) -> bool:
    """Whether a file of this name says how images are built."""
    return bool(_COMPOSE.fullmatch(name) or _BAKE.fullmatch(name))


def compose_builds(roots: Sequence[Node]) -> Iterator[Build]:
    """Of every service that is built, and of those that name the image which another one builds."""
    for root in roots:
        services = [with_merged(service) for _, service in _pairs(root.get("services"))]
        built = {
            _text(keys["image"]): keys["build"]
            for keys in services
            if "build" in keys and "image" in keys
        }
        for keys in services:
            build = keys.get("build") or built.get(_text(keys.get("image")))
            if build is not None:
                yield _of_a_service(keys, build)


def bake_builds(roots: Sequence[Node]) -> Iterator[Build]:
    """Of every target of a bake file in JSON."""
    for root in roots:
        for _, target in _pairs(root.get("target")):
            yield _built(with_merged(target), _line(target))


def hcl_builds(text: str) -> Iterator[Build]:
    """The targets that a bake file in HCL names, of whichever Dockerfile."""
    for match in _HCL_TARGET.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        target = match[1] if match[1] is not None and "$" not in match[1] else None
        yield Build(line, None, None, target)


def _of_a_service(keys: dict[str, Node], build: Node) -> Build:
    inner = {"context": build} if build.scalar else with_merged(build)
    found = _built(inner, _line(build))
    return found._replace(
        command=_words(keys.get("command")),
        entrypoint=_words(keys.get("entrypoint")),
        check=_checked(with_merged(keys.get("healthcheck", _NOTHING))),
        mounts=any(keys.get(key, _NOTHING).rows for key in ("volumes", "tmpfs")),
    )


def _built(keys: dict[str, Node], line: int) -> Build:
    inline = "dockerfile_inline" in keys or "dockerfile-inline" in keys
    return Build(
        line,
        _told(keys.get("context"), "."),
        "" if inline else _told(keys.get("dockerfile"), "Dockerfile"),
        _told(keys.get("target"), ""),
    )


def _told(node: Node | None, usual: str) -> str | None:
    text = _text(node)
    return None if "$" in text else text or usual


def _words(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node.rows:
        return tuple(_text(row) for row in node.rows)
    try:
        return tuple(shlex.split(_text(node)))
    except ValueError:  # a quote that is not closed: Compose refuses it
        return (_text(node),)


def _checked(keys: dict[str, Node]) -> tuple[str, ...]:
    """The words of the health check, a shell's where one is asked."""
    test = keys.get("test")
    if test is None or _text(keys.get("disable")) == "true":
        return ()
    kind, *words = [_text(row) for row in test.rows] or ["CMD-SHELL", _text(test)]
    if kind == "NONE":
        return ()
    return ("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)


def _line(node: Node) -> int:
    return min((each.scalar.line for each in walk(node) if each.scalar), default=1)


def _pairs(node: Node | None) -> Sequence[tuple[str, Node]]:
    return (node.pairs or ()) if node else ()


def _text(node: Node | None) -> str:
    return node.scalar.text if node and node.scalar else ""
