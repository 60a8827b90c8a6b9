"""Where the result of a build goes on the builder that was found."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from reimage.pipeline.errors import UsageError

if TYPE_CHECKING:
    from buildkit_client.abilities import Abilities
    from buildkit_client.outputs import Compression, Output

STDOUT = "-"
CACHE_ONLY = "cacheonly"
_INTO_ENGINE = "moby"
NOWHERE = (
    "this builder has no place for images, so the result only stays in its cache: --load puts it "
    "into Docker, --push into a registry, --output into a file"
)

_NO_PUSH = (
    "A Docker Engine without the containerd image store cannot push what it builds: build with "
    "--tag, then use docker push."
)


class Export(NamedTuple):
    """An output as somebody asked for it: `local`, `tar`, `oci`, `layout`, `docker` or `image`, or
    `cacheonly` for none.

    `docker` without `dest` is an image in Docker; `dest` is a path, or `-` for standard output.
    """

    kind: str
    dest: str = ""
    names: tuple[str, ...] = ()
    push: bool = False
    compression: str = ""
    compression_level: int | None = None
    force_compression: bool = False
    rewrite_timestamp: bool = False
    options: Mapping[str, str] = {}

    @property
    def is_special(self) -> bool:
        """Whether it asks for what the plain way into an engine can't do."""
        return bool(self.compression or self.rewrite_timestamp or self.options)


@dataclass(slots=True)
class Exports:
    """Outputs for a builder; close it when the build is over.

    `warning` is a sentence about what will not be there.
    """

    outputs: tuple[Output, ...]
    warning: str = ""
    load: DockerLoad | None = None
    files: tuple[Path, ...] = ()


def exports(
    wanted: Iterable[Export],
    names: tuple[str, ...],
    annotations: Mapping[str, str],
    abilities: Abilities,
    write: Callable[[bytes], object],
) -> Exports:
    """The outputs of a request. `write` is given what goes to standard output."""
    from buildkit_client.outputs import IntoEngine

    is_engine = _INTO_ENGINE in abilities.exporters
    wanted = tuple(wanted)
    wishes = [
        wish._replace(
            names=names or wish.names,
            options={**wish.options, **annotations} if _has_manifest(wish) else wish.options,
        )
        for wish in wanted or ([Export("docker")] if is_engine else [])
        if wish.kind != CACHE_ONLY
    ]
    if not wishes:
        return Exports((), "" if wanted else NOWHERE)
    found = Exports(())
    for wish in wishes:
        if wish.push and not wish.names:
            raise UsageError("An image that is pushed needs a name: --tag gives it one.")
        if wish.push and "image" not in abilities.exporters:
            raise UsageError(_NO_PUSH)
        if wish.kind == "docker" and not wish.dest and not is_engine:
            found.load = DockerLoad()
        plain = wish.kind in ("image", "docker") and not wish.dest and not wish.push
        if is_engine and plain and not wish.is_special:
            output: Output = IntoEngine(names=wish.names)
        else:
            output = _output(wish, is_engine, found.load, write)
        found.outputs += (output,)
    found.files = tuple(Path(wish.dest) for wish in wishes if wish.dest not in ("", STDOUT))
    return found


def _has_manifest(wish: Export) -> bool:
    return wish.kind in ("image", "docker", "oci", "layout")


def _output(
    wish: Export,
    is_engine: bool,
    load: DockerLoad | None,
    write: Callable[[bytes], object],
) -> Output:
    from buildkit_client.outputs import (
        DockerArchive,
        Image,
        LocalDirectory,
        OciArchive,
        OciDirectory,
        Tar,
    )

    target: Path | Callable[[bytes], object] = write if wish.dest == STDOUT else Path(wish.dest)
    compression, stamps = _compression(wish), wish.rewrite_timestamp
    match wish.kind:
        case "local":
            return LocalDirectory(Path(wish.dest))
        case "tar":
            return Tar(target)
        case "oci":
            return OciArchive(
                target=target,
                names=wish.names,
                compression=compression,
                rewrite_timestamp=stamps,
                options=wish.options,
            )
        case "layout":
            return OciDirectory(
                path=Path(wish.dest),
                names=wish.names,
                compression=compression,
                rewrite_timestamp=stamps,
                options=wish.options,
            )
        case "docker" if wish.dest or not is_engine:
            return DockerArchive(
                target=target if wish.dest else load.write if load else write,
                names=wish.names,
                compression=compression,
                rewrite_timestamp=stamps,
                options=wish.options,
            )
    options = dict(wish.options)
    if is_engine:
        options.setdefault("unpack", "true")
    return Image(
        names=wish.names,
        push=wish.push,
        compression=compression,
        rewrite_timestamp=stamps,
        options=options,
    )


def _compression(wish: Export) -> Compression | None:
    from buildkit_client.outputs import Compression

    if not wish.compression:
        return None
    kinds: dict[str, Literal["uncompressed", "gzip", "zstd"]] = {
        "uncompressed": "uncompressed",
        "gzip": "gzip",
        "zstd": "zstd",
    }
    return Compression(
        kinds[wish.compression], level=wish.compression_level, force=wish.force_compression
    )


@dataclass(slots=True)
class DockerLoad:
    """`docker load`, fed while the archive comes. It is started with the first piece."""

    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def write(self, piece: bytes) -> None:
        """A piece of the archive."""
        from buildkit_client.errors import ExportFailed

        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    ["docker", "load", "--quiet"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            except OSError as error:
                raise ExportFailed(
                    f"--load needs the docker command to put the image into Docker: "
                    f"{error.strerror}"
                ) from error
        assert self._process.stdin
        try:
            self._process.stdin.write(piece)
        except BrokenPipeError as error:
            raise ExportFailed(self._said()) from error

    def finish(self) -> None:
        """Wait until Docker has it. Raises `ExportFailed` if it has not."""
        from buildkit_client.errors import ExportFailed

        if self._process is not None:
            assert self._process.stdin
            self._process.stdin.close()
            if self._process.wait():
                raise ExportFailed(self._said())

    def _said(self) -> str:
        assert self._process and self._process.stderr
        text = self._process.stderr.read(4096).decode("utf-8", "replace").strip()
        return f"docker load: {text or 'it failed'}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            for stream in (self._process.stdin, self._process.stderr):
                # What is still buffered has nobody to go to.
                with suppress(BrokenPipeError):
                    if stream:
                        stream.close()
