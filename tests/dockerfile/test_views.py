"""What each instruction says, and where it says it."""

from __future__ import annotations

from typing import TypeVar

import pytest

from reimage.dockerfile import (
    Add,
    Arg,
    Cmd,
    Copy,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    Unknown,
    User,
    Volume,
    Workdir,
    parse,
)
from reimage.text import Span

View = TypeVar("View", bound=Instruction)


def view(kind: type[View], text: str, *, escape: str = "\\") -> tuple[View, str]:
    """The last instruction of a file that ends in `text`, and the file."""
    head = "# escape=`\n" if escape == "`" else ""
    source = f"{head}FROM scratch\n{text}"
    found = parse(source).tree.instructions[-1]
    assert isinstance(found, kind), found
    return found, source


def only(kind: type[View], text: str, *, escape: str = "\\") -> View:
    return view(kind, text, escape=escape)[0]


# FROM


def test_from_names_image_platform_and_stage() -> None:
    found = only(From, "from --platform=$BUILDPLATFORM debian:12 aS Build\n")
    assert found.keyword == "FROM"
    assert found.platform == "$BUILDPLATFORM"
    assert found.image and found.image.text == "debian:12"
    assert found.alias and found.alias.text == "Build"


def test_from_has_no_alias_where_the_second_word_is_not_as() -> None:
    assert only(From, "FROM a IS b\n").alias is None
    assert only(From, "FROM a\n").alias is None
    assert only(From, "FROM\n").image is None


# continuations, comments, line endings


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_words_know_their_place_across_continuations_and_comments(newline: str) -> None:
    lines = ("COPY --chown=a:b \\", "  # why", "", "  one two\\", "three \\ ", "  /dest/", "")
    found, source = view(Copy, newline.join(lines))
    assert [word.text for word in found.operands] == ["one", "twothree", "/dest/"]
    one, two, dest = found.operands
    assert one.span.of(source) == "one" and dest.span.of(source) == "/dest/"
    assert two.span.of(source) == f"two\\{newline}three"
    assert found.flags[0].span.of(source) == "--chown=a:b"
    assert [token.text for token in found.inner_comments] == ["# why"]
    assert found.span.of(source) == source[source.index("COPY") :].rstrip("\r\n")


def test_backtick_continues_where_the_escape_directive_says_so() -> None:
    found = only(Run, "RUN dir C:\\`\n  && x\n", escape="`")
    assert found.command_line.shell and found.command_line.shell.text == "dir C:\\  && x"
    assert found.continued


def test_an_escaped_escape_does_not_continue() -> None:
    found = parse("FROM a\nRUN x \\\\\nRUN y\n").tree.instructions
    assert [each.arguments.text for each in found] == ["a", "x \\\\", "y"]


def test_comments_directly_above_belong_to_the_instruction() -> None:
    found = only(Run, "# far\n\n# near\n  # nearer\nRUN x\n")
    assert [token.text for token in found.comments] == ["# near", "# nearer"]


def test_a_keyword_spread_over_lines_has_a_span() -> None:
    found, source = view(Run, "RU\\\nN x\n")
    assert found.keyword_span.of(source) == "RU\\\nN"


@pytest.mark.parametrize("word", ["ſHELL", "ßß", "ﬁ"])
def test_a_keyword_that_only_unicode_takes_for_one_is_unknown(word: str) -> None:
    found, source = view(Unknown, f'{word} ["a"]\n')
    assert found.keyword == word
    assert found.keyword_span.of(source) == word


# flags


def test_flags_lose_their_quotes() -> None:
    found = only(Copy, "COPY --chown='a b':c --from=\"x\" --link a b\n")
    assert [(flag.name, flag.value) for flag in found.flags] == [
        ("chown", "a b:c"),
        ("from", "x"),
        ("link", None),
    ]
    assert found.from_ == "x"


def test_two_dashes_end_the_flags() -> None:
    found = only(Run, "RUN -- --mount=x echo\n")
    assert not found.flags
    assert found.arguments.text == "--mount=x echo"


def test_the_last_flag_of_a_name_counts() -> None:
    found = only(Copy, "COPY --from=a --from=b x y\n")
    assert found.flag_value("from") == "b"
    assert found.flag("chown") is None and found.flag_value("chown") is None


def test_mounts_are_fields_with_names_in_lower_case() -> None:
    found = only(
        Run, "RUN --mount=Type=cache,target=/c,RO --network=none --mount=from=b,dst=/d x\n"
    )
    assert found.mounts == (
        {"type": "cache", "target": "/c", "ro": ""},
        {"from": "b", "dst": "/d"},
    )


# heredocs


