"""Names of images, by the grammar that BuildKit and the registries share."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests import corpus_files

from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.text import decode

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not have the form"),
        ("Python", "must be in lower case"),
        ("library/Python:3", "must be in lower case"),
        ("python:", "does not have the form"),
        ("python:-3", "does not have the form"),
        ("python:" + "x" * 129, "does not have the form"),
        ("python@sha256:abc", "does not have the form"),
        ("python:3@" + DIGEST.upper(), "is no digest"),
        ("python@md5:" + "a" * 32, "is no digest"),
        ("python@sha256:" + "a" * 65, "is no digest"),
        ("a" * 64, "are the id of an image"),
        ("a..b", "does not have the form"),
        ("a___b", "does not have the form"),
        ("-a", "does not have the form"),
        ("a/", "does not have the form"),
        ("example.org/", "does not have the form"),
        ("x/" + "a" * 256, "longer than 255"),
        ("a b", "does not have the form"),
        ("${BASE}", "must be in lower case"),
        ("python\n", "does not have the form"),
        ("pythön", "does not have the form"),
    ],
)
def test_what_is_no_reference(text: str, words: str) -> None:
    found = parse_reference(text)
    assert isinstance(found, NoReference)
    assert words in found.reason


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag"),
    [
        ("python", "docker.io", "library/python", None),
        ("python:3.12-slim", "docker.io", "library/python", "3.12-slim"),
        ("docker.io/python", "docker.io", "library/python", None),
        ("index.docker.io/python", "docker.io", "library/python", None),
        ("bitnami/redis", "docker.io", "bitnami/redis", None),
        ("localhost/app", "localhost", "app", None),
        ("localhost:5000/app:1", "localhost:5000", "app", "1"),
        ("localhost:5000", "docker.io", "library/localhost", "5000"),
        ("ghcr.io/a/b-c/d__e", "ghcr.io", "a/b-c/d__e", None),
        ("[::1]:5000/app", "[::1]:5000", "app", None),
        ("Upper/app", "Upper", "app", None),
        ("registry.example.org:443/a/b:x", "registry.example.org:443", "a/b", "x"),
        ("a_b.c/d", "", "a_b.c/d", None),
        ("x/" + "a" * 253, "docker.io", "x/" + "a" * 253, None),
    ],
)
def test_what_a_reference_means(text: str, domain: str, path: str, tag: str | None) -> None:
    assert parse_reference(text) == Reference(domain, path, tag)
    assert parse_reference(f"{text}@{DIGEST}") == Reference(domain, path, tag, DIGEST)


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/python:3", "python:3"),
        ("docker.io/a/b", "a/b"),
        ("docker.io/library/a/b", "library/a/b"),
        ("ghcr.io/library/python", "ghcr.io/library/python"),
    ],
)
def test_the_name_that_people_write(text: str, familiar: str) -> None:
    assert str(parse_reference(text)) == familiar


# The grammar in the documentation of github.com/distribution/reference, rule by rule.
_ALNUM = "[a-z0-9]+"
_PATH_COMPONENT = f"{_ALNUM}(?:(?:[_.]|__|[-]+){_ALNUM})*"
_REMOTE = f"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
_DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN_NAME = rf"{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*"
_HOST = rf"(?:{_DOMAIN_NAME}|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_GRAMMAR = re.compile(
    rf"(?:{_HOST}/)?{_REMOTE}(?::[\w][\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII
)


def by_the_grammar(text: str) -> bool:
    """Whether the grammar has the text, once Docker Hub's shorthand is written out."""
    return _GRAMMAR.fullmatch(text) is not None and not re.fullmatch("[a-f0-9]{64}", text)


_PIECES = st.sampled_from(
    [
        *("a", "b1", "A", "localhost", "example.org", ".", "-", "_", "__", "/", ":", "5000"),
        *("[::1]", "latest", f"@{DIGEST}", "@", "é", " ", "docker.io", "library"),
        "index.docker.io",
    ]
)


@given(st.lists(_PIECES, min_size=1, max_size=9).map("".join))
@example("a/" * 200 + "a")
@example("a-" * 20_000)
@example("docker.io/docker.io/a")
def test_the_grammar_decides(text: str) -> None:
    found = parse_reference(text)
    if isinstance(found, Reference):
        assert by_the_grammar(text)
        again = parse_reference(str(found))
        assert again == found
    elif "longer than" not in found.reason and "lower case" not in found.reason:
        assert not by_the_grammar(text) or text.count("/") == 0, found.reason


@corpus_files.needs_corpus
def test_every_image_of_the_corpus_is_one() -> None:
    """But for a few that use what only their own tools fill in."""
    images: set[str] = set()
    for row in corpus_files.index():
        tree = parse(decode(corpus_files.path(row).read_bytes())).tree
        images |= {stage.image for stage in Facts(tree).stages if stage.image}
    wrong = {name for name in images if isinstance(parse_reference(name), NoReference)}
    assert len(images) > 400
    assert all(not by_the_grammar(name) for name in wrong)
    assert len(wrong) < len(images) / 50
