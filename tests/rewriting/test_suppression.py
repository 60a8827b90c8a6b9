"""Comments that switch transformations off, and comments that do not."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.rewriting.suppression import Suppressions
from reimage.rewriting.transformation import Claim, Finding, Transformation, transformation
from reimage.text import Span


@transformation(claim=Claim.SAME_FILES, known_as=("DL3009", "DL3015", "JSONArgsRecommended"))
def delete_package_lists(facts: Facts) -> Iterator[Finding]:
    """Delete package lists."""
    del facts
    yield from ()


@transformation(claim=Claim.SAME_FILES, known_as=("DL3042",))
def drop_pip_cache(facts: Facts) -> Iterator[Finding]:
    """Drop pip's cache."""
    del facts
    yield from ()


def covered(source: str, at: str, which: Transformation = delete_package_lists) -> bool:
    start = source.index(at)
    return Suppressions(parse(source).tree).covers(which, Span(start, start + len(at)))


def above(comment: str) -> str:
    return f"FROM debian\n{comment}\nRUN one\nRUN two\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# reimage: skip=drop-pip-cache",
        "# reimage: skip=delete-package",
        "# reimage: skip=delete-package-lists-too",
        "# reimage: skip=DL3009",
        "# reimage: skip delete-package-lists",
        "# reimage skip=delete-package-lists",
        "# see reimage: skip=all",
        "# reimage: skip=",
        "# reimage: keep=all",
        "# hadolint ignore=DL3008",
        "# hadolint ignore=DL30091",
        "# hadolint ignore=DL3009 because we want them",
        "# hadolint ignore=dl3009",
        "# hadolint ignore=all",
        "# hadolint ignore=delete-package-lists",
        "# Hadolint ignore=DL3009",
        "## hadolint ignore=DL3009",
        "# hadolint  globalignore=DL3009",
        "# check=skip=JSONArgsRecommended",
        "# reimage: skip=all\n",
        "# hadolint ignore=DL3009\n",
        "# hadolint ignore=DL3009\n# and a word",
        "# hadolint ignore=DL3009\n# hadolint ignore=DL3008",
    ],
)
def test_comments_that_switch_nothing_off(comment: str) -> None:
    assert not covered(above(comment), "one")


@pytest.mark.parametrize(
    "comment",
    [
        "# reimage: skip=delete-package-lists",
        "#reimage:skip=delete_package_lists",
        "  # Reimage : skip = drop-pip-cache , Delete-Package-Lists",
        "# reimage: skip=delete-package-lists they are needed below",
        "# reimage: skip=all",
        "# reimage: skip=delete-package-lists\n# and a word",
        "# hadolint ignore=DL3009",
        "#hadolint ignore = DL3008 , DL3015",
        "# hadolint ignore=DL3009 # because we want them",
        "# a word\n# hadolint ignore=DL3009\t",
    ],
)
def test_comments_above_an_instruction_switch_off_there_and_nowhere_else(comment: str) -> None:
    source = above(comment)
    assert covered(source, "one")
    assert covered(source, "RUN one\n")
    assert covered(source, comment.strip())
    assert not covered(source, "FROM debian\n")
    assert not covered(source, "RUN two")


@pytest.mark.parametrize(
    "comment",
    [
        "# reimage: skip-file=delete-package-lists the lists are what we are about",
        "# reimage: skip-file=all",
        "# hadolint global ignore=DL3009,DL3008",
        "#hadolint\tglobal  ignore=DL3015 # reason",
    ],
)
def test_comments_for_the_file_hold_wherever_they_stand(comment: str) -> None:
    for source in (f"{comment}\n{above('#')}", above(comment), f"{above('#')}\n\n{comment}"):
        assert covered(source, "one") and covered(source, "two")


