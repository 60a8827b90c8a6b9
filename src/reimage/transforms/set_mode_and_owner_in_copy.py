"""Changing a file's mode or owner in a later layer stores the whole file again."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Instruction, Run, Volume, Workdir
from reimage.model import Facts, RunFacts, Stage
from reimage.model.copied_files import CopiedFiles, copied_files, destination, place
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.script_edits import remove_statement
from reimage.shell import Command, Word
from reimage.text import Edit, Span

_OPTIONS = re.compile(r"-[Rcfv]+|--(?:recursive|changes|silent|quiet|verbose)")
_MODE = re.compile(r"0?[0-7]{3}")
_OWNER = re.compile(r"[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)?")
_FLAGS = frozenset(("from", "chmod", "chown", "link"))
_THERE_IN_EVERY_IMAGE = frozenset(("/", "/etc", "/tmp"))
_ACCOUNTS = ("/etc/passwd", "/etc/group")


class _Change(NamedTuple):
    """A chmod or chown: `flag` is the one of COPY, `value` what it would be given."""

    flag: str
    value: str
    targets: tuple[str, ...]

    @property
    def names_accounts(self) -> bool:
        return self.flag == "chown" and re.search("[A-Za-z_-]", self.value) is not None
