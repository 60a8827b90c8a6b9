from __future__ import annotations

import json

import pytest

from reimage.model.manifests import cargo, composer, dotnet, go, jvm, ruby


def test_go_modules_that_are_elsewhere_are_a_problem() -> None:
    assert "is not known" in (go.install_needs({}).problem or "")
    for target in ("../outside", "./unknown", "/src/x"):
        found = go.install_needs({"go.mod": f"module a\nreplace x v1 => {target}\n"})
        assert target in (found.problem or "")


def test_go_reads_the_go_mod_of_local_modules() -> None:
    texts = {
        "go.mod": "module a\n\nreplace (\n\tx => ./libs/x // here\n\ty => example.org/y v1\n)\n",
        "go.sum": "",
        "go.work": "use .\nuse (\n\t./tool\n)\n",
        "libs/x/go.mod": "module x\n",
        "tool/go.mod": "module tool\n",
    }
    found = go.install_needs(texts)
    assert found.problem is None
    assert found.files == ("go.mod", "go.sum", "go.work", "libs/x/go.mod", "tool/go.mod")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "is not TOML"),
        ("[workspace]\nmembers = ['a']\n", "is a workspace"),
        ("[dependencies]\na = {path = '../a'}\n", "'../a'"),
        ("[target.'cfg(unix)'.dependencies]\na = {path = 'a'}\n", "'a'"),
        ("[target.'cfg(unix)'.dev-dependencies]\na = {path = 'a'}\n", "'a'"),
        ("[patch.crates-io]\na = {path = 'a'}\n", "'a'"),
        ("[package]\nbuild = 'build.rs'\n", "build script"),
        ("[package]\nname = 'x'\n", "src/main.rs"),
        ("[lib]\npath = 'lib.rs'\n", "lib.rs"),
        ("[[bin]]\nname = 'x'\npath = 'x.rs'\n", "x.rs"),
    ],
)
def test_cargo_never_does_without_sources(text: str, reason: str) -> None:
    assert reason in (cargo.install_needs({"Cargo.toml": text}).problem or "")


def test_cargo_crates_from_elsewhere_are_not_local() -> None:
    read = cargo.read_manifest("[dependencies]\na = '1'\nb = {git = 'https://x/y', path-x = '1'}\n")
    assert read is not None
    assert read.local == ()


@pytest.mark.parametrize(
    "line",
    [
        "gemspec",
        "gem 'a', path: 'a'",
        "gem 'a', :path => 'a'",
        "path 'libs' do",
        "eval_gemfile 'other'",
        "ruby File.read('.ruby-version')",
        "require_relative 'x'",
    ],
)
def test_gemfiles_that_read_more_say_why(line: str) -> None:
    assert ruby.install_needs({"Gemfile": f"source 'https://x'\n{line}\n"}).problem is not None


def test_a_plain_gemfile_needs_itself_and_its_lock() -> None:
    text = "# gemspec\nruby file: '.ruby-version'\ngem 'gemspec-x', '~> 1' # path: no\n"
    found = ruby.install_needs({"Gemfile": text, "Gemfile.lock": ""})
    assert found.files == ("Gemfile", "Gemfile.lock", ".ruby-version")
    assert found.problem is None


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"scripts": {"post-install-cmd": "x"}},
        {"scripts": {"post-autoload-dump": ["x"]}},
        {"repositories": [{"type": "path", "url": "libs/*"}]},
        {"repositories": {"a": {"type": "vcs", "url": "../a"}}},
        {"autoload": {"classmap": ["src"]}},
        {"autoload-dev": {"files": ["f.php"]}},
        {"config": {"optimize-autoloader": True}},
    ],
)
def test_composer_projects_that_read_more_say_why(data: object) -> None:
    assert composer.install_needs({"composer.json": json.dumps(data)}).problem is not None


def test_a_plain_composer_project_needs_itself_and_its_lock() -> None:
    data = {"autoload": {"psr-4": {"A\\": "src"}}, "scripts": {"test": "phpunit"}}
    found = composer.install_needs({"composer.json": json.dumps(data), "composer.lock": "{}"})
    assert (found.files, found.problem) == (("composer.json", "composer.lock"), None)


@pytest.mark.parametrize(
    "text",
    [
        '<ProjectReference Include="$(Root)a.csproj" />',
        '<ProjectReference Include="../unknown.csproj" />',
        '<ProjectReference Include="../../../out.csproj" />',
        '<Import Project="../shared.props" />',
    ],
)
def test_dotnet_projects_that_read_more_say_why(text: str) -> None:
    assert dotnet.install_needs({"src/a/a.csproj": text}, "src/a/a.csproj").problem is not None


def test_dotnet_reads_the_referenced_projects_and_what_lies_above() -> None:
    solution = 'Project("{F}") = "a", "src\\a\\a.csproj", "{G}"\nEndProject\n'
    texts = {
        "all.sln": solution,
        "src/a/a.csproj": '<!-- <Import Project="x"/> -->'
        '<ProjectReference Include="..\\b\\b.csproj" />',
        "src/b/b.csproj": "<Project/>",
        "src/Directory.Build.props": "<Project/>",
        "nuget.config": "",
    }
    found = dotnet.install_needs(texts, "all.sln")
    assert set(found.files) == set(texts)
    assert found.problem is None


@pytest.mark.parametrize(
    "text",
    [
        "<modules><module>a</module></modules>",
        "<parent><relativePath>../pom.xml</relativePath></parent>",
        "<parent><artifactId>p</artifactId></parent>",
        "<dependency><systemPath>x.jar</systemPath></dependency>",
    ],
)
def test_maven_projects_that_read_more_say_why(text: str) -> None:
    texts = {"pom.xml": "", "app/pom.xml": text}
    assert jvm.maven_needs(texts, "app").problem is not None


@pytest.mark.parametrize(
    "text",
    ["<!-- <module>a</module> -->", "<parent><a/></parent>", "<parent><relativePath/></parent>"],
)
def test_a_single_maven_project_needs_its_pom(text: str) -> None:
    found = jvm.maven_needs({"pom.xml": text})
    assert (found.files, found.problem) == (("pom.xml",), None)


@pytest.mark.parametrize(
    "line",
    ["include ':app'", "implementation project(':a')", "apply from: 'x.gradle'", "files('a.jar')"],
)
def test_gradle_builds_that_read_more_say_why(line: str) -> None:
    assert jvm.gradle_needs({"build.gradle": line}).problem is not None


def test_a_plain_gradle_build_needs_its_scripts() -> None:
    text = "// include\nrepositories { maven { url 'https://x' } }\nplugins { id 'java' }\n"
    found = jvm.gradle_needs({"build.gradle": text, "gradle/libs.versions.toml": ""})
    assert found.files == ("build.gradle", "gradle/libs.versions.toml")
    assert found.problem is None
    assert jvm.gradle_needs({}).problem is not None
