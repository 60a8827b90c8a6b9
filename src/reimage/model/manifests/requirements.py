"""requirements.txt as pip reads it, as far as it names files."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reimage.model.manifests.needs import InstallNeeds, inside, needs
from reimage.text import late

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_REMOTE = late(r"(?:[a-z]+\+)?(?:https?|ssh|git)://|git\+[\w.]+@", re.IGNORECASE)
_OPTION = late(r"(--[\w-]+|-\w)[\s=]*(.*)")
_WITH_URL = late(r"[\w.-]+(?:\s*\[[^\]]*\])?\s*@\s*(\S+)")


class Requirements(NamedTuple):
    """One requirements file. All paths are as written, relative to the folder of the file.

    `packages` are the lines that name a distribution; `files` are the requirement and constraint
    files it includes, `archives` wheels and source archives, `sources` the folders it builds.
    """

    packages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_requirements(text: str) -> Requirements:
    """What `text` asks pip for. A line whose files can't be told is `unknown`."""
    found: dict[str, list[str]] = {}
    for line in _logical_lines(text):
        kind, value = _option(line) if line.startswith("-") else _requirement(line)
        found.setdefault(kind, []).append(value)
    return Requirements(
        packages=tuple(found.get("packages", ())),
        files=tuple(found.get("files", ())),
        archives=tuple(found.get("archives", ())),
        sources=tuple(found.get("sources", ())),
        unknown=tuple(found.get("unknown", ())),
    )


_HARMLESS = frozenset(
    """
    -i --index-url --extra-index-url --no-index --no-binary --only-binary --prefer-binary --pre
    --trusted-host --use-feature --require-hashes
    """.split()
)


def _option(line: str) -> tuple[str, str]:
    """The field of Requirements that an option belongs to ("" for none), and what goes there."""
    option = _OPTION.fullmatch(line)
    name, value = (option[1], option[2].strip()) if option else (line, "")
    if name in _HARMLESS or _REMOTE.match(value):
        return "", ""
    if name in ("-r", "--requirement", "-c", "--constraint"):
        return "files", value
    return ("sources", value) if name in ("-e", "--editable") else ("unknown", line)


def _requirement(line: str) -> tuple[str, str]:
    named = _WITH_URL.match(line)
    target = named[1] if named else re.split(r"\s", line, maxsplit=1)[0]
    if _REMOTE.match(target):
        return "packages", line
    target = target.partition("#")[0]
    path = re.sub(r"^file:(//(localhost)?)?", "", target)
    if path.endswith(_ARCHIVES):
        return "archives", path
    if path != target or path.startswith((".", "/", "~")) or "/" in path:
        return "sources", path.partition("[")[0]
    return "packages", line


def requirements_needs(texts: Mapping[str, str], path: str) -> InstallNeeds:
    """What `pip install -r` of the file at `path` reads, with the files that it includes."""
    files: list[str] = []
    problem: str | None = None
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        if current in files:
            continue
        files.append(current)
        if current not in texts:
            problem = problem or f"{current} is not known"
            continue
        found = read_requirements(texts[current])
        included, archives, own_problem = _resolved(found, current)
        waiting += included
        files += archives
        problem = problem or own_problem
    return needs(files, problem)


def _resolved(found: Requirements, path: str) -> tuple[list[str], list[str], str | None]:
    directory = path.rpartition("/")[0]
    included = [inside(directory, name) for name in found.files]
    # pip takes archives as seen from where it runs, which only the Dockerfile knows.
    archives = [inside("", name) for name in found.archives]
    problem = None
    if found.sources:
        problem = f"{path} installs the folder '{found.sources[0]}'"
    elif found.unknown:
        problem = f"{path} says '{found.unknown[0]}', which may name files"
    elif None in included or None in archives or any("$" in name for name in found.files):
        problem = f"{path} names a file outside of the context"
    elif archives and directory:
        problem = f"{path} names archives, and is not in the folder that the install runs in"
    return [name for name in included if name], [name for name in archives if name], problem


def _logical_lines(text: str) -> Iterator[str]:
    """Lines without comments, those that end in a backslash joined with the next."""
    joined = re.sub(r"\\\r?\n", "", text.removeprefix("\ufeff"))
    for line in re.split(r"\r?\n|\r", joined):
        line = re.sub(r"(^|\s+)#.*$", "", line).strip()
        if line:
            yield line
