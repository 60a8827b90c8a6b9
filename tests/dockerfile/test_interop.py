"""What goes in and out of dockerfile-parse, and where both read a file alike."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser
from tests import corpus_files

import reimage
from reimage.dockerfile import parse
from reimage.pipeline.api import NotOptimized
from reimage.text import decode

SOURCE = "FROM debian:12\nMAINTAINER Ada\nRUN echo é\n"
BETTER = 'FROM debian:12\nLABEL maintainer="Ada"\nRUN echo é\n'


def test_a_parser_on_a_file_object_comes_back_with_better_content() -> None:
    parser = DockerfileParser(fileobj=io.BytesIO(SOURCE.encode()))
    same, report = reimage.optimize(parser)
    assert same is parser
    assert parser.content == BETTER
    assert [each.name for each in report.changed] == ["replace-maintainer-with-label"]


def test_a_parser_on_a_folder_writes_there(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(SOURCE, encoding="utf-8")
    reimage.optimize(DockerfileParser(str(tmp_path)))
    assert (tmp_path / "Dockerfile").read_text(encoding="utf-8") == BETTER


def test_text_and_bytes_come_back_as_what_they_were() -> None:
    assert reimage.optimize(SOURCE)[0] == BETTER
    assert reimage.optimize(SOURCE.encode())[0] == BETTER.encode()


def test_a_path_is_only_written_to_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(SOURCE, encoding="utf-8")
    same, report = reimage.optimize(path)
    assert same == path
    assert path.read_text(encoding="utf-8") == SOURCE
    assert report.patch


def test_what_buildkit_rejects_is_refused_with_its_line() -> None:
    with pytest.raises(NotOptimized, match=r"Dockerfile:2: unknown instruction: RUNN"):
        reimage.optimize("FROM a\nRUNN x\n")


def test_something_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not int"):
        reimage.optimize(3)


@corpus_files.needs_corpus
def test_both_read_alike_whatever_needs_none_of_what_it_lacks() -> None:
    compared = 0
    for row in corpus_files.index():
        features = set(row["features"].split(","))
        lacks = {"heredoc", "escape-directive", "onbuild", "comment-in-continuation"}
        source = decode(corpus_files.path(row).read_bytes())
        parsed = parse(source)
        if (
            parsed.problems
            or features & lacks
            or any(i.continued for i in parsed.tree.instructions)
        ):
            continue
        structure = DockerfileParser(fileobj=io.BytesIO(source.encode())).structure
        theirs = [
            (each["instruction"], " ".join(each["value"].split()))
            for each in structure
            if each["instruction"] != "COMMENT"
        ]
        ours = [
            (each.keyword, " ".join(each.logical.text[len(each.keyword) :].split()))
            for each in parsed.tree.instructions
            if each.arguments.text or each.flags  # it passes over an instruction without any
        ]
        assert theirs == ours, row["id"]
        compared += 1
    assert compared > 100