def test_run_with_a_heredoc_takes_its_body_as_the_script() -> None:
    found, source = view(Run, "RUN <<EOF\none\n  two\nEOF\n")
    assert found.script_is_heredoc
    assert found.script and found.script.text == "one\n  two\n"
    (heredoc,) = found.heredocs
    assert heredoc.opener.of(source) == "<<EOF"
    assert heredoc.body.of(source) == heredoc.content == "one\n  two\n"
    assert heredoc.end.of(source) == "EOF"
    assert found.span.of(source).endswith("EOF")


def test_tabs_of_a_dashed_heredoc_are_no_part_of_the_script() -> None:
    found, source = view(Run, "RUN <<-EOF\n\tone\n\t\ttwo\n\tEOF\n")
    assert found.script and found.script.text == "one\ntwo\n"
    assert found.heredocs[0].strips_tabs and found.heredocs[0].content == "\tone\n\t\ttwo\n"
    start = found.script.text.index("two")
    assert found.script.span(start, start + 3).of(source) == "two"


def test_a_command_with_heredocs_is_given_all_of_them() -> None:
    found, source = view(Run, "RUN cat <<A 3<<'B' > f\na\nA\nb\nB\n")
    assert not found.script_is_heredoc
    assert found.script and found.script.text == "cat <<A 3<<'B' > f\na\nA\nb\nB"
    one, other = found.heredocs
    assert (one.name, one.expands, one.descriptor) == ("A", True, 0)
    assert (other.name, other.expands, other.descriptor) == ("B", False, 3)
    assert other.body.of(source) == "b\n"


def test_a_heredoc_with_a_command_behind_it_is_input() -> None:
    found = only(Run, "RUN <<EOF cat\nx\nEOF\n")
    assert not found.script_is_heredoc
    assert found.script and found.script.text == "<<EOF cat\nx\nEOF"


@pytest.mark.parametrize(
    ("opener", "name", "expands"),
    [("<<E", "E", True), ('<<"E"', "E", False), ("<<'E'", "E", False), ("<<E'O'F", "EOF", False)],
)
def test_quotes_around_the_name_keep_variables(opener: str, name: str, expands: bool) -> None:
    (heredoc,) = only(Run, f"RUN {opener}\n$x\n{name}\n").heredocs
    assert (heredoc.name, heredoc.expands) == (name, expands)


@pytest.mark.parametrize(
    "text",
    [
        "RUN cat <<<EOF\n",
        "RUN echo '<<EOF'\n",
        "RUN echo $((1<<2))\n",
        'RUN ["cat", "<<EOF"]\n',
        "CMD cat <<EOF\n",
        "ENV a=<<EOF\n",
    ],
)
def test_what_only_looks_like_a_heredoc_is_none(text: str) -> None:
    found = only(Instruction, text)
    assert not found.heredocs


def test_heredocs_of_copy_are_not_among_its_sources() -> None:
    found, source = view(Copy, "COPY <<a.txt f <<'b.txt' /dir/\nA\na.txt\nB\nb.txt\n")
    assert [word.text for word in found.sources] == ["f"]
    assert found.destination and found.destination.text == "/dir/"
    assert [heredoc.content for heredoc in found.heredocs] == ["A\n", "B\n"]
    assert found.span.of(source).endswith("b.txt")


def test_onbuild_hands_heredocs_to_its_trigger() -> None:
    found, source = view(Onbuild, "ONBUILD RUN --network=none <<EOF\nx\nEOF\n")
    inner = found.inner
    assert isinstance(inner, Run) and inner.trigger
    assert inner.script and inner.script.text == "x\n"
    assert inner.flag_value("network") == "none"
    assert inner.span.of(source) == "RUN --network=none <<EOF\nx\nEOF"
    assert [each.name for each in found.heredocs] == ["EOF"]


def test_onbuild_alone_has_no_trigger() -> None:
    assert only(Onbuild, "ONBUILD\n").inner is None


# JSON forms


def test_the_exec_form_is_words_with_places() -> None:
    found, source = view(Cmd, 'CMD [ "a b", \\\n  "c\\"d" ]\n')
    assert found.command_line.exec == ("a b", 'c"d')
    assert found.command_line.words
    assert [word.span.of(source) for word in found.command_line.words] == ['"a b"', '"c\\"d"']
    assert found.command_line.shell is None


@pytest.mark.parametrize(
    "text", ["['a']", '["a"', '["a"] b', "[ a ]", '["a",]', "[NaN]", '{"a": 1}', '"a"']
)
def test_what_only_looks_like_json_is_shell_form(text: str) -> None:
    line = only(Cmd, f"CMD {text}\n").command_line
    assert line.words is None
    assert line.shell and line.shell.text == text


def test_half_a_surrogate_pair_is_no_character() -> None:
    assert only(Cmd, 'CMD ["a\\ud800", "\\ud83d\\ude00"]\n').command_line.exec == ("a\ufffd", "😀")


