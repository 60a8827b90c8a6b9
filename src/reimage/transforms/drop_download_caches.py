"""What a package manager downloaded is of no use to the image once it is unpacked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.download_caches import (
    caching_is_settled,
    downloads_are_hidden,
    emptied_by_next_runs,
    empties_cache,
    fetches_downloads,
)
from reimage.model.known_images import is_official
from reimage.model.yarn import is_classic_yarn
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.script_edits import append_commands, insert_after
from reimage.shell import Command, PackageOperation, Verb

_CALL = re.compile(r"\b(?:pip[\d.]*|uv|composer|npm|yarn|conda|mamba|micromamba|gem|bundle)\b")
_WITH_OPTION = frozenset(("pip", "uv", "composer"))
_CLEANED_BY = {
    "npm": "cache clean --force",
    "yarn": "cache clean",
    "conda": "clean --all --yes",
    "mamba": "clean --all --yes",
    "micromamba": "clean --all --yes",
}
_GEMS = "/usr/local/bundle/cache/*.gem"
_GEMS_ELSEWHERE = re.compile(
    r"GEM_HOME|(?i:bundle[_ ]+(?:path|deployment|config|standalone|cache_path))|--path|--deployment"
    r"|--standalone|--user-install|--install-dir|-i\b"
)
_USERS = frozenset(("sudo", "doas", "gosu", "su-exec"))
_HARMLESS = frozenset(("group", "subshell"))
_PIP_SETTING = re.compile(r"config\b.*no-cache-dir|no-cache-dir\s*=")


@transformation(claim=Claim.SAME_FILES, known_as=("DL3042", "DL3060"))
def drop_download_caches(facts: Facts) -> Iterator[Finding]:
    """Leave no download caches in the image.

    pip, uv and composer keep what they download for the next time, which never comes in an image.
    They get the option that turns this off: [`--no-cache-dir`](https://pip.pypa.io/en/stable/topics/caching/#disabling-caching),
    [`--no-cache`](https://docs.astral.sh/uv/guides/integration/docker/#caching). npm, Yarn 1 and
    conda have none, so their cache is emptied at the end of the same RUN, by [`npm cache clean
    --force`](https://docs.npmjs.com/cli/commands/npm-cache), `yarn cache clean` and `conda clean
    --all --yes`; in Ruby's official images the `.gem` files that are installed already go.

    The image lacks the downloads, nothing else; a build without the layer cache downloads as much
    as before. It looks only at stages that ship, and leaves alone what a cache mount holds, what a
    variable has settled, and what the script removes itself. `yarn cache clean` is for Yarn 1 only:
    [later versions](https://yarnpkg.com/features/caching) may run the application from their cache,
    so the lock file has to tell. It refuses where the manager runs under a condition or is
    uninstalled in the same RUN, and where a later command works offline. Go, Cargo, Maven and
    Gradle are left alone: what they download is what they build from.
    """
    for stage in facts.shipping_stages:
        for run in stage.runs:
            if run.run.script and _CALL.search(run.run.script.text):
                yield from _look_at(facts, stage, run)


def _look_at(facts: Facts, stage: Stage, run: RunFacts) -> Iterator[Finding]:
    by_manager: dict[str, list[PackageOperation]] = {}
    for operation in run.operations:
        if fetches_downloads(operation):
            by_manager.setdefault(operation.manager.name, []).append(operation)
    for name, operations in by_manager.items():
        manager, end = operations[-1].manager, operations[-1].command.span.end
        if caching_is_settled(run, manager) or downloads_are_hidden(run, manager):
            continue
        if empties_cache(run, manager, end) or emptied_by_next_runs(stage, run, manager):
            continue
        if _works_offline_later(stage, run, name):
            at = run.run.span
            yield Refusal(f"a later {name} command works offline, from what this RUN downloads", at)
        elif name in _WITH_OPTION:
            yield from _with_option(stage, run, operations)
        else:
            yield from _with_cleaning(facts, stage, run, operations)


def _works_offline_later(stage: Stage, run: RunFacts, name: str) -> bool:
    return any(
        operation.manager.name == name and operation.has("--offline")
        for other in stage.runs
        if stage.position(other.run) > stage.position(run.run)
        for operation in other.operations
    )


def _with_option(
    stage: Stage, run: RunFacts, operations: list[PackageOperation]
) -> Iterator[Finding]:
    manager, at = operations[0].manager, run.run.span
    if manager.name == "pip" and _is_configured(stage, run):
        return
    if manager.name == "uv" and _links_into_cache(run, operations):
        yield Refusal("uv is told to link into its cache, so the packages are in there", at)
        return
    option = manager.no_cache_option
    assert option is not None
    edits = tuple(
        insert_after(run, operation.verb_words[-1].span, option)
        for operation in operations
        if not _may_hold(run, operation, option)
    )
    if edits:
        yield Rewrite(f"keeps the downloads of {manager.name} out of this layer", at, edits)


def _is_configured(stage: Stage, run: RunFacts) -> bool:
    """Whether the configuration of pip, written in this stage before, mentions the cache."""
    end = stage.position(run.run) + 1
    before = (*stage.instructions[:end], *(i for a in stage.ancestors for i in a.instructions))
    return any(
        _PIP_SETTING.search(each.logical.text)
        or any(_PIP_SETTING.search(heredoc.content) for heredoc in each.heredocs)
        for each in before
    )


def _links_into_cache(run: RunFacts, operations: list[PackageOperation]) -> bool:
    if run.state.env.get("UV_LINK_MODE") == "symlink":
        return True
    return any("symlink" in word.text for each in operations for word in each.command.words)


def _may_hold(run: RunFacts, operation: PackageOperation, option: str) -> bool:
    """Whether a variable among the words stands for the option."""
    words = (word.text for word in operation.command.arguments if word.has_expansion)
    return any(option in run.state.expand(word, run.run.escape).text for word in words)


def _with_cleaning(
    facts: Facts, stage: Stage, run: RunFacts, operations: list[PackageOperation]
) -> Iterator[Finding]:
    name, at = operations[-1].manager.name, run.run.span
    if name == "yarn" and any(each.verb_words[:1] != "global" for each in operations):
        if facts.context is None:
            yield Skipped("context", at)
            return
        if not is_classic_yarn(facts.context):
            yield Refusal("`yarn cache clean` of Yarn 2 and later may remove what the app runs from", at)
            return
    if name in ("gem", "bundle"):
        if is_official(stage.root_image, "ruby") and not _installs_elsewhere(stage, run):
            yield _cleaned(run, name, (f"rm -rf {_GEMS}",))
        return
    reason = _no_way_to_clean(run, operations)
    if reason:
        yield _refused(run, name, reason)
        return
    yield _cleaned(run, name, tuple(dict.fromkeys(_clean(run, each) for each in operations)))


def _cleaned(run: RunFacts, name: str, commands: tuple[str, ...]) -> Finding:
    edit = append_commands(run, commands)
    if isinstance(edit, str):
        return _refused(run, name, edit)
    return Rewrite(f"removes the downloads of {name} from this layer", run.run.span, (edit,))


def _refused(run: RunFacts, name: str, reason: str) -> Refusal:
    return Refusal(f"the downloads of {name} stay in this layer: {reason}", run.run.span)
