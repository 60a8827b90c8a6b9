"""A command for which a shell does nothing but start it, and every reason why it does more."""

from __future__ import annotations

import pytest

from reimage.shell import parse
from reimage.shell.single_command import single_command


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("java $JAVA_OPTS -jar a.jar", "only a shell fills in $JAVA_OPTS"),
        ('java "${OPTS:-x}"', "only a shell fills in ${OPTS:-x}"),
        ("echo-it $(date)", "only a shell fills in a command substitution"),
        ("java -cp lib/*.jar A", "only a shell fills in lib/*.jar"),
        ("cat ~/a", "only a shell fills in ~/a"),
        (r"cat \"{a,b}", r"only a shell fills in \"{a,b}"),
        ("cd /app && node a.js", "only a shell joins commands with &&"),
        ("a | b", "only a shell runs a pipeline"),
        ("! a", "only a shell runs a negation"),
        ("(a)", "only a shell runs a subshell"),
        ("if a; then b; fi", "only a shell runs an if"),
        ("for a in b; do c; done", "only a shell runs a loop"),
        ("a &", "only a shell starts a program in the background"),
        ("A=1 b", "only a shell sets A for a command"),
        ("a 2> b", "only a shell redirects with >"),
        ("a;", "something follows the command"),
        ("a # b", "only a shell leaves out the comment behind the command"),
        (". /a", ". is built into the shell"),
        ("exec cd /a", "cd is built into the shell"),
        ("exec -a b c", "-a is an option and no program"),
        ("exec", "there is no program"),
        ("''", "there is no program"),
        ("", "there is no command"),
        (
            r"C:\app\a.exe",
            r"a shell takes the backslashes out of C:\app\a.exe, which may not be meant",
        ),
        (r"a $\  b", r"where the word $\  b ends is not clear"),
    ],
)
def test_a_shell_is_needed(script: str, reason: str) -> None:
    assert single_command(parse(script)) == reason


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("python3 app.py", ["python3", "app.py"]),
        ("exec python3 app.py", ["exec", "python3", "app.py"]),
        ("nginx -g 'daemon off;'", ["nginx", "-g", "daemon off;"]),
        (r"""a "b\"c" 'd\e' f\ g '*' '$A' "" """, ["a", 'b"c', r"d\e", "f g", "*", "$A", ""]),
        ("bash -c 'exec a $B > c'", ["bash", "-c", "exec a $B > c"]),
    ],
)
def test_the_words_are_what_the_program_gets(script: str, values: list[str]) -> None:
    words = single_command(parse(script))
    assert not isinstance(words, str)
    assert [word.value for word in words] == values
