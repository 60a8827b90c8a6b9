from __future__ import annotations

import pytest

from reimage.model.manifests.python import install_needs, read_project
from reimage.model.manifests.requirements import read_requirements, requirements_needs


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-e .", "the folder '.'"),
        ("--editable=./lib", "the folder './lib'"),
        (".", "the folder '.'"),
        (".[dev]", "the folder '.'"),
        ("./lib", "the folder './lib'"),
        ("vendor/lib", "the folder 'vendor/lib'"),
        ("lib @ file:///src/lib", "the folder '/src/lib'"),
        ("-r missing.txt", "missing.txt is not known"),
        ("-r ../outside.txt", "outside of the context"),
        ("-c $EXTRA/c.txt", "outside of the context"),
        ("--find-links ./wheels", "--find-links ./wheels"),
        ("--something-new x", "--something-new"),
    ],
)
def test_requirements_that_may_read_more_say_why(line: str, reason: str) -> None:
    problem = install_needs({"requirements.txt": f"a==1\n{line}\n"}).problem
    assert problem is not None
    assert reason in problem


@pytest.mark.parametrize(
    "line",
    [
        "a==1.0 --hash=sha256:00",
        "a[extra]>=1; python_version < '3.12'  # why",
        "-i https://example.org/simple",
        "--extra-index-url=https://example.org/simple",
        "--no-binary :all:",
        "a @ https://example.org/a.whl",
        "a @ git+https://example.org/a@v1",
        "git+ssh://git@example.org/a#egg=a",
        "-e git+https://example.org/a#egg=a",
        "-r https://example.org/requirements.txt",
        "# -e .",
    ],
)
def test_requirements_from_elsewhere_are_no_problem(line: str) -> None:
    found = install_needs({"requirements.txt": line + "\n"})
    assert (found.files, found.problem) == (("requirements.txt",), None)


def test_included_files_are_followed_once_from_where_they_are() -> None:
    texts = {
        "requirements.txt": "-r requirements/base.txt\n--constraint constraints.txt\n",
        "requirements/base.txt": "-rcommon.txt\r\n-c ../constraints.txt\r\n",
        "requirements/common.txt": "-r base.txt\na\\\n==1\n",
        "constraints.txt": "a==1\n",
    }
    found = requirements_needs(texts, "requirements.txt")
    assert found.problem is None
    assert set(found.files) == set(texts)


def test_archives_are_files_that_are_read() -> None:
    texts = {"requirements.txt": "./wheels/a-1-py3-none-any.whl\nb @ file:b.tar.gz#sha256=0\n"}
    found = install_needs(texts)
    assert found.files == ("requirements.txt", "wheels/a-1-py3-none-any.whl", "b.tar.gz")
    assert found.problem is None
    inner = install_needs({"api/requirements.txt": "./a.whl"}, "api")
    assert "runs in" in (inner.problem or "")


def test_packages_are_told_from_paths() -> None:
    found = read_requirements("a==1\nb\n./c\n")
    assert (found.packages, found.sources) == (("a==1", "b"), ("./c",))


def test_no_manifest_and_no_toml_are_problems() -> None:
    assert install_needs({}).problem == "no manifest of a Python project is known"
    assert "is not TOML" in (install_needs({"pyproject.toml": "["}).problem or "")


@pytest.mark.parametrize(
    "texts",
    [
        {"setup.py": "setup()"},
        {"pyproject.toml": "[project]\ndependencies = ['a']\n"},
        {"pyproject.toml": "[project]\ndependencies = ['a @ file:///a']\n", "uv.lock": ""},
        {"pyproject.toml": "[tool.uv.sources]\na = {path = '../a'}\n", "uv.lock": ""},
        {"pyproject.toml": "[tool.uv.sources]\na = [{path = 'a'}]\n", "uv.lock": ""},
        {"pyproject.toml": "[tool.poetry.dependencies]\na = {path = 'a'}\n", "poetry.lock": ""},
        {"pyproject.toml": "[tool.poetry.group.d.dependencies]\na={path='a'}\n", "poetry.lock": ""},
        {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*']\n", "uv.lock": ""},
        {"Pipfile": "[packages]\na = {path = '.', editable = true}\n", "Pipfile.lock": "{}"},
    ],
)
def test_projects_that_may_read_more_say_why(texts: dict[str, str]) -> None:
    assert install_needs(texts).problem is not None


@pytest.mark.parametrize(
    ("texts", "files"),
    [
        (
            {"pyproject.toml": "[project]\ndependencies = ['a>=1']\n", "uv.lock": ""},
            ("pyproject.toml", "uv.lock"),
        ),
        (
            {"pyproject.toml": "[tool.poetry.dependencies]\na = '^1'\n", "poetry.lock": ""},
            ("pyproject.toml", "poetry.lock"),
        ),
        ({"Pipfile": "[packages]\na = '*'\n", "Pipfile.lock": "{}"}, ("Pipfile", "Pipfile.lock")),
        (
            {
                "pyproject.toml": "[tool.uv.workspace]\nmembers=['libs/*']\nexclude=['libs/x']\n"
                "[tool.uv.sources]\nb = {workspace = true}\n",
                "uv.lock": "",
                "libs/b/pyproject.toml": "",
                "libs/x/pyproject.toml": "",
            },
            ("pyproject.toml", "uv.lock", "libs/b/pyproject.toml"),
        ),
    ],
)
def test_locked_projects_need_manifest_and_lock(
    texts: dict[str, str], files: tuple[str, ...]
) -> None:
    found = install_needs(texts)
    assert (found.files, found.problem) == (files, None)


def test_what_building_a_project_reads_is_told() -> None:
    project = read_project(
        "[build-system]\nbuild-backend = 'hatchling.build'\n"
        "[project]\ndynamic = ['version']\nreadme = {file = 'README.rst'}\n"
        "license = {file = 'COPYING'}\nlicense-files = ['NOTICE*']\n"
    )
    assert project is not None
    assert project.backend == "hatchling.build"
    assert project.dynamic == ("version",)
    assert project.build_files == ("README.rst", "COPYING", "NOTICE*")
    plain = read_project("[project]\nreadme = 'README.md'\nlicense = 'MIT'\n")
    assert plain is not None
    assert plain.build_files == ("README.md",)
