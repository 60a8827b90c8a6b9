"""A recommended package is one that most users of a desktop would want as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.recommended_packages import (
    missing_recommendation,
    package_name,
    reason_to_recommend,
)
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.script_edits import continuation, insert_after
from reimage.shell import Word
from reimage.shell.package_managers import PackageOperation, Verb
from reimage.text import Edit, Span

_CALL = re.compile(r"\b(?:apt|dnf|zypper)\b|\bmicrodnf\b")
# apt's, dnf's and zypper's settings for the same, and the wish for the contrary.
_DECIDED = re.compile(
    r"APT::Install-Recommends|(?<!setopt=)install_weak_deps|solver\.onlyRequires", re.IGNORECASE
)
_WANTED = re.compile(
    r"--install-recommends|--recommends|(?:.*=)?APT::Install-Recommends=.*"
    r"|(?:--setopt=)?install_weak_deps=.*",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[\"']?\$\{?(\w+)\}?[\"']?")
_HOLDS_OPTIONS = re.compile(r"[\"']?\$\{?\w*(?:opt|arg|flag|param)", re.IGNORECASE)


@transformation(claim=Claim.SAME_BEHAVIOUR, known_as=("DL3015",))
def skip_recommended_packages(facts: Facts) -> Iterator[Finding]:
    """Install no packages that are merely recommended.

    Debian's packages [recommend others that are found together with them in all but unusual
    installations](https://www.debian.org/doc/debian-policy/ch-relationships.html#binary-dependencies-depends-recommends-suggests-enhances-pre-depends),
    and a container is one of these. `--no-install-recommends` leaves them out; for dnf it is
    `--setopt=install_weak_deps=False`, for zypper `--no-recommends`. What is recommended and still
    needed is named: curl, wget and git verify no certificate without ca-certificates, gcc has no
    headers without libc6-dev, xvfb-run needs xauth.

    Files go that the image may have used, so the claim is same-behaviour at best. Only stages that
    ship are looked at. A call that says what it wants, and a stage whose configuration does, stay
    as they are. It refuses where the recommended packages may be the point (metapackages of
    desktops, compilers for pip or cmake) and where the packages can't be told from the text.
    """
    for stage in facts.shipping_stages:
        decided: bool | None = None
        for run in stage.runs:
            script = run.run.script
            if script is None or not _CALL.search(script.text):
                continue
            for operation in run.operations:
                if operation.verb is Verb.INSTALL and operation.manager.no_recommends:
                    decided = _is_decided(stage) if decided is None else decided
                    if not decided and not _says_what_it_wants(operation):
                        yield _look_at(facts, stage, run, operation)


def _is_decided(stage: Stage) -> bool:
    return any(
        _DECIDED.search(text)
        for each in (stage, *stage.ancestors)
        for instruction in each.instructions
        for text in (instruction.logical.text, *(h.content for h in instruction.heredocs))
    )


def _says_what_it_wants(operation: PackageOperation) -> bool:
    return operation.skips_recommends or any(
        _WANTED.fullmatch(word.text) or _HOLDS_OPTIONS.match(word.text)
        for word in operation.command.arguments
    )


def _look_at(facts: Facts, stage: Stage, run: RunFacts, operation: PackageOperation) -> Finding:
    manager, at = operation.manager, run.run.span
    named = [(word, name) for word in operation.packages for name in _names(run, word)]
    if operation.more_from_input or not named or any(name is None for _, name in named):
        return Refusal(f"the packages that {manager.name} installs are not all in the text", at)
    edits = [insert_after(run, _last_option(operation).span, manager.no_recommends or "")]
    added: set[str] = set()
    if manager.name in ("apt", "apt-get"):
        installed = {*_installed_before(stage, run, operation), *(name or "" for _, name in named)}
        image = [stage, *stage.ancestors][-1].image
        for word, name in named:
            if reason := reason_to_recommend(name or "", installed):
                return Refusal(reason, at)
            needed = missing_recommendation(name or "", installed | added, image)
            if needed:
                added.add(needed)
                edits.append(_name_before(facts, run, word, needed))
    besides = f", and names {' and '.join(sorted(added))}" if added else ""
    message = f"keeps {manager.name} from installing what is merely recommended{besides}"
    return Rewrite(message, at, tuple(edits))


def _names(run: RunFacts, word: Word) -> list[str | None]:
    """The packages a word stands for; None among them for what the text does not tell."""
    if word.value is not None:
        return [package_name(word.value)]
    text = word.text.strip("\"'")
    if not text.startswith(("$", "`")):
        return [package_name(text.partition("$")[0])]
    variable = _VARIABLE.fullmatch(text)
    value = _value(run, variable[1]) if variable else None
    return [package_name(name) for name in value.split()] if value else [None]


def _value(run: RunFacts, variable: str) -> str | None:
    """What the script, or an ENV before it, assigns; a build argument can be set otherwise."""
    for command in run.commands:
        for assignment in command.assignments:
            if assignment.text.startswith(f"{variable}="):
                return assignment.value and assignment.value.partition("=")[2]
    return run.state.env.get(variable)


def _installed_before(stage: Stage, run: RunFacts, operation: PackageOperation) -> Iterator[str]:
    here = stage.position(run.run)
    runs = [each for below in stage.ancestors for each in below.runs]
    runs += [each for each in stage.runs if stage.position(each.run) < here]
    earlier = [each for other in runs for each in other.operations]
    starts_at = operation.command.span.start
    earlier += [each for each in run.operations if each.command.span.start < starts_at]
    for each in earlier:
        if each.verb is Verb.INSTALL:
            yield from (package_name(word.value) for word in each.packages if word.value)


def _last_option(operation: PackageOperation) -> Word:
    """The last word between the verb and the first package."""
    words = operation.command.words
    end = operation.packages[0].span.start
    return [word for word in words if word.span.start < end and word.text != "--"][-1]


def _name_before(facts: Facts, run: RunFacts, word: Word, package: str) -> Edit:
    """Write `package` in front of a word: on a line of its own if the word begins one."""
    source, at = facts.dockerfile.source, run.span(word.span).start
    indent = source[source.rfind("\n", 0, at) + 1 : at]
    own_line = indent.isspace() and not run.run.script_is_heredoc
    separator = f"{continuation(run)[0]}{indent}" if own_line else " "
    return Edit(Span(at, at), f"{package}{separator}")
