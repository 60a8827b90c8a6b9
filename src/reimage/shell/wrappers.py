"""Programs that run the command given as their arguments: sudo, env, nice, …"""

from types import MappingProxyType
from typing import NamedTuple

from reimage.shell.commands import Command
from reimage.shell.words import Word
from reimage.text import Span, late

_ASSIGNMENT = late(r"[A-Za-z_]\w*=")


class _Wrapper(NamedTuple):
    """Its flags, the options with a value, and how many operands come before the command."""

    flags: str = ""
    valued: str = ""
    long_flags: frozenset[str] = frozenset()
    long_valued: frozenset[str] = frozenset()
    assigns: bool = False
    operands: int = 0


_SUDO = _Wrapper(
    "EHnSkAPB",
    "ugpChDRTt",
    frozenset({"--preserve-env", "--set-home", "--non-interactive", "--stdin"}),
    frozenset({"--user", "--group", "--chdir", "--host", "--prompt"}),
    assigns=True,
)
_ENV = _Wrapper(
    "i",
    "uC",
    frozenset({"--ignore-environment"}),
    frozenset({"--unset", "--chdir"}),
    assigns=True,
)
_TIMEOUT = _Wrapper(
    "fpv",
    "ks",
    frozenset({"--foreground", "--preserve-status", "--verbose"}),
    frozenset({"--kill-after", "--signal"}),
    operands=1,
)

_WRAPPERS = MappingProxyType(
    {
        "sudo": _SUDO,
        "doas": _Wrapper("n", "uC"),
        "env": _ENV,
        "exec": _Wrapper("cl", "a"),
        "time": _Wrapper("pv", "fo"),
        "nice": _Wrapper("", "n", long_valued=frozenset({"--adjustment"})),
        "ionice": _Wrapper("t", "cn"),
        "command": _Wrapper("p"),
        "builtin": _Wrapper(),
        "nohup": _Wrapper(),
        "eatmydata": _Wrapper(),
        "stdbuf": _Wrapper("", "ioe"),
        "timeout": _TIMEOUT,
        "gosu": _Wrapper(operands=1),
        "su-exec": _Wrapper(operands=1),
    }
)
_XARGS = _Wrapper(
    "0rtx",
    "nPaLsd",
    frozenset({"--null", "--no-run-if-empty", "--verbose", "--exit"}),
    frozenset({"--max-args", "--max-procs", "--arg-file", "--max-lines", "--delimiter"}),
)


def unwrap(command: Command) -> Command:
    """`command` without the wrappers in front of it, as far as their options are understood."""
    while command.words:
        wrapper = _WRAPPERS.get(command.name or "")
        inner = wrapper and _within(command, wrapper)
        if not inner:
            return command
        command = inner
    return command


def behind_xargs(command: Command) -> Command | None:
    """The command that xargs adds arguments to; None when `command` is no xargs."""
    return _within(command, _XARGS) if command.name == "xargs" else None


def _within(command: Command, wrapper: _Wrapper) -> Command | None:
    words = command.words
    at = _after_options(words, wrapper)
    if at is None:
        return None
    assignments: list[Word] = []
    while wrapper.assigns and at < len(words) and _ASSIGNMENT.match(words[at].text):
        assignments.append(words[at])
        at += 1
    at += wrapper.operands
    if at >= len(words):
        return None
    return command._replace(
        span=Span(words[at].span.start, command.span.end),
        words=words[at:],
        assignments=(*command.assignments, *assignments),
    )


def _after_options(words: tuple[Word, ...], wrapper: _Wrapper) -> int | None:
    at = 1
    while at < len(words):
        value = words[at].value
        if value is None:
            return at if not words[at].text.startswith("-") else None
        if value == "--":
            return at + 1
        if not value.startswith("-"):
            return at
        width = _option_width(value, wrapper)
        if not width:
            return None
        at += width
    return None


def _option_width(option: str, wrapper: _Wrapper) -> int:
    """How many words the option takes; 0 when it is not understood."""
    name, has_value, _ = option.partition("=")
    if name.startswith("--"):
        if name in wrapper.long_valued:
            return 1 if has_value else 2
        return 1 if name in wrapper.long_flags else 0
    if option == "-":
        return 1 if wrapper is _ENV else 0
    for at, letter in enumerate(option[1:], 1):
        if letter in wrapper.valued:
            return 1 if option[at + 1 :] else 2
        if letter not in wrapper.flags:
            return 0
    return 1
