"""Which files a COPY puts where, as far as it can be told."""

import posixpath
from collections.abc import Collection
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Instruction, Run, Volume, Workdir
from reimage.model.context import ContextFacts
from reimage.model.copies.file_names import is_ordinary_file_name
from reimage.model.stages import Stage
from reimage.model.state import State
from reimage.text import late

_WILDCARD = late(r"[*?\[\\]")
_PROGRAM_FOLDERS = frozenset(
    ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
)


class CopiedFiles(NamedTuple):
    """The files that a COPY writes, by their places in the image.

    `places` are where they are for certain, `maybe` the place that is either the file or a
    directory which was there before. With a `doubt` nothing is known but `destination`, the place
    at or below which everything goes (None when not even that can be told). `size` in bytes is
    None where the build context does not tell it.
    """

    destination: str | None
    places: frozenset[str] = frozenset()
    maybe: str | None = None
    size: int | None = None
    doubt: str | None = None


def place(path: str, stage: Stage, instruction: Instruction) -> str:
    """`path` made absolute as it is where `instruction` stands.

    Places relative to a directory that the file does not tell begin with `?` and are equal only
    while no WORKDIR stands between them.
    """
    if path.startswith("/"):
        return "/" + posixpath.normpath(path).lstrip("/")
    state = stage.before(instruction)
    if state.workdir and not state.workdir_overridable:
        return posixpath.normpath(posixpath.join(state.workdir, path))
    earlier = stage.instructions[: stage.position(instruction)]
    number = sum(isinstance(each, Workdir) for each in earlier)
    return posixpath.normpath(f"?{number}/{path}")


def destination(copy: Copy | Add, stage: Stage) -> str | None:
    """Where a COPY or ADD writes, None when a variable decides."""
    if copy.destination is None:
        return None
    path = stage.before(copy).settled(copy.destination.text, copy.escape)
    return place(path, stage, copy) if path else None


def copied_files(copy: Copy, stage: Stage, context: ContextFacts | None) -> CopiedFiles:
    """What `copy` writes; `context` is None when it is not known what the build context holds."""
    state = stage.before(copy)
    target = destination(copy, stage)
    if target is None or copy.destination is None:
        return CopiedFiles(None, doubt="a variable decides where the file goes")
    known = context if context and not context.truncated and not copy.from_ else None
    sources = [_settled_or_written(word.text, copy, state) for word in copy.sources]
    for source in sources:
        if reason := _not_a_file(source, known):
            return CopiedFiles(target, doubt=reason)
    names = [posixpath.basename(source) for source in sources]
    names += [heredoc.name for heredoc in copy.heredocs]
    sizes = [known.files.get(_in_context(source)) if known else None for source in sources]
    counted = not copy.heredocs and None not in sizes
    size = sum(each or 0 for each in sizes) if counted else None
    written = state.expand(copy.destination.text, copy.escape).text
    inside = frozenset(posixpath.join(target, name) for name in names)
    is_folder = (
        len(names) > 1 or written.endswith("/") or posixpath.basename(written) in (".", "..")
    )
    if not is_folder:
        if is_ordinary_file_name(target) or posixpath.dirname(target) in _PROGRAM_FOLDERS:
            return CopiedFiles(target, frozenset((target,)), size=size)
        return CopiedFiles(target, inside, maybe=target, size=size)
    if any("$" in name for name in names):
        return CopiedFiles(target, doubt="a variable decides what the file is called")
    return CopiedFiles(target, inside, size=size)


def _settled_or_written(text: str, copy: Copy, state: State) -> str:
    settled = state.settled(text, copy.escape)
    return text if settled is None else settled


def _in_context(source: str) -> str:
    return posixpath.normpath(source.lstrip("/") or ".")


def _not_a_file(source: str, context: ContextFacts | None) -> str | None:
    if _WILDCARD.search(source):
        return f"{source} may match more than one file"
    path = _in_context(source)
    is_folder = source.endswith("/") or posixpath.basename(source) in (".", "..")
    if is_folder or (context and path in context.directories):
        return f"{source} is a directory, and COPY would change all that is in it"
    if (context and path in context.files) or is_ordinary_file_name(source):
        return None
    return f"{source} may be a directory, and COPY would change all that is in it"


class Bringer(NamedTuple):
    """The COPY that brought a file. `disturbed`: it may have been used or changed since."""

    copy: Copy
    files: CopiedFiles
    disturbed: bool


def brought_by(
    path: str,
    stage: Stage,
    run: Run,
    context: ContextFacts | None,
    *,
    recursive: bool = False,
    beside: Collection[str] = (),
) -> Bringer | None:
    """The last COPY before `run` that may have brought what is at the place `path`.

    With `recursive` also one that brought something inside of the directory `path`. Writes to the
    places `beside` count as disturbing, too.
    """
    disturbed = False
    for instruction in reversed(stage.instructions[: stage.position(run)]):
        if isinstance(instruction, Run | Volume):
            disturbed = True
        elif isinstance(instruction, Copy | Add):
            target = destination(instruction, stage)
            if isinstance(instruction, Copy) and target and _related(target, path):
                files = copied_files(instruction, stage, context)
                around = target == path or (target != "/" and _is_in(path, target))
                below = recursive and (target == path or _is_in(target, path))
                if path in files.places or path == files.maybe or (files.doubt and around) or below:
                    return Bringer(instruction, files, disturbed)
            places = (path, *beside)
            disturbed = disturbed or any(not target or _related(target, each) for each in places)
    return None


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _related(one: str, other: str) -> bool:
    """Whether one place is, or may be, the other one or inside of it."""
    if one.startswith("?") != other.startswith("?"):
        return True
    return one == other or _is_in(one, other) or _is_in(other, one)
