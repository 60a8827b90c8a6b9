"""Commands, their connectors and where they are nested."""

import pytest

from reimage.shell import Script, parse


def lines(script: Script) -> list[str]:
    """Each command as `connector words (nesting)`."""
    assert script.opaque is None, script.opaque
    return [
        " ".join(
            filter(
                None,
                (
                    command.connector.replace("\n", "newline"),
                    *(word.text for word in (*command.assignments, *command.words)),
                    "/".join(command.nesting) and f"({'/'.join(command.nesting)})",
                ),
            )
        )
        for command in script.commands
    ]


SCRIPTS = {
    "heredoc body is no command": (
        "cat <<EOF > /x\nrm -rf /\napt-get update # no\nEOF\nls",
        ["cat", "newline ls"],
    ),
    "quoted heredoc does not expand": ("cat <<'EOF'\n$(rm) `rm`\nEOF", ["cat"]),
    "expanding heredoc does": ("cat <<EOF\n$(ls)\nEOF", ["cat", "ls (substitution)"]),
    "rest of a heredoc's line": (
        "cat <<-EOF | tee a && b\n\tx\n\tEOF\nc",
        ["cat", "| tee a", "&& b", "newline c"],
    ),
    "quotes hide operators": ("echo 'a && b' \"c; d\"; e", ["echo 'a && b' \"c; d\"", "; e"]),
    "escapes hide operators": (r"echo a\;b \&\& c", [r"echo a\;b \&\& c"]),
    "comment hides the rest of its line": ("a # && b\nc", ["a", "newline c"]),
    "hash inside a word": ("a b#c ${d#e}", ["a b#c ${d#e}"]),
    "words of sh -c stay words": ("sh -c 'a; b' && c", ["sh -c 'a; b'", "&& c"]),
    "docker-library": (
        (
            "set -eux; \tapt-get update; apt-get install -y --no-install-recommends foo bar ; "
            "rm -rf /var/lib/apt/lists/*"
        ),
        [
            "set -eux",
            "; apt-get update",
            "; apt-get install -y --no-install-recommends foo bar",
            "; rm -rf /var/lib/apt/lists/*",
        ],
    ),
    "if": (
        "if a; then b; elif c; then d; else e; fi; f",
        ["a (if)", "b (if)", "c (if)", "d (if)", "e (if)", "; f"],
    ),
    "for": ("for i in $(seq 2) b; do a $i; done", ["seq 2 (substitution)", "a $i (for)"]),
    "while": ("while a; do b; done < f", ["a (while)", "b (while)"]),
    "until": ("until a; do b; done", ["a (while)", "b (while)"]),
    "case": (
        'case "$(x)" in a|b) c; d ;; # why\n *) e;; esac',
        ["x (substitution)", "c (case)", "; d (case)", "e (case)"],
    ),
    "or true": ("a || true", ["a", "|| true"]),
    "subshell": ("( cd x && make ) && b", ["cd x (subshell)", "&& make (subshell)", "&& b"]),
    "group": ("{ a; b; } | c", ["a (group)", "; b (group)", "| c"]),
    "function": ("f() { a; }; f", ["a (function)", "; f"]),
    "substitution in an assignment": (
        'A="$(apt-get -v)" b',
        ['A="$(apt-get -v)" b', "apt-get -v (substitution)"],
    ),
    "backticks": ("a `b c`", ["a `b c`", "b c (substitution)"]),
    "nested substitution": (
        'a "$(b "$(c)")"',
        ['a "$(b "$(c)")"', 'b "$(c)" (substitution)', "c (substitution/substitution)"],
    ),
    "negation": ("! a && b", ["a (negation)", "&& b"]),
    "test": ('[ -f a ] && [ "$b" = "c d" ]', ["[ -f a ]", '&& [ "$b" = "c d" ]']),
    "export": ("export A=b C && d", ["export A=b C", "&& d"]),
    "lone assignments": ("A=b; C=d E=f", ["A=b", "; C=d E=f"]),
    "redirection before its words": (">x a b", ["a b"]),
    "words behind a redirection": ("a > x b && c", ["a b", "&& c"]),
    "version operator that is a redirection": ("pip install a>=1", ["pip install a"]),
    "continuation lines": ("a \\\n  b \\\n  && c", ["a b", "&& c"]),
    "pipe of both outputs": ("a |& b", ["a", "|& b"]),
}


@pytest.mark.parametrize(("text", "expected"), SCRIPTS.values(), ids=SCRIPTS)
def test_reads_commands_in_source_order(text: str, expected: list[str]) -> None:
    assert lines(parse(text)) == expected


