"""What the facts of an edited Dockerfile take over, and what they must find out again."""

from reimage.dockerfile import parse, parse_edited
from reimage.model import Facts
from reimage.text import Edit, Span

_SOURCE = "FROM a\nENV A=1\nRUN echo a > /$A\nRUN rm /b\n"


def _edited(facts: Facts, old: str, new: str) -> Facts:
    at = facts.dockerfile.source.index(old)
    tree = parse_edited(facts.dockerfile, [Edit(Span(at, at + len(old)), new)]).tree
    return facts.following(tree, facts.context)


def test_a_run_in_another_state_is_looked_at_again() -> None:
    before = Facts(parse(_SOURCE).tree)
    assert [each.place.path for each in before.stages[0].runs[0].file_effects] == ["/1"]
    after = _edited(before, "A=1", "A=2")
    assert after.stages[0].runs[0].state.env["A"] == "2"
    assert [each.place.path for each in after.stages[0].runs[0].file_effects] == ["/2"]


def test_a_run_that_moved_keeps_its_effects_and_knows_its_new_place() -> None:
    before = Facts(parse(_SOURCE).tree)
    effects = before.stages[0].runs[1].file_effects
    after = _edited(before, "echo a", "echo something longer")
    run = after.stages[0].runs[1]
    assert run.file_effects is effects
    assert run.run is after.stages[0].instructions[2]
    assert run.span(effects[0].command.span).of(after.dockerfile.source) == "rm /b"


def test_an_argument_in_front_of_the_stages_is_asked_for_again() -> None:
    before = Facts(parse("ARG V=1\nFROM a\nARG V\nENV A=$V\nRUN a\n").tree)
    assert before.stages[0].end.args["V"] == "1"
    after = _edited(before, "V=1", "V=2")
    assert after.stages[0].end.args["V"] == "2"
    assert after.stages[0].end.env["A"] == "2"
