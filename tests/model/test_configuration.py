"""The image configuration that the text decides."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import Configuration, Facts, configuration
from reimage.model.configuration import configurations


def of(source: str) -> Configuration:
    """The configuration of the last stage."""
    return configuration(Facts(parse(source).tree).stages[-1])


def test_a_stage_that_says_nothing_has_only_what_every_stage_has() -> None:
    assert of("FROM a\n") == {
        "From": "a", "Platform": None, "Env": {}, "User": None, "WorkingDir": None, "Shell": None,
    }  # fmt: skip


def test_an_entrypoint_takes_back_a_command_of_the_base() -> None:
    source = 'FROM a AS x\nCMD ["c"]\nFROM x\nENTRYPOINT ["e"]\n'
    assert of(source)["Entrypoint"] == ("e",)
    assert "Cmd" not in of(source)


@pytest.mark.parametrize("body", ['CMD ["c"]\nENTRYPOINT ["e"]\n', 'ENTRYPOINT ["e"]\nCMD ["c"]\n'])
def test_an_entrypoint_leaves_a_command_of_its_own_stage(body: str) -> None:
    assert of(f"FROM a\n{body}")["Cmd"] == ("c",)


def test_shell_form_runs_in_the_shell_in_force_there() -> None:
    source = 'FROM a\nCMD a $b\nSHELL ["bash", "-c"]\nENTRYPOINT c\n'
    assert of(source)["Cmd"] == ("/bin/sh", "-c", "a $b")
    assert of(source)["Entrypoint"] == ("bash", "-c", "c")
    assert of(source)["Shell"] == ("bash", "-c")


def test_triggers_are_not_inherited() -> None:
    source = "FROM a AS x\nONBUILD RUN b\nONBUILD RUN c\n"
    assert len(of(source)["OnBuild"]) == 2  # type: ignore[arg-type]
    assert "OnBuild" not in of(source + "FROM x\n")


def test_the_body_of_a_heredoc_is_part_of_its_trigger() -> None:
    one, other = (of(f"FROM a\nONBUILD RUN <<E\n{body}\nE\n")["OnBuild"] for body in "ab")
    assert one != other


def test_labels_ports_and_volumes_add_up() -> None:
    source = (
        "FROM a AS x\nLABEL a=1 b=1\nEXPOSE 80\nVOLUME /a\n"
        'FROM x\nENV p="1 2"\nLABEL b=2 "c d"=$p\nEXPOSE $p 80\nVOLUME ["/b"]\n'
    )
    found = of(source)
    assert found["Labels"] == {"a": "1", "b": "2", "c d": "1 2"}
    assert found["ExposedPorts"] == dict.fromkeys(("80", "1", "2"))
    assert found["Volumes"] == dict.fromkeys(("/a", "/b"))


def test_a_stage_does_not_change_the_configuration_of_its_base() -> None:
    facts = Facts(parse("FROM a AS x\nLABEL a=1\nFROM x\nLABEL a=2\n").tree)
    base, child = configurations(facts.stages)
    assert (base["Labels"], child["Labels"]) == ({"a": "1"}, {"a": "2"})
    assert child["From"] == 0
    assert (base, child) == tuple(map(configuration, facts.stages))


def test_a_health_check_is_flags_and_command() -> None:
    assert of("FROM a\nHEALTHCHECK NONE\n")["Healthcheck"] == ((), "NONE")
    found = of('FROM a\nHEALTHCHECK --timeout=1s CMD ["x"]\n')["Healthcheck"]
    assert found == ((("timeout", "1s"),), ("x",))


def test_the_rest_is_what_the_last_one_says() -> None:
    found = of(
        "FROM --platform=p a\nUSER u\nUSER v\nWORKDIR /w\nWORKDIR x\nSTOPSIGNAL 9\nMAINTAINER me\n"
        "ENV a=1\nENV a=2\nARG b=3\n"
    )
    assert (found["Platform"], found["User"], found["WorkingDir"]) == ("p", "v", "/w/x")
    assert (found["StopSignal"], found["Author"], found["Env"]) == ("9", "me", {"a": "2"})


def test_copies_and_runs_are_no_part_of_it() -> None:
    assert of("FROM a\nCOPY a b\nADD a b\nRUN c\nARG d\n") == of("FROM a\n")
