from __future__ import annotations

import builtins
import os
from pathlib import Path

import pytest

from reimage.context.deciding import LOCK_LIMIT, MANIFEST_LIMIT, read_texts, size_limit
from reimage.context.survey import default_root, forget, survey
from reimage.files import FilesError


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "Dockerfile", "FROM scratch\n")
    put(tmp_path, "package.json", "{}")
    put(tmp_path, "src/app.js", "app()")
    put(tmp_path, "node_modules/left/package.json", "{}")
    put(tmp_path, "docs/a.md", "a")
    put(tmp_path, "docs/b.txt", "b")
    (tmp_path / "empty").mkdir()
    return tmp_path


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="does not exist"):
        survey(tmp_path / "nothing")


def test_an_ignore_file_that_buildkit_refuses_is_an_error_that_names_both(root: Path) -> None:
    put(root, ".dockerignore", "ok\n[\n")
    with pytest.raises(FilesError, match=r"\.dockerignore is refused by BuildKit: .*'\['"):
        survey(root)


def test_without_an_ignore_file_all_is_sent(root: Path) -> None:
    facts = survey(root)
    assert facts.files["src/app.js"] == 5
    assert "node_modules/left/package.json" in facts.files
    assert {"empty", "src", "node_modules/left"} <= facts.directories
    assert (facts.present, facts.ignore_path) == (frozenset(), ".dockerignore")
    assert not facts.truncated


def test_ignored_directories_are_named_once_and_not_sent(root: Path) -> None:
    put(root, ".dockerignore", "node_modules\n**/*.txt\n")
    facts = survey(root)
    assert facts.present == {"node_modules", "docs/b.txt"}
    assert "docs/a.md" in facts.files
    assert not any(path.startswith("node_modules") for path in facts.directories)


def test_a_negation_sends_files_below_an_ignored_directory(root: Path) -> None:
    put(root, ".dockerignore", "*\n!docs/*.md\n!package.json\n")
    facts = survey(root)
    assert set(facts.files) == {"docs/a.md", "package.json"}
    assert facts.directories == {"docs"}
    assert facts.present >= {"src", "node_modules", "empty", "docs/b.txt", "Dockerfile"}
    assert "docs" not in facts.present


def test_the_dockerfiles_own_ignore_file_wins(root: Path) -> None:
    put(root, ".dockerignore", "docs\n")
    put(root, "ci/Dockerfile.dockerignore", "src\n")
    own = survey(root, root / "ci" / "Dockerfile")
    common = survey(root, root / "Dockerfile")
    assert (own.ignore_path, common.ignore_path) == ("ci/Dockerfile.dockerignore", ".dockerignore")
    assert ("docs/a.md" in own.files, "src/app.js" in own.files) == (True, False)
    assert ("docs/a.md" in common.files, "src/app.js" in common.files) == (False, True)


def test_an_empty_own_ignore_file_wins_too(root: Path) -> None:
    put(root, ".dockerignore", "docs\n")
    put(root, "Dockerfile.dockerignore", "")
    assert "docs/a.md" in survey(root, root / "Dockerfile").files


def test_an_ignore_file_that_hides_itself_is_still_read(root: Path) -> None:
    put(root, ".dockerignore", ".dockerignore\nDockerfile\n")
    facts = survey(root)
    assert facts.texts[".dockerignore"].startswith(".dockerignore")
    assert ".dockerignore" not in facts.files
    assert facts.present == {".dockerignore", "Dockerfile"}


def test_only_deciding_files_are_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = os.open

    def watch(path: str, *rest: int) -> int:
        opened.append(os.path.relpath(path, root))
        return real(path, *rest)

    monkeypatch.setattr(os, "open", watch)
    monkeypatch.setattr(builtins, "open", lambda *rest: pytest.fail("opened past the room"))
    assert set(survey(root).texts) == {"package.json"}
    assert opened == ["package.json"]


def test_sizes_are_looked_up_once_and_a_lost_file_has_none(root: Path) -> None:
    files = survey(root).files
    assert files["docs/a.md"] == 1
    put(root, "docs/a.md", "longer")
    (root / "docs" / "b.txt").unlink()
    assert (files["docs/a.md"], files["docs/b.txt"], files.get("nothing")) == (1, 0, None)
    assert len(files) == len(list(files)) == 6


def test_a_link_is_sent_but_not_read(root: Path) -> None:
    (root / "setup.py").symlink_to("/etc/hostname")
    facts = survey(root)
    assert "setup.py" in facts.files
    assert "setup.py" not in facts.texts


def test_a_too_large_manifest_is_left_out_and_a_lock_may_be_larger(root: Path) -> None:
    put(root, "yarn.lock", "x" * (MANIFEST_LIMIT + 1))
    put(root, "pyproject.toml", "x" * (MANIFEST_LIMIT + 1))
    assert set(survey(root).texts) == {"package.json", "yarn.lock"}


def test_the_texts_are_bounded_in_sum(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reimage.context.deciding.TOTAL_LIMIT", 3)
    put(root, "go.mod", "ab")
    assert read_texts(str(root), ["go.mod", "package.json"]) == {"go.mod": "ab"}


@pytest.mark.parametrize(
    "path", ["README.md", "notes.txt", "app.props", "src/lock.json", "package.json.bak", "x.toml"]
)
def test_other_files_decide_nothing(path: str) -> None:
    assert size_limit(path) == 0


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("a/requirements-dev.txt", MANIFEST_LIMIT),
        ("requirements/base.txt", MANIFEST_LIMIT),
        ("dev-requirements.txt", MANIFEST_LIMIT),
        ("App/App.csproj", MANIFEST_LIMIT),
        ("Directory.Build.props", MANIFEST_LIMIT),
        ("x.gemspec", MANIFEST_LIMIT),
        ("a/b/uv.lock", LOCK_LIMIT),
    ],
)
def test_manifests_and_locks_decide(path: str, limit: int) -> None:
    assert size_limit(path) == limit


def test_bytes_that_are_not_utf8_survive(root: Path) -> None:
    (root / "go.mod").write_bytes(b"module caf\xe9\n")
    assert survey(root).texts["go.mod"] == "module caf\udce9\n"


def test_a_folder_is_surveyed_once_until_forgotten_or_its_ignore_file_changes(root: Path) -> None:
    first = survey(root)
    put(root, "late", "")
    assert survey(root) is first
    put(root, ".dockerignore", "docs\n")
    assert "late" in survey(root).files
    forget()
    assert "late" in survey(root).files


def test_a_listing_that_was_cut_short_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reimage.context.survey.PATH_LIMIT", 3)
    assert survey(root).truncated


def test_a_folder_that_cannot_be_listed_makes_the_listing_incomplete(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("docs"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert survey(root).truncated


def test_the_folder_of_a_dockerfile_is_its_context() -> None:
    assert default_root(Path("api/Dockerfile")) == Path("api")
    assert default_root(Path("Dockerfile")) == Path(".")
