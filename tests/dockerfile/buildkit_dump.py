"""Prints a tree the way BuildKit's parser prints its own, to compare the two.

Source of the format: Node.Dump in BuildKit's frontend/dockerfile/parser/parser.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from reimage.dockerfile import (
    Add,
    Arg,
    Cmd,
    CommandLine,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Onbuild,
    Run,
    Shell,
    Unknown,
    Volume,
    Word,
)

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def dump(tree: Dockerfile) -> str:
    return "\n".join(f"({_dump(instruction)})" for instruction in tree.instructions)


def _dump(instruction: Instruction) -> str:
    text = instruction.keyword.lower()
    if instruction.flags:
        flags = (
            f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}")
            for flag in instruction.flags
        )
        text += " [" + " ".join(_quote(flag) for flag in flags) + "]"
    if isinstance(instruction, Onbuild):
        return f"{text} ({_dump(instruction.inner)})" if instruction.inner else text
    return " ".join((text, *map(_quote, _words(instruction))))


def _words(instruction: Instruction) -> Iterator[str]:
    match instruction:
        case Unknown():
            return
        case Env() | Label():
            for pair in instruction.pairs:
                yield from (pair.key, pair.value or "", "" if instruction.legacy else "=")
        case Arg():
            for pair in instruction.pairs:
                yield pair.key if pair.value is None else f"{pair.key}={pair.value}"
        case Run() | Cmd() | Entrypoint() | Shell():
            yield from _command_line(instruction.command_line)
        case Healthcheck():
            yield from _healthcheck(instruction)
        case Copy() | Add() | From() | Expose() | Volume():
            yield from (word.text for word in _plain_words(instruction))
        case _:
            if instruction.arguments.text:
                yield instruction.arguments.text


def _plain_words(instruction: Copy | Add | From | Expose | Volume) -> tuple[Word, ...]:
    if isinstance(instruction, Copy | Add):
        return instruction.operands
    if isinstance(instruction, From):
        return instruction.words
    return instruction.ports if isinstance(instruction, Expose) else instruction.paths


def _command_line(line: CommandLine) -> tuple[str, ...]:
    if line.exec is not None:
        return line.exec
    return (line.shell.text,) if line.shell and line.shell.text else ()


def _healthcheck(instruction: Healthcheck) -> Iterator[str]:
    first, _, rest = instruction.arguments.text.partition(" ")
    if first:
        yield first
    line = instruction.command_line
    if line and line.exec is not None:
        yield from line.exec
    elif line and line.shell:
        yield line.shell.text
    elif rest.strip():
        yield rest.strip()


def _quote(text: str) -> str:
    """As Go's strconv.Quote."""
    quoted = "".join(_quote_char(char) for char in text)
    return f'"{quoted}"'


def _quote_char(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{ord(char):02x}" if ord(char) < 0x20 else char
