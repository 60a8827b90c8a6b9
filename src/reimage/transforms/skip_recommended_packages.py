"""A recommended package is one that most users of a desktop would want as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.packages.package_names import package_names
from reimage.model.packages.recommended_packages import missing_recommendation, reason_to_recommend
from reimage.model.settings import is_set_in
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, transformation
from reimage.rewriting.edits.packages import name_before
from reimage.rewriting.edits.script_edits import insert_after
from reimage.shell import Word
from reimage.shell.package_managers import PackageOperation, Verb
from reimage.text import late

_MANAGERS = ("apt", "dnf", "zypper")
# Settings of apt, dnf and zypper; as options of one call they stand behind -o and --setopt.
_SETTINGS = ("apt::install-recommends", "install_weak_deps", "solver.onlyrequires")
_SETTING = late(
    r"(?<!-o )(?<!-o)(?<!-o \")(?<!-o ')(?<!option=)APT::Install-Recommends"
    r"|(?<!setopt=)(?<!setopt )install_weak_deps|solver\.onlyRequires",
    re.IGNORECASE,
)
_WANTED = late(
    r"--install-recommends|--recommends|(?:.*=)?APT::Install-Recommends=.*"
    r"|(?:--setopt=)?install_weak_deps=.*",
    re.IGNORECASE,
)
_REPLACING = ("reinstall", "swap")
"""Verbs that install in place of something, for which recommendations hardly matter."""
_HOLDS_OPTIONS = late(r"[\"']?\$\{?\w*(?:opt|arg|flag|param)", re.IGNORECASE)


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
    source = facts.dockerfile.source.lower()
    has_settings = any(setting in source for setting in _SETTINGS)
    for stage in facts.shipping_stages:
        if has_settings and is_set_in(stage, _SETTING):
            continue
        present = {name for below in stage.ancestors for name in _installed(below)}
        for run in stage.runs:
            script = run.run.script
            if script is None or not any(name in script.text for name in _MANAGERS):
                continue
            for operation in run.operations:
                if operation.verb is not Verb.INSTALL or not operation.manager.no_recommends:
                    continue
                if not _says_what_it_wants(operation):
                    yield _look_at(facts, stage, run, operation, present)
                present.update(name for name in _names(run, operation) if name)


def _installed(stage: Stage) -> Iterator[str]:
    for run in stage.runs:
        for operation in run.operations:
            if operation.verb is Verb.INSTALL:
                yield from (name for name in _names(run, operation) if name)


def _says_what_it_wants(operation: PackageOperation) -> bool:
    if operation.skips_recommends or operation.verb_words[0].value in _REPLACING:
        return True
    return any(
        _WANTED.fullmatch(word.text.strip("\"'")) or _HOLDS_OPTIONS.match(word.text)
        for word in operation.command.arguments
    )


def _look_at(
    facts: Facts, stage: Stage, run: RunFacts, operation: PackageOperation, present: set[str]
) -> Finding:
    """`present` are the packages installed before; what has to be named is added to it."""
    manager, at = operation.manager, run.run.span
    edits = [insert_after(run, _last_option(operation).span, manager.no_recommends or "")]
    added: set[str] = set()
    names = [*_names(run, operation)]
    if operation.more_from_input or not names or None in names:
        missing = f"the packages that {manager.name} installs here are not all in the text"
        return Refusal(missing, at)
    if manager.name in ("apt", "apt-get"):
        installed = {name for name in names if name} | present
        image = [stage, *stage.ancestors][-1].image
        for word in operation.packages:
            for name in (name for name in package_names(run, word) if name):
                if reason := reason_to_recommend(name, installed):
                    return Refusal(reason, at)
                if needed := missing_recommendation(name, installed | added, image):
                    added.add(needed)
                    edits.append(name_before(run, facts.dockerfile.source, word, needed))
    present |= added
    besides = f", and names {' and '.join(sorted(added))}" if added else ""
    message = f"keeps {manager.name} from installing what is merely recommended{besides}"
    return Rewrite(message, at, tuple(edits))


def _names(run: RunFacts, operation: PackageOperation) -> Iterator[str | None]:
    return (name for word in operation.packages for name in package_names(run, word))


def _last_option(operation: PackageOperation) -> Word:
    """The last word between the verb and the first package."""
    command, packages = operation.command, operation.packages
    end = packages[0].span.start if packages else command.span.end
    return [word for word in command.words if word.span.start < end and word.text != "--"][-1]
