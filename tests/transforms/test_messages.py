"""What the transformations say of the build context."""

from __future__ import annotations

from reimage.dockerfile import parse
from reimage.model import ContextFacts
from reimage.rewriting import Claim, rewrite
from reimage.transforms import load

TRANSFORMATIONS = {each.name: each for each in load()}


def messages(name: str, dockerfile: str, texts: dict[str, str], *others: str) -> list[str]:
    """The messages of one transformation where each of `others` is a file of one byte."""
    files = {path: len(text) for path, text in texts.items()} | dict.fromkeys(others, 1)
    directories = frozenset(path.rpartition("/")[0] for path in files if "/" in path)
    context = ContextFacts(files, directories, texts=texts)
    outcome = rewrite(
        parse(dockerfile).tree,
        [TRANSFORMATIONS[name]],
        allow=Claim.CHANGES_BEHAVIOUR,
        context=context,
    )
    return [one.finding.message for one in outcome.applied]


def test_manifests_of_the_same_name_are_told_apart_by_their_folders() -> None:
    texts = {
        "go.mod": "module example.com/a\nreplace example.com/lib => ./lib\n",
        "lib/go.mod": "module example.com/lib\n",
    }
    dockerfile = "FROM golang:1.23\nWORKDIR /src\nCOPY . .\nRUN go mod download\n"
    (message,) = messages("copy_manifests_first", dockerfile, texts, "main.go")
    assert "on go.mod and lib/go.mod alone" in message


def test_one_byte_is_not_called_bytes() -> None:
    dockerfile = "FROM python:3.12-slim\nCOPY . /srv\n"
    (message,) = messages("ignore_unneeded_context", dockerfile, {}, "app.py", ".DS_Store")
    assert message.endswith("1 file, 1 byte")
