"""What Python sources ask of an image is read from their syntax, not guessed from words."""

from __future__ import annotations

from pathlib import Path

import pytest

from reimage.context.python_sources import PythonFiles
from reimage.context.survey import survey
from reimage.model.python_facts import PythonFacts


def read(tmp_path: Path, text: str | bytes, name: str = "app.py") -> PythonFacts:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return PythonFiles(str(tmp_path), [name]).facts()


def test_words_in_strings_and_comments_start_nothing(tmp_path: Path) -> None:
    facts = read(tmp_path, '# subprocess.run(["git"])\nTEXT = "os.system(\'ls\')"\n')
    assert facts == PythonFacts()


def test_a_function_of_the_same_name_starts_nothing(tmp_path: Path) -> None:
    facts = read(tmp_path, "def run(words): ...\nrun(['git'])\n")
    assert not facts.started


@pytest.mark.parametrize(
    ("source", "program"),
    [
        ("import subprocess\nsubprocess.run(['git', 'log'])", "git"),
        ("import subprocess as sp\nsp.check_output(('ffmpeg', '-i'))", "ffmpeg"),
        ("from subprocess import Popen as start\nstart('convert a b'.split())", None),
        ("from subprocess import Popen as start\nstart('convert')", "convert"),
        ("import os\nos.execvp('nginx', ['nginx'])", "nginx"),
        ("import os\nos.spawnlp(os.P_WAIT, 'gs', 'gs')", "gs"),
        ("import asyncio\nasync def f(x):\n    await asyncio.create_subprocess_exec(x)", None),
    ],
)
def test_programs_are_found_behind_their_names(
    tmp_path: Path, source: str, program: str | None
) -> None:
    facts = read(tmp_path, source + "\n")
    assert [started.program for started in facts.started] == [program]
    assert not facts.through_shell


@pytest.mark.parametrize(
    "call",
    ["os.system('ls')", "os.popen('ls')", "subprocess.run('ls', shell=True)",
     "subprocess.run('ls', shell=flag)", "subprocess.getoutput('ls')"],
)  # fmt: skip
def test_a_shell_is_seen_with_its_place(tmp_path: Path, call: str) -> None:
    facts = read(tmp_path, f"import os, subprocess\nflag = 1\n{call}\n")
    assert facts.through_shell == ("app.py:3",)


def test_shell_false_is_no_shell(tmp_path: Path) -> None:
    facts = read(tmp_path, "import subprocess\nsubprocess.run(['a'], shell=False)\n")
    assert not facts.through_shell


def test_imports_are_told_by_their_first_name_and_computed_ones_by_place(tmp_path: Path) -> None:
    text = (
        "import flask.views, os\nfrom . import local\nfrom sqlalchemy.orm import Session\n"
        "import importlib\nimportlib.import_module('yaml.loader')\nimportlib.import_module(name)\n"
    )
    facts = read(tmp_path, text)
    assert facts.imports == {"flask", "os", "sqlalchemy", "importlib", "yaml"}
    assert facts.computed_imports == ("app.py:6",)


@pytest.mark.parametrize("text", [b"def f(:\n", b"\xff\xfe\x00", b"# coding: nonsense\nx = 1\n"])
def test_what_is_no_python_is_told(tmp_path: Path, text: bytes) -> None:
    assert read(tmp_path, text).unread == ("app.py",)


def test_tests_and_installed_packages_are_not_the_application(tmp_path: Path) -> None:
    for name in ("tests/app.py", "venv/lib/x.py", "test_app.py", "conftest.py"):
        assert read(tmp_path, "import os\nos.system('ls')\n", name) == PythonFacts()


def test_a_survey_reads_sources_when_asked(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "app.py").write_text("import flask\n")
    context = survey(tmp_path, tmp_path / "Dockerfile")
    assert context.python is not None
    assert context.python.facts().imports == {"flask"}


@pytest.mark.parametrize(
    "call",
    [
        "open('log', 'a')",
        "open('log', mode=how)",
        "Path('log').open('w')",
        "Path('log').write_text('x')",
        "os.makedirs('data')",
        "shutil.rmtree('data')",
        "sqlite3.connect(path)",
        "picture.save('a.png')",
        "DATABASE = 'sqlite:///shop.db'",
        "app.config['UPLOAD_FOLDER'] = 'files'",
        "MEDIA_ROOT = 'files'",
    ],
)
def test_what_writes_files_is_seen_with_its_place(tmp_path: Path, call: str) -> None:
    facts = read(tmp_path, f"import os, shutil, sqlite3\nfrom pathlib import Path\n{call}\n")
    assert set(facts.writes) == {"app.py:3"}


@pytest.mark.parametrize(
    "call",
    ["open('log')", "open('log', 'rb')", "open(mode='r', file='log')", "model.save()",
     "open('/tmp/log', 'w')", "Path('log').read_text()", "os.listdir('.')"],
)  # fmt: skip
def test_what_reads_files_or_uses_tmp_writes_nothing(tmp_path: Path, call: str) -> None:
    assert not read(tmp_path, f"import os\nfrom pathlib import Path\n{call}\n").writes


def test_ports_of_root_are_seen(tmp_path: Path) -> None:
    text = "app.run(port=80)\nserver.bind(('', 443))\nother.run(port=8080)\ndate(2024, 1, 2)\n"
    assert read(tmp_path, text).low_ports == ("app.py:1", "app.py:2")
