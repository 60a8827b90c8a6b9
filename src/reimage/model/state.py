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

    `unknown` names the ENVs whose value the file alone does not tell, `overridable` those whose
    value a build argument can change; `workdir_overridable` says the same of the directory.
    """

    env: Mapping[str, str]
    args: Mapping[str, str | None]
    user: str | None = None
    workdir: str | None = None
    shell: tuple[str, ...] | None = None
    unknown: frozenset[str] = frozenset()
    overridable: frozenset[str] = frozenset()
    workdir_overridable: bool = False

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
        return None if self._is_unknown(expansion) else expansion.text

    def settled(self, text: str, escape: str) -> str | None:
        """The value of `text`, None where the base image or a build argument has a say in it."""
        expansion = self.expand(text, escape)
        if self._is_unknown(expansion) or self._is_overridable(expansion):
            return None
        return expansion.text

    def _is_unknown(self, expansion: Expansion) -> bool:
        return bool(expansion.error or expansion.unset or expansion.used & self.unknown)

    def _is_overridable(self, expansion: Expansion) -> bool:
        return any(name not in self.env or name in self.overridable for name in expansion.used)

    def after(self, instruction: Instruction, arguments: Mapping[str, str | None]) -> State:
        """In force behind `instruction`; `arguments` are the ARGs in front of the first FROM."""
        match instruction:
            case Env():
                return self._after_env(instruction)
            case Arg():
                return replace(self, args={**self.args, **self._declared(instruction, arguments)})
            case User():
                return replace(self, user=self.expand(instruction.value, instruction.escape).text)
            case Workdir():
                return self._after_workdir(instruction)
            case Shell():
                return replace(self, shell=instruction.command_line.exec)
            case _:
                return self

    def _after_env(self, instruction: Env) -> State:
        env, unknown, overridable = dict(self.env), set(self.unknown), set(self.overridable)
        for pair in instruction.pairs:
            name = self.expand(pair.key, instruction.escape).text
            expansion = self.expand(pair.value or "", instruction.escape)
            env[name] = expansion.text
            (unknown.add if self._is_unknown(expansion) else unknown.discard)(name)
            (overridable.add if self._is_overridable(expansion) else overridable.discard)(name)
        return replace(
            self, env=env, unknown=frozenset(unknown), overridable=frozenset(overridable)
        )

    def _declared(
        self, instruction: Arg, arguments: Mapping[str, str | None]
    ) -> dict[str, str | None]:
        declared: dict[str, str | None] = {}
        for pair in instruction.pairs:
            if pair.value is None:
                declared[pair.key] = arguments.get(pair.key)
            else:
                declared[pair.key] = self.value(pair.value, instruction.escape)
        return declared

    def _after_workdir(self, instruction: Workdir) -> State:
        expansion = self.expand(instruction.value, instruction.escape)
        if self._is_unknown(expansion):
            return replace(self, workdir=None, workdir_overridable=False)
        overridable = self._is_overridable(expansion)
        path = expansion.text
        if not path.startswith("/"):
            overridable = overridable or self.workdir_overridable
            path = posixpath.join(self.workdir, path) if self.workdir else ""
        workdir = posixpath.normpath(path) if path else None
        return replace(self, workdir=workdir, workdir_overridable=overridable)


def opaque_shell(state: State, windows: bool) -> str | None:
    """Why the shell in force is not one whose scripts can be read, None when it is."""
    if state.shell is None:
        return "the stage runs on Windows" if windows else None
    program = state.shell[0].replace("\\", "/").rpartition("/")[2] if state.shell else ""
    if program not in POSIX_SHELLS:
        return f"SHELL is {program or 'empty'}, not a POSIX shell"
    return None


def shell_options(shell: tuple[str, ...]) -> frozenset[str]:
    """What SHELL switches on: letters and long names without dashes (`e`, `login`, `pipefail`)."""
    options: set[str] = set()
    words = iter(shell[1:])
    for word in words:
        if word.startswith("--"):
            options.add(word[2:])
        elif word.startswith("-"):
            options.update(word[1:].replace("o", ""))
            options.update(next(words, "") for _ in range(word.count("o")))
    return frozenset(options)


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
