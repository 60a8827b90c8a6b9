"""Where settings are found, what they mean, and what is said of wrong ones."""

from pathlib import Path

import pytest

from reimage.files import FilesError
from reimage.pipeline.config import Config, ConfigError, PerFile, find_config, load_config
from reimage.pipeline.config.registries import PinConfig, RegistryConfig


def write(path: Path, text: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which the search upwards ends."""
    (tmp_path / "project" / ".git").mkdir(parents=True)
    return tmp_path / "project"


def load(tmp_path: Path, text: str | bytes, name: str = "reimage.toml") -> Config:
    return load_config(write(tmp_path / name, text))


# Finding.


def test_nothing_is_found_beyond_the_repository(project: Path) -> None:
    write(project.parent / "reimage.toml")
    assert find_config(project / "Dockerfile") is None


def test_a_worktree_ends_the_search_as_well(project: Path) -> None:
    write(project / "reimage.toml")
    write(project / "tree" / ".git", "gitdir: elsewhere")
    assert find_config(project / "tree" / "a" / "Dockerfile") is None


@pytest.mark.parametrize(
    "text",
    ["", "[tool.other]\n", "# tool.reimage\n", "[tool.reimages]\n", "[tool]\nreimage = 1\n", "= 1"],
)
def test_a_pyproject_of_others_is_passed_over(project: Path, text: str) -> None:
    above = write(project / "reimage.toml")
    write(project / "sub" / "pyproject.toml", text)
    assert find_config(project / "sub" / "Dockerfile") == above


def test_a_folder_named_like_a_configuration_is_none(project: Path) -> None:
    (project / "reimage.toml").mkdir()
    (project / "pyproject.toml").mkdir()
    assert find_config(project) is None


@pytest.mark.parametrize("text", ["[tool.reimage]\n", '[tool]\nreimage = {ignore = ["a"]}\n'])
def test_a_pyproject_with_our_table_is_found_from_below(project: Path, text: str) -> None:
    shared = write(project / "pyproject.toml", text)
    assert find_config(project / "a" / "b" / "Dockerfile") == shared
    assert find_config(project) == shared


def test_our_own_file_comes_first_and_the_nearest_wins(project: Path) -> None:
    write(project / "a" / "pyproject.toml", "[tool.reimage]\n")
    own = write(project / "a" / "reimage.toml")
    write(project / "reimage.toml")
    assert find_config(project / "a" / "b" / "Dockerfile") == own
    assert find_config(project / "Dockerfile") == project / "reimage.toml"


def test_the_search_starts_from_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write(project / "reimage.toml")
    (project / "a").mkdir()
    monkeypatch.chdir(project / "a")
    assert find_config(Path("Dockerfile")) == own
    assert find_config(Path("../Dockerfile")) == own


def test_a_broken_pyproject_of_ours_is_found_so_that_loading_explains(project: Path) -> None:
    broken = write(project / "pyproject.toml", "[tool.reimage]\nselect = \n")
    assert find_config(project) == broken
    with pytest.raises(ConfigError, match=r"pyproject\.toml:2: this is not TOML"):
        load_config(broken)


# Refusing.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", ": selct is not a key: did you mean 'select'?"),
        ("per_file = {}", ": per_file is not a key: did you mean 'per-file'?"),
        ("zzz = 1", ": zzz is not a key: the keys are select, ignore, prefer, exclude, allow, "),
        ('select = "a"', ": select must be a list of names in quotes, none of them empty."),
        ("ignore = [1]", ": ignore must be a list of names in quotes, none of them empty."),
        ('exclude = [""]', ": exclude must be a list of names in quotes, none of them empty."),
        ("context = 1", ": context must be text in quotes, and not empty."),
        (
            'allow = "all"',
            ": allow must be same-image, same-files, same-behaviour, changes-behaviour, not 'all'.",
        ),
        ("per-file = 1", ": per-file must be a table."),
        ('[per-file]\n"a" = 1', ': per-file."a" must be a table.'),
        ('[per-file.""]', ': per-file."" has an empty pattern.'),
        ('[per-file."a"]\nprefer = []', ': per-file."a".prefer is not a key: '),
        ('[per-file."a"]\nselect = [[]]', ': per-file."a".select must be a list of names'),
        ("a = 1\nb", ":2: this is not TOML: "),
        ("a = '''\n\n", ":1: this is not TOML: "),
        (b"a = 1\n# \xff", ":2: this is not UTF-8."),
        ("a = " + "[" * 5000, " is nested too deeply."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, text)
    path = tmp_path / "reimage.toml"
    assert str(refusal.value).startswith(f"{path}{message}")
    assert str(refusal.value)[-1] in ".?"
    assert refusal.value.path == str(path)


def test_keys_of_a_pyproject_are_named_in_full(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tool\.reimage\.alow is not a key"):
        load(tmp_path, "[tool.reimage]\nalow = 1\n", "pyproject.toml")


def test_a_pyproject_without_our_table_can_not_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no \[tool\.reimage\] table\."):
        load(tmp_path, "[tool]\n", "pyproject.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="does not exist"):
        load_config(tmp_path / "reimage.toml")


# Meaning.


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Config(tmp_path / "reimage.toml")


@pytest.mark.parametrize(
    ("name", "head"), [("reimage.toml", ""), ("pyproject.toml", "[tool.reimage]\n")]
)
def test_every_key_is_read(tmp_path: Path, name: str, head: str) -> None:
    table = "tool.reimage.per-file" if head else "per-file"
    text = (
        f"\ufeff{head}"
        'select = ["do-this", "do_that"]\nignore = ["a", "a"]\nprefer = ["b"]\n'
        'allow = "same_files"\ncontext = "ctx"\nexclude = ["vendor/"]\n'
        f'[{table}."docker/*.Dockerfile"]\nignore = ["c"]\nallow = "same-image"\n'
    )
    assert load(tmp_path, text.replace("\n", "\r\n"), name) == Config(
        path=tmp_path / name,
        select=("do-this", "do-that"),
        ignore=("a",),
        prefer=("b",),
        allow="same-files",
        context=tmp_path / "ctx",
        per_file=(("docker/*.Dockerfile", PerFile(("c",), None, "same-image")),),
        exclude=("vendor/",),
    )


def test_a_file_is_read_once(tmp_path: Path) -> None:
    first = load(tmp_path, 'ignore = ["a"]')
    assert load(tmp_path, 'ignore = ["b"]') is first


def test_settings_for_files_add_up_and_later_ones_win(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        'select = ["a"]\nignore = ["b"]\nallow = "same-files"\n'
        '[per-file."*.Dockerfile"]\nignore = ["c", "b"]\nselect = []\n'
        '[per-file."docker/"]\nallow = "same-image"\nselect = ["d"]\n',
    )

    def held(name: str) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
        found = config.for_file(tmp_path / name)
        return found.select, found.ignore, found.allow

    assert held("Dockerfile") == (("a",), ("b",), "same-files")
    assert held("app/x.Dockerfile") == ((), ("b", "c"), "same-files")
    assert held("docker/Dockerfile") == (("d",), ("b",), "same-image")
    assert held("docker/x.Dockerfile") == (("d",), ("b", "c"), "same-image")


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("Dockerfile", ["Dockerfile", "a/b/Dockerfile"], ["Dockerfile.dev", "a/dockerfile"]),
        ("/Dockerfile", ["Dockerfile"], ["a/Dockerfile"]),
        ("./Dockerfile", ["Dockerfile"], ["a/Dockerfile"]),
        ("a/*.Dockerfile", ["a/x.Dockerfile"], ["a/b/x.Dockerfile", "b/a/x.Dockerfile"]),
        ("a/**/x", ["a/x", "a/b/x", "a/b/c/x"], ["x", "b/a/x"]),
        ("**/a/x", ["a/x", "b/c/a/x"], ["a/b/x"]),
        ("a/**", ["a/x", "a/b/x"], ["a", "b/x"]),
        ("vendor", ["vendor", "vendor/x", "a/vendor/b/x"], ["vendored/x"]),
        ("vendor/", ["vendor/x", "a/vendor/x"], ["vendor", "a/vendor"]),
        ("**", ["x", "a/x"], []),
        ("**/**/[ab]?", ["a1", "x/b2"], ["c1", "a"]),
    ],
)
def test_patterns_fit_as_in_gitignore(
    tmp_path: Path, pattern: str, fitting: list[str], others: list[str]
) -> None:
    config = Config(path=tmp_path / "reimage.toml", exclude=(pattern,))
    assert [name for name in fitting if not config.excludes(tmp_path / name)] == []
    assert [name for name in others if config.excludes(tmp_path / name)] == []


def test_patterns_speak_of_the_folder_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    config = Config(path=tmp_path / "reimage.toml", exclude=("a/x",))
    assert config.excludes(Path("x"))
    assert not config.excludes(Path("a/x"))


def test_a_file_outside_fits_by_name_only(tmp_path: Path) -> None:
    config = Config(path=tmp_path / "a" / "reimage.toml", exclude=("x", "/y"))
    assert config.excludes(tmp_path / "x")
    assert not config.excludes(tmp_path / "y")


# Registries.


def test_settings_of_pin_and_of_registries(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "[pin]\nwith-optimize = true\nmin-age = 3\nnamed-contexts = ['a']\n"
        "[registry]\nplain-http = ['h:5000']\nca = 'ca.pem'\n"
        "mirrors = { 'docker.io' = ['https://m.example.org'] }\n",
    )
    assert config.pin == PinConfig(with_optimize=True, min_age=3, named_contexts=("a",))
    assert config.registry == RegistryConfig(
        ("h:5000",), (("docker.io", ("https://m.example.org",)),), tmp_path / "ca.pem"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pin = 3", "pin must be a table"),
        ("[pin]\nmin-age = -1", "pin.min-age must be a number of days"),
        ("[pin]\nmin-age = true", "pin.min-age must be a number of days"),
        ("[pin]\nwith-optimize = 1", "pin.with-optimize must be true or false"),
        ("[pin]\nmin-agee = 1", "did you mean 'min-age'"),
        ("smoke = 1", "smoke must be a table"),
        ("[smoke]\nhttp = 1", "smoke is no smoke file"),
        ("[registry]\nmirrors = []", "registry.mirrors must be a table"),
        ("[registry.mirrors]\nx = 'y'", "registry.mirrors.x must be a list"),
        ("[registry]\nplain-http = 'x'", "registry.plain-http must be a list"),
    ],
)
def test_wrong_settings_of_registries(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert words in str(error.value)


def test_a_smoke_test_may_be_configured(tmp_path: Path) -> None:
    text = "[smoke]\ntimeout = 3\nhttp = [{ port = 8000, path = '/', expect = 'ok' }]\n"
    smoke = load(tmp_path, text).smoke
    assert smoke is not None
    assert (smoke.timeout, smoke.http[0].port, smoke.http[0].expect) == (3, 8000, "ok")
    assert load(tmp_path / "other", "").smoke is None
