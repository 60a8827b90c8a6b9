"""The chmod or chown that a RUN begins with, and the places in the image that it reaches."""

from typing import TYPE_CHECKING, NamedTuple

from reimage.model.copies.copied_files import place
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.model.state import State
from reimage.text import late

if TYPE_CHECKING:
    from reimage.shell import Command, Word

_AT_THE_START = late(r"\s*ch(?:mod|own)\s")
_OPTION = late(r"-[Rcfv]+|--(?:recursive|changes|silent|quiet|verbose)")
_PLAIN_REFERENCES = late(r"[\w./:${}-]+")
_MODE = late(r"0?[0-7]{3}")
_OWNER = late(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?")
_NAME = late(r"[^0-9:]")


class OwnershipChange(NamedTuple):
    """A chmod or chown that nothing runs before.

    `value` is the mode or owner as written (without quotes), `settled` what it stands for, None
    where only a running shell knows. `places` are what it reaches, None for a pattern or a
    reference.
    """

    command: "Command"
    value: str
    settled: str | None
    places: tuple[str | None, ...]

    @property
    def name(self) -> str:
        """ "chmod" or "chown"."""
        return str(self.command.name)

    @property
    def recursive(self) -> bool:
        return self.command.has_option("-R", "--recursive")

    @property
    def names_accounts(self) -> bool:
        """Whether the owner is given by name, so that the image's /etc/passwd decides."""
        return self.name == "chown" and _NAME.search(self.settled or "?") is not None

    @property
    def flag_value(self) -> str:
        """What `COPY --chmod` or `COPY --chown` has to be given to do the same."""
        # chown leaves a file's group, root; COPY would take the one with the user's number.
        ungrouped = self.name == "chown" and ":" not in (self.settled or "")
        return f"{self.value}:0" if ungrouped else self.value

    @property
    def doubt(self) -> str | None:
        """Why COPY has no flag that does the same, None when it has."""
        if self.settled is None:
            return f"it is not certain what {self.value} stands for"
        if (_OWNER if self.name == "chown" else _MODE).fullmatch(self.settled):
            return None
        if self.name == "chown":
            return f"COPY has no way to say {self.value}"
        if self.settled.isdecimal():
            return f"mode {self.settled} sets more than permissions"
        return f"mode {self.value} starts from the mode the file has; an octal one would not"


def leading_ownership_change(run: RunFacts, stage: Stage) -> OwnershipChange | None:
    """The chmod or chown that the script begins with; None when it is not understood."""
    if run.run.script is None or not _AT_THE_START.match(run.run.script.text) or not run.commands:
        return None
    assert run.script is not None
    first, command = run.script.statements[0], run.commands[0]
    if command.span != first.span or first.background or command.redirections:
        return None
    operands = command.operands
    if len(operands) < 2 or not all(_OPTION.fullmatch(each.text) for each in command.options):
        return None
    settled = _settled(operands[0], run.state)
    value = operands[0].text
    # Not every frontend expands variables in --chmod, but each does in --chown.
    if settled is not None and (command.name == "chmod" or "$" not in value):
        value = settled
    paths = (_settled(word, run.state) for word in operands[1:])
    places = tuple(path and place(path, stage, run.run) for path in paths)
    return OwnershipChange(command, value, settled, places)


def _settled(word: "Word", state: State) -> str | None:
    """What the shell makes of a word, None when that is not certain."""
    if word.has_glob or "{" in (word.value or "") or word.text.startswith("~"):
        return None
    if word.value is not None:
        return word.value
    text = word.text
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return state.settled(text, "\\") if _PLAIN_REFERENCES.fullmatch(text) else None
