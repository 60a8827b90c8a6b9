"""What an operation is called and which packages it is given, as far as the text tells."""

from __future__ import annotations

from reimage.model.runs import RunFacts
from reimage.shell import Word
from reimage.shell.package_managers import PackageOperation
from reimage.text import late

_END_OF_NAME = late(r"[=/:]")
_VARIABLE = late(r"\$\{?(\w+)\}?")


def called(operation: PackageOperation) -> str:
    """Program and verb as written: `apt-get install`."""
    words = (operation.command.words[0], *operation.verb_words)
    return " ".join(word.text for word in words)


def package_name(written: str) -> str:
    """The name of a Debian package without version, release and architecture."""
    return _END_OF_NAME.split(written)[0]


def package_names(run: RunFacts, word: Word) -> list[str | None]:
    """The packages a word of the script stands for; [None] where the text does not tell them."""
    if word.value is not None:
        return [package_name(word.value)]
    text = word.text.strip("\"'")
    if not text.startswith(("$", "`")):
        return [package_name(text.partition("$")[0])]
    variable = _VARIABLE.fullmatch(text)
    value = _value(run, variable[1]) if variable else None
    return [package_name(name) for name in value.split()] if value else [None]


def _value(run: RunFacts, variable: str) -> str | None:
    """What the script, or an ENV before it, assigns; a build argument can be set otherwise."""
    for command in run.commands:
        for assignment in command.assignments:
            if assignment.text.startswith(f"{variable}="):
                return assignment.value and assignment.value.partition("=")[2]
    return run.state.env.get(variable)
