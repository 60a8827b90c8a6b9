"""ADD does two things that COPY does not: it fetches, and it unpacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from reimage.dockerfile import Add, Word
from reimage.model import ContextFacts, Facts, State
from reimage.model.file_names import is_ordinary_file_name, looks_like_archive
from reimage.rewriting import (
    Claim,
    Evidence,
    Finding,
    Refusal,
    Rewrite,
    Skipped,
    transformation,
)
from reimage.text import Edit

_FLAGS_OF_BOTH = frozenset(("chown", "chmod", "link", "exclude"))
_REMOTE = re.compile(r"[^/]*:|git@|github\.com/|.*\.git(?:#|$)", re.IGNORECASE)
_WILDCARD = re.compile(r"[*?\[\\]")


@transformation(claim=Claim.SAME_IMAGE, known_as=("DL3020",))
def copy_instead_of_add(facts: Facts) -> Iterator[Finding]:
    """Use COPY for plain files and directories.

    ADD also [unpacks local tar archives and fetches URLs and Git
    repositories](https://docs.docker.com/reference/dockerfile/#add); whether it unpacks depends on
    the content of the file. COPY says that nothing of this is meant, and keeps an archive that
    turns up one day from being unpacked by surprise. Docker's own [advice is to prefer
    COPY](https://docs.docker.com/build/building/best-practices/#add-or-copy).

    The image stays the same. An ADD is rewritten where every source is a directory, a heredoc or a
    file whose name (`.py`, `.conf`, `.jar`, …) is none of an archive. Other names are looked up in
    the build context. Archives, URLs, repositories and the flags that only ADD has are what ADD is
    for. It stays away from sources behind a variable that a build argument or the base image can
    set, and from files without a telling suffix, which may be archives.
    """
    for instruction in facts.dockerfile.instructions:
        if isinstance(instruction, Add) and not _is_what_add_is_for(instruction):
            stage = facts.stage_of(instruction)
            if stage:
                yield _look_at(instruction, stage.before(instruction), facts.context)


def _is_what_add_is_for(add: Add) -> bool:
    if any(flag.name not in _FLAGS_OF_BOTH for flag in add.flags):
        return True
    return any(_is_remote(source.text) or looks_like_archive(source.text) for source in add.sources)


def _is_remote(source: str) -> bool:
    return _REMOTE.match(source.lstrip("\"'")) is not None


def _look_at(add: Add, state: State, context: ContextFacts | None) -> Finding:
    evidence = Evidence.ASSUMED
    need: str | None = None
    for word in add.sources:
        source = state.settled(word.text, add.escape)
        if source is None:
            return Refusal(f"{word.text} may turn out to be an archive or a URL", add.span)
        if _is_remote(source) or looks_like_archive(source):
            return Refusal(f"{word.text} is {source}, which only ADD can unpack or fetch", add.span)
        if _is_plain_by_name(source):
            continue
        if context is None or context.truncated:
            need = need or word.text
            continue
        if reason := _doubt(word, source, context):
            return Refusal(reason, add.span)
        evidence = Evidence.FACTS
    if need:
        return Skipped("context", add.span)
    edit = Edit(add.keyword_span, _in_case_of(add.keyword_span.of(add.logical.text) or "ADD"))
    return Rewrite(_message(add), add.span, (edit,), evidence=evidence)
