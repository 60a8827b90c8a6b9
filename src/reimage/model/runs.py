"""What a RUN does, as far as its script can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reimage.dockerfile import Run
from reimage.text import Span, kept, late

if TYPE_CHECKING:
    from reimage.model.copies.file_effects import FileEffect, Place
    from reimage.model.state import State
    from reimage.shell import Command, PackageOperation, Script

_SHEBANG = late(r"#![ \t]*(?:/usr/bin/env[ \t]+(?:-S[ \t]+)?)?(\S+)")


class RunFacts:
    """A RUN with what is in force where it stands.

    `opaque` is the reason why no rewrite may look inside, None when the script is read. Spans of
    commands and words speak of the script; `span` turns them into spans of the Dockerfile.
    """

    def __init__(self, run: Run, state: State, opaque_shell: str | None) -> None:
        self.run = run
        self.state = state
        self._opaque_shell = opaque_shell

    def __repr__(self) -> str:
        return f"<RunFacts {self.run!r}>"

    @kept
    def script(self) -> Script | None:
        """The script, None in exec form and where the shell is not a POSIX shell."""
        if self.run.script is None or self._opaque_shell or self._other_interpreter:
            return None
        from reimage.shell import parse

        return parse(self.run.script.text)

    @property
    def _interpreter(self) -> str | None:
        """The program that the `#!` line of the script names, None without such a line."""
        if not self.run.script_is_heredoc or self.run.script is None:
            return None
        if not self.run.script.text.startswith("#!"):
            return None
        match = _SHEBANG.match(self.run.script.text)
        return match[1].rpartition("/")[2] if match else "nothing"

    @property
    def _other_interpreter(self) -> str | None:
        from reimage.model.state import POSIX_SHELLS

        program = self._interpreter
        return None if program in POSIX_SHELLS else program

    @property
    def shell_name(self) -> str | None:
        """The program that reads the script, by `#!` or SHELL; None where it is the image's sh."""
        shell = self.state.shell
        name = shell[0].replace("\\", "/").rpartition("/")[2] if shell else None
        if self.has_shebang:
            name = self._interpreter
        return None if name == "sh" else name

    @property
    def has_shebang(self) -> bool:
        """Whether the script is a heredoc with an interpreter of its own, in place of SHELL."""
        return self._interpreter is not None

    @kept
    def opaque(self) -> str | None:
        if self.run.script is None:
            return "exec form"
        if self._opaque_shell:
            return self._opaque_shell
        if program := self._other_interpreter:
            return f"the heredoc is a script for {program}"
        return self.script.opaque if self.script else None

    @property
    def commands(self) -> tuple[Command, ...]:
        """Its commands in source order, nested ones included; none when opaque."""
        return self.script.commands if self.script and not self.script.opaque else ()

    @kept
    def operations(self) -> tuple[PackageOperation, ...]:
        """What its commands ask of package managers."""
        from reimage.shell import package_operation

        found = (package_operation(command) for command in self.commands)
        return tuple(operation for operation in found if operation)

    @kept
    def file_effects(self) -> tuple[FileEffect, ...]:
        """The files that its commands write, remove and give another mode or owner, in order."""
        from reimage.model.copies.file_effects import file_effects

        if self.script is None or self.script.opaque:
            return ()
        return tuple(file_effects(self.script, self.state))

    @kept
    def left_behind(self) -> tuple[Place, ...]:
        """What it writes into its layer and does not remove itself."""
        from reimage.model.copies.file_effects import left_behind

        return left_behind(self.file_effects, self.hidden_directories)

    def named(self, *names: str) -> Iterator[Command]:
        """The commands that run one of these programs."""
        return (command for command in self.commands if command.name in names)

    def span(self, span: Span) -> Span:
        """Where in the Dockerfile a span of the script stands."""
        logical = self.run.script
        assert logical is not None
        return logical.span(*span)

    @property
    def cache_mounts(self) -> tuple[str, ...]:
        """The targets of its cache mounts, without trailing slashes."""
        return self._mount_targets("cache")

    @property
    def hidden_directories(self) -> tuple[str, ...]:
        """The directories whose content is not part of the layer: cache and tmpfs mounts."""
        return self._mount_targets("cache", "tmpfs")

    def _mount_targets(self, *kinds: str) -> tuple[str, ...]:
        return tuple(
            (mount.get("target") or mount.get("dst") or mount.get("destination") or "").rstrip("/")
            for mount in self.run.mounts
            if mount.get("type", "bind") in kinds
        )
