"""Words expand as in BuildKit's frontend/dockerfile/shell/lex.go."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from e2b_dockerfile_utils.lexer import ShellLex
from hypothesis import given, settings
from hypothesis import strategies as st

from reimage.dockerfile.expansion import LONGEST_EXPANSION, expand, references
from reimage.dockerfile.expansion_patterns import replace_first, trim_end, trim_start
from reimage.text import Span

ENV = {
    "HOME": "/srv/app",
    "EMPTY": "",
    "STAR": "*",
    "SPACED": " one  two ",
    "FILE": "a.tar.gz",
    "PATHS": "/usr/lib:/usr/bin",
    "größe": "xl",
    "1": "first",
    "BACKSLASH": "\\",
}

UNCHANGED = {
    "nothing at all": "",
    "a path": "/usr/local/bin",
    "blanks": "  two words\t",
    "a lone dollar": "$",
    "a dollar before a blank": "$ HOME",
    "a dollar before a slash": "a$/b",
    "a single less-than": "a<b",
    "braces without a dollar": "{HOME}",
    "a numeral that is no letter": "$²",
    "bytes that are not UTF-8": "caf\udce9",
    "a backquote where the backslash escapes": "`HOME`",
}


@pytest.mark.parametrize("word", UNCHANGED.values(), ids=UNCHANGED)
def test_words_without_marks_stay_as_they_are(word: str) -> None:
    expansion = expand(word, ENV)
    assert (expansion.text, expansion.error) == (word, None)
    assert not expansion.used | expansion.unset


REFUSED = {
    "open brace": ("${", "syntax error: missing '}'"),
    "name and no more": ("${HOME", "syntax error: missing '}'"),
    "colon and no more": ("${HOME:", "syntax error: missing '}'"),
    "default without end": ("${HOME:-x", "syntax error: missing '}'"),
    "quote open in a default": ("${HOME:-'x}", "syntax error: missing '}'"),
    "replacement without slash": ("${HOME/x}", "syntax error: missing '/' in ${}"),
    "replacement without end": ("${HOME/x/y", "syntax error: missing '}'"),
    "empty braces": ("${}", "syntax error: bad substitution"),
    "double braces": ("${{HOME}}", "syntax error: bad substitution"),
    "operator without name": ("${:-x}", "syntax error: bad substitution"),
    "bad substitution in a default": ("${HOME:-${}} tail", "syntax error: bad substitution"),
    "assignment": ("${HOME:=x}", "unsupported modifier (:=) in substitution"),
    "substring without end": ("${HOME:1", "syntax error: missing '}'"),
    "substring": ("${HOME:1:2}", "unsupported modifier (:1) in substitution"),
    "length": ("${#HOME}", "unsupported modifier (H) in substitution"),
    "case": ("${HOME^^}", "unsupported modifier (^) in substitution"),
    "colon with a pattern": ("${HOME:#x}", "unsupported modifier (:#) in substitution"),
    "colon with an end pattern": (
        "${HOME:%x}",
        "unsupported modifier (:%) in substitution",
    ),
    "unset and required": ("${NO?}", "NO: is not allowed to be unset"),
    "unset and required not empty": ("${NO:?}", "NO: is not allowed to be unset"),
    "empty and required not empty": ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
    "own message": ("${NO:?set it for $HOME}", "NO: set it for /srv/app"),
    "open single quote": (
        "a 'b",
        "unexpected end of statement while looking for matching single-quote",
    ),
    "open double quote": (
        'a "b$HOME',
        "unexpected end of statement while looking for matching double-quote",
    ),
    "escape at the end of a pattern": (
        "${HOME#$BACKSLASH}",
        "invalid pattern (\\) in substitution: invalid escape '\\'",
    ),
    "escape that no pattern knows": (
        r"${HOME#\x}",
        r"invalid pattern (\x) in substitution: invalid escape '\x'",
    ),
}


@pytest.mark.parametrize(("word", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_words_come_back_as_an_error_and_no_text(word: str, message: str) -> None:
    expansion = expand(word, ENV)
    assert (expansion.text, expansion.words, expansion.error) == ("", (), message)


def test_the_first_error_in_reading_order_is_told() -> None:
    assert expand("${NO?} ${}", ENV).error == "NO: is not allowed to be unset"
    assert expand("${} ${NO?}", ENV).error == "syntax error: bad substitution"


EXPANDED = {
    "name": ("$HOME/x", "/srv/app/x"),
    "braces": ("a${HOME}b", "a/srv/appb"),
    "unset": ("a${NO}b$NO", "ab"),
    "names are case sensitive": ("$home", ""),
    "letters beyond ASCII": ("$größe", "xl"),
    "one digit after another is one name": ("$1 $11", "first "),
    "digits end before letters": ("$1a", "firsta"),
    "special parameters": ("a$@$*$#$?$-$$$!b", "ab"),
    "default for unset": ("${NO:-d}", "d"),
    "default for empty": ("${EMPTY:-d}${EMPTY-d}", "d"),
    "default not needed": ("${HOME:-d}", "/srv/app"),
    "alternative for set": ("${HOME:+y}${HOME+z}", "yz"),
    "alternative for empty": ("${EMPTY:+y}${EMPTY+z}", "z"),
    "alternative for unset": ("${NO:+y}${NO+z}", ""),
    "required and set": ("${HOME:?m}${EMPTY?m}", "/srv/app"),
    "nested default": ("${NO:-${NEITHER:-$HOME/x}}", "/srv/app/x"),
    "quotes in a default": ("""${NO:-"a}b"'c}'}""", "a}bc}"),
    "escape in a default": (r"${NO:-a\}b}", "a}b"),
    "single quotes": ("'$HOME \\'", "$HOME \\"),
    "double quotes": ("\"$HOME 'x'\"", "/srv/app 'x'"),
    "escapes in double quotes": (r'"\$HOME \" \\ \n"', r'$HOME " \ \n'),
    "escapes": (r"\$HOME \a\'", "$HOME a'"),
    "escape at the end": ("a\\", "a"),
    "quotes of a value stay": ("$Q", '"it\'s"'),
    "shortest start": ("${PATHS#*/}", "usr/lib:/usr/bin"),
    "longest start": ("${PATHS##*/}", "bin"),
    "longest by a mark out of a variable": ("${PATHS#$HASH*/}", "bin"),
    "shortest end": ("${FILE%.*}", "a.tar"),
    "longest end": ("${FILE%%.*}", "a"),
    "no match at the start": ("${FILE#tar}", "a.tar.gz"),
    "a lone star cuts nothing": ("${FILE#*}${FILE%*}", "a.tar.gza.tar.gz"),
    "a lone star cuts everything": ("${FILE##*}${FILE%%*}", ""),
    "question mark": ("${FILE#??}", "tar.gz"),
    "expression marks are plain": ("${FILE#[a].}", "a.tar.gz"),
    "escaped star": (r"${STARRED#\*}", "a*"),
    "escaped star at the end": (r"${STARRED%\*}", "*a"),
    "pattern out of a variable": ("${STARRED%$STAR}", "*a*"),
    "a star out of a variable is a star": ("${STARRED%%$STAR}", ""),
    "a backslash comes to escape what is before it at the end": ("${A_STAR%$BACK}", "a"),
    "trim of unset": ("a${NO#x}${NO%%x}", "a"),
    "replace the first": (r"${PATHS/usr/opt}", "/opt/lib:/usr/bin"),
    "replace all": (r"${PATHS//usr/opt}", "/opt/lib:/opt/bin"),
    "replace by nothing": ("${PATHS//usr/}", "//lib://bin"),
    "replace an escaped slash": (r"${PATHS//\//_}", "_usr_lib:_usr_bin"),
    "replace takes the longest": ("${PATHS/u*r/X}", "/X/bin"),
    "replace everything once": ("${FILE//*/X}", "X"),
    "replace nothing by something": ("${STAR//\\//x}${STAR//''/x}", "*x*x"),
    "a star stays in its line": ("${LINES//*/X}", "X\nX"),
    "an unfinished match does not reach the next line": ("${LINES/a*d/X}", "ab\ncd"),
    "a match that spans the line break it names": ("${LINES/b$NL*/X}", "aX"),
    "dollar in the replacement of all": ("${FILE//a/'<$0$$$x>'}", "<a$>.t<a$>r.gz"),
    "dollar in the replacement of one": ("${FILE/a/'$0'}", "$0.tar.gz"),
    "backslashes kept in a replacement": (r"${FILE/a/\b}", r"\b.tar.gz"),
}
MORE = {
    **ENV,
    "HASH": "#",
    "A_STAR": "a*",
    "BACK": "*\\",
    "Q": '"it\'s"',
    "STARRED": "*a*",
    "LINES": "ab\ncd",
    "NL": "\n",
}


@pytest.mark.parametrize(("word", "text"), EXPANDED.values(), ids=EXPANDED)
def test_words_expand(word: str, text: str) -> None:
    expansion = expand(word, MORE)
    assert (expansion.text, expansion.error) == (text, None)


SPLIT: dict[str, tuple[str, tuple[str, ...]]] = {
    "nothing": ("", ()),
    "only blanks": (" \t\u2003\x85", ()),
    "plain": (" a\tb\u3000c ", ("a", "b", "c")),
    "separators that are no blanks": ("a\x1cb\u200bc", ("a\x1cb\u200bc",)),
    "quoted blank": ("a' 'b \"c d\"", ("a b", "c d")),
    "escaped blank": (r"a\ b c", ("a b", "c")),
    "empty quotes are no word": ("a '' \"\"", ("a",)),
    "blanks of a value": ("<$SPACED>", ("<", "one", "two", ">")),
    "blanks of a quoted value": ('<"$SPACED">', ("< one  two >",)),
    "blanks of a default": ("${NO:-a b}", ("a", "b")),
    "quoted blanks of a default split all the same": ("${NO:-'a b'}", ("a", "b")),
    "blanks behind a heredoc mark": ("a <<  EOF b", ("a", "<<  EOF", "b")),
    "a carriage return behind a heredoc mark": ("<<\r\tEOF", ("<<\r\tEOF",)),
    "a form feed ends a heredoc mark": ("<<\fEOF", ("<<", "EOF")),
}


@pytest.mark.parametrize(("word", "words"), SPLIT.values(), ids=SPLIT)
def test_words_split_at_unquoted_blanks_after_expansion(word: str, words: tuple[str, ...]) -> None:
    assert expand(word, ENV).words == words


def test_the_backquote_can_be_the_escape() -> None:
    assert expand(r"`$HOME C:\bin", ENV, escape="`").text == r"$HOME C:\bin"
    assert expand('"`"a`b"', ENV, escape="`").text == '"a`b'
    assert expand(r"${STARRED#\*}", MORE, escape="`").text == "a*"


KEPT = {
    "name": ("a$NO", "a$NO"),
    "braces": ("a${NO}", "a${NO}"),
    "default expanded in place": ("${NO:-$HOME}", "${NO:-/srv/app}"),
    "quotes of the default go": ("${NO:-'x'}", "${NO:-x}"),
    "pattern": ("${NO##*/}${NO%x}", "${NO##*/}${NO%x}"),
    "replacement": ("${NO/a/b}${NO//a/b}", "${NO/a/b}${NO//a/b}"),
    "required": ("${NO:?m}", "${NO:?m}"),
    "what BuildKit does not know": ("${NO:1:2}", "${NO:1:2}"),
    "set ones expand": ("$HOME${EMPTY:-x}", "/srv/appx"),
}


@pytest.mark.parametrize(("word", "text"), KEPT.values(), ids=KEPT)
def test_unset_references_can_be_kept(word: str, text: str) -> None:
    expansion = expand(word, ENV, keep_unset=True)
    assert (expansion.text, expansion.error) == (text, None)


@pytest.mark.parametrize("word", ["${NO:#x}", "${NO:%x}", "${NO=x}", "${NO", "${}"])
def test_what_is_no_reference_is_refused_even_where_unset_ones_are_kept(word: str) -> None:
    assert expand(word, ENV, keep_unset=True).error is not None


def test_quotes_and_escapes_can_be_kept() -> None:
    assert expand("'a b' \"$HOME\"", ENV, raw_quotes=True).text == "'a b' \"/srv/app\""
    assert expand(r"a\ b", ENV, raw_escapes=True).words == (r"a\ b",)
    assert expand(r"${NO:-a\ b}", ENV, raw_escapes=True).text == "a b"


def test_without_quote_processing_a_quote_is_a_character() -> None:
    expansion = expand("it's \"$HOME", ENV, process_quotes=False)
    assert expansion.words == ("it's", '"/srv/app')


def test_used_and_unset_tell_what_was_looked_up() -> None:
    expansion = expand("$HOME ${EMPTY:+$NO} '$1' ${home}", ENV)
    assert expansion.used == {"HOME", "EMPTY"}
    assert expansion.unset == {"NO", "home"}


NO_REFERENCES = {
    "no dollar": "HOME",
    "single quotes": "'$HOME'",
    "escaped": r"\$HOME",
    "escaped in double quotes": r'"\$HOME"',
    "lone dollar": "$ $/",
    "broken": "${HOME",
    "behind an error": "${} $HOME",
}


@pytest.mark.parametrize("word", NO_REFERENCES.values(), ids=NO_REFERENCES)
def test_what_is_no_reference_is_not_found(word: str) -> None:
    assert references(word) == ()


FOUND = {
    "name": ("a$HOME/b", [("$HOME", "HOME", "", "")]),
    "braces": ("a${HOME}b", [("${HOME}", "HOME", "", "")]),
    "special parameter": ("$@x", [("$@", "@", "", "")]),
    "in double quotes": ("\"'$A'\"", [("$A", "A", "", "")]),
    "default as written": ("${A:-'x'}", [("${A:-'x'}", "A", ":-", "'x'")]),
    "doubled operators": (
        "${A##*/}${A//b/c}",
        [("${A##*/}", "A", "##", "*/"), ("${A//b/c}", "A", "//", "b/c")],
    ),
    "nested": (
        "${A:-${B}$C}",
        [("${A:-${B}$C}", "A", ":-", "${B}$C"), ("${B}", "B", "", ""), ("$C", "C", "", "")],
    ),
    "in pattern and replacement": (
        "${A/$B/$C}",
        [("${A/$B/$C}", "A", "/", "$B/$C"), ("$B", "B", "", ""), ("$C", "C", "", "")],
    ),
    "in front of an error": ("$A ${B", [("$A", "A", "", "")]),
}


@pytest.mark.parametrize(("word", "found"), FOUND.values(), ids=FOUND)
def test_references_are_found_with_their_spans(
    word: str, found: list[tuple[str, str, str, str]]
) -> None:
    assert [(r.span.of(word), r.name, r.operator, r.text) for r in references(word)] == found


def test_spans_count_characters_of_the_word() -> None:
    assert references("é\udce9$A")[0].span == Span(2, 4)


def nested(depth: int) -> str:
    return "${a:-" * depth + "x" + "}" * depth


def test_nesting_ends_in_an_error_and_never_in_a_recursion_error() -> None:
    assert expand(nested(20), {}).text == "x"
    assert expand(nested(2) * 100, {}).text == "x" * 100
    assert expand('"${a:-' * 10_000, {}).error is not None
    assert expand(nested(10_000), {}).error == "references are nested more than 32 deep"
    assert references(nested(10_000)) == ()


def test_values_that_double_each_other_end_in_an_error() -> None:
    big = {"A": "x" * (LONGEST_EXPANSION // 2 + 1)}
    message = f"expands to more than {LONGEST_EXPANSION} characters"
    assert expand("$A", big).error is None
    assert expand("$A$A", big).error == message
    replacing = expand("${A//x/$A}", big).error
    assert replacing is not None
    assert replacing.startswith("expands to more than")


SLOW_IN_A_BACKTRACKING_MATCHER: dict[str, Callable[[int], tuple[str, dict[str, str]]]] = {
    "stars without an end": lambda n: ("${A##" + "*a" * 20 + "*b}", {"A": "a" * n}),
    "shortest end": lambda n: ("${A%" + "a*" * 20 + "b}", {"A": "a" * n}),
    "replace that never closes": lambda n: ("${A//a*b/c}", {"A": "a" * n}),
    "many references": lambda n: ("$A" * n, {"A": "a"}),
    "many quotes": lambda n: ("'a'\"b\"" * n, {}),
    "many escapes": lambda n: ("\\a" * n, {}),
}


@pytest.mark.parametrize(
    "case", SLOW_IN_A_BACKTRACKING_MATCHER.values(), ids=SLOW_IN_A_BACKTRACKING_MATCHER
)
def test_time_is_linear(case: Callable[[int], tuple[str, dict[str, str]]]) -> None:
    word, env = case(100_000)
    began = time.process_time()
    assert expand(word, env).error is None
    assert time.process_time() - began < 3


fragments = st.lists(
    st.sampled_from(
        (
            *("$", "{", "}", "${A", "${B:-", "${A#", "${C%%", "${A/", "$A", "$B ", "A", "b", "é"),
            *("'", '"', "\\", "`", "/", "*", "?", ":", "+", "-", " ", "\n", "<<", "<", "\udcff"),
        )
    ),
    max_size=14,
).map("".join)
words_of_any_kind = st.text(max_size=30) | fragments
envs = st.dictionaries(st.sampled_from("AB"), st.text("ab*/ \n\\$'", max_size=6))
options = st.fixed_dictionaries(
    {name: st.booleans() for name in ("raw_quotes", "raw_escapes", "keep_unset", "process_quotes")}
)


@given(words_of_any_kind, envs, options, st.sampled_from("\\`"))
def test_nothing_raises_and_errors_come_without_text(
    word: str, env: dict[str, str], flags: dict[str, bool], escape: str
) -> None:
    expansion = expand(word, env, escape=escape, **flags)
    assert expansion.error is None or (expansion.text, expansion.words) == ("", ())
    assert expansion.used <= env.keys()
    assert not expansion.unset & env.keys()
    for reference in references(word, escape=escape):
        written = reference.span.of(word)
        assert written.startswith(("$" + reference.name, "${" + reference.name))
        assert reference.text in written


@given(st.text(st.characters(exclude_characters="$'\"\\<")))
def test_plain_words_expand_to_themselves(word: str) -> None:
    assert expand(word, ENV).text == word


@given(st.text(st.characters(exclude_characters="'")))
def test_single_quoted_text_expands_to_itself_and_is_one_word(text: str) -> None:
    expansion = expand(f"'{text}'", ENV)
    assert expansion.text == text
    assert expansion.words == ((text,) if text else ())


@given(words_of_any_kind, envs)
def test_every_lookup_of_an_expansion_is_a_reference(word: str, env: dict[str, str]) -> None:
    expansion = expand(word, env)
    names = {reference.name for reference in references(word)}
    looked_up = expansion.used | expansion.unset
    assert looked_up == names if expansion.error is None else looked_up <= names


def as_expression(pattern: str, star: str) -> re.Pattern[str]:
    return re.compile(
        "".join(star if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    )


def without_match_at_start(value: str, expression: re.Pattern[str]) -> str:
    match = expression.match(value)
    return value[match.end() :] if match else value


@settings(max_examples=300)
@given(st.text("ab*?\n", max_size=8), st.text("ab\n", max_size=14))
def test_patterns_match_what_a_backtracking_matcher_matches(pattern: str, value: str) -> None:
    for longest, star in ((True, ".*"), (False, ".*?")):
        forwards = without_match_at_start(value, as_expression(pattern, star))
        backwards = without_match_at_start(value[::-1], as_expression(pattern[::-1], star))
        assert trim_start(value, pattern, longest=longest) == forwards
        assert trim_end(value, pattern, longest=longest) == backwards[::-1]
    first = as_expression(pattern, ".*").sub("X", value, count=1)
    assert replace_first(value, pattern, "X") == first


def replaces_all(word: str) -> bool:
    """Where the oracle follows Python's `re.sub` and not Go's: see `replace_all`."""
    return any(reference.operator == "//" for reference in references(word))


@settings(max_examples=400)
@given(fragments, envs, options, st.sampled_from("\\`"))
def test_another_port_of_the_lexer_says_the_same(
    word: str, env: dict[str, str], flags: dict[str, bool], escape: str
) -> None:
    oracle = ShellLex(
        escape,
        raw_quotes=flags["raw_quotes"],
        raw_escapes=flags["raw_escapes"],
        skip_process_quotes=not flags["process_quotes"],
        env=env,
        skip_unset_env=flags["keep_unset"],
    )
    expansion = expand(word, env, escape=escape, **flags)
    try:
        text, words = oracle.process_word(word), filter(None, oracle.process_words(word))
    except ValueError:
        assert expansion.error is not None
        return
    if replaces_all(word):
        return
    assert expansion.error is None
    assert (expansion.text, expansion.words) == (text, tuple(words))
