"""What BuildKit's instruction parser rejects.

Source: BuildKit frontend/dockerfile/instructions/parse.go and bflag.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from reimage.dockerfile.heredocs import read_opener
from reimage.dockerfile.instructions import (
    CLASSES,
    Add,
    Arg,
    Copy,
    From,
    Healthcheck,
    Onbuild,
    Shell,
    Unknown,
    Volume,
    _WithPairs,
)
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.tree import Dockerfile, Instruction, Problem
from reimage.dockerfile.words import ArrayError, split_json
from reimage.text import Span, closest, late

BOOL, TEXT, LIST = "bool", "text", "list"

_COPY_FLAGS = {"chown": TEXT, "chmod": TEXT, "link": BOOL, "exclude": LIST}
FLAGS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "FROM": {"platform": TEXT},
    "RUN": {"mount": LIST, "network": TEXT, "security": TEXT, "device": LIST},
    "COPY": _COPY_FLAGS | {"from": TEXT, "parents": BOOL},
    "ADD": _COPY_FLAGS | {"keep-git-dir": BOOL, "checksum": TEXT, "unpack": BOOL},
    "HEALTHCHECK": {
        "interval": TEXT, "timeout": TEXT, "start-period": TEXT, "start-interval": TEXT,
        "retries": TEXT,
    },
})  # fmt: skip
"""The flags each instruction knows (Dockerfile frontend 1.20, labs channel included)."""

_EXACTLY_ONE = frozenset(("MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL"))
_AT_LEAST_ONE = frozenset(
    ("ENV", "LABEL", "ARG", "EXPOSE", "VOLUME", "SHELL", "ONBUILD", "HEALTHCHECK")
)
_MAY_BE_JSON = frozenset(("ADD", "COPY", "CMD", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"))
_TAKES_ANY_TEXT = _EXACTLY_ONE | {"RUN", "CMD", "ENTRYPOINT", "EXPOSE"}
_OWN_CHECKS = frozenset(
    ("FROM", "ENV", "LABEL", "ARG", "COPY", "ADD", "SHELL", "HEALTHCHECK", "VOLUME", "ONBUILD")
)
_STAGE_NAME = late(r"[a-z][a-z0-9-_.]*\Z")
_DURATION = late(r"\+?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_COUNT = late(r"\+?[0-9]{1,10}")


def check(tree: Dockerfile) -> Iterator[Problem]:
    """The instructions that BuildKit would reject, and a file without a stage."""
    stages = 0
    sound = True
    for instruction in tree.instructions:
        stages += instruction.keyword == "FROM"
        messages = () if instruction.accepted else _messages(instruction)
        if not stages and not messages and instruction.keyword != "ARG":
            messages = ["no build stage in current context: only ARG may stand before FROM"]
        for message in messages:
            sound = False
            yield Problem(Span(instruction.span.start, instruction.logical.whole.end), message)
    if not tree.instructions:
        yield Problem(Span(0, 0), "file with no instructions")
    elif not stages and sound:
        yield Problem(Span(0, 0), "Dockerfile has no stages to build; add a FROM instruction")


def _messages(instruction: Instruction) -> Sequence[str]:
    keyword = instruction.keyword
    text = instruction.arguments.text
    if keyword in _TAKES_ANY_TEXT and text and text[0] != "[" and not instruction.flags:
        return ()
    if isinstance(instruction, Unknown):
        return [_unknown(instruction)]
    if message := _syntax(instruction):
        return [message]
    messages: list[str] = []
    if instruction.flags:
        messages += _flag_messages(instruction)
    missing = _has_no_arguments(instruction)
    if missing and keyword in _EXACTLY_ONE:
        messages.append(f"{keyword} requires exactly one argument")
    elif missing and keyword in _AT_LEAST_ONE:
        messages.append(f"{keyword} requires at least one argument")
    elif keyword in _OWN_CHECKS:
        messages += _own_messages(instruction)
    return messages


def _syntax(instruction: Instruction) -> str | None:
    """What BuildKit sees while it reads the line, also behind ONBUILD."""
    arguments = instruction.arguments
    match instruction:
        case Onbuild():
            return _syntax(instruction.inner) if instruction.inner else None
        case _WithPairs():
            return _pair_syntax(instruction)
        case Healthcheck():
            line = instruction.command_line
            bad = line is not None and line.shell is not None and _is_bad_array(line.shell)
        case _:
            bad = instruction.keyword in _MAY_BE_JSON and _is_bad_array(arguments)
    return ArrayError.message if bad else None


def _has_no_arguments(instruction: Instruction) -> bool:
    arguments = instruction.arguments
    if instruction.keyword in ("SHELL", "VOLUME") and arguments.text.startswith("["):
        return split_json(arguments) == ()
    return not arguments.text


def _is_bad_array(arguments: Logical) -> bool:
    return arguments.text.startswith("[") and isinstance(split_json(arguments), ArrayError)


def _unknown(instruction: Instruction) -> str:
    written = instruction.logical.text[: len(instruction.keyword)]
    guess = closest(instruction.keyword, CLASSES)
    hint = f" (did you mean {guess}?)" if guess else ""
    return f"unknown instruction: {written[:40] or '(nothing)'}{hint}"


def _flag_messages(instruction: Instruction) -> Iterator[str]:
    # BuildKit never looks at the flags of these.
    if instruction.keyword in ("STOPSIGNAL", "ARG") or _is_no_healthcheck(instruction):
        return
    known = FLAGS.get(instruction.keyword, {})
    used: set[str] = set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        if kind is None:
            guess = closest(flag.name, known)
            yield f"unknown flag: --{flag.name}" + (f" (did you mean --{guess}?)" if guess else "")
        elif flag.name in used and kind != LIST:
            yield f"duplicate flag specified: --{flag.name}"
        elif kind == BOOL and (flag.value or "true").lower() not in ("true", "false"):
            yield f"expecting boolean value for flag {flag.name}, not: {flag.value}"
        elif flag.value == "" if kind == BOOL else flag.value is None:
            yield f"missing a value on flag: --{flag.name}"
        used.add(flag.name)


def _own_messages(instruction: Instruction) -> Iterator[str]:
    match instruction:
        case From():
            yield from _from(instruction)
        case _WithPairs() | Arg() if any(not pair.key for pair in instruction.pairs):
            yield f"{instruction.keyword} names can not be blank"
        case Copy() | Add():
            yield from _transfer(instruction)
        case Shell() if instruction.command_line.words is None:
            yield "SHELL requires the arguments to be in JSON form"
        case Healthcheck():
            yield from _healthcheck(instruction)
        case Volume() if any(not path.text.strip() for path in instruction.paths):
            yield "VOLUME specified can not be an empty string"
        case Onbuild():
            yield from _onbuild(instruction)
        case _:
            return


def _from(instruction: From) -> Iterator[str]:
    words = instruction.words
    if len(words) != 1 and not instruction.alias:
        yield "FROM requires either one or three arguments"
    elif instruction.alias and not _STAGE_NAME.match(instruction.alias.text.lower()):
        yield (
            f"invalid name for build stage: {instruction.alias.text!r}, "
            "name can't start with a number or contain symbols"
        )


def _pair_syntax(instruction: _WithPairs) -> str | None:
    text = instruction.arguments.text
    if instruction.legacy:
        return None if instruction.pairs else f"{instruction.keyword} must have two arguments"
    for start, end in instruction.offsets:
        if "=" not in text[start:end]:
            return f"can't find = in {text[start:end]!r}: must be of the form name=value"
    return None


def _transfer(instruction: Copy | Add) -> Iterator[str]:
    destination = instruction.destination
    if destination is None or len(instruction.operands) < 2:
        yield f"{instruction.keyword} requires at least two arguments: source and destination"
    elif read_opener(destination.text):
        yield f"{instruction.keyword} cannot accept a heredoc as a destination"


def _is_no_healthcheck(instruction: Instruction) -> bool:
    return isinstance(instruction, Healthcheck) and instruction.kind == "NONE"


def _healthcheck(instruction: Healthcheck) -> Iterator[str]:
    if instruction.kind == "NONE":
        if len(instruction.arguments.text) > len("NONE"):
            yield "HEALTHCHECK NONE takes no arguments"
        return
    for flag in instruction.flags:
        if flag.name == "retries" and not _COUNT.fullmatch(flag.value or "0"):
            yield f"--retries must be a number, not {flag.value!r}"
        elif flag.name != "retries" and not _DURATION.fullmatch(flag.value or "0"):
            yield f"--{flag.name} must be a duration like 30s or 1m30s, not {flag.value!r}"
    if instruction.kind != "CMD":
        yield f"unknown type {instruction.kind!r} in HEALTHCHECK (try CMD)"
    elif instruction.command_line is None or instruction.command_line.words == ():
        yield "missing command after HEALTHCHECK CMD"


def _onbuild(instruction: Onbuild) -> Iterator[str]:
    inner = instruction.inner
    if inner is None:
        return
    if inner.keyword == "ONBUILD":
        yield "chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
    elif inner.keyword in ("FROM", "MAINTAINER"):
        yield f"{inner.keyword} isn't allowed as an ONBUILD trigger"
    # What else may be wrong with it, BuildKit only says when the trigger fires.
