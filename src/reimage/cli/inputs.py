"""The files a command line means, and a report for each of them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reimage.cli.errors import BadUsage
from reimage.pipeline.results import FileReport

if TYPE_CHECKING:
    from reimage.pipeline.options import Options

STDIN = "-"
DEFAULTS = ("Dockerfile", "Containerfile")
_TOO_MUCH = "larger than any Dockerfile, so it is not read to its end"


def run(
    arguments: Sequence[str],
    options: "Options",
    stdin_name: str,
    tell: Callable[[str], object] = lambda note: None,
) -> Iterator[FileReport]:
    """Optimize what `arguments` name: arguments that name nothing, standard input, then files.

    What can't be found is a report like the others and stops none of them. `tell` is called with
    what is not about a file.
    """
    from reimage.files import DOCKERFILE_LIMIT, find_dockerfiles
    from reimage.pipeline.optimize import optimize_files, optimize_text

    found = find_dockerfiles([each for each in arguments or _default() if each != STDIN])
    stdin = STDIN in arguments
    if options.write and stdin:
        raise BadUsage("--write needs a file to write, and standard input is none.")
    if options.hunks is not None and len(found.files) + stdin > 1:
        raise BadUsage("--hunks numbers the hunks of one file, so it takes just one.")
    for error in found.errors:
        yield FileReport(error.path, error=str(error))
    if stdin:
        source = sys.stdin.buffer.read(DOCKERFILE_LIMIT + 1)
        if len(source) > DOCKERFILE_LIMIT:
            yield FileReport(stdin_name, error=f"Standard input is {_TOO_MUCH}.")
        else:
            yield optimize_text(source, name=stdin_name, options=options)[0]
    paths = [Path(each) for each in found.files]
    yield from optimize_files(paths, options, tell)


def _default() -> Sequence[str]:
    found = [name for name in DEFAULTS if Path(name).is_file()]
    if not found:
        raise BadUsage("There is no Dockerfile or Containerfile here: name the files to look at.")
    return found[:1]
