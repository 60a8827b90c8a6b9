from __future__ import annotations

from pathlib import Path

import pytest

from reimage.files import find_dockerfiles
from reimage.files.finding import looks_like_a_dockerfile


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "Dockerfile",
        "api/Dockerfile.dev",
        "api/Dockerfile.dev.dockerignore",
        "api/Dockerfile.orig",
        "api/notes.txt",
        "web/site.Dockerfile",
        "web/Containerfile",
        "web/node_modules/left/Dockerfile",
        ".git/Dockerfile",
        ".venv/Dockerfile",
        "empty/readme",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.dockerignore", "Dockerfile~", "Dockerfile.bak", "MyDockerfile", "a.dockerfile.x"],
)
def test_other_files_are_no_dockerfiles(name: str) -> None:
    assert not looks_like_a_dockerfile(name)


@pytest.mark.parametrize(
    "name", ["Dockerfile", "Containerfile", "Dockerfile.dev", "a.Dockerfile", "a.dockerfile"]
)
def test_a_dockerfile_is_known_by_its_name(name: str) -> None:
    assert looks_like_a_dockerfile(name)


def test_a_directory_without_any_is_an_error_that_names_it(tree: Path) -> None:
    found = find_dockerfiles(["empty", "Dockerfile"])
    assert found.files == ("Dockerfile",)
    assert [str(error) for error in found.errors] == ["empty holds no Dockerfile."]


def test_a_pattern_without_a_match_is_an_error_that_names_it(tree: Path) -> None:
    found = find_dockerfiles(["nowhere/**/Dockerfile", "*/*.none"])
    assert found.files == ()
    assert [error.path for error in found.errors] == ["nowhere/**/Dockerfile", "*/*.none"]


def test_a_missing_file_is_left_to_reading(tree: Path) -> None:
    assert find_dockerfiles(["missing"]) == (("missing",), ())


def test_a_directory_is_searched_in_order_and_without_other_peoples_files(tree: Path) -> None:
    expected = ("Dockerfile", "api/Dockerfile.dev", "web/Containerfile", "web/site.Dockerfile")
    assert find_dockerfiles(["."]) == (expected, ())


def test_a_named_file_is_taken_whatever_its_name(tree: Path) -> None:
    assert find_dockerfiles(["api/notes.txt"]).files == ("api/notes.txt",)


def test_a_file_is_found_once_even_by_two_ways(tree: Path) -> None:
    (tree / "link").symlink_to("Dockerfile")
    found = find_dockerfiles(["./Dockerfile", "Dockerfile", "link", "."])
    assert found.files[0] == "./Dockerfile"
    assert len(found.files) == 4


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**/Dockerfile", ["Dockerfile"]),
        ("**/Dockerfile*", ["Dockerfile", "api/Dockerfile.dev"]),
        ("*/Dockerfile*", ["api/Dockerfile.dev"]),
        ("./web/*[!e].txt", []),
        ("web/**", ["web/Containerfile", "web/site.Dockerfile"]),
    ],
)
def test_patterns_stay_within_a_directory_but_for_two_stars(
    tree: Path, pattern: str, expected: list[str]
) -> None:
    assert list(find_dockerfiles([pattern]).files) == expected


def test_an_absolute_pattern_is_searched_where_it_says(tree: Path) -> None:
    found = find_dockerfiles([f"{tree}/a*/Dockerfile.*"])
    assert found.files == (f"{tree}/api/Dockerfile.dev",)
