"""What reads the history of the repository while an image is built."""

from __future__ import annotations

import re

from reimage.model.context import ContextFacts
from reimage.model.facts import Facts
from reimage.model.runs import RunFacts
from reimage.shell import Command
from reimage.text import late

_GIT = late(
    r"\bgit\s+(?:-C\s+\S+\s+)?(?:describe|rev-parse|rev-list|log|show|status|submodule|diff|tag"
    r"|branch|checkout|fetch|pull|archive|name-rev|ls-files|symbolic-ref|reset|clean)\b"
)
_PLACE = late(r"(?:^|[\s/'\"=:,])\.git(?=[\s/'\":;,]|$)")
_VERSIONING = late(
    r"setuptools[_-]scm|versioneer|hatch-vcs|flit_scm|dynamic-versioning|dunamai|\bpbr\b"
    r"|git-rev|git describe|git log|gitversion|minver|nerdbank|git-commit-id|jgitver"
    r"|buildnumber-maven|vergen|shadow-rs|\bgit2\b|gitpython|simple-git|isomorphic-git|grgit"
    r"|axion-release|nebula\.release|source-?link",
    re.IGNORECASE,
)
_OTHER_TEXT = late(r"ignore$|lock[^/]*$|\.sum$")
_SCRIPT = late(r"\./.+|(?!/).*\.(?:sh|bash|py|rb|pl)")
_SHELLS = frozenset(("sh", "bash", "ash", "source", ".", "python", "python3"))
_BUILDERS = frozenset(
    ("make", "gmake", "just", "task", "rake", "bazel", "earthly", "cmake", "ninja")
)


def git_reader(facts: Facts, context: ContextFacts) -> str | None:
    """What may read .git, None when nothing that is known does."""
    for path, text in context.texts.items():
        if not _OTHER_TEXT.search(path) and (found := _VERSIONING.search(text)):
            return f"{path} says '{found[0]}', which may read it"
    for instruction in facts.dockerfile.instructions:
        text = instruction.logical.text
        if found := _GIT.search(text) or _PLACE.search(text):
            return f"{instruction.keyword} says '{found[0].strip()}'"
    for stage in facts.stages:
        for run in stage.runs:
            if reason := _run_reader(run):
                return reason
    return None


def _run_reader(run: RunFacts) -> str | None:
    for command in run.commands:
        inner = command.unwrapped()
        if _stamps(inner):
            return f"{inner.name} {inner.values[1]} writes the commit into what it builds"
        if inner.name in _BUILDERS:
            return f"{inner.name} may ask for a version"
        words = inner.words[:2] if inner.name in _SHELLS else inner.words[:1]
        if script := next((w.text for w in words if _SCRIPT.fullmatch(w.text)), None):
            return f"the script {script} may ask for a version"
    return None


def _stamps(command: Command) -> bool:
    values = command.values
    verb = values[1] if len(values) > 1 else None
    if command.name == "go":
        return verb in ("build", "install") and "-buildvcs=false" not in values
    return command.name == "dotnet" and verb in ("build", "publish", "pack")
