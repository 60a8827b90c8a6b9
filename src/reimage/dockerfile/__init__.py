"""The lossless syntax tree of a Dockerfile. No IO, never raises on bad input.

`parse` gives a tree in which every byte of the file is in exactly one token, and a list of the
places that BuildKit would reject. Meaning that needs more than one instruction (stages, variables,
users) is computed in the model room.
"""

from reimage.dockerfile.arguments import CommandLine, KeyValue
from reimage.dockerfile.expansion import Expansion, Reference, expand, references
from reimage.dockerfile.heredocs import Heredoc
from reimage.dockerfile.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    Unknown,
    User,
    Volume,
    Workdir,
)
from reimage.dockerfile.logical import Logical
from reimage.dockerfile.parse import Parsed, parse, parse_edited
from reimage.dockerfile.tokens import Token, TokenKind
from reimage.dockerfile.tree import Directive, Dockerfile, Instruction, Problem
from reimage.dockerfile.words import Flag, Word

__all__ = [
    "Add",
    "Arg",
    "Cmd",
    "CommandLine",
    "Copy",
    "Directive",
    "Dockerfile",
    "Entrypoint",
    "Env",
    "Expansion",
    "Expose",
    "Flag",
    "From",
    "Healthcheck",
    "Heredoc",
    "Instruction",
    "KeyValue",
    "Label",
    "Logical",
    "Maintainer",
    "Onbuild",
    "Parsed",
    "Problem",
    "Reference",
    "Run",
    "Shell",
    "Stopsignal",
    "Token",
    "TokenKind",
    "Unknown",
    "User",
    "Volume",
    "Word",
    "Workdir",
    "expand",
    "parse",
    "parse_edited",
    "references",
]
