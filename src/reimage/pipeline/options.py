"""What a run is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.model import ImageFacts
from reimage.pipeline.registries import RegistryOptions
from reimage.rewriting import Claim

if TYPE_CHECKING:
    from reimage.pipeline.proving.proving import Proving


class Options(NamedTuple):
    """How to optimize. Names are titles or function names of transformations.

    `allow` is the weakest claim to apply, `usual` the one where neither options nor configuration
    name any: `same-behaviour` for a suggestion and `same-files` for writing when None. `select`
    leaves only these transformations, `ignore` takes some out, `prefer` runs an alternative in
    place of its default. `hunks` are the 1-based numbers of the hunks to keep. `context` is the
    build context, by default the folder of each file; `no_context` says that it is not known.
    `config` is used instead of the file found upwards. With `pin` registries are asked for digests,
    with `bases` for the facts of base images, as `registry` says; `images` is what is known about
    images already. With `proving` images are built, and only what was proven on them is suggested
    or written.
    """

    write: bool = False
    allow: Claim | None = None
    usual: Claim | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    hunks: tuple[int, ...] | None = None
    context: Path | None = None
    no_context: bool = False
    config: Path | None = None
    pin: bool = False
    bases: bool = False
    registry: RegistryOptions = RegistryOptions()
    images: ImageFacts | None = None
    proving: Proving | None = None
