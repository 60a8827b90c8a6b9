"""Files beside the sources of a compiled program that it may read when it runs."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.dockerfile import Copy
from reimage.model.applications.application import Artifact
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage

_NOT_READ_AT_RUN_TIME = (
    ".go", ".mod", ".sum", ".md", ".work", "akefile", ".dockerignore", ".proto", "_test.go",
    ".java", "pom.xml", ".c", ".h", ".am", ".ac", ".in", ".rs", "Cargo.toml", "Cargo.lock",
    "rust-toolchain", "rust-toolchain.toml", ".cc", ".cpp", ".cxx", ".hpp", ".cmake",
    "CMakeLists.txt",
)  # fmt: skip
_BEGINNINGS = (
    "Dockerfile", "Containerfile", "LICENSE", "README", "docker-compose", "compose.y",
    "docker-bake", "reimage.toml", "smoke.toml",
)  # fmt: skip
_FOLDERS = frozenset(("vendor", "testdata", "docs", "test", "tests"))
_MOST = 8


def data_files(context: ContextFacts, left_out: tuple[str, ...] = ()) -> Iterator[str]:
    """Files that the program may want when it runs: hidden ones, tests, documentation and those
    whose paths begin with one of `left_out` are none."""
    for path in context.files:
        parts = path.split("/")
        hidden = any(part.startswith(".") or part in _FOLDERS for part in parts)
        packed = path.startswith(left_out) or path.endswith(_NOT_READ_AT_RUN_TIME)
        if not (hidden or packed or parts[-1].startswith(_BEGINNINGS)):
            yield path


def carried(
    stage: Stage, context: ContextFacts, made: str, left_out: tuple[str, ...] = ()
) -> tuple[Artifact, ...] | str:
    """The data files where the build stage has them, by the files and folders at the top of the
    context; a sentence where that can't be told. `made` is the program, which comes anyway."""
    first = next(data_files(context, left_out), None)
    if first is None:
        return ()
    told = f"the program may read {first} and the like when it runs"
    whole = [
        copy
        for copy in stage.instructions
        if isinstance(copy, Copy) and not copy.flag("from") and _takes_all(copy)
    ]
    folder = destination(whole[0], stage) if len(whole) == 1 else None
    if folder is None or folder.startswith("?"):
        return f"{told}, and it is not known where they are"
    if context.truncated:
        return f"{told}, and the build context is too large to be listed"
    tops = tuple(dict.fromkeys(path.partition("/")[0] for path in data_files(context, left_out)))
    if len(tops) > _MOST:
        return f"{told}: there are {len(tops)} files and folders of them at the top alone"
    paths = [f"{folder.rstrip('/')}/{top}" for top in tops]
    if any(is_at_or_above(path, made) or is_at_or_above(made, path) for path in paths):
        return f"{told}, and the program is built among them"
    return tuple(Artifact(path) for path in paths)


def _takes_all(copy: Copy) -> bool:
    return [source.text for source in copy.sources] in (["."], ["./"])
