"""Typed views: what each instruction says, in BuildKit's reading, with spans in the file."""

from __future__ import annotations

from typing import Self

from reimage.dockerfile.arguments import (
    CommandLine,
    KeyValue,
    read_command_line,
    read_fields,
    read_legacy_pair,
    read_pairs,
)
from reimage.dockerfile.heredocs import Heredoc, read_opener
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.tokens import SPACE
from reimage.dockerfile.tree import Instruction
from reimage.dockerfile.words import Word, quoted_offsets, split_blanks, split_json
from reimage.text import kept, split_lines


class From(Instruction):
    """FROM [--platform=…] image [AS name]"""

    @kept
    def words(self) -> tuple[Word, ...]:
        return split_blanks(self.arguments)

    @property
    def image(self) -> Word | None:
        return self.words[0] if self.words else None

    @property
    def alias(self) -> Word | None:
        """The stage's name as written; names compare in lower case."""
        words = self.words
        return words[2] if len(words) == 3 and words[1].text.lower() == "as" else None

    @property
    def platform(self) -> str | None:
        return self.flag_value("platform")


class _WithCommandLine(Instruction):
    @kept
    def command_line(self) -> CommandLine:
        return read_command_line(self.arguments)


class Run(_WithCommandLine):
    """RUN command, RUN ["exec", "form"], RUN <<EOF"""

    @kept
    def mounts(self) -> tuple[dict[str, str], ...]:
        """The fields of each `--mount`, keys in lower case; a key without value holds ""."""
        return tuple(read_fields(flag.value or "") for flag in self.flags if flag.name == "mount")

    @property
    def script_is_heredoc(self) -> bool:
        """Whether the first heredoc's body is the script (`RUN <<EOF`), not a command's input."""
        shell = self.command_line.shell
        return bool(self.heredocs) and shell is not None and read_opener(shell.text) is not None

    @kept
    def script(self) -> Logical | None:
        """The text that the shell is given, None in exec form.

        For `RUN <<EOF` it is the heredoc's body (BuildKit takes the tabs of `<<-` away), for
        `RUN cat <<EOF` the line with the heredocs that follow it.
        """
        shell = self.command_line.shell
        if shell is None or not self.heredocs:
            return shell
        if self.script_is_heredoc:
            return _script_of(self.heredocs[0])
        script = shell
        for heredoc in self.heredocs:
            script = script.followed_by(script.end(len(script.text)), "\n")
            script = script.followed_by(heredoc.body.start, heredoc.content)
            script = script.followed_by(heredoc.end.start, heredoc.name)
        return script


class Cmd(_WithCommandLine):
    """CMD command or CMD ["exec", "form"]"""


class Entrypoint(_WithCommandLine):
    """ENTRYPOINT command or ENTRYPOINT ["exec", "form"]"""


class Shell(_WithCommandLine):
    """SHELL ["program", "arguments"]"""


class Healthcheck(Instruction):
    """HEALTHCHECK NONE or HEALTHCHECK [flags] CMD command"""

    @kept
    def kind(self) -> str:
        """ "CMD", "NONE", or whatever stands there, in upper case."""
        words = split_blanks(self.arguments)
        return words[0].text.upper() if words else ""

    @kept
    def command_line(self) -> CommandLine | None:
        text = self.arguments.text
        at = next((i for i, char in enumerate(text) if char in SPACE), len(text))
        while at < len(text) and text[at] in SPACE:
            at += 1
        if self.kind != "CMD" or at == len(text):
            return None
        return read_command_line(self.arguments.part(at, len(text)))


class _WithPairs(Instruction):
    @kept
    def offsets(self) -> list[tuple[int, int]]:
        """Where the words begin and end in the text of the arguments."""
        return quoted_offsets(self.arguments.text, self.escape)

    @property
    def legacy(self) -> bool:
        """The form without `=`: one key, and the rest of the line is its value."""
        return bool(self.offsets) and "=" not in self.arguments.text[slice(*self.offsets[0])]

    @kept
    def pairs(self) -> tuple[KeyValue, ...]:
        if self.legacy:
            return read_legacy_pair(self.arguments)
        pairs = read_pairs(self.arguments, self.offsets)
        return tuple(pair for pair in pairs if pair.value is not None)


class Env(_WithPairs):
    """ENV key=value … or, legacy, ENV key value"""


class Label(_WithPairs):
    """LABEL key=value … or, legacy, LABEL key value"""


class Arg(Instruction):
    """ARG name[=default] …"""

    @kept
    def pairs(self) -> tuple[KeyValue, ...]:
        return read_pairs(self.arguments, quoted_offsets(self.arguments.text, self.escape))


class _Transfer(Instruction):
    @kept
    def operands(self) -> tuple[Word, ...]:
        """Sources and destination, heredocs among them."""
        words = split_json(self.arguments)
        return words if isinstance(words, tuple) else split_blanks(self.arguments)

    @kept
    def json(self) -> bool:
        return isinstance(split_json(self.arguments), tuple)

    @property
    def sources(self) -> tuple[Word, ...]:
        """Paths, URLs and repositories; heredocs are not among them."""
        words = self.operands[:-1]
        if not self.heredocs or self.json:
            return words
        return tuple(word for word in words if not read_opener(word.text))

    @property
    def destination(self) -> Word | None:
        return self.operands[-1] if self.operands else None


class Copy(_Transfer):
    """COPY [flags] source … destination"""

    @property
    def from_(self) -> str | None:
        return self.flag_value("from")


class Add(_Transfer):
    """ADD [flags] source … destination"""


class _WithText(Instruction):
    @property
    def value(self) -> str:
        """The one argument, as written."""
        return self.arguments.text


class User(_WithText):
    """USER name[:group]"""


class Workdir(_WithText):
    """WORKDIR path"""


class Stopsignal(_WithText):
    """STOPSIGNAL signal"""


class Maintainer(_WithText):
    """MAINTAINER name (deprecated)"""


class Expose(Instruction):
    """EXPOSE port[/protocol] …"""

    @kept
    def ports(self) -> tuple[Word, ...]:
        return split_blanks(self.arguments)


class Volume(Instruction):
    """VOLUME path … or VOLUME ["path", …]"""

    @kept
    def paths(self) -> tuple[Word, ...]:
        words = split_json(self.arguments)
        return words if isinstance(words, tuple) else split_blanks(self.arguments)


class Onbuild(Instruction):
    """ONBUILD instruction"""

    inner: Instruction | None = None

    def moved(self, by: int) -> Self:
        moved = super().moved(by)
        moved.inner = self.inner and self.inner.moved(by)
        return moved


class Unknown(Instruction):
    """A line whose first word is no instruction."""


def _script_of(heredoc: Heredoc) -> Logical:
    at = heredoc.body.start
    if not heredoc.strips_tabs:
        return Logical.of_pieces([(at, heredoc.content)])
    pieces: list[tuple[int, str]] = [(at, "")]
    for line in split_lines(heredoc.content):
        text = line.lstrip("\t")
        pieces.append((at + len(line) - len(text), text))
        at += len(line)
    return Logical.of_pieces(pieces)


CLASSES: dict[str, type[Instruction]] = {
    kind.__name__.upper(): kind
    for kind in (
        Add, Arg, Cmd, Copy, Entrypoint, Env, Expose, From, Healthcheck, Label, Maintainer,
        Onbuild, Run, Shell, Stopsignal, User, Volume, Workdir,
    )
}  # fmt: skip
