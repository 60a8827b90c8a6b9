"""What is in force where: variables, user, working directory, shell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.dockerfile import parse
from reimage.model import Facts, State
from reimage.model.state import opaque_shell, shell_options
from reimage.model.versions import Versions


def end(body: str, head: str = "") -> State:
    """In force at the end of the last stage of `head`, FROM, and `body`."""
    return Facts(parse(f"{head}FROM x\n{body}").tree).stages[-1].end


# variables


def test_all_values_of_one_env_see_what_was_before_it() -> None:
    state = end("ENV a=old\nENV a=new b=$a\nENV c=$a\n")
    assert dict(state.env) == {"a": "new", "b": "old", "c": "new"}


def test_names_are_expanded_too() -> None:
    assert end("ENV n=name\nENV $n=1\n").env["name"] == "1"


def test_defaults_of_one_arg_see_the_ones_before() -> None:
    assert end("ARG a=1 b=$a\n").args["b"] == "1"


def test_quotes_and_escapes_are_gone_from_values() -> None:
    assert dict(end("ENV a=\"x y\" b='$c' d=e\\ f\n").env) == {"a": "x y", "b": "$c", "d": "e f"}


def test_what_only_the_base_image_knows_stays_as_written() -> None:
    state = end("ENV PATH=/a:$PATH\n")
    assert state.env["PATH"] == "/a:$PATH"
    assert state.value("$PATH", "\\") is None


def test_env_goes_before_an_arg_that_stands_before_it() -> None:
    state = end("ARG V=arg\nENV V=env\n")
    assert state.settled("$V", "\\") == "env"


def test_what_an_arg_behind_an_env_of_its_name_says_is_not_relied_on() -> None:
    assert end("ENV V=env\nARG V=arg\n").value("$V", "\\") is None
    assert end("ENV V=env\nARG V\n").value("$V", "\\") is None
    assert end("ENV V=env\nARG V=arg\nENV V=again\n").value("$V", "\\") == "again"


def test_a_build_argument_has_a_say_in_what_is_made_of_it() -> None:
    state = end("ARG V=1\nENV a=$V b=2\nENV c=$a$b\n")
    assert state.value("$c", "\\") == "12"
    assert state.settled("$c", "\\") is None
    assert state.settled("$b", "\\") == "2"


def test_arguments_in_front_of_from_are_known_where_they_are_declared_again() -> None:
    head = "ARG V=1\n"
    assert end("", head).value("$V", "\\") is None
    assert end("ARG V\n", head).value("$V", "\\") == "1"
    assert end("ARG V=2\n", head).value("$V", "\\") == "2"


def test_an_arg_without_default_does_not_take_back_an_earlier_one() -> None:
    assert end("ARG V=1\nARG V\n").value("$V", "\\") == "1"


def test_the_platform_is_known_to_nobody() -> None:
    assert end("ARG TARGETARCH\n").value("$TARGETARCH", "\\") is None
    assert end("ARG TARGETARCH=arm64\n").value("$TARGETARCH", "\\") == "arm64"


def test_arguments_reach_the_stages_that_are_from_theirs_and_no_others() -> None:
    source = "FROM x AS a\nARG V=1\nFROM a\nFROM y\n"
    _, child, other = Facts(parse(source).tree).stages
    assert child.end.value("$V", "\\") == "1"
    assert other.end.value("$V", "\\") is None


def test_values_from_a_stage_that_an_argument_chooses_are_not_settled() -> None:
    source = "ARG V=a\nFROM x AS a\nENV e=1\nWORKDIR /w\nFROM $V\nWORKDIR sub\n"
    state = Facts(parse(source).tree).stages[1].end
    assert (state.value("$e", "\\"), state.settled("$e", "\\")) == ("1", None)
    assert (state.workdir, state.workdir_overridable) == ("/w/sub", True)


def test_an_instruction_sees_what_stands_before_it() -> None:
    tree = parse("FROM x\nENV a=1\nRUN one\nENV a=2\nRUN two\n").tree
    (stage,) = Facts(tree).stages
    one, two = stage.runs
    assert (one.state.env["a"], two.state.env["a"]) == ("1", "2")
    assert "a" not in stage.before(tree.instructions[1]).env


# user, directory, shell


@pytest.mark.parametrize(
    ("body", "workdir"),
    [
        ("", None),
        ("WORKDIR a\n", None),
        ("WORKDIR /a\nWORKDIR b\nWORKDIR ../c/./d/\n", "/a/c/d"),
        ("WORKDIR /a\nWORKDIR /b\n", "/b"),
        ("WORKDIR //a//b\n", "/a/b"),
        ("WORKDIR /../a\n", "/a"),
        ("ENV d=/x\nWORKDIR $d/y\n", "/x/y"),
        ("ENV d=x\nWORKDIR /a\nWORKDIR $d\n", "/a/x"),
        ("WORKDIR /a\nWORKDIR $unknown\nWORKDIR b\n", None),
        ("WORKDIR /a/$unknown\n", None),
        ("WORKDIR /a\nWORKDIR C:/b\n", None),
        ("WORKDIR /a\nWORKDIR \\\\b\n", None),
        ('WORKDIR "/a b"\n', "/a b"),
        ("WORKDIR /\n", "/"),
    ],
)
def test_directories_lead_on_from_the_last_one(body: str, workdir: str | None) -> None:
    assert end(body).workdir == workdir


def test_a_build_argument_can_decide_about_the_directory() -> None:
    assert end("ARG d=x\nWORKDIR /a/$d\nWORKDIR b\n").workdir_overridable
    assert not end("ARG d=x\nWORKDIR /a/$d\nWORKDIR /b\n").workdir_overridable


def test_a_stage_goes_on_with_user_directory_and_shell_of_its_base() -> None:
    source = 'FROM x AS a\nUSER u\nWORKDIR /w\nSHELL ["bash", "-c"]\nFROM a\nFROM y\n'
    _, child, other = (stage.end for stage in Facts(parse(source).tree).stages)
    assert (child.user, child.workdir, child.shell) == ("u", "/w", ("bash", "-c"))
    assert (other.user, other.workdir, other.shell) == (None, None, None)


def test_triggers_fire_in_the_stage_that_is_from_theirs_and_not_in_the_next() -> None:
    source = "FROM x AS a\nWORKDIR /a\nONBUILD WORKDIR b\nFROM a AS b\nFROM b\nFROM a\n"
    found = [stage.end.workdir for stage in Facts(parse(source).tree).stages]
    assert found == ["/a", "/a/b", "/a/b", "/a/b"]


def test_a_user_is_expanded() -> None:
    assert end("ENV u=me\nUSER $u:$g\n").user == "me:$g"


@pytest.mark.parametrize(
    ("shell", "windows", "reason"),
    [
        (None, False, None),
        (None, True, "the stage runs on Windows"),
        (("/bin/bash", "-c"), True, None),
        (("/usr/bin/python3", "-c"), False, "SHELL is python3, not a POSIX shell"),
        (("C:\\x\\powershell", "-c"), False, "SHELL is powershell, not a POSIX shell"),
        ((), False, "SHELL is empty, not a POSIX shell"),
    ],
)
def test_only_scripts_of_posix_shells_are_read(
    shell: tuple[str, ...] | None, windows: bool, reason: str | None
) -> None:
    assert opaque_shell(State.initial()._replace(shell=shell), windows) == reason


def test_options_are_those_that_shell_switches_on() -> None:
    shell = ("/bin/bash", "-euo", "pipefail", "--login", "-c")
    assert shell_options(shell) == {"e", "u", "pipefail", "login", "c"}
    assert shell_options(("bash",)) == frozenset()


# the mapping behind it


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 5)), max_size=9)
)
def test_versions_are_mappings_that_nobody_changes(steps: list[tuple[str, int, int]]) -> None:
    versions: list[Versions[int]] = [Versions()]
    models: list[dict[str, int]] = [{}]
    for name, value, back in steps:
        at = max(len(versions) - 1 - back, 0)
        versions.append(versions[at].with_item(name, value))
        models.append({**models[at], name: value})
    for version, model in zip(versions, models, strict=True):
        assert dict(version) == model
        assert len(version) == len(model)
        assert list(version) == list(model)
        assert version.get("z") is None
