"""Which stages there are, how they use one another, and which of them ship."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import Facts, Stage


def stages(source: str) -> tuple[Stage, ...]:
    parsed = parse(source)
    assert not parsed.problems, parsed.problems
    return Facts(parsed.tree).stages


def shipping(source: str) -> list[str]:
    return [stage.name or str(stage.index) for stage in stages(source) if stage.ships]


def test_the_only_stage_ships() -> None:
    assert shipping("FROM a\n") == ["0"]


def test_a_stage_that_is_only_copied_from_does_not_ship() -> None:
    assert shipping("FROM a AS build\nFROM b\nCOPY --from=build x y\n") == ["1"]


def test_a_stage_that_is_only_mounted_from_does_not_ship() -> None:
    source = "FROM a AS build\nFROM b\nRUN --mount=type=bind,from=BUILD,target=/x y\n"
    assert shipping(source) == ["1"]


def test_what_a_shipping_stage_is_from_ships_all_the_way_down() -> None:
    source = "FROM a AS one\nFROM one AS two\nFROM b AS three\nFROM two\nCOPY --from=three x y\n"
    assert shipping(source) == ["one", "two", "3"]


def test_what_a_build_stage_is_from_does_not_ship() -> None:
    source = "FROM a AS one\nFROM one AS two\nFROM b\nCOPY --from=two x y\n"
    assert shipping(source) == ["2"]


def test_a_stage_that_ships_and_is_copied_from_ships() -> None:
    source = "FROM a AS one\nFROM one AS two\nFROM one\nCOPY --from=two x y\n"
    assert shipping(source) == ["one", "2"]


def test_a_stage_that_nobody_uses_is_a_target() -> None:
    assert shipping("FROM a AS test\nFROM b AS app\n") == ["test", "app"]


def test_names_mean_the_same_in_upper_and_lower_case() -> None:
    one, two = stages("FROM a AS Build\nFROM buILD\n")
    assert one.name == "build"
    assert two.base is one


@pytest.mark.parametrize(("index", "used"), [("0", [0]), ("1", [1]), ("01", [1]), ("+1", [])])
def test_a_stage_is_known_by_its_index(index: str, used: list[int]) -> None:
    found = stages(f"FROM a\nFROM b AS x\nFROM c\nCOPY --from={index} a b\n")
    assert [stage.index for stage in found[2].uses] == used


@pytest.mark.parametrize("name", ["2", "3", "0000009", "9" * 5_000, "٣", "debian:12", "nobody"])
def test_what_names_no_earlier_stage_is_an_image(name: str) -> None:
    found = stages(f"FROM a\nFROM b AS x\nFROM c\nCOPY --from={name} a b\n")
    assert found[2].uses == ()


def test_a_stage_can_not_be_from_one_that_comes_later() -> None:
    one, _ = stages("FROM late\nFROM a AS late\n")
    assert one.base is None and one.image == "late"


def test_of_two_stages_with_one_name_the_later_one_is_meant() -> None:
    _, second, third = stages("FROM a AS x\nFROM b AS x\nFROM x\n")
    assert third.base is second


def test_ancestors_come_nearest_first() -> None:
    found = stages("FROM a AS one\nFROM one AS two\nFROM two\n")
    assert list(found[2].ancestors) == [found[1], found[0]]
    assert found[2].root_image == "a"


def test_the_image_is_told_by_the_defaults_of_arguments() -> None:
    source = 'ARG TAG=3.12\nARG FULL="python:${TAG}-slim"\nFROM $FULL\n'
    assert stages(source)[0].image == "python:3.12-slim"


@pytest.mark.parametrize("source", ["ARG T\nFROM a:$T\n", "FROM a:$T\n", "FROM a-$TARGETARCH\n"])
def test_the_image_is_not_told_where_an_argument_has_no_default(source: str) -> None:
    assert stages(source)[0].image is None


def test_arguments_of_a_stage_do_not_decide_about_images() -> None:
    assert stages("FROM a\nARG T=1\nFROM b:$T\n")[1].image is None


def test_an_argument_can_choose_the_stage() -> None:
    source = (
        "ARG V=dev\nFROM a AS base-dev\nFROM b AS base-prod\nFROM c AS other\n"
        "FROM base-$V\nCOPY --from=base-prod x y\nCOPY --from=other x y\n"
    )
    found = stages(source)
    assert found[3].base is found[0]
    assert [stage.index for stage in found if stage.ships] == [0, 1, 3]


def test_an_argument_that_names_an_image_chooses_no_stage() -> None:
    source = "ARG BASE=debian\nFROM a AS build\nFROM ${BASE}\nCOPY --from=build x y\n"
    assert shipping(source) == ["1"]
    assert stages(source)[1].image == "debian"


def test_every_instruction_belongs_to_its_stage() -> None:
    tree = parse("ARG a\nFROM x\nRUN a\nFROM y\nRUN b\n").tree
    facts = Facts(tree)
    found = [facts.stage_of(instruction) for instruction in tree.instructions]
    assert [stage and stage.index for stage in found] == [None, 0, 0, 1, 1]
    assert facts.stages[1].position(tree.instructions[4]) == 0


@pytest.mark.parametrize(
    ("source", "windows"),
    [
        ("FROM debian\n", False),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc\n", True),
        ("FROM --platform=windows/amd64 x\n", True),
        ("# escape=`\nFROM x\n", True),
        ("FROM nanoserver AS a\nFROM a\n", True),
    ],
)
def test_windows_is_told_by_image_platform_or_escape(source: str, windows: bool) -> None:
    assert stages(source)[-1].windows is windows


def test_a_thousand_stages_in_a_row_are_no_deeper_than_one() -> None:
    links = "".join(
        f"FROM s{number} AS s{number + 1}\nENV a{number}=1\n" for number in range(1_000)
    )
    found = stages(f"FROM a AS s0\n{links}")
    assert len(found[-1].end.env) == 1_000
    assert found[0].ships


def test_a_file_that_is_no_dockerfile_has_stages_too() -> None:
    assert Facts(parse("COPY a b\n").tree).stages == ()
    assert Facts(parse("FROM\nRUN x\n").tree).stages[0].image is None
