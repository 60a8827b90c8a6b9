"""What we need to know of a crash, in a file that a user can send."""

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path


def write_crash_log(error: Exception, words: list[str]) -> Path | None:
    """Write versions, arguments and traceback to a new file; nothing when no file can be made."""
    told = [
        *_versions(),
        f"arguments: {_without_values(words)!r}",
        "",
        *traceback.format_exception(error),
    ]
    try:
        handle, name = tempfile.mkstemp(prefix="reimage-", suffix=".log", text=True)
    except OSError:
        return None
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.write("\n".join(told))
    return Path(name)


def _without_values(words: list[str]) -> list[str]:
    """Build arguments may be passwords."""
    told: list[str] = []
    for word in words:
        hidden = told and told[-1] == "--build-arg"
        name, equals, _ = word.removeprefix("--build-arg=").partition("=")
        if equals and (hidden or word.startswith("--build-arg=")):
            word = f"{'' if hidden else '--build-arg='}{name}=…"
        told.append(word)
    return told


def _versions() -> list[str]:
    from importlib.metadata import PackageNotFoundError, version

    from reimage import __version__

    lines = [
        f"reimage {__version__}",
        f"python {sys.version}",
        f"platform {platform.platform()}",
    ]
    for name in (
        "typer",
        "rich",
        "grpcio",
        "protobuf",
        "tree-sitter",
        "tree-sitter-bash",
        "libcst",
        "unidiff",
    ):
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lines.append(f"{name} missing")
    return lines