@pytest.mark.parametrize(
    ("value", "one", "other"),
    [
        ("skip=JSONArgsRecommended", True, False),
        ("skip= StageNameCasing , jsonargsrecommended ;error=true", True, False),
        ("error=true;skip=JSONArgsRecommended", True, False),
        ("skip=all", True, False),
        ("error=true", False, False),
        ("skip=StageNameCasing", False, False),
        ("all", False, False),
    ],
)
def test_the_check_directive_switches_off_what_buildkit_checks(
    value: str, one: bool, other: bool
) -> None:
    source = f"# check={value}\n" + above("#")
    assert covered(source, "two") is one
    assert covered(source, "two", drop_pip_cache) is other


def test_hadolint_reads_no_comment_inside_an_instruction_and_reimage_does() -> None:
    source = "FROM debian\nRUN one \\\n# {} \n && two\nRUN three"
    assert not covered(source.format("hadolint ignore=DL3009"), "one")
    assert not covered(source.format("hadolint global ignore=DL3009"), "one")
    assert covered(source.format("reimage: skip=all"), "one")
    assert not covered(source.format("reimage: skip=all"), "three")


def test_heredocs_belong_to_their_instruction_and_hold_no_comments() -> None:
    source = "FROM debian\n# reimage: skip=all\nRUN <<E\none\n# reimage: skip-file=all\nE\nRUN two"
    assert covered(source, "one")
    assert covered(source, "# reimage: skip-file")
    assert not covered(source, "two")


def test_a_span_over_several_instructions_is_closed_by_one_of_them() -> None:
    source = "FROM debian\nRUN one\n# reimage: skip=all\nRUN two\nRUN three\n"
    assert covered(source, "RUN one\n# reimage: skip=all\nRUN two")
    assert not covered(source, "RUN one\n")


def test_an_insertion_belongs_to_the_instruction_it_stands_before() -> None:
    tree = parse(source := above("# reimage: skip=all")).tree
    suppressions = Suppressions(tree)

    def inserted(at: int) -> bool:
        return suppressions.covers(drop_pip_cache, Span(at, at))

    assert inserted(source.index("#")) and inserted(source.index("RUN one"))
    assert not inserted(source.index("RUN two")) and not inserted(source.index("FROM"))


def test_windows_line_endings_and_byte_order_marks_hide_nothing() -> None:
    source = "\ufeff# check=skip=all\r\nFROM debian\r\n# hadolint ignore=DL3042\r\nRUN one\r\n"
    assert covered(source, "one", drop_pip_cache)
    assert covered(source, "one")


def test_unknown_names_are_told_with_their_place() -> None:
    source = (
        "# reimage: skip-file=drop-pip-cach,all\n"
        "FROM debian\n# reimage: skip=drop_pip_cache, nonsense for a reason\nRUN one \\\n"
        "# reimage: skip=third\n two\n# hadolint ignore=DL9999\n# check=skip=What\nRUN three\n"
    )
    found = Suppressions(parse(source).tree).unknown_names(["drop-pip-cache"])
    assert [name for name, _ in found] == ["drop-pip-cach", "nonsense", "third"]
    assert all(span.of(source) == name for name, span in found)


def test_known_names_are_not_told() -> None:
    tree = parse("# reimage: skip=drop-pip-cache,delete_package_lists\nFROM debian\n").tree
    known = ["drop_pip_cache", "delete-package-lists"]
    assert Suppressions(tree).unknown_names(known) == ()


@given(
    st.lists(
        st.sampled_from(("# reimage: skip", "# hadolint ignore", "=", "all", ",", "DL3009", "#"))
        | st.sampled_from(("\n", " ", "\\\n", "RUN x", "RUN <<E\n", "E\n", "\x00", "-file"))
    ).map("".join)
)
def test_no_file_is_too_odd(source: str) -> None:
    tree = parse(source).tree
    suppressions = Suppressions(tree)
    for instruction in tree.instructions:
        suppressions.covers(drop_pip_cache, instruction.span)
    assert all(span.of(source) == name for name, span in suppressions.unknown_names(()))
