"""What the build context holds, as plain data that the context room fills."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reimage.model.built_image import BuiltImage
    from reimage.model.compiled_facts import CompiledSources
    from reimage.model.node_facts import NodeSources
    from reimage.model.python_facts import PythonSources
    from reimage.model.uses import Uses

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_MODES: Mapping[str, int] = MappingProxyType({})


class NeedsContext(NamedTuple):
    """What is asked can't be told without the build context, and there is none."""


class ContextFacts(NamedTuple):
    """The files that a build would be sent, after the ignore file.

    Paths are relative to the context, with forward slashes and no leading `./`.

    `files` are the regular files and links that are sent, with sizes in bytes; `directories` every
    directory above one of them and every empty one. `present` are files and directories of the
    context folder that the ignore file holds back. `texts` holds the content of the small files
    that decide about installs (dependency manifests, lock files, package manager settings, ignore
    files), and shell scripts that may be entry points. `ignore_path` is the ignore file in force
    (`.dockerignore` or `<Dockerfile>.dockerignore`), or the one that would be created. `truncated`
    says that the folder was too large to list whole. `python` are the Python sources, `compiled`
    those of Go, Rust, C and C++, and `node` those of Node.js, read when asked for. `modes` are the
    permissions of `files` and `directories`, looked up when asked for. `uses` is how files around
    the Dockerfile build it, read when asked for. `built` is what the image of the Dockerfile as it
    was written showed, where it was built.
    """

    files: Mapping[str, int]
    directories: frozenset[str]
    present: frozenset[str] = frozenset()
    texts: Mapping[str, str] = _NOTHING
    ignore_path: str = ".dockerignore"
    truncated: bool = False
    python: PythonSources | None = None
    modes: Mapping[str, int] = _NO_MODES
    compiled: CompiledSources | None = None
    node: NodeSources | None = None
    uses: Uses | None = None
    built: BuiltImage | None = None
