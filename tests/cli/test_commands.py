"""Commands are found by name and loaded when they are asked for."""

import subprocess
import sys
from types import ModuleType

import pytest
import typer

from reimage.cli import commands
from reimage.cli.commands import Commands


def test_what_is_no_command_is_not_looked_for() -> None:
    assert "door" not in Commands()
    assert Commands().get("door") is None


def test_a_run_loads_its_own_command_alone() -> None:
    program = (
        "import sys; sys.argv = ['reimage', 'rules']\n"
        "from reimage.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print([n for n in sys.modules if n.startswith('reimage.cli.')])\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()[-1]
    assert "'reimage.cli.rules'" in loaded
    assert "'reimage.cli.optimize'" not in loaded
    assert "'reimage.cli.check'" not in loaded


def test_a_command_may_have_commands_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    group = typer.Typer(rich_markup_mode=None, add_completion=False)
    group.command("ls")(lambda: 7)
    group.command("rm")(lambda: 8)
    module = ModuleType("reimage.cli.fleet")
    vars(module)["fleet"] = group
    monkeypatch.setitem(sys.modules, "reimage.cli.fleet", module)
    monkeypatch.setattr(commands, "_NAMES", ("fleet",))
    found = Commands()["fleet"]
    assert found.main(["ls"], standalone_mode=False) == 7
    assert found.main(["rm"], standalone_mode=False) == 8
