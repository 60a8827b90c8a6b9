from __future__ import annotations

import json

import pytest

from reimage.model.manifests.npm import install_needs, read_manifest
from reimage.model.manifests.npm_locks import npm_lock_problem, pnpm_lock_problem, yarn_lock_problem


def package(**fields: object) -> str:
    return json.dumps({"name": "app", **fields})


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_what_is_no_manifest_is_a_problem(text: str) -> None:
    assert read_manifest(text) is None
    assert install_needs({"package.json": text}).problem is not None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"scripts": {"postinstall": "node x.js"}}, "script 'postinstall'"),
        ({"scripts": {"prepare": "husky"}}, "script 'prepare'"),
        ({"dependencies": {"a": "file:../a"}}, "'a'"),
        ({"devDependencies": {"a": "link:./a"}}, "'a'"),
        ({"dependencies": {"a": "../a"}}, "'a'"),
        ({"dependencies": {"a": "workspace:*"}}, None),
        ({"dependencies": {"a": "workspace:./packages/a"}}, "'a'"),
        ({"overrides": {"b": {"c": "file:./c"}}}, "'c'"),
        ({"resolutions": {"b": "patch:b@npm:1#./b.patch"}}, "'b'"),
        ({"pnpm": {"patchedDependencies": {"b@1": "../b.patch"}}}, "outside of the context"),
        ({"workspaces": ["packages/*", "!packages/x"]}, "not simple enough"),
        ({"workspaces": ["nowhere/*"]}, "no manifest of a workspace"),
    ],
)
def test_an_install_that_may_read_more_says_why(
    fields: dict[str, object], reason: str | None
) -> None:
    problem = install_needs({"package.json": package(**fields)}).problem
    assert problem is None if reason is None else problem is not None and reason in problem


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"scripts": {"install": "node-gyp rebuild"}}, "script 'install'"),
        ({"bin": "cli.js"}, "declares commands"),
        ({"dependencies": {"z": "file:./z"}}, "'z'"),
    ],
)
def test_a_member_of_a_workspace_is_looked_at_too(member: dict[str, object], reason: str) -> None:
    texts = {
        "package.json": package(workspaces=["packages/*"]),
        "packages/a/package.json": package(**member),
    }
    assert reason in (install_needs(texts).problem or "")


def test_an_addon_is_compiled_by_an_install() -> None:
    texts = {"package.json": package(), "binding.gyp": "{}"}
    assert "compiles" in (install_needs(texts).problem or "")


def test_pnpm_patterns_in_one_line_are_not_followed() -> None:
    texts = {"package.json": package(), "pnpm-workspace.yaml": "packages: [a]\n"}
    assert "not simple enough" in (install_needs(texts).problem or "")


def test_scripts_that_no_install_runs_are_no_problem() -> None:
    text = package(
        scripts={"build": "tsc", "test": "jest"}, dependencies={"a": "^1", "b": "git+https://x/y"}
    )
    assert install_needs({"package.json": text}).problem is None


def test_the_manifest_its_locks_and_its_settings_are_what_an_install_reads() -> None:
    texts = {
        "web/package.json": package(pnpm={"patchedDependencies": {"b@1": "patches/b.patch"}}),
        "web/package-lock.json": "{}",
        "web/.npmrc": "",
        "web/.yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.cjs\n",
        "package-lock.json": "{}",
    }
    assert install_needs(texts, "web").files == (
        "web/package.json",
        "web/package-lock.json",
        "web/.npmrc",
        "web/.yarnrc.yml",
        "web/patches/b.patch",
        "web/.yarn/releases/yarn-4.cjs",
    )


@pytest.mark.parametrize(
    "extra",
    [
        {"package.json": package(workspaces=["packages/*"])},
        {"package.json": package(workspaces={"packages": ["./packages/**"]})},
        {
            "package.json": package(),
            "pnpm-workspace.yaml": "# all\npackages:\n  - 'packages/*' # here\n",
        },
    ],
)
def test_the_manifests_of_a_workspace_are_read_too(extra: dict[str, str]) -> None:
    texts = {**extra, "packages/a/package.json": package(), "other/package.json": package()}
    found = install_needs(texts)
    assert found.problem is None
    assert "packages/a/package.json" in found.files
    assert "other/package.json" not in found.files


LOCKED = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "^1"}, "optionalDependencies": {"o": "1"}},
        "node_modules/a": {"version": "1.2.0"},
    },
}


@pytest.mark.parametrize(
    ("fields", "lock"),
    [
        ({"dependencies": {"a": "^2"}, "optionalDependencies": {"o": "1"}}, LOCKED),
        ({"dependencies": {"a": "^1", "b": "1"}, "optionalDependencies": {"o": "1"}}, LOCKED),
        ({"optionalDependencies": {"o": "1"}}, LOCKED),
        ({}, {"lockfileVersion": 1, "dependencies": {}}),
        ({}, {"lockfileVersion": 3}),
        ({}, []),
        (
            {"dependencies": {"a": "1"}},
            {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}}},
        ),
    ],
)
def test_a_package_lock_that_differs_is_told(fields: dict[str, object], lock: object) -> None:
    assert npm_lock_problem(package(**fields), json.dumps(lock)) is not None


def test_a_package_lock_that_agrees_is_no_problem() -> None:
    text = package(dependencies={"a": "^1", "o": "1"}, optionalDependencies={"o": "1"})
    assert npm_lock_problem(text, json.dumps(LOCKED)) is None


YARN = """# yarn lockfile v1

"@x/b@^2.0.0", "@x/b@~2.1.0":
  version "2.1.0"

a@^1:
  version "1.0.0"
"""


def test_a_yarn_lock_without_a_range_is_told() -> None:
    assert "a@^2" in (yarn_lock_problem(package(dependencies={"a": "^2"}), YARN) or "")


def test_a_yarn_lock_with_every_range_is_no_problem() -> None:
    text = package(dependencies={"a": "^1"}, devDependencies={"@x/b": "~2.1.0"})
    assert yarn_lock_problem(text, YARN) is None
    modern = '"a@npm:^1":\n  version: 1.0.0\n\n"@x/b@npm:^2, @x/b@npm:~2.1.0":\n  version: 2\n'
    assert yarn_lock_problem(text, modern) is None


PNPM = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.0.0
    devDependencies:
      '@x/b':
        specifier: '>=2'
        version: 2.0.0(a@1.0.0)

  packages/c:
    dependencies:
      d:
        specifier: ^3
        version: 3.0.0

packages:

  a@1.0.0:
    resolution: {integrity: x}
"""


def test_a_pnpm_lock_that_differs_is_told() -> None:
    assert pnpm_lock_problem(package(dependencies={"a": "^1"}), PNPM) is not None
    assert pnpm_lock_problem(package(), PNPM, "packages/other") is not None


def test_a_pnpm_lock_that_agrees_is_no_problem() -> None:
    text = package(dependencies={"a": "^1"}, devDependencies={"@x/b": ">=2"})
    assert pnpm_lock_problem(text, PNPM) is None
    assert pnpm_lock_problem(package(dependencies={"d": "^3"}), PNPM, "packages/c") is None
