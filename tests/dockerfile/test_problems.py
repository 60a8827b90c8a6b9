"""What BuildKit rejects is a problem with a place and a reason; what it accepts is none."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse


def messages(source: str) -> list[str]:
    return [problem.message for problem in parse(source).problems]


def message(line: str) -> str:
    """The one problem of a file whose second instruction is `line`."""
    (found,) = parse(f"FROM a\n{line}\n").problems
    assert found.span.start == len("FROM a\n")
    return found.message


@pytest.mark.parametrize(
    "line",
    [
        "COPY a b c /",
        "COPY --exclude=a --exclude=b x y",
        "COPY --link --parents x y",
        "COPY --link=TRUE --chown= x y",
        'COPY ["a", "b"]',
        "COPY <<a /x\na",
        "ADD --checksum=x --keep-git-dir --unpack=false a b",
        "RUN",
        "RUN []",
        "RUN ['a']",
        'RUN ["a"',
        "RUN --mount=type=cache,target=/x --mount=target=/y x",
        "RUN --network=none --security=insecure --device=x x",
        "RUN -x",
        "RUN -- --nonsense",
        "CMD",
        "CMD []",
        "ENTRYPOINT []",
        "CMD [a, b]",
        "ENV a=b c=d",
        "ENV a b c",
        "ENV a=",
        "LABEL a.b=c 'd e'=f",
        "ARG a b=c",
        "ARG --nonsense a",
        "STOPSIGNAL --nonsense 9",
        "EXPOSE 80 $port",
        "VOLUME /a /b",
        'VOLUME ["/a"]',
        "HEALTHCHECK NONE",
        "HEALTHCHECK --nonsense NONE",
        "HEALTHCHECK --interval=1m30s --timeout=.5s --start-period=0 --retries=3 CMD x",
        "HEALTHCHECK --start-interval=5s cmd x",
        "ONBUILD nonsense",
        "ONBUILD COPY a",
        "ONBUILD RUN <<EOF\nx\nEOF",
        "WORKDIR a b",
        "user x",
        "MAINTAINER A <b@c>",
        "FROM $x",
        "FROM a AS b.c-d_1",
        "FROM --platform=x a as B",
    ],
)
def test_this_is_fine(line: str) -> None:
    assert messages(f"FROM a\n{line}\n") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RNU x", "unknown instruction: RNU (did you mean RUN?)"),
        ("frobnicate", "unknown instruction: frobnicate"),
        ("]", "unknown instruction: ]"),
        ("COPY --form=a b c", "unknown flag: --form (did you mean --from?)"),
        ("USER --nonsense x", "unknown flag: --nonsense"),
        ("COPY --from=a --from=b c d", "duplicate flag specified: --from"),
        ("COPY --link=maybe a b", "expecting boolean value for flag link, not: maybe"),
        ("COPY --link= a b", "missing a value on flag: --link"),
        ("COPY --chown a b", "missing a value on flag: --chown"),
        ("RUN --mount x", "missing a value on flag: --mount"),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("USER", "USER requires exactly one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("MAINTAINER", "MAINTAINER requires exactly one argument"),
        ("ENV", "ENV requires at least one argument"),
        ("LABEL", "LABEL requires at least one argument"),
        ("ARG", "ARG requires at least one argument"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ('VOLUME ["/a", " "]', "VOLUME specified can not be an empty string"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("SHELL", "SHELL requires at least one argument"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("SHELL bash -c", "SHELL requires the arguments to be in JSON form"),
        ("ENV a", "ENV must have two arguments"),
        ("LABEL a", "LABEL must have two arguments"),
        ("ENV a=b c", "can't find = in 'c': must be of the form name=value"),
        ("ENV =b", "ENV names can not be blank"),
        ("LABEL a=b =c", "LABEL names can not be blank"),
        ("ARG =b", "ARG names can not be blank"),
        ("COPY", "COPY requires at least two arguments: source and destination"),
        ("COPY a", "COPY requires at least two arguments: source and destination"),
        ('ADD ["a"]', "ADD requires at least two arguments: source and destination"),
        ("COPY <<a\na", "COPY requires at least two arguments: source and destination"),
        ("COPY x <<a\na", "COPY cannot accept a heredoc as a destination"),
        ('ADD ["x", "<<a"]', "ADD cannot accept a heredoc as a destination"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK CMD", "missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK CMD []", "missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK curl", "unknown type 'CURL' in HEALTHCHECK (try CMD)"),
        (
            "HEALTHCHECK --interval=30 CMD x",
            "--interval must be a duration like 30s or 1m30s, not '30'",
        ),
        (
            "HEALTHCHECK --timeout=$T CMD x",
            "--timeout must be a duration like 30s or 1m30s, not '$T'",
        ),
        ("HEALTHCHECK --retries=few CMD x", "--retries must be a number, not 'few'"),
        ("HEALTHCHECK --intervall=3s NOPE", "unknown flag"),
        ("ONBUILD ONBUILD RUN x", "chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD maintainer x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("ONBUILD ENV a", "ENV must have two arguments"),
        ("ONBUILD LABEL a=b c", "can't find = in 'c': must be of the form name=value"),
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM a IS b", "FROM requires either one or three arguments"),
        ("FROM a AS b c", "FROM requires either one or three arguments"),
        (
            "FROM a AS 1b",
            "invalid name for build stage: '1b', name can't start with a number or contain symbols",
        ),
    ],
)
def test_this_is_a_problem(line: str, expected: str) -> None:
    found = messages(f"FROM a\n{line}\n")
    assert found[0].startswith(expected), found


@pytest.mark.parametrize(
    "line",
    [
        'RUN ["a", 1]',
        "CMD [null]",
        "ENTRYPOINT [[]]",
        "COPY [1, 2]",
        "ADD [{}]",
        "VOLUME [1]",
        "SHELL [true]",
        "HEALTHCHECK CMD [1]",
        "ONBUILD RUN [1]",
        "ONBUILD HEALTHCHECK CMD [1]",
    ],
)
def test_an_array_of_something_else_than_strings_is_a_problem(line: str) -> None:
    assert message(line).startswith("when using JSON array syntax")


def test_an_unterminated_heredoc_is_a_problem_at_its_opener() -> None:
    source = "FROM a\nRUN <<EOF\nx\n EOF\n"
    (found,) = parse(source).problems
    assert found.message == "unterminated heredoc: no line 'EOF' follows"
    assert found.span.of(source) == "<<EOF"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "file with no instructions"),
        ("# only\n\n", "file with no instructions"),
        ("ARG a\n", "Dockerfile has no stages to build; add a FROM instruction"),
        (
            "RUN x\nFROM a\n",
            "no build stage in current context: only ARG may stand before FROM",
        ),
        (
            "# escape=x\nFROM a\n",
            "invalid escape token 'x' does not match ` or \\",
        ),
        (
            "# syntax=a\n# syntax=b\nFROM a\n",
            "only one syntax parser directive can be used",
        ),
    ],
)
def test_the_file_as_a_whole_can_be_a_problem(source: str, expected: str) -> None:
    assert messages(source) == [expected]


def test_a_misspelt_from_is_told_once() -> None:
    assert messages("FORM a\n") == ["unknown instruction: FORM (did you mean FROM?)"]


def test_directives_of_others_and_later_ones_are_comments() -> None:
    assert messages("# vim: ft=x\n# escape=x\nFROM a\n# syntax=b\n# syntax=c\n") == []


def test_a_line_may_have_65535_bytes_and_no_more() -> None:
    line = "RUN " + "é" * 32_765 + "\n"
    assert len(line.encode()) == 65_535
    assert messages(f"FROM a\n{line}") == []
    assert messages(f"FROM a\n{line[:-1]}x\n") == [
        "line is longer than the 65,535 bytes that BuildKit reads"
    ]


def test_problems_come_in_the_order_of_the_file() -> None:
    found = parse("FROM a\nUSER\nRUN <<E\n").problems
    assert [problem.span.start for problem in found] == [7, 16]


def test_a_flag_with_two_faults_does_not_hide_what_else_is_wrong() -> None:
    assert messages("FROM a\nCOPY --x --y a\n") == [
        "unknown flag: --x",
        "unknown flag: --y",
        "COPY requires at least two arguments: source and destination",
    ]
