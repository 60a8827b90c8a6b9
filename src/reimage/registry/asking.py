"""Many questions at once, each of them once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from reimage.model.images.answers import Resolved, Unresolved
from reimage.model.images.references import Reference
from reimage.registry.base_images import created
from reimage.registry.client import Registry
from reimage.registry.errors import NoConnection, RateLimited, RegistryError

_MOST_THREADS = 64

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
    """The answer for each image, in order, with as many requests at a time to one registry as the
    settings allow.

    The first image of each registry is asked for first: one that does not answer is known before
    anybody else waits for it.
    """
    if not images:
        return []
    each = registry.settings.connections
    free = {image.domain: BoundedSemaphore(each) for image in images}

    def limited(image: Reference) -> Answer | Unresolved:
        with free[image.domain]:
            return _answer(image, question)

    threads = min(each + len(free) - 1, len(images), _MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        try:
            asked = {place: pool.submit(limited, images[place]) for place in _taking_turns(images)}
            return [asked[place].result() for place in range(len(images))]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _taking_turns(images: Sequence[Reference]) -> list[int]:
    """The places of the images, one of each registry after the other."""
    turns: Counter[str] = Counter()
    placed = []
    for place, image in enumerate(images):
        placed.append((turns[image.domain], place))
        turns[image.domain] += 1
    return [place for _, place in sorted(placed)]


def _resolved(registry: Registry, image: Reference, with_age: bool) -> Resolved:
    digest = registry.resolve(image)
    age = created(registry, image._replace(digest=digest)) if with_age else None
    return Resolved(digest, age)


def _answer(image: Reference, question: Callable[[Reference], Answer]) -> Answer | Unresolved:
    try:
        return question(image)
    except RegistryError as error:
        passing = error.may_be_retried or isinstance(error, RateLimited | NoConnection)
        return Unresolved(str(error), passing)
