"""Names of tar entries as paths below the root of an image, interned by directory."""

from __future__ import annotations

from reimage.image.errors import Damaged


class Names:
    """One for all layers of an image: equal directories become one string."""

    __slots__ = ("_directories", "_longest", "_shared")

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._directories: dict[bytes, str] = {}
        self._shared: dict[str, str] = {"": ""}

    def split(self, raw: bytes) -> tuple[str, str]:
        """Directory and name; both empty for the root.

        A leading slash means the root of the image, as it does to container engines. Damaged for a
        name that leads out of the image or that no file can have.
        """
        if raw.endswith(b"/"):
            raw = raw.rstrip(b"/")
        head, _, tail = raw.rpartition(b"/")
        if tail in _SPECIAL or len(raw) > self._longest or b"\0" in tail:
            return self._split_slowly(raw)
        directory = self._directories.get(head)
        if directory is None:
            directory = self._directories[head] = self.share("/".join(self._clean(head)))
        return directory, tail.decode("utf-8", "surrogateescape")

    def path(self, raw: bytes) -> str:
        """The whole path of what a hard link names."""
        directory, name = self.split(raw)
        return f"{directory}/{name}" if directory else name

    def share(self, directory: str) -> str:
        """The same text, as the string that others have too."""
        return self._shared.setdefault(directory, directory)

    def _split_slowly(self, raw: bytes) -> tuple[str, str]:
        *parents, name = self._clean(raw) or [""]
        return self.share("/".join(parents)), name

    def _clean(self, raw: bytes) -> list[str]:
        """The components of a path, without those that lead nowhere."""
        if len(raw) > self._longest:
            raise Damaged(f"A layer holds a name of {len(raw)} bytes, longer than Linux opens.")
        if b"\0" in raw:
            raise Damaged(f"A layer holds a name with a zero byte: {_shown(raw)}.")
        parts: list[str] = []
        for part in raw.decode("utf-8", "surrogateescape").split("/"):
            if part == "..":
                if not parts:
                    raise Damaged(f"A layer holds {_shown(raw)}, which leads out of the image.")
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return parts


_SPECIAL = (b"", b".", b"..")


def _shown(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= 100 else f"{text[:97]}...")
