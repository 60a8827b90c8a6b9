"""Many questions at once, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.registry.base_images import created
from reimage.registry.client import Registry
from reimage.registry.errors import RateLimited, RegistryError

Answer = TypeVar("Answer")


def ask(
    registry: Registry, images: Iterable[Reference], *, aged: Collection[str] = ()
) -> dict[str, Resolved | Unresolved]:
    """What each tag stands for, by `Reference.tagged`. What fails is an answer too.

    The age is looked up for those that `aged` names, which takes more requests.
    """
    questions = {image.tagged: image._replace(digest=None) for image in images}
    answers = at_once(
        registry,
        list(questions.values()),
        lambda image: _resolved(registry, image, image.tagged in aged),
    )
    return dict(zip(questions, answers, strict=True))


def at_once(
    registry: Registry, images: Sequence[Reference], question: Callable[[Reference], Answer]
) -> list[Answer | Unresolved]:
    """The answer for each image, in order, over as many connections as the settings allow."""
    if not images:
        return []
    with ThreadPoolExecutor(min(registry.settings.connections, len(images))) as pool:
        try:
            return list(pool.map(lambda image: _answer(image, question), images))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _resolved(registry: Registry, image: Reference, with_age: bool) -> Resolved:
    digest = registry.resolve(image)
    age = created(registry, image._replace(digest=digest)) if with_age else None
    return Resolved(digest, age)


def _answer(image: Reference, question: Callable[[Reference], Answer]) -> Answer | Unresolved:
    try:
        return question(image)
    except RegistryError as error:
        passing = error.may_be_retried or isinstance(error, RateLimited)
        return Unresolved(str(error), passing)
