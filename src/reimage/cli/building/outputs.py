"""-o, --load and --push: where the result is to go."""

import sys
from collections.abc import Iterable
from pathlib import Path

from reimage.cli.building.fields import boolean, number, only, pairs, row
from reimage.cli.errors import BadUsage
from reimage.pipeline.exports import CACHE_ONLY, STDOUT, Export

_KINDS = ("local", "tar", "oci", "docker", "image", "registry", CACHE_ONLY)
_COMPRESSIONS = ("uncompressed", "gzip", "zstd")


def exports(words: Iterable[str], *, load: bool, push: bool) -> tuple[Export, ...]:
    """All that was asked for, in order."""
    found = [_export(word) for word in words]
    if push:
        images = [export for export in found if export.kind == "image"]
        if not images:
            found.append(Export("image", push=True))
        found = [e._replace(push=True) if e.kind == "image" else e for e in found]
    if load and not any(export.kind == "docker" and not export.dest for export in found):
        found.append(Export("docker"))
    if sum(export.dest == STDOUT for export in found) > 1:
        raise BadUsage("Only one --output can go to the standard output.")
    return tuple(found)


def _export(word: str) -> Export:
    fields = row("--output", word)
    if len(fields) == 1 and "=" not in fields[0]:
        place = fields[0]
        return _checked(word, Export("tar" if place == STDOUT else "local", dest=place))
    given = pairs("--output", word)
    kind = given.pop("type", "")
    if kind not in _KINDS:
        known = f"{', '.join(_KINDS[:-1])} or {_KINDS[-1]}"
        raise BadUsage(
            f"--output {word}: type= is missing."
            if not kind
            else f"--output {word}: the type is {known}, not '{kind}'."
        )
    if kind == "registry":
        kind = "image"
        given.setdefault("push", "true")
    return _checked(word, _with_options(word, kind, given))


def _with_options(word: str, kind: str, given: dict[str, str]) -> Export:
    flag = f"--output {word}:"
    if kind == CACHE_ONLY:
        only("--output", word, given, "type")
        return Export(kind)
    dest = given.pop("dest", "")
    if kind in ("local", "tar"):
        only("--output", word, given, "type", "dest")
        return Export(kind, dest=dest)
    if kind == "image" and dest:
        raise BadUsage(f"{flag} an image has a name=, not a dest=.")
    if not boolean(f"{flag} tar=", given.pop("tar", "true")):
        if kind != "oci" or dest in ("", STDOUT):
            raise BadUsage(f"{flag} tar=false is for type=oci with a directory in dest=.")
        kind = "layout"
    push = boolean(f"{flag} push=", given.pop("push", "false"))
    if push and kind != "image":
        raise BadUsage(f"{flag} only type=image or type=registry can be pushed.")
    level = given.pop("compression-level", None)
    compression = given.pop("compression", "")
    if compression not in ("", *_COMPRESSIONS):
        raise BadUsage(
            f"{flag} compression is {', '.join(_COMPRESSIONS)} here, not '{compression}'."
        )
    return Export(
        kind,
        dest=dest,
        names=tuple(filter(None, given.pop("name", "").split(","))),
        push=push,
        compression=compression,
        compression_level=None if level is None else number(f"{flag} compression-level=", level),
        force_compression=boolean(
            f"{flag} force-compression=", given.pop("force-compression", "false")
        ),
        rewrite_timestamp=boolean(
            f"{flag} rewrite-timestamp=", given.pop("rewrite-timestamp", "false")
        ),
        options=given,
    )


def _checked(word: str, export: Export) -> Export:
    flag = f"--output {word}"
    if export.kind in ("local", "layout"):
        if not export.dest or export.dest == STDOUT:
            raise BadUsage(f"{flag}: dest= has to name a directory.")
        if Path(export.dest).exists() and not Path(export.dest).is_dir():
            raise BadUsage(f"{flag}: {export.dest} is not a directory.")
        return export
    if export.kind in ("image", CACHE_ONLY) or (export.kind == "docker" and not export.dest):
        return export
    if export.dest in ("", STDOUT):
        if sys.stdout.isatty():
            raise BadUsage(f"{flag}: an archive does not go to a terminal; name a file in dest=.")
        return export._replace(dest=STDOUT)
    path = Path(export.dest)
    if path.is_dir():
        raise BadUsage(f"{flag}: {path} is a directory.")
    if not path.parent.is_dir():
        raise BadUsage(f"{flag}: there is no directory {path.parent}.")
    return export
