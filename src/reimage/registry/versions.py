"""Which tag of a repository says most about an image that a moving tag stands for."""

from __future__ import annotations

from collections.abc import Mapping

from reimage.model.images.answers import Resolved
from reimage.model.images.official_images import TagParts, tag_parts
from reimage.model.images.references import Reference
from reimage.registry.asking import ask
from reimage.registry.client import Registry
from reimage.registry.listing import tags

_MOST_ASKED = 32
"""tags whose digest is asked for; the newest versions are tried first."""
_LONGEST_LIST = 20_000


def most_specific_tag(registry: Registry, image: Reference, env: Mapping[str, str]) -> str | None:
    """The tag with the longest version among those with the same digest as the image's own tag.

    `env` are the variables of its configuration: official images tell their version there. None
    where no such tag is found. Raises RegistryError.
    """
    digest = registry.resolve(image)
    listed = [tag for tag, _ in zip(tags(registry, image), range(_LONGEST_LIST), strict=False)]
    wanted = _likely(listed, env)[:_MOST_ASKED]
    answers = ask(registry, [image._replace(tag=tag, digest=None) for tag in wanted])
    same = [
        tag
        for tag in wanted
        if answers[image._replace(tag=tag, digest=None).tagged] == Resolved(digest)
    ]
    return max(same, key=_specific, default=None)


def _likely(listed: list[str], env: Mapping[str, str]) -> list[str]:
    """Tags that name a version, those of the version in `env` first, then newer before older."""
    told = {value for name, value in env.items() if name.endswith("_VERSION")}
    versions = [(tag, tag_parts(tag)) for tag in listed]
    return [
        tag
        for tag, parts in sorted(
            versions, key=lambda each: (each[1].version in told, *_specific(each[0])), reverse=True
        )
        if parts.version and not parts.is_windows
    ]


def _specific(tag: str) -> tuple[int, tuple[int, ...], int, str]:
    parts: TagParts = tag_parts(tag)
    numbers = tuple(int(number[:9]) for number in parts.version.split(".") if number)
    return (len(numbers), numbers, len(parts.variants), tag)
