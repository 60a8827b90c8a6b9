"""Many questions at once, each of them once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.registry.base_images import created
from reimage.registry.client import Registry
from reimage.registry.errors import RateLimited, RegistryError


def ask(
    registry: Registry, images: Iterable[Reference], *, aged: Collection[str] = ()
) -> dict[str, Resolved | Unresolved]:
    """What each tag stands for, by `Reference.tagged`. What fails is an answer too.

    The age is looked up for those that `aged` names, which takes more requests.
    """
    questions = {image.tagged: image._replace(digest=None) for image in images}
    if not questions:
        return {}
    with ThreadPoolExecutor(min(registry.settings.connections, len(questions))) as pool:
        try:
            answers = list(
                pool.map(
                    lambda image: _answer(registry, image, image.tagged in aged), questions.values()
                )
            )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return dict(zip(questions, answers, strict=True))


def _answer(registry: Registry, image: Reference, with_age: bool) -> Resolved | Unresolved:
    try:
        digest = registry.resolve(image)
        age = created(registry, image._replace(digest=digest)) if with_age else None
    except RegistryError as error:
        passing = error.may_be_retried or isinstance(error, RateLimited)
        return Unresolved(str(error), passing)
    return Resolved(digest, age)
