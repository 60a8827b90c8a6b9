"""What lies in a build context without belonging to the application: history, caches, secrets."""

import posixpath
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import is_below
from reimage.text import late

_HISTORY = frozenset((".git", ".hg", ".svn"))
_CACHES = frozenset(
    """
    __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .hypothesis .ipynb_checkpoints
    .nyc_output .sass-cache .parcel-cache htmlcov .DS_Store Thumbs.db .idea .vscode .vs
    """.split()
)
_SECRET = late(
    r"\.env(?:\.(?!.*(?:example|sample|template|dist|default|schema))[\w.-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|\.aws|\.ssh|\.netrc|\.pypirc|\.htpasswd|.+\.pem|.+\.p12|.+\.pfx"
)
_PLAIN = late(r"[^\s*?\[\]\\!#][^*?\[\]\\\r\n]*(?<!\s)")
_INSTALLED = ("/node_modules/", "/site-packages/", "/vendor/")


class Kind(Enum):
    HISTORY = "the history of the repository"
    ENVIRONMENT = "a virtual environment"
    MODULES = "installed packages"
    BUILT = "what cargo built"
    CACHE = "caches"
    SECRET = "secrets"


class Unneeded(NamedTuple):
    """A file or directory of the context, and the line of an ignore file that holds it back."""

    path: str
    kind: Kind
    pattern: str


def unneeded_files(context: ContextFacts) -> tuple[Unneeded, ...]:
    """The topmost of them; empty directories do not count."""
    found = {each.path: each for each in _candidates(context) if _PLAIN.fullmatch(each.path)}
    top: dict[str, Unneeded] = {}
    for path in sorted(found, key=lambda path: (path.count("/"), path)):
        if not any(is_below(path, other) for other in _above(path) if other in top):
            top[path] = found[path]
    return tuple(sorted(top.values(), key=lambda each: (list(Kind).index(each.kind), each.path)))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _candidates(context: ContextFacts) -> Iterator[Unneeded]:
    files = context.files
    for path in context.directories:
        directory, _, name = path.rpartition("/")
        beside = f"{directory}/" if directory else ""
        if name == "node_modules" and f"{beside}package.json" in files:
            yield Unneeded(path, Kind.MODULES, path)
        elif name == "target" and f"{beside}Cargo.toml" in files:
            if f"{path}/CACHEDIR.TAG" in files or f"{path}/.rustc_info.json" in files:
                yield Unneeded(path, Kind.BUILT, path)
        elif f"{path}/pyvenv.cfg" in files:
            yield Unneeded(path, Kind.ENVIRONMENT, path)
        else:
            yield from _by_name(path, name)
    for path in files:
        yield from _by_name(path, path.rpartition("/")[2])


def _by_name(path: str, name: str) -> Iterator[Unneeded]:
    if name in _HISTORY:
        yield Unneeded(path, Kind.HISTORY, path)
    elif name in _CACHES:
        yield Unneeded(path, Kind.CACHE, f"**/{name}")
    elif _SECRET.fullmatch(name) and not any(each in f"/{path}" for each in _INSTALLED):
        yield Unneeded(path, Kind.SECRET, path)


def files_in(paths: Iterable[str], context: ContextFacts) -> list[str]:
    """The files that are one of `paths` or inside of one."""
    wanted = frozenset(paths)
    return [
        path
        for path in context.files
        if path in wanted or any(above in wanted for above in _above(path))
    ]
