"""What a user did that can't be done, as one sentence; and its translation from other rooms."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


class BadUsage(typer.TyperException):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = 2


@contextmanager
def told_as_usage() -> Iterator[None]:
    """What the rooms below call bad usage or bad input becomes `BadUsage`."""
    from reimage.files import FilesError
    from reimage.pipeline import UsageError

    try:
        yield
    except (FilesError, UsageError) as error:
        raise BadUsage(str(error)) from error
