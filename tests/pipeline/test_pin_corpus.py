"""Every Dockerfile of the corpus pinned against a registry that serves every name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import dockerfile as wheel
import pytest
from e2b_dockerfile_utils.syntax import DockerfileSyntaxError, parse_dockerfile_ast
from tests import corpus_files
from tests.registry.fake_registry import FakeRegistry, serving

from reimage.dockerfile import Arg, Copy, From, parse, references
from reimage.model import Facts, ImageFacts
from reimage.model.images.answers import Pinning, Resolved
from reimage.model.images.places import Place, Unclear, image_places
from reimage.model.images.references import NoReference, Reference, parse_reference
from reimage.pipeline.pin import PinOptions, gather, pin_files
from reimage.pipeline.pin_subjects import pin_transformation
from reimage.pipeline.registries import RegistryOptions
from reimage.rewriting import Claim, Outcome, Refusal, rewrite
from reimage.text import decode, encode

pytestmark = [corpus_files.needs_corpus, pytest.mark.xdist_group("corpus")]

DIGEST = "sha256:" + "0123456789abcdef" * 4


class _Everything(dict[str, Resolved]):
    """Answers for whatever is asked, and keeps what was."""

    def get(self, key: str, default: object = None) -> Resolved:
        return self.setdefault(key, Resolved(DIGEST))


@pytest.fixture(
    scope="module",
    params=[4, pytest.param(1, marks=pytest.mark.slow)],
    ids=["every fourth file", "every file"],
)
def pinned(request: pytest.FixtureRequest) -> list[tuple[str, Outcome]]:
    facts = ImageFacts(Pinning(_Everything()))
    done = []
    for row in corpus_files.index()[:: request.param]:
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        if not parsed.problems:
            transformations = [pin_transformation()]
            outcome = rewrite(
                parsed.tree, transformations, allow=Claim.CHANGES_BEHAVIOUR, images=facts
            )
            done.append((row["id"], outcome))
    return done


def test_most_files_are_pinned_and_nothing_had_to_be_dropped(
    pinned: list[tuple[str, Outcome]],
) -> None:
    assert sum(outcome.text != outcome.source for _, outcome in pinned) > len(pinned) * 0.8
    for name, outcome in pinned:
        assert outcome.converged, name
        assert not outcome.dropped, (name, [each.reason for each in outcome.dropped])


def test_what_other_parsers_accepted_they_accept(pinned: list[tuple[str, Outcome]]) -> None:
    for name, outcome in pinned:
        assert _wheel_accepts(outcome.text) or not _wheel_accepts(outcome.source), name
        assert _e2b_accepts(outcome.text) or not _e2b_accepts(outcome.source), name


def _wheel_accepts(text: str) -> bool:
    try:
        wheel.parse_string(encode(text).decode("utf-8", "replace"))
    except wheel.GoParseError:
        return False
    return True


def _e2b_accepts(text: str) -> bool:
    try:
        parse_dockerfile_ast(text)
    except (DockerfileSyntaxError, ValueError):
        return False
    return True


def test_only_digests_and_the_tag_that_was_meant_are_written(
    pinned: list[tuple[str, Outcome]],
) -> None:
    for name, outcome in pinned:
        without = outcome.text.replace(f"@{DIGEST}", "")
        added = len(without) - len(outcome.source)
        assert added % len(":latest") == 0, name
        assert without.replace(":latest", "") == outcome.source.replace(":latest", ""), name


def test_every_image_is_pinned_or_refused(pinned: list[tuple[str, Outcome]]) -> None:
    """By a look of its own: the images of the result, with the defaults of ARGs filled in."""
    for name, outcome in pinned:
        refused = {each.original for each in outcome.remarks if isinstance(each.finding, Refusal)}
        before = parse(outcome.source).tree
        lines = {before.lines.line(span.start) for span in refused}
        after = parse(outcome.text).tree
        for stage in Facts(after).stages:
            if stage.base is None and stage.image not in (None, "scratch"):
                line = after.line(stage.from_)
                assert "@" in (stage.image or "") or line in lines, (name, stage.image)


def test_no_digest_stands_behind_a_variable(pinned: list[tuple[str, Outcome]]) -> None:
    for name, outcome in pinned:
        for instruction in parse(outcome.text).tree.instructions:
            if isinstance(instruction, From) and instruction.image:
                word = instruction.image.text
                for reference in references(word, escape=instruction.escape):
                    assert not word[reference.span.end :].startswith("@"), name


def test_a_refusal_of_a_variable_names_it(pinned: list[tuple[str, Outcome]]) -> None:
    told = 0
    for name, outcome in pinned:
        for remark in outcome.remarks:
            text = remark.original.of(outcome.source)
            image = next((word for word in text.split() if "$" in word), None)
            if image is None or not isinstance(remark.finding, Refusal):
                continue
            # It may be an ARG that the ARG in the FROM is made of.
            names = set(re.findall(r"\$\{?(\w+)", outcome.source))
            assert any(each in remark.finding.message for each in names), (name, remark.finding)
            told += 1
    assert told > len(pinned) // 40


def test_an_override_of_an_arg_unpins_itself(pinned: list[tuple[str, Outcome]]) -> None:
    """With any value given for the ARG, the FROMs name that, and no digest of another image."""
    seen = 0
    for name, outcome in pinned:
        tree = parse(outcome.text).tree
        for instruction in tree.instructions:
            if not isinstance(instruction, Arg):
                break
            for pair in instruction.pairs:
                if DIGEST not in (pair.value or ""):
                    continue
                value = pair.value_span
                given = outcome.text[: value.start] + "other" + outcome.text[value.end :]
                for stage in Facts(parse(given).tree).stages:
                    used = references(stage.from_.image.text if stage.from_.image else "")
                    if any(each.name == pair.key for each in used) and stage.image:
                        assert "@" not in stage.image, name
                        seen += 1
    assert seen > len(pinned) // 40


@pytest.mark.slow
def test_unclear_images_are_told_once_and_places_do_not_overlap() -> None:
    for row in corpus_files.index():
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        if parsed.problems:
            continue
        places = list(image_places(Facts(parsed.tree)))
        spans = sorted(place.span for place in places if isinstance(place, Place))
        assert all(one.end <= other.start for one, other in pairwise(spans))
        for place in places:
            if isinstance(place, Place):
                assert place.span.of(parsed.tree.source) == place.written
            else:
                assert isinstance(place, Unclear)


def _references() -> Iterator[str]:
    for row in corpus_files.index():
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        for place in image_places(Facts(parsed.tree)):
            if isinstance(place, Place):
                yield place.reference
        for instruction in parsed.tree.instructions:
            if isinstance(instruction, Copy) and instruction.from_:
                yield instruction.from_


@pytest.mark.slow
def test_every_reference_comes_back_as_it_is_written() -> None:
    different = set()
    for text in set(_references()):
        found = parse_reference(text)
        if isinstance(found, NoReference):
            continue
        assert isinstance(found, Reference)
        plain = re.sub(
            r"^(?:index\.)?docker\.io/(?:library/(?=[^/]+$))?|^library/(?=[^/]+$)", "", text
        )
        if str(found) != plain:
            different.add(text)
    assert not different


@pytest.mark.slow
def test_each_image_is_asked_for_once_by_a_run_over_all_files(tmp_path: Path) -> None:
    """And a second run with the tags of the first asks nobody."""
    found = (parse_reference(text) for text in _references())
    domains = {each.domain for each in found if isinstance(each, Reference)}
    with serving(FakeRegistry(serves_every_name=True)) as fake:
        registry = RegistryOptions(
            mirrors=tuple(
                (domain, f"http://{fake.address}/{quote(domain, safe='')}") for domain in domains
            ),
            cache=tmp_path,
            tags_for=60,
        )
        options = PinOptions(registry=registry)
        names = [str(corpus_files.path(row)) for row in corpus_files.index()]
        run = gather(names, options)
        assert len(fake.asked()) > 400
        assert max(fake.asked().values()) == 1
        reports = list(pin_files(run, options))
        assert sum(bool(report.patch) for report in reports) > 900
        fake.requests.clear()
        assert [each.patch for each in pin_files(gather(names, options), options)] == [
            each.patch for each in reports
        ]
        assert not fake.requests
