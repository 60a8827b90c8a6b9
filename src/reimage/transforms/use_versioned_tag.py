"""`latest` is another image next month, and nobody sees which one it was."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, ImageFacts
from reimage.model.images.answers import Resolved
from reimage.model.images.places import Place, image_places, is_named
from reimage.model.images.references import LATEST, NoReference, Reference, parse_reference
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation

_NOTHING = ImageFacts()


@transformation(claim=Claim.SAME_IMAGE, may_change=("From",), known_as=("DL3006", "DL3007"))
def use_versioned_tag(facts: Facts) -> Iterator[Finding]:
    """Name the version that `latest` stands for.

    A build with `latest`, or without a tag, gets another major version when there is one, and the
    file does not tell [what it was made for](https://docs.docker.com/build/building/best-practices/#pin-base-image-versions).
    The tag that is written stands for the very same image now: of all tags with its digest the one
    that says most (`3.13.1-bookworm` rather than `3`).

    Only a registry knows which tags have one digest: `optimize` asks with `--bases`, or where the
    configuration says so. It stays away where the image has a digest that the tag may not have, and
    where an ARG leads to the reference and holds only a part of it.
    """
    images = facts.images or _NOTHING
    for place in image_places(facts):
        if isinstance(place, Place):
            reference = parse_reference(place.reference)
            if not isinstance(reference, NoReference) and (reference.tag or LATEST) == LATEST:
                yield from _look_at(place, reference, images)


def _look_at(place: Place, image: Reference, known: ImageFacts) -> Iterator[Finding]:
    if is_named(place.reference, known.named_contexts):
        return
    if image.digest and not _stands_for(image, known):
        return
    tag = known.versioned.get(image.tagged)
    if tag is None:
        if known.bases:
            yield Refusal(f"no tag with a version stands for the same image as {image}", place.at)
        else:
            yield Skipped("the registry", place.at)
        return
    path, at, digest = place.reference.partition("@")
    name = path.removesuffix(f":{LATEST}")
    edit = place.edit(f"{name}:{tag}{at}{digest}")
    if edit is None:
        yield Refusal(f"ARG {place.arguments[-1]} holds only a part of {image}", place.at)
        return
    told = str(image._replace(digest=None))
    message = f"{told} is {image.familiar_name}:{tag} now"
    yield Rewrite(message, place.at, (edit,), evidence=Evidence.FACTS)


def _stands_for(image: Reference, known: ImageFacts) -> bool:
    """Whether the digest that is written is the one that the tag stands for."""
    answer = known.pinning.answers.get(image.tagged) if known.pinning else None
    return image.tag is not None and answer == Resolved(image.digest or "")
