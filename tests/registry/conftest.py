"""A fake registry, and a client that does not wait long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.registry.fake_registry import FakeRegistry, serving

from buildkit_client.docker_config import ANONYMOUS
from reimage.model.images.references import Reference, parse_reference
from reimage.registry.client import Registry
from reimage.registry.settings import Settings

Client = Callable[..., Registry]


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as registry:
        yield registry


@pytest.fixture
def client() -> Iterator[Client]:
    """Settings → a client that is closed at the end; nobody is signed in."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Registry:
            usual = Settings(
                attempts=3, one_request=5, first_pause=0.001, credentials=lambda host: ANONYMOUS
            )
            return stack.enter_context(Registry(usual._replace(**settings)))

        yield make


def image(fake: FakeRegistry, name: str = "app:1") -> Reference:
    """An image of the fake registry."""
    found = parse_reference(f"{fake.address}/{name}")
    assert isinstance(found, Reference)
    return found
