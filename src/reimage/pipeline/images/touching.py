"""What one edit of a source file costs: a build of the same context with that file changed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.pipeline.errors import UsageError

if TYPE_CHECKING:
    from reimage.image.anatomy import Image


@contextmanager
def touched_copy(context: Path, name: str) -> Iterator[Path]:
    """A copy of the context with a line feed more in one file.

    The user's own file stays as it is. UsageError where there is no such file in the context.
    """
    file = context / name
    # A link on the way, also one of a folder, could lead back from the copy to the user's file.
    is_inside = not Path(name).is_absolute() and file.resolve() == context.resolve() / name
    if not is_inside or not file.is_file():
        raise UsageError(f"--touch {name}: there is no such file in the build context {context}.")
    with tempfile.TemporaryDirectory(prefix="reimage-") as folder:
        copy = Path(folder) / "context"
        try:
            shutil.copytree(context, copy, symlinks=True, copy_function=_copy)
            with (copy / name).open("ab") as opened:
                opened.write(b"\n")
        except (OSError, shutil.Error) as error:
            raise UsageError(
                f"--touch: the build context can't be copied to {folder}: {_reason(error)}."
            ) from error
        yield copy


def _reason(error: OSError) -> str:
    """One sentence; `shutil` gathers a triple for each file that failed."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        first, *others = error.args[0]
        return f"{first[2]}" + (f", and {len(others)} files more" if others else "")
    return error.strerror or str(error)


def _copy(source: str, target: str) -> None:
    # Not hard links: a temporary folder that goes may change modes, and those would be the user's.
    with suppress(shutil.SpecialFileError):  # a build has no use for pipes and devices
        shutil.copy2(source, target, follow_symlinks=False)


def new_bytes(before: Image, after: Image) -> int | None:
    """The layers that only `after` has, compressed: what is pushed and pulled again."""
    known = {layer.digest for layer in before.layers}
    sizes = [layer.compressed_size for layer in after.layers if layer.digest not in known]
    return None if None in sizes else sum(size for size in sizes if size is not None)