def test_copy_and_volume_read_json_and_words_alike() -> None:
    assert [word.text for word in only(Copy, 'COPY ["a b", "c"]\n').operands] == ["a b", "c"]
    assert only(Copy, 'COPY ["a b", "c"]\n').json and not only(Copy, "COPY a b\n").json
    assert [word.text for word in only(Add, 'ADD "a b" c\n').operands] == ['"a', 'b"', "c"]
    assert [word.text for word in only(Volume, 'VOLUME ["/a", "/b"]\n').paths] == ["/a", "/b"]
    assert [word.text for word in only(Volume, "VOLUME /a /b\n").paths] == ["/a", "/b"]


# pairs


def test_env_pairs_keep_quotes_and_know_their_places() -> None:
    found, source = view(Env, "ENV a=1 \\\n  b=\"x y\" \\\n  # c\n  'c d'=e\\ f g=\n")
    assert [(pair.key, pair.value) for pair in found.pairs] == [
        ("a", "1"),
        ("b", '"x y"'),
        ("'c d'", "e\\ f"),
        ("g", ""),
    ]
    assert not found.legacy
    assert [pair.span.of(source) for pair in found.pairs] == [
        "a=1",
        'b="x y"',
        "'c d'=e\\ f",
        "g=",
    ]
    assert [pair.value_span.of(source) for pair in found.pairs][:2] == ["1", '"x y"']


def test_a_key_spread_over_lines_has_a_span() -> None:
    found, source = view(Env, "ENV lo\\\nng=1\n")
    assert found.pairs[0].key == "long"
    assert found.pairs[0].key_span.of(source) == "lo\\\nng"


@pytest.mark.parametrize(("kind", "keyword"), [(Env, "ENV"), (Label, "LABEL")])
def test_the_legacy_form_takes_the_rest_of_the_line(
    kind: type[Env] | type[Label], keyword: str
) -> None:
    found, source = view(kind, f"{keyword} key  a=b  'c'\n")
    assert found.legacy
    ((key, value, key_span, value_span),) = found.pairs
    assert (key, value) == ("key", "a=b  'c'")
    assert (key_span.of(source), value_span.of(source)) == ("key", "a=b  'c'")


def test_arg_has_several_names_with_and_without_default() -> None:
    found, source = view(Arg, "ARG a b=1 c= d='x y'\n")
    assert [(pair.key, pair.value) for pair in found.pairs] == [
        ("a", None),
        ("b", "1"),
        ("c", ""),
        ("d", "'x y'"),
    ]
    assert found.pairs[0].span.of(source) == "a"


# the rest


def test_healthcheck_is_none_or_a_command() -> None:
    assert only(Healthcheck, "HEALTHCHECK none\n").kind == "NONE"
    assert only(Healthcheck, "HEALTHCHECK none\n").command_line is None
    found = only(Healthcheck, 'HEALTHCHECK --interval=5s cmd  ["a", "b"]\n')
    assert found.kind == "CMD"
    assert found.command_line and found.command_line.exec == ("a", "b")
    shell = only(Healthcheck, "HEALTHCHECK CMD curl x || exit 1\n").command_line
    assert shell and shell.shell and shell.shell.text == "curl x || exit 1"
    assert only(Healthcheck, "HEALTHCHECK CMD\n").command_line is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (User, "USER a:b"),
        (Workdir, "WORKDIR /a  b"),
        (Stopsignal, "STOPSIGNAL 9"),
        (Maintainer, "MAINTAINER A B <c@d>"),
    ],
)
def test_one_argument_is_the_rest_of_the_line(kind: type[Workdir], text: str) -> None:
    assert only(kind, text + "  \n").value == text.partition(" ")[2]


def test_ports_and_shell_are_words() -> None:
    assert [port.text for port in only(Expose, "EXPOSE 80/tcp  $P\n").ports] == ["80/tcp", "$P"]
    assert only(Shell, 'SHELL ["/bin/bash", "-c"]\n').command_line.exec == ("/bin/bash", "-c")


def test_directives_end_with_the_first_other_line() -> None:
    tree = parse("# syntax=a/b:1\n# ESCAPE = `\n\n# check=skip=all\nFROM x\n").tree
    assert [(found.name, found.value) for found in tree.directives] == [
        ("syntax", "a/b:1"),
        ("escape", "`"),
    ]
    assert tree.escape == "`"
    assert tree.directive("check") is None


def test_the_newline_is_that_of_the_first_line() -> None:
    assert parse("FROM a\r\nRUN b\n").tree.newline == "\r\n"
    assert parse("FROM a\nRUN b\r\n").tree.newline == "\n"
    assert parse("").tree.newline == "\n"


def test_a_span_covers_comments_only_with_the_full_one() -> None:
    found, source = view(Run, "# c\nRUN x\n")
    assert found.span.of(source) == "RUN x"
    assert found.full_span.of(source) == "# c\nRUN x\n"
    assert found.logical.whole == Span(found.span.start, found.span.end)
