"""Regular expressions that cost nothing until they are used."""

import re
from typing import Any, cast


class _Late:
    """Compiles on the first use of any method, which from then on is the pattern's own."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(self._pattern, self._flags), name)
        setattr(self, name, method)
        return method


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern like that of `re.compile`, compiled when it is first used.

    Most files need few of the patterns that the transformations know, and compiling them all takes
    longer than rewriting a file.
    """
    return cast("re.Pattern[str]", _Late(pattern, flags))
