"""Rewrites are applied to a fixed point, and what would do harm is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from reimage.dockerfile import Label, Run, Workdir, parse
from reimage.model import ContextFacts, Facts
from reimage.rewriting import (
    Claim,
    Finding,
    Outcome,
    Refusal,
    Rewrite,
    Transformation,
    rewrite,
    transformation,
)
from reimage.rewriting.origins import Origins
from reimage.text import Edit, Span, apply_edits

SOURCE = "FROM debian:12\nWORKDIR /a\nRUN one\nRUN two\n"


def run(source: str, *transformations: Transformation, **options: object) -> Outcome:
    allow = options.pop("allow", Claim.CHANGES_BEHAVIOUR)
    return rewrite(parse(source).tree, transformations, allow=allow, **options)  # type: ignore[arg-type]


@transformation(claim=Claim.SAME_IMAGE)
def shout(facts: Facts) -> Iterator[Finding]:
    """Write every RUN in upper case."""
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        text = span.of(facts.dockerfile.source)
        if isinstance(instruction, Run) and text != text.upper():
            yield Rewrite("louder", instruction.span, (Edit(span, text.upper()),))


@transformation(claim=Claim.SAME_IMAGE)
def grow(facts: Facts) -> Iterator[Finding]:
    """Lengthen the first RUN, letter by letter, up to five."""
    first = next(i for i in facts.dockerfile.instructions if isinstance(i, Run))
    if len(first.arguments.text) < 5:
        end = first.span.end
        yield Rewrite("longer", first.span, (Edit(Span(end, end), "x"),))


@transformation(claim=Claim.SAME_IMAGE)
def grow_forever(facts: Facts) -> Iterator[Finding]:
    """Never stop."""
    end = facts.dockerfile.instructions[-1].span.end
    yield Rewrite("longer", facts.dockerfile.instructions[-1].span, (Edit(Span(end, end), "x"),))


@transformation(claim=Claim.SAME_IMAGE)
def break_the_file(facts: Facts) -> Iterator[Finding]:
    """Write something that is no instruction."""
    if "NONSENSE" not in facts.dockerfile.source:
        yield Rewrite("worse", Span(0, 4), (Edit(Span(0, 0), "NONSENSE\n"),))


@transformation(claim=Claim.SAME_IMAGE)
def move_workdir(facts: Facts) -> Iterator[Finding]:
    """Change the configuration without having said so."""
    for instruction in facts.dockerfile.instructions:
        if isinstance(instruction, Workdir) and instruction.value == "/a":
            yield Rewrite("elsewhere", instruction.span, (Edit(instruction.arguments.whole, "/b"),))


@transformation(claim=Claim.CHANGES_BEHAVIOUR, may_change=("WorkingDir",))
def move_workdir_openly(facts: Facts) -> Iterator[Finding]:
    """Change the configuration and say so."""
    yield from move_workdir(facts)


@transformation(claim=Claim.SAME_IMAGE)
def refuse(facts: Facts) -> Iterator[Finding]:
    """Refuse every LABEL."""
    for instruction in facts.dockerfile.instructions:
        if isinstance(instruction, Label):
            yield Refusal("labels are fine as they are", instruction.span)


@transformation(claim=Claim.SAME_IMAGE)
def ignore_git(facts: Facts) -> Iterator[Finding]:
    """Keep .git out."""
    if facts.context and ".git" not in facts.context.texts.get(".dockerignore", ""):
        edit = Edit(Span(0, 0), ".git\n")
        yield Rewrite("ignored", Span(0, 4), files={".dockerignore": (edit,)})


def test_a_rewrite_that_would_not_parse_is_dropped_with_its_reason() -> None:
    outcome = run(SOURCE, break_the_file)
    assert outcome.text == SOURCE
    assert [d.rewrite.transformation.name for d in outcome.dropped] == ["break_the_file"]
    assert "would not parse" in outcome.dropped[0].reason


def test_an_undeclared_change_of_the_configuration_is_dropped() -> None:
    outcome = run(SOURCE, move_workdir)
    assert outcome.text == SOURCE
    assert "WorkingDir" in outcome.dropped[0].reason


def test_the_guilty_rewrite_takes_nobody_with_it() -> None:
    outcome = run(SOURCE, break_the_file, move_workdir, shout)
    assert outcome.text == SOURCE.replace("one", "ONE").replace("two", "TWO")
    assert len(outcome.dropped) == 2


def test_a_claim_that_is_not_allowed_is_held_back() -> None:
    outcome = run(SOURCE, move_workdir_openly, allow=Claim.SAME_BEHAVIOUR)
    assert outcome.text == SOURCE
    assert [one.transformation.name for one in outcome.held_back] == ["move_workdir_openly"]


def test_what_does_not_converge_is_stopped_and_told() -> None:
    assert not run(SOURCE, grow_forever).converged


def test_a_refusal_keeps_its_place_in_the_original() -> None:
    source = SOURCE + "LABEL a=b\n"
    outcome = run(source, grow, refuse)
    (remark,) = outcome.remarks
    assert remark.original.of(source) == "LABEL a=b"


def test_a_suppressed_rewrite_is_not_even_held_back() -> None:
    source = SOURCE.replace("RUN two", "# reimage: skip=shout on purpose\nRUN two")
    assert run(source, shout).text == source.replace("one", "ONE")


def test_rewrites_are_applied_until_nothing_changes() -> None:
    outcome = run("FROM a\nRUN x\n", grow)
    assert outcome.text == "FROM a\nRUN xxxxx\n"
    assert len({one.id for one in outcome.applied}) == len(outcome.applied) == 4
    assert outcome.applied[1].builds_on == (outcome.applied[0].id,)


def test_a_rewrite_can_be_left_out_by_its_identity() -> None:
    first = run(SOURCE, shout)
    again = run(SOURCE, shout, without=[first.applied[0].id])
    assert again.text == SOURCE.replace("two", "TWO")


def test_an_identity_survives_the_passes() -> None:
    alone = {one.id for one in run(SOURCE, shout).applied}
    together = {one.id for one in run(SOURCE, grow, shout).applied}
    assert alone <= together


@transformation(claim=Claim.SAME_IMAGE)
def move_first_run_to_the_end(facts: Facts) -> Iterator[Finding]:
    """Move `RUN one`, and leave an ARG in its place."""
    source = facts.dockerfile.source
    first = next(i for i in facts.dockerfile.instructions if isinstance(i, Run))
    if first.arguments.text == "one":
        end = Span(len(source), len(source))
        moved = Edit(end, "ARG b\n" + first.full_span.of(source))
        yield Rewrite("later", first.span, (Edit(first.full_span, "ARG a\n"), moved))


@transformation(claim=Claim.SAME_IMAGE)
def remark_on_runs(facts: Facts) -> Iterator[Finding]:
    """Say something about each RUN."""
    for instruction in facts.dockerfile.instructions:
        if isinstance(instruction, Run):
            yield Refusal(instruction.arguments.text, instruction.span)


def test_what_was_moved_is_reported_where_it_stood() -> None:
    outcome = run(SOURCE, move_first_run_to_the_end, remark_on_runs)
    assert outcome.text.endswith("RUN two\nARG b\nRUN one\n")
    places = {remark.original.of(SOURCE) for remark in outcome.remarks}
    assert places == {"RUN one", "RUN two"}


def test_another_file_is_edited_once() -> None:
    context = ContextFacts({}, frozenset())
    outcome = run(SOURCE, ignore_git, context=context)
    assert outcome.files == {".dockerignore": ".git\n"}
    assert outcome.text == SOURCE


edit_sets = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 4), st.text("xyz", max_size=4)), max_size=5
)


@settings(max_examples=500, deadline=None)
@given(st.lists(edit_sets, max_size=4))
def test_origins_lead_unchanged_text_back_to_where_it_stood(passes: list[object]) -> None:
    original = "".join(chr(0x100 + number) for number in range(30))
    text, origins = original, Origins.unchanged(len(original))
    for number, edits in enumerate(passes):
        chosen = _apart(edits, len(text))
        origins = origins.after([(edit, f"rewrite{number}") for edit in chosen], text)
        text = apply_edits(text, chosen)
    for at, char in enumerate(text):
        span = origins.original(Span(at, at + 1))
        if char in original:
            assert span.of(original) == char
            assert origins.makers(Span(at, at + 1)) == ()
        else:
            assert origins.makers(Span(at, at + 1))


def _apart(edits: object, length: int) -> list[Edit]:
    chosen: list[Edit] = []
    end = -1
    for start, size, text in sorted(edits):  # type: ignore[call-overload]
        if start > end and start + size <= length:
            chosen.append(Edit(Span(start, start + size), text))
            end = start + size
    return chosen
