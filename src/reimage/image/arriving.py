"""An image that is pushed piece by piece, as `buildkit_client` hands over an export."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue
from types import TracebackType
from typing import TYPE_CHECKING, Self

from reimage.image.opening import read_stream

if TYPE_CHECKING:
    from reimage.image.anatomy import Image
    from reimage.image.layers import Reading
    from reimage.image.platforms import Platform

_PIECES = 64
"""As many wait to be read before whoever writes has to."""


class ArrivingImage:
    """Give `write` to who sends a tar file, then ask for `image()`. Use it in a `with`.

    with ArrivingImage() as arriving:
        builder.build(BuildRequest(..., outputs=(OciArchive(target=arriving.write),)))
        image = arriving.image()
    """

    def __init__(
        self,
        *,
        name: str = "",
        platform: Platform | None = None,
        reading: Reading | None = None,
    ) -> None:
        self._pieces: Queue[bytes | None] = Queue(_PIECES)
        self._image: Image | None = None
        self._failure: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(
            target=self._read, args=(name, platform, reading), name="image", daemon=True
        )
        self._thread.start()

    def write(self, data: bytes) -> None:
        """The next piece of the tar file. Never fails: `image` tells what went wrong."""
        if data:
            self._pieces.put(data)

    def image(self) -> Image:
        """The image, once all has been written. Raises an ImageError."""
        self._end()
        if self._failure:
            raise self._failure
        assert self._image
        return self._image

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._pieces.put(None)
            self._thread.join()

    def _read(self, name: str, platform: Platform | None, reading: Reading | None) -> None:
        try:
            pieces = self._arriving()
            self._image = read_stream(pieces, name=name, platform=platform, reading=reading)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._failure = error
        for _ in pieces:  # who writes must not wait for ever
            pass

    def _arriving(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            yield piece

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