STATEMENTS = {
    "list": ("a && b || c ; d | e", ["command a", "command b", "command c", "pipeline d | e"]),
    "redirected end of a list": ("a && b > x | c", ["command a", "pipeline b > x | c"]),
    "compound": ("if a; then b; fi > x; (c)", ["if if a; then b; fi > x", "subshell (c)"]),
    "negated pipeline": ("! a | b && c", ["negation ! a | b", "command c"]),
    "assignment and tests": ("A=b; [ a ]; test b", ["assignment A=b", "test [ a ]", "test test b"]),
    "function and group": ("f() (a); { b; }", ["function f() (a)", "group { b; }"]),
    "for, while, case": (
        "for a in b; do c; done\nwhile d; do e; done\ncase f in g) ;; esac",
        [
            "for for a in b; do c; done",
            "while while d; do e; done",
            "case case f in g) ;; esac",
        ],
    ),
    "heredoc leaves its body out": ("cat <<E > a\nx\nE\nb", ["command cat <<E > a", "command b"]),
}


@pytest.mark.parametrize(("text", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_reads_the_statements_at_the_top(text: str, expected: list[str]) -> None:
    statements = parse(text).statements
    assert [f"{each.kind} {each.span.of(text)}" for each in statements] == expected


def test_a_statement_knows_all_commands_inside() -> None:
    (first, second) = parse("a $(b); if c; then d; fi").statements
    assert [command.name for command in first.commands] == ["a", "b"]
    assert [command.name for command in second.commands] == ["c", "d"]


def test_only_commands_outside_of_everything_are_top_level() -> None:
    script = parse("a | b && (c); ! d; e $(f) && { g; }")
    assert [command.name for command in script.top_level] == ["a", "b", "e"]


def test_an_ampersand_sends_the_whole_list_to_the_background() -> None:
    script = parse("a; b && c | d & e; if f & then (g) & fi")
    assert [each.name for each in script.commands if each.background] == ["b", "c", "d", "f", "g"]


def test_redirections_say_what_goes_where() -> None:
    (command,) = parse("a <<<'x y' 2>&1 >/dev/null 3<&-").commands
    assert [
        (each.descriptor, each.operator, each.target and each.target.value)
        for each in command.redirections
    ] == [(None, "<<<", "x y"), ("2", ">&", "1"), (None, ">", "/dev/null"), ("3", "<&-", None)]


def test_a_heredoc_has_delimiter_and_body() -> None:
    text = "cat <<-'EOF' > /x && b\n\n\tone\n\tEOF\nc"
    script = parse(text)
    (heredoc, _) = script.commands[0].redirections
    assert heredoc.span.of(text) == "<<-'EOF'"
    assert heredoc.target is not None
    assert heredoc.target.value == "EOF"
    assert heredoc.body is not None
    assert heredoc.body.of(text) == "\n\tone\n\tEOF"
    assert script.heredocs == (heredoc.body,)


def test_offsets_count_characters_not_bytes() -> None:
    text = "echo 'é\udcff𝄞' && ls ü # ñ"
    script = parse(text)
    assert [command.span.of(text) for command in script.commands] == ["echo 'é\udcff𝄞'", "ls ü"]
    assert [span.of(text) for span in script.comments] == ["# ñ"]


OPTIONS = {
    "none": ("a", ""),
    "set elsewhere": ("a; set -e", ""),
    "set in a subshell": ("(set -e); a", ""),
    "set that may not run": ("false || set -e", ""),
    "positional parameters": ("set -- -e", ""),
    "switched off again": ("set -eu; set +u; a", "e"),
    "cluster": ("set -eux; a", "e u x"),
    "cluster with a name": ("set -euo pipefail && a", "e pipefail u"),
    "long names": ("set -o errexit -o pipefail\na", "e pipefail"),
}


@pytest.mark.parametrize(("text", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_knows_the_options_set_at_the_beginning(text: str, expected: str) -> None:
    assert " ".join(sorted(parse(text).options)) == expected


POSIX = """\
a | b
echo '[[ <( $'
${x:-y} ${x#y} ${x%%y} ${x:+y}
[ a = b ]
a $((1+2))
$(ls)
echo "{a,b}"
sed 's/[[:space:]]//'
a 2>&1
f() { a; }
find {} ,
""".splitlines()
BASH = """\
[[ a ]]
a <(b)
A=(b c)
echo ${x//a/b}
echo "${x//a/b}"
a &> b
a |& b
function f { a; }
echo $'a'
a <<< b
for ((i=0; i<3; i++)); do a; done
echo ${x:0:3}
echo {a,b}/c
[ a == b ]
A+=b c
echo ${!x}
echo ${x^^}
a $(<b)
""".splitlines()


@pytest.mark.parametrize("text", POSIX)
def test_a_posix_script_needs_no_bash(text: str) -> None:
    script = parse(text)
    assert script.opaque is None
    assert not script.bashisms


@pytest.mark.parametrize("text", BASH)
def test_notes_syntax_of_bash(text: str) -> None:
    script = parse(text)
    assert script.opaque is None
    assert script.bashisms
