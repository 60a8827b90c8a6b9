"""What is in force at an instruction: variables, user, working directory, shell."""

import posixpath
from collections.abc import Mapping
from typing import NamedTuple

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
from reimage.model.versions import Versions
from reimage.text import late

POSIX_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"))

SETTING = frozenset(("ENV", "ARG", "USER", "WORKDIR", "SHELL"))
"""The instructions behind which something else is in force."""

_WINDOWS_PATH = late(r"[A-Za-z]:|\\")


class State(NamedTuple):
    """In force before an instruction runs.

    `env` holds what ENV set in this file (base stages included), references to variables that only
    the base image can know left as written. `args` holds the defaults of the ARGs in scope; None
    where there is none. `variables` is what BuildKit expands references from, both together.
    `user`, `workdir` and `shell` are None where the base image decides; `workdir` is also None when
    it can't be told from the text.

    `unknown` names the variables whose value the file alone does not tell, `overridable` the ENVs
    whose value a build argument can change; `workdir_overridable` says the same of the directory.
    """

    env: Versions[str]
    args: Versions[str | None]
    variables: Versions[str]
    user: str | None = None
    workdir: str | None = None
    shell: tuple[str, ...] | None = None
    unknown: frozenset[str] = frozenset()
    overridable: frozenset[str] = frozenset()
    workdir_overridable: bool = False

    @classmethod
    def initial(cls) -> "State":
        """In force where nothing was set yet."""
        return cls(Versions(), Versions(), Versions())

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
        used = expansion.used
        return bool(used) and any(n not in self.env or n in self.overridable for n in used)

    def after(self, instruction: Instruction, arguments: Mapping[str, str | None]) -> "State":
        """In force behind `instruction`; `arguments` are the ARGs in front of the first FROM."""
        if instruction.keyword not in SETTING:
            return self
        match instruction:
            case Env():
                return self._after_env(instruction)
            case Arg():
                return self._after_arg(instruction, arguments)
            case User():
                return self._replace(user=self.expand(instruction.value, instruction.escape).text)
            case Workdir():
                return self._after_workdir(instruction)
            case Shell():
                return self._replace(shell=instruction.command_line.exec)
            case _:
                return self

    def _after_env(self, instruction: Env) -> "State":
        """All values of one ENV are expanded before any of them is set."""
        env, variables = self.env, self.variables
        unknown: dict[str, bool] = {}
        overridable: dict[str, bool] = {}
        for pair in instruction.pairs:
            name = self.expand(pair.key, instruction.escape).text
            expansion = self.expand(pair.value or "", instruction.escape)
            env = env.with_item(name, expansion.text)
            variables = variables.with_item(name, expansion.text)
            unknown[name] = self._is_unknown(expansion)
            overridable[name] = self._is_overridable(expansion)
        return self._replace(
            env=env,
            variables=variables,
            unknown=_updated(self.unknown, unknown),
            overridable=_updated(self.overridable, overridable),
        )

    def _after_arg(self, instruction: Arg, arguments: Mapping[str, str | None]) -> "State":
        """Unlike with ENV, each default is expanded with the ones before it."""
        state = self
        for pair in instruction.pairs:
            if pair.value is None:
                value = arguments.get(pair.key, state.args.get(pair.key))
            else:
                value = state.value(pair.value, instruction.escape)
            state = state._with_argument(pair.key, value)
        return state

    def _with_argument(self, name: str, value: str | None) -> "State":
        args = self.args.with_item(name, value)
        if value is None or name in self.env:
            # An ARG behind an ENV of its name takes its place if it has a value, and --build-arg
            # may give it one.
            unknown = _updated(self.unknown, {name: True} if name in self.variables else {})
            return self._replace(args=args, unknown=unknown)
        variables = self.variables.with_item(name, value)
        unknown = _updated(self.unknown, {name: False})
        return self._replace(args=args, variables=variables, unknown=unknown)

    def _after_workdir(self, instruction: Workdir) -> "State":
        expansion = self.expand(instruction.value, instruction.escape)
        if self._is_unknown(expansion):
            return self._replace(workdir=None, workdir_overridable=False)
        overridable = self._is_overridable(expansion)
        path = expansion.text
        if _WINDOWS_PATH.match(path):
            return self._replace(workdir=None, workdir_overridable=False)
        if not path.startswith("/"):
            overridable = overridable or self.workdir_overridable
            path = posixpath.join(self.workdir, path) if self.workdir else ""
        # Two leading slashes would stay.
        workdir = posixpath.normpath("/" + path.lstrip("/")) if path else None
        return self._replace(workdir=workdir, workdir_overridable=overridable)

    def of_another_base(self) -> "State":
        """The same where a build argument decides which stage the values come from."""
        overridable = self.overridable.union(self.env)
        return self._replace(overridable=overridable, workdir_overridable=True)


def _updated(names: frozenset[str], belongs: Mapping[str, bool]) -> frozenset[str]:
    """`names` with those that now belong to them and without those that don't."""
    if all((name in names) is now for name, now in belongs.items()):
        return names
    return names.difference(belongs).union(name for name, now in belongs.items() if now)


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
