"""What a process of somebody else's build printed, made fit for a terminal.

Of all that a terminal obeys only colours get through: nothing moves the cursor, changes the title
or writes into the clipboard.
"""

import re

from reimage.report.visible import visible

#: Nobody reads further, and a line of a megabyte would freeze the display.
_LONGEST = 4096
# CSI sequences; OSC, DCS, SOS, PM and APC strings to their end; other escapes of two characters.
_SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*[0-~]"
)
_ONE = r"(?:0?[0-4]|2[2-4]|[349][0-7]|10[0-7]|[34]9|[34]8;5;\d{1,3}|[34]8;2(?:;\d{1,3}){3})?"
_COLOURS = re.compile(rf"{_ONE}(?:;{_ONE})*")
_RESET = "\x1b[0m"


def log_line(text: str, *, colours: bool = False) -> str:
    """One line as it would look in the end: what a carriage return overwrites is left out."""
    shown = text.rstrip("\r")[: 4 * _LONGEST].rsplit("\r", 1)[-1][:_LONGEST].expandtabs()
    parts: list[str] = []
    reached = 0
    coloured = False
    for match in _SEQUENCE.finditer(shown):
        parts.append(visible(shown[reached : match.start()]))
        reached = match.end()
        if colours and match[2] == "m" and _COLOURS.fullmatch(match[1]):
            parts.append(match[0])
            coloured = True
    parts.append(visible(shown[reached:]))
    return "".join(parts) + (_RESET if coloured else "")


class Lines:
    """Joins the pieces of one stream into lines."""

    _LIMIT = 64 * 1024

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> list[str]:
        """The lines that are whole now."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-self._LIMIT :]
        return [line.decode("utf-8", "replace") for line in whole]

    @property
    def partial(self) -> str:
        """What has come of the line that is not ended yet."""
        return self._rest.decode("utf-8", "replace")

    def end(self) -> list[str]:
        """The line that was never ended, if there is one."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []
