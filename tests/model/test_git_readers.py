"""What keeps .git in the build context. Git stores no .git, so that this can be no fixture."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import ContextFacts, Facts
from reimage.model.ignoring.git_readers import git_reader
from reimage.rewriting import Refusal, Rewrite
from reimage.transforms.ignore_unneeded_context import ignore_unneeded_context

HEAD = "FROM debian:12-slim\nWORKDIR /app\nCOPY . .\n"


def context(**texts: str) -> ContextFacts:
    files = {".git/HEAD": 20, ".git/objects/aa/bb": 500, "main.go": 10, "Dockerfile": 50}
    return ContextFacts(files, frozenset((".git", ".git/objects", ".git/objects/aa")), texts=texts)


def reader(line: str, **texts: str) -> str | None:
    known = context(**texts)
    return git_reader(Facts(parse(HEAD + line + "\n").tree, known), known)


@pytest.mark.parametrize(
    "line",
    [
        "RUN git describe --tags > version.txt",
        "RUN echo $(git rev-parse HEAD) > version.txt",
        "RUN rm -rf .git",
        "RUN cp -r /app/.git/HEAD /head",
        "RUN go build -o /shop .",
        "RUN dotnet publish -o /out",
        "RUN make",
        "RUN ./build.sh",
        "RUN sh build.sh",
        "CMD git log",
    ],
)
def test_what_may_ask_for_the_history_is_found(line: str) -> None:
    assert reader(line)


@pytest.mark.parametrize(
    "line",
    [
        "RUN git clone https://example.com/tools.git /tools",
        "RUN apt-get install -y git",
        "RUN go build -buildvcs=false -o /shop .",
        "RUN npm ci",
        "ADD https://example.com/tools.git /tools",
        "CMD cat .gitconfig",
    ],
)
def test_what_does_not_ask_for_the_history_is_passed_over(line: str) -> None:
    assert reader(line) is None


def test_a_manifest_that_takes_its_version_from_git_is_found() -> None:
    assert reader("RUN pip install .", **{"pyproject.toml": 'requires = ["setuptools-scm"]'})
    assert reader("RUN npm ci", **{"package-lock.json": '"simple-git"'}) is None


def test_a_history_that_nobody_asks_for_is_held_back() -> None:
    known = context()
    (found,) = ignore_unneeded_context(Facts(parse(HEAD).tree, known))
    assert isinstance(found, Rewrite)
    (edit,) = found.files[".dockerignore"]
    assert edit.text == ".git\n"
    assert "2 files, 520 bytes" in found.message


@pytest.mark.parametrize(
    "line", ["COPY .git/HEAD /head", "RUN --mount=source=.git,target=/g ls /g"]
)
def test_a_history_that_is_asked_for_by_name_stays(line: str) -> None:
    facts = Facts(parse(f"{HEAD}{line}\n").tree, context())
    (found,) = ignore_unneeded_context(facts)
    assert isinstance(found, Refusal)


def test_one_named_cache_keeps_all_of_that_name() -> None:
    files = {"a/__pycache__/x.pyc": 1, "b/__pycache__/y.pyc": 1}
    known = ContextFacts(files, frozenset(("a", "b", "a/__pycache__", "b/__pycache__")))
    source = "FROM debian:12-slim\nCOPY a/ /a/\nCOPY b/__pycache__/y.pyc /b/\n"
    (found,) = ignore_unneeded_context(Facts(parse(source).tree, known))
    assert isinstance(found, Refusal)
