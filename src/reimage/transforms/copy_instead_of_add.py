"""ADD does two things that COPY does not: it fetches, and it unpacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from reimage.dockerfile import Add
from reimage.model import ContextFacts, Facts, State
from reimage.model.copies.file_names import is_ordinary_file_name, looks_like_archive
from reimage.rewriting import (
    Claim,
    Evidence,
    Finding,
    Refusal,
    Rewrite,
    Skipped,
    transformation,
)
from reimage.text import Edit, late

_FLAGS_OF_BOTH = frozenset(("chown", "chmod", "link", "exclude"))
_REMOTE = late(r"[^/]*:|git@|github\.com/|.*\.git(?:#|$)", re.IGNORECASE)
_WILDCARD = late(r"[*?\[\\]")
_HERE = frozenset((".", "..", "/"))


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
        if isinstance(instruction, Add) and not _has_flags_of_its_own(instruction):
            stage = facts.stage_of(instruction)
            if stage and (found := _look_at(instruction, stage.before(instruction), facts)):
                yield found


def _has_flags_of_its_own(add: Add) -> bool:
    return any(flag.name not in _FLAGS_OF_BOTH for flag in add.flags)


def _look_at(add: Add, state: State, facts: Facts) -> Finding | None:
    sources = [state.settled(word.text, add.escape) for word in add.sources]
    written = [word.text.strip("\"'") for word in add.sources]
    likely = [state.value(word.text, add.escape) for word in add.sources]
    if any(_needs_add(source) for source in (*likely, *written) if source is not None):
        return None
    if None in sources:
        name = add.sources[sources.index(None)].text
        return Refusal(f"{name} may turn out to be an archive or a URL", add.span)
    unclear = [source for source in sources if source is not None and not _is_plain(source)]
    context = facts.context
    if unclear and (context is None or context.truncated):
        return Skipped("context", add.span)
    if context and (reason := next(filter(None, (_doubt(s, context) for s in unclear)), None)):
        return Refusal(reason, add.span)
    keyword = add.keyword_span.of(facts.dockerfile.source)
    edit = Edit(add.keyword_span, _copy_in_case_of(keyword))
    evidence = Evidence.FACTS if unclear else Evidence.ASSUMED
    return Rewrite(_message(add), add.span, (edit,), evidence=evidence)


def _needs_add(source: str) -> bool:
    return _REMOTE.match(source) is not None or looks_like_archive(source)


def _is_plain(source: str) -> bool:
    if _WILDCARD.search(source):
        return not source.endswith("/") and is_ordinary_file_name(source)
    return source.endswith(("/", "/.")) or source in _HERE or is_ordinary_file_name(source)


def _doubt(source: str, context: ContextFacts) -> str | None:
    """Why the source may hold an archive, None when the build context shows that it does not."""
    pattern = posixpath.normpath(source.lstrip("/") or ".")
    if not _WILDCARD.search(pattern):
        return _doubt_about(pattern, context)
    matches = [path for path in context.files if _matches(path, pattern)]
    if not matches and not any(_matches(path, pattern) for path in context.directories):
        return f"{source} matches nothing in the build context"
    doubts = (_doubt_about(path, context) for path in matches)
    return next(filter(None, doubts), None)


def _doubt_about(path: str, context: ContextFacts) -> str | None:
    if path in context.directories or is_ordinary_file_name(path):
        return None
    if path not in context.files:
        return f"{path} is not in the build context, and its name does not tell what it is"
    if looks_like_archive(path):
        return f"{path} is an archive by its name, which ADD unpacks"
    return f"{path} may be an archive: its name does not tell, and ADD looks at the content"


def _matches(path: str, pattern: str) -> bool:
    """As Go's filepath.Match, in which a wildcard stays within a folder."""
    names, patterns = path.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def _copy_in_case_of(keyword: str) -> str:
    if keyword.isupper():
        return "COPY"
    return "copy" if keyword.islower() else "Copy"


def _message(add: Add) -> str:
    names = [word.text for word in add.sources] or ["a heredoc"]
    what = names[0] if len(names) == 1 else f"{len(names)} sources"
    return f"copies {what} with COPY: there is nothing to unpack or to fetch"
