"""Files around a Dockerfile that build it are found, and others are passed over."""

from __future__ import annotations

from pathlib import Path

from reimage.context.survey import survey
from reimage.model.uses import Use


def uses(root: Path, dockerfile: Path) -> tuple[Use, ...]:
    found = survey(root, dockerfile).uses
    assert found is not None
    return found.all()


def test_a_compose_file_at_the_top_of_the_repository_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "web"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text(
        "services:\n  web:\n    build:\n      context: services/web\n      target: dev\n"
        "  other:\n    build: services/other\n"
    )
    assert uses(folder, folder / "Dockerfile") == (Use("../../compose.yaml:4", "dev"),)


def test_nothing_above_the_folder_is_read_where_there_is_no_repository(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (tmp_path / "compose.yaml").write_text(
        "services: {web: {build: {context: web, target: dev}}}\n"
    )
    assert uses(folder, folder / "Dockerfile") == ()


def test_another_dockerfile_of_the_same_folder_is_not_meant(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services: {web: {build: {context: ., dockerfile: Dockerfile.dev}}}\n"
    )
    assert uses(tmp_path, tmp_path / "Dockerfile") == ()
    assert uses(tmp_path, tmp_path / "Dockerfile.dev") == (Use("compose.yaml:1"),)


def test_scripts_name_targets(tmp_path: Path) -> None:
    (tmp_path / "test.sh").write_text(
        'docker build --target tests .\ndocker build --target="$1" .\n'
    )
    assert uses(tmp_path, tmp_path / "Dockerfile") == (
        Use("test.sh:1", "tests"),
        Use("test.sh:2", None),
    )


def test_what_is_no_yaml_or_too_deep_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {")
    (tmp_path / "compose.deep.yaml").write_text("[" * 5_000)
    (tmp_path / "docker-bake.json").write_bytes(b"\xff\xfe\x00")
    assert uses(tmp_path, tmp_path / "Dockerfile") == ()
