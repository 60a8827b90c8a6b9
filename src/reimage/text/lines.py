"""Lines as BuildKit counts them: ended by a line feed and by nothing else.

`str.splitlines` also splits at form feeds, U+2028 and lone carriage returns, which are ordinary
characters of a Dockerfile line.
"""

from bisect import bisect_right


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their endings; joining them gives `text`."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    if last:
        lines.append(last)
    return lines


class LineIndex:
    """Where lines begin, for turning offsets into 1-based lines and columns."""

    def __init__(self, text: str) -> None:
        starts = [0]
        find = text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        self._starts = starts

    def line(self, offset: int) -> int:
        """The 1-based line that holds `offset`."""
        return bisect_right(self._starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of `offset`."""
        line = self.line(offset)
        return line, offset - self._starts[line - 1] + 1

    def start(self, line: int) -> int:
        """The offset at which the 1-based `line` begins."""
        return self._starts[line - 1]
