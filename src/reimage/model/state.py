"""What is in force at an instruction: variables, user, working directory, shell."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reimage.dockerfile import (
    Arg,
    Dockerfile,
    Env,
    Expansion,
    From,
    Instruction,
    Shell,
    User,
    Workdir,
    expand,
)

POSIX_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"))


@dataclass(frozen=True, slots=True)
class State:
    """In force before an instruction runs.

    `env` holds what ENV set in this file (base stages included), references to variables that only
    the base image can know left as written. `args` holds the defaults of the ARGs in scope; None
    where there is none. `user`, `workdir` and `shell` are None where the base image decides;
    `workdir` is also None when it can't be told from the text.
    """

    env: Mapping[str, str]
    args: Mapping[str, str | None]
    user: str | None = None
    workdir: str | None = None
    shell: tuple[str, ...] | None = None

    @property
    def variables(self) -> Mapping[str, str]:
        """What BuildKit expands references from: ENV before ARG."""
        if not self.args:
            return self.env
        known = {name: value for name, value in self.args.items() if value is not None}
        return known | dict(self.env)

    def expand(self, text: str, escape: str) -> Expansion:
        """`text` with the references that the file decides replaced, others left as written."""
        return expand(text, self.variables, escape=escape, keep_unset=True)

    def value(self, text: str, escape: str) -> str | None:
        """The value of `text`, None where it depends on something the file does not tell."""
        expansion = self.expand(text, escape)
        if expansion.error or expansion.unset:
            return None
        return expansion.text

    def after(self, instruction: Instruction, arguments: Mapping[str, str | None]) -> State:
        """In force behind `instruction`; `arguments` are the ARGs in front of the first FROM."""
        match instruction:
            case Env():
                new = {
                    self.expand(pair.key, instruction.escape).text: self.expand(
                        pair.value or "", instruction.escape
                    ).text
                    for pair in instruction.pairs
                }
                return replace(self, env={**self.env, **new})
            case Arg():
                return replace(self, args={**self.args, **self._declared(instruction, arguments)})
            case User():
                return replace(self, user=self.expand(instruction.value, instruction.escape).text)
            case Workdir():
                return replace(self, workdir=self._workdir(instruction))
            case Shell():
                return replace(self, shell=instruction.command_line.exec)
            case _:
                return self

    def _declared(
        self, instruction: Arg, arguments: Mapping[str, str | None]
    ) -> dict[str, str | None]:
        declared: dict[str, str | None] = {}
        for pair in instruction.pairs:
            if pair.value is None:
                declared[pair.key] = arguments.get(pair.key)
            else:
                declared[pair.key] = self.expand(pair.value, instruction.escape).text
        return declared

    def _workdir(self, instruction: Workdir) -> str | None:
        path = self.value(instruction.value, instruction.escape)
        if path is None:
            return None
        if path.startswith("/"):
            return posixpath.normpath(path)
        return posixpath.normpath(posixpath.join(self.workdir, path)) if self.workdir else None


def opaque_shell(state: State, windows: bool) -> str | None:
    """Why the shell in force is not one whose scripts can be read, None when it is."""
    if state.shell is None:
        return "the stage runs on Windows" if windows else None
    program = state.shell[0].replace("\\", "/").rpartition("/")[2] if state.shell else ""
    if program not in POSIX_SHELLS:
        return f"SHELL is {program or 'empty'}, not a POSIX shell"
    return None


_WINDOWS = ("windows", "nanoserver", "servercore")


def looks_like_windows(dockerfile: Dockerfile, from_: From | None) -> bool:
    """Whether a stage without SHELL runs cmd.exe: told by base image, platform or escape."""
    if dockerfile.escape == "`":
        return True
    if from_ is None:
        return False
    image = from_.image.text.lower() if from_.image else ""
    platform = (from_.platform or "").lower()
    return platform.startswith("windows") or any(word in image for word in _WINDOWS)
