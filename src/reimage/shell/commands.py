"""What a script consists of: commands, the statements they form, and the script itself."""

from typing import TYPE_CHECKING, NamedTuple

from reimage.shell.words import Word
from reimage.text import Span, kept, late

if TYPE_CHECKING:
    from reimage.shell.package_managers import PackageOperation

_LETTERS = late(r"-[A-Za-z0-9]+")


class Redirection(NamedTuple):
    """`2>/dev/null`, `<<EOF`, …; `target` is the file, descriptor or heredoc delimiter.

    `body` reaches from a heredoc's first line to the end of its closing delimiter.
    """

    span: Span
    operator: str
    target: Word | None
    descriptor: str | None
    body: Span | None = None


class _Parts(NamedTuple):
    span: Span
    words: tuple[Word, ...]
    assignments: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    connector: str
    connector_span: Span | None
    nesting: tuple[str, ...]
    background: bool


class Command(_Parts):
    """A simple command: assignments, words (the program first) and redirections.

    `span` reaches from its first to its last word, assignment or redirection and leaves out the
    body of a heredoc. `connector` joins it to the command before it in the same list.
    """

    # Without __slots__: what is told from the words is kept, for it is asked for many times.

    @kept
    def name(self) -> str | None:
        """The program without its folder; None when there is none or it is expanded."""
        value = self.words[0].value if self.words else None
        return value if value is None else value.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def values(self) -> tuple[str | None, ...]:
        """The value of each word, the program included."""
        return tuple(word.value for word in self.words)

    @kept
    def options(self) -> tuple[Word, ...]:
        """The arguments before `--` that begin with a dash and are more than that dash."""
        return tuple(word for word in self._before_dashes() if is_option(word))

    @property
    def operands(self) -> tuple[Word, ...]:
        """The arguments that are no options.

        The separate value of an option (`-o value`) looks like an operand here; the tables of
        `package_managers` know which options take one.
        """
        before = self._before_dashes()
        after = self.words[len(before) + 2 :]
        return tuple(word for word in before if not is_option(word)) + after

    def has_option(self, *names: str) -> bool:
        """Whether one of `names` is given: alone, as `--name=value`, or in a cluster (`-qy`).

        Programs whose long options have one dash (`find -name`) can't be asked for single letters.
        """
        options = self.options
        return bool(options) and any(option_is(word, name) for word in options for name in names)

    @property
    def heredocs(self) -> tuple[Redirection, ...]:
        return tuple(each for each in self.redirections if each.operator in ("<<", "<<-"))

    def unwrapped(self) -> "Command":
        """The command that sudo, env, exec, time, nice, command, nohup … would run.

        The command itself when it is not wrapped, or wrapped in a way that is not understood.
        """
        return self._unwrapped

    @kept
    def _unwrapped(self) -> "Command":
        from reimage.shell.wrappers import unwrap

        return unwrap(self)

    @kept
    def package_operation(self) -> "PackageOperation | None":
        """The package operation that it is, also behind sudo, env, xargs or `python -m`."""
        from reimage.shell.package_managers.operations import read_operation

        return read_operation(self)

    def _before_dashes(self) -> tuple[Word, ...]:
        for at, word in enumerate(self.words[1:], 1):
            if word.text == "--":
                return self.words[1:at]
        return self.words[1:]


def is_option(word: Word) -> bool:
    """Whether the word begins with a dash (quotes aside) and is more than that dash."""
    written = word.value if word.value is not None else word.text.lstrip("\"'")
    return written.startswith("-") and written != "-"


def option_is(word: Word, name: str) -> bool:
    """Whether the option `word` is `name`, says `name=value`, or has the letter in a cluster."""
    written = word.value if word.value is not None else word.text
    if written == name:
        return True
    if name.startswith("--"):
        return written.startswith(name + "=")
    letters = name[1:]
    if letters[:1] not in written:
        return False
    # -yqq holds -y and -qq; -oName=value is no cluster.
    is_repeated_letter = len(set(letters)) == 1
    return (
        is_repeated_letter
        and _LETTERS.fullmatch(written) is not None
        and written.count(letters[0]) >= len(letters)
    )


class Statement(NamedTuple):
    """An element of the script's top-level list: a command, a pipeline or a compound command.

    `kind` is command, assignment, test, pipeline, negation, if, for, while, case, subshell, group
    or function. `commands` are all that are written inside, nested ones too. `span`
    leaves out the body of a heredoc.
    """

    span: Span
    connector: str
    connector_span: Span | None
    kind: str
    commands: tuple[Command, ...]
    background: bool = False


class Script(NamedTuple):
    """A script that was read; `opaque` says why there is nothing to see when it was not.

    `options` (e, u, x, pipefail, …) are those set by `set` commands at its very beginning.
    `bashisms` tells whether syntax was seen that a POSIX shell lacks.
    """

    text: str
    commands: tuple[Command, ...] = ()
    statements: tuple[Statement, ...] = ()
    comments: tuple[Span, ...] = ()
    heredocs: tuple[Span, ...] = ()
    options: frozenset[str] = frozenset()
    bashisms: bool = False
    opaque: str | None = None

    @property
    def top_level(self) -> tuple[Command, ...]:
        """The commands outside of any compound command, negation or substitution."""
        return tuple(command for command in self.commands if not command.nesting)
