"""Manifests are other people's files: whatever is in them, the answer is a value."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reimage.model.manifests import cargo, composer, dotnet, go, jvm, npm, python, ruby
from reimage.model.manifests.needs import InstallNeeds
from reimage.model.manifests.npm_locks import npm_lock_problem, pnpm_lock_problem, yarn_lock_problem

JSON_KEYS = st.sampled_from(
    "dependencies devDependencies scripts workspaces packages overrides pnpm bin name url type "
    "patchedDependencies repositories autoload classmap config install lockfileVersion".split()
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "*", "../x", "file:a", "["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_json_of_any_shape_has_an_answer(one: object, other: object) -> None:
    text, lock = json.dumps(one), json.dumps(other)
    texts = {"package.json": text, "composer.json": text, "a/package.json": lock}
    assert isinstance(npm.install_needs(texts), InstallNeeds)
    assert isinstance(composer.install_needs(texts), InstallNeeds)
    for judge in (npm_lock_problem, yarn_lock_problem, pnpm_lock_problem):
        problem = judge(text, lock)
        assert problem is None or "package.json" in problem or "lock file" in problem


TOML_LINES = st.sampled_from(
    [
        "[project]",
        "dependencies = 1",
        "dependencies = [1, 'a @ file:b']",
        "dependencies = 'x'",
        "[tool.uv.workspace]",
        "members = ['*', '[', '../x']",
        "members = {}",
        "[tool]",
        "uv = []",
        "[tool.poetry.group]",
        "dev = 1",
        "[packages]",
        "a = {path = 1}",
        "[[bin]]",
        "path = 'x'",
        "bin = [1]",
        "[workspace]",
        "package = 1",
    ]
)


@given(st.lists(TOML_LINES, max_size=6))
def test_toml_of_any_shape_has_an_answer(lines: list[str]) -> None:
    text = "\n".join(lines)
    for name in ("pyproject.toml", "Pipfile", "Cargo.toml"):
        assert isinstance(
            python.install_needs({name: text, "a/pyproject.toml": text}), InstallNeeds
        )
        assert isinstance(cargo.install_needs({name: text}), InstallNeeds)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("requirements.txt", python.install_needs),
        ("Gemfile", ruby.install_needs),
        ("go.mod", go.install_needs),
        ("pom.xml", jvm.maven_needs),
        ("build.gradle", jvm.gradle_needs),
        ("a.csproj", lambda texts: dotnet.install_needs(texts, "a.csproj")),
    ],
)
@given(text=st.text(st.sampled_from("-recfi @/.:()<>=\"'#\\\n\r\ta$[]\udcff"), max_size=40))
def test_any_text_has_an_answer(
    name: str, answer: Callable[[dict[str, str]], InstallNeeds], text: str
) -> None:
    assert name in answer({name: text}).files


def test_deep_nesting_is_no_trap() -> None:
    deep = '{"overrides":' * 900 + "{}" + "}" * 900
    assert isinstance(npm.install_needs({"package.json": deep}), InstallNeeds)
    header = "[" + ".".join("a" * 3000) + "]\nx = 1\n"
    assert isinstance(cargo.install_needs({"Cargo.toml": header}), InstallNeeds)
