"""What a package manager downloaded is of no use to the image once it is unpacked."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model import Facts, RunFacts, Stage
from reimage.model.caches.download_caches import (
    caching_is_settled,
    downloads_are_hidden,
    emptied_by_next_runs,
    empties_cache,
    fetches_downloads,
    works_offline_later,
)
from reimage.model.installs.yarn import uses_classic_yarn
from reimage.model.known_images import is_official
from reimage.model.settings import is_set_in
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.rewriting.edits.cache_cleaning import clean_downloads
from reimage.rewriting.edits.script_edits import append_commands, insert_after
from reimage.shell import PackageOperation
from reimage.text import Edit, late

_CALL = late(r"\b(?:pip[\d.]*|uv|composer|npm|yarn|conda|mamba|micromamba|gem|bundle)\b")
_WITH_OPTION = frozenset(("pip", "uv", "composer"))
_GEMS = frozenset(("gem", "bundle"))
_REMOVE_GEMS = "rm -rf /usr/local/bundle/cache/*.gem"
_GEMS_ELSEWHERE = late(
    r"GEM_HOME|(?i:bundle[_ ]+(?:path|deployment|config|standalone|cache_path))|--path|--deployment"
    r"|--standalone|--user-install|--install-dir|-i\b"
)
_PIP_SETTING = late(r"config\b.*no-cache-dir|no-cache-dir\s*=")


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
    so the lock file has to tell. It refuses where the manager
    runs under a condition, and where a later command works offline. Go, Cargo, Maven and
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
        if works_offline_later(stage, run, name):
            at = run.run.span
            yield Refusal(f"a later {name} command works offline, from what this RUN downloads", at)
        elif name in _WITH_OPTION:
            yield from _with_option(stage, run, operations)
        else:
            yield from _with_cleaning(facts, stage, run, operations)


def _with_option(
    stage: Stage, run: RunFacts, operations: list[PackageOperation]
) -> Iterator[Finding]:
    manager, at = operations[0].manager, run.run.span
    if manager.name == "pip" and is_set_in(stage, _PIP_SETTING):
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
    if name == "yarn" and not all(map(_is_global, operations)):
        if facts.context is None:
            yield Skipped("context", at)
            return
        if not uses_classic_yarn(facts.context):
            yield Refusal("what Yarn 2 and later keep in their cache may be what the app runs", at)
            return
    edit = _without_gems(stage, run) if name in _GEMS else clean_downloads(run, operations)
    if isinstance(edit, Edit):
        yield Rewrite(f"removes the downloads of {name} from this layer", at, (edit,))
    elif edit:
        yield Refusal(f"the downloads of {name} stay in this layer: {edit}", at)


def _is_global(operation: PackageOperation) -> bool:
    """`yarn global` is there in Yarn 1 only."""
    return any(word.value == "global" for word in operation.verb_words)


def _without_gems(stage: Stage, run: RunFacts) -> Edit | str | None:
    """Removes the archives where the image is known to keep them, None where that isn't known."""
    assert run.run.script is not None
    settings = (run.run.script.text, *run.state.env)
    if not is_official(stage.root_image, "ruby") or any(map(_GEMS_ELSEWHERE.search, settings)):
        return None
    return append_commands(run, (_REMOVE_GEMS,))
