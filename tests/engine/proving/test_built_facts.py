"""An image that was built tells what the text and the context do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from reimage.cli.app import app as cli

if TYPE_CHECKING:
    from tests.engine.bases import Bases
    from tests.engine.daemon import Daemon

pytestmark = [pytest.mark.engine, pytest.mark.slow]

FILES = {
    "Dockerfile": """FROM python:3.12
WORKDIR /srv/seal
RUN apt-get update && apt-get install -y libsodium-dev
COPY . .
RUN pip install .
CMD ["python", "-c", "import seal; print(seal.version())"]
""",
    "setup.py": """from setuptools import Extension, setup

setup(
    name="seal",
    version="1.0",
    ext_modules=[Extension("seal", ["seal.c"], libraries=["sodium"])],
)
""",
    "seal.c": """#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <sodium.h>

static PyObject *version(PyObject *self, PyObject *none) {
    return PyUnicode_FromString(sodium_version_string());
}

static PyMethodDef methods[] = {{"version", version, METH_NOARGS, ""}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "seal", "", -1, methods};

PyMODINIT_FUNC PyInit_seal(void) { return PyModule_Create(&module); }
""",
    "smoke.toml": """[run]
args = ["python", "-c", "import seal; print(seal.version())"]
expect = "1."
exit = 0
""",
}


def test_a_package_that_no_table_knows_is_split_by_what_its_image_shows(
    daemon: Daemon, bases: Bases, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    dockerfile = tmp_path / "Dockerfile"
    told = CliRunner().invoke(cli, ["optimize", "--format=json", str(dockerfile)])
    assert "it is not known which library libsodium-dev brings" in told.stdout
    command = ["optimize", str(dockerfile), "--build", "--write", "--format=json"]
    command += ["--network=host", f"--builder={daemon.host}", f"--smoke={tmp_path / 'smoke.toml'}"]
    done = CliRunner().invoke(cli, [*command, *bases.options_for_rewriting(dockerfile)])
    assert done.exit_code == 0, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    split = next(one for one in report["rewrites"] if one["name"] == "split-build-stage")
    assert split["status"] == "written"
    assert split["evidence"] == "built"
    assert "apt-get install -y --no-install-recommends libsodium23 \\" in dockerfile.read_text()
