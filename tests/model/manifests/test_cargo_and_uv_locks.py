"""Lock files of Cargo and uv, compared with their manifests."""

from __future__ import annotations

import pytest

from reimage.model.manifests.cargo_locks import cargo_lock_problem
from reimage.model.manifests.uv_locks import uv_lock_problem

CARGO = '[package]\nname = "shop"\nversion = "0.1.0"\n[dependencies]\n'
CARGO_LOCK = (
    'version = 3\n[[package]]\nname = "serde"\nversion = "1.2.3"\nsource = "registry+x"\n'
    '[[package]]\nname = "shop"\nversion = "0.1.0"\ndependencies = ["serde"]\n'
)
UV = '[project]\nname = "My.Shop"\nversion = "1"\nrequires-python = ">=3.12"\n'
UV_LOCK = (
    'requires-python = ">=3.12"\n[[package]]\nname = "my-shop"\nversion = "1"\n'
    'source = { editable = "." }\n[package.metadata]\nrequires-dist = ['
    '{ name = "flask", extras = ["async"], specifier = ">=3,<4" }]\n'
    '[package.metadata.requires-dev]\ndev = [{ name = "pytest" }]\n'
)


@pytest.mark.parametrize("range_", ["1", "1.2", "^1.2.3", "~1.2", "=1.2.3", "*"])
def test_a_range_that_holds_the_locked_version_is_fine(range_: str) -> None:
    assert cargo_lock_problem(f'{CARGO}serde = "{range_}"\n', CARGO_LOCK) is None


@pytest.mark.parametrize("range_", ["2", "1.3", "~1.1", "=1.2.4", "^0.1", ">=1, <2", "1.2.4"])
def test_a_range_that_may_not_hold_the_locked_version_is_a_problem(range_: str) -> None:
    assert cargo_lock_problem(f'{CARGO}serde = "{range_}"\n', CARGO_LOCK)


@pytest.mark.parametrize(
    "more",
    [
        'serde = "1"\ntokio = "1"\n',
        "",
        'serde = { git = "https://example.com/serde" }\n',
        'serde = { path = "serde" }\n',
        'serde = "1"\n[workspace]\n',
        "serde = [",
    ],
)
def test_what_cargo_may_resolve_anew_is_a_problem(more: str) -> None:
    assert cargo_lock_problem(CARGO + more, CARGO_LOCK)


def test_a_renamed_crate_is_known_by_its_own_name() -> None:
    assert (
        cargo_lock_problem(f'{CARGO}s = {{ package = "serde", version = "1" }}\n', CARGO_LOCK)
        is None
    )


def test_uv_lock_with_the_same_requirements_is_fine() -> None:
    asked = 'dependencies = ["Flask[async] <4, >=3"]\n[dependency-groups]\ndev = ["pytest"]\n'
    assert uv_lock_problem(UV + asked, UV_LOCK) is None


@pytest.mark.parametrize(
    "asked",
    [
        'dependencies = ["flask>=3"]\n[dependency-groups]\ndev = ["pytest"]\n',
        'dependencies = ["flask>=3,<4"]\n',
        'dependencies = ["flask>=3,<4"]\n[tool.uv.sources]\n',
        'dependencies = ["flask @ ./flask"]\n[dependency-groups]\ndev = ["pytest"]\n',
        "dependencies = [",
    ],
)
def test_uv_lock_with_other_requirements_is_a_problem(asked: str) -> None:
    assert uv_lock_problem(UV + asked, UV_LOCK)
