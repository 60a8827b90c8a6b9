"""A tag is moved by whoever owns it: the same Dockerfile builds another image tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from reimage.model import Facts
from reimage.rewriting import Claim, Evidence, Finding, Refusal, Rewrite, Skipped, transformation

if TYPE_CHECKING:
    from reimage.model.images.answers import Pinning
    from reimage.model.images.places import Place


@transformation(claim=Claim.SAME_IMAGE, may_change=("From",))
def pin_base_digest(facts: Facts) -> Iterator[Finding]:
    """Write the digest of each image beside its tag.

    A tag may stand for another image tomorrow; a
    [digest](https://docs.docker.com/build/building/best-practices/#pin-base-image-versions) names
    the bytes. FROM, `COPY --from`, `RUN --mount=from` and `# syntax` are pinned, to the index where
    an image has several platforms. The tag stays, for readers and for `reimage pin --update`.

    The image is the one that the tag stands for now. A reference that ends with an ARG is pinned in
    the ARG's default, so that an override unpins itself. It stays away where a digest would make a
    build argument count for nothing (`python:${VERSION}-slim@sha256:…` is always the same image),
    where the ARG is used for something else too, and where the registry does not know the image.

    Only a registry knows digests, and `optimize` asks none unless the configuration or `--pin` says
    so; `reimage pin` does.
    """
    images = facts.images
    if images is None or images.pinning is None:
        # Where nobody wants pins: one remark for the file, and no reading of references.
        unpinned = (stage.from_ for stage in facts.stages if _is_unpinned(stage.image))
        yield from (Skipped("the registry", from_.span) for from_ in islice(unpinned, 1))
        return
    # Most runs ask no registry.
    from reimage.model.images.places import Unclear, image_places, is_named

    pinning, named = images.pinning, images.named_contexts
    for place in image_places(facts):
        if isinstance(place, Unclear):
            yield Refusal(place.message, place.at)
        elif not is_named(place.reference, named):
            finding = _look_at(place, pinning)
            if finding:
                yield finding


def _is_unpinned(image: str | None) -> bool:
    return image is not None and image != "scratch" and "@" not in image


def _look_at(place: Place, pinning: Pinning) -> Finding | None:
    from reimage.model.images.pins import Changed, Stays, Unasked, decide

    decision = decide(place.reference, pinning)
    match decision:
        case Stays(reason=reason):
            return Refusal(reason, place.at)
        case Unasked():
            return Skipped("the registry", place.at)
        case Changed(text, message, fresh):
            edit = place.edit(text)
            if edit is None:
                name = place.arguments[-1]
                return Refusal(f"ARG {name} holds only a part of {place.reference}", place.at)
            claim = None if fresh else Claim.CHANGES_BEHAVIOUR
            return Rewrite(
                message + _through(place), place.at, (edit,), claim=claim, evidence=Evidence.FACTS
            )
        case None:
            return None


def _through(place: Place) -> str:
    return f", in the default of {place.arguments[-1]}" if place.arguments else ""
