"""Files of container-structure-test: what is read, refused, and asked of an image."""

from __future__ import annotations

import stat

import pytest

from reimage.image.config import ImageConfig
from reimage.image.entries import Entry, Owner
from reimage.image.trees.tree import Placed, Tree
from reimage.verify.smoke.judging import Seen, differences, failures
from reimage.verify.smoke.plan import BadSmokeFile, SmokeTest
from reimage.verify.smoke.reading import read_plan
from reimage.verify.structure import files, metadata
from reimage.verify.structure.plan import (
    FileContentTest,
    FileExistenceTest,
    MetadataTest,
    Pair,
    Patterns,
    filled_in,
)
from reimage.verify.structure.reading import read_structure_test

HEAD = "schemaVersion: 2.0.0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is to be one table"),
        ("- a\n", "it is to be a table"),
        ("a: [", "t.yaml:1: this is not YAML"),
        ("commandTests: []\n", "schemaVersion is missing"),
        ("schemaVersion: 1.0.0\n", "schemaVersion is 1.0.0; only 2.0.0 is read"),
        (HEAD, "it has no tests"),
        (HEAD + "comandTests: []\n", "'comandTests' is not a key"),
        (HEAD + "metadataTest: {env: [{key: A}]}\n", "'env' is not a key"),
        (HEAD + "licenseTests:\n- debian: true\n", "licenseTests is not supported"),
        (HEAD + "containerRunOptions:\n  user: root\n", "containerRunOptions is not supported"),
        (HEAD + "commandTests:\n- command: a\n", "commandTests 1: it needs a name"),
        (HEAD + "commandTests:\n- {name: a}\n", "commandTests 1: it needs a command"),
        (HEAD + "commandTests:\n- {name: a, command: b, setup: [[c]]}\n", "setup is not supported"),
        (HEAD + "commandTests:\n- {name: a, command: b, args: c}\n", "args is to be a list"),
        (HEAD + "commandTests:\n- {name: a, command: b, exitCode: c}\n", "exitCode is to be a num"),
        (HEAD + "commandTests:\n- {name: a, command: b, expectedOutput: ['(']}\n", "no regular ex"),
        (
            HEAD + "commandTests:\n- {name: a, command: b, expectedOutput: ['[[:alpha:]]']}\n",
            "[[: in '[[:alpha:]]' can't be read here",
        ),
        (
            HEAD + "fileExistenceTests:\n- {name: a, path: /b, isExecutableBy: me}\n",
            "isExecutableBy is one of owner, group, other, any",
        ),
        (
            HEAD + "fileExistenceTests:\n- {name: a, path: /b, shouldExist: maybe}\n",
            "t.yaml:3 is no file of container-structure-test",
        ),
        (HEAD + "metadataTest:\n  ports: []\n", "metadataTest: 'ports' is not a key"),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadSmokeFile, match=r"^t\.yaml") as caught:
        read_structure_test(text, "t.yaml")
    assert told in str(caught.value)


def test_what_json_leaves_out_is_false_and_zero_as_the_program_takes_it() -> None:
    text = HEAD + "fileExistenceTests: [{name: two, path: /x}]\n"
    (yaml,) = read_structure_test(text, "t.yaml").existences
    assert (yaml.should_exist, yaml.uid, yaml.gid) == (True, None, None)
    text = '{"schemaVersion": "2.0.0", "fileExistenceTests": [{"name": "two", "path": "/x"}]}'
    (json,) = read_structure_test(text, "t.json").existences
    assert (json.should_exist, json.uid, json.gid) == (False, 0, 0)


def test_yaml_and_json_say_the_same() -> None:
    yaml = HEAD + (
        "globalEnvVars: [{key: A, value: b}]\n"
        "commandTests:\n"
        "- name: one\n"
        "  command: sh\n"
        "  setup: []\n"
        "  args: [-c, exit 3]\n"
        "  exitCode: 3\n"
        "  excludedError: ['x+']\n"
        "fileExistenceTests: [{name: two, path: /x, shouldExist: false, uid: 0, gid: 0}]\n"
        "fileContentTests: [{name: three, path: /y, expectedContents: [z]}]\n"
        "metadataTest: {cmd: [], user: '1000', exposedPorts: ['80']}\n"
    )
    json = (
        '{"schemaVersion": "2.0.0", "globalEnvVars": [{"key": "A", "value": "b"}], "commandTests": '
        '[{"name": "one", "command": "sh", "args": ["-c", "exit 3"], "exitCode": 3, '
        '"excludedError": ["x+"]}], "fileExistenceTests": [{"name": "two", "path": "/x", '
        '"shouldExist": false}], "fileContentTests": [{"name": "three", "path": "/y", '
        '"expectedContents": ["z"]}], "metadataTest": {"cmd": [], "user": 1000, '
        '"exposedPorts": [80]}}'
    )
    found = read_structure_test(yaml, "t.yaml")
    assert found == read_structure_test(json, "t.json")
    assert found.count == 4
    assert found.commands[0].words == ("sh", "-c", "exit 3")
    assert found.metadata == MetadataTest(cmd=(), user="1000", exposed_ports=("80",))


def test_a_smoke_file_names_one_beside_it(tmp_path: pytest.TempPathFactory) -> None:
    folder = str(tmp_path)
    with pytest.raises(BadSmokeFile, match="No such file"):
        read_plan('structure-test = "t.yaml"', f"{folder}/smoke.toml")
    with open(f"{folder}/t.yaml", "w") as file:
        file.write(HEAD + "metadataTest: {workdir: /srv}\n")
    plan = read_plan('structure-test = "t.yaml"', f"{folder}/smoke.toml")
    assert plan.structure
    assert plan.expects


def test_what_is_unmet_fails_the_smoke_test() -> None:
    test = SmokeTest(structure=read_structure_test(HEAD + "metadataTest: {user: a}\n", "t.yaml"))
    seen = Seen(None, unmet=("metadataTest: USER is '' instead of 'a'",))
    assert failures(test, seen) == differences(test, Seen(None), seen) == list(seen.unmet)


CONFIG = ImageConfig(
    env={"PATH": "/bin", "MODE": "fast"},
    entrypoint=("/app",),
    cmd=("serve",),
    user="1000",
    workdir="/srv",
    ports=("53/udp", "80/tcp"),
    volumes=("/data",),
    labels={"version": "1.2.3"},
)
RIGHT = MetadataTest(
    env=(Pair("MODE", "fast"), Pair("PATH", "^/b", True)),
    unbound_env=("DEBUG",),
    labels=(Pair("version", r"^\d+\.", True),),
    entrypoint=("/app",),
    cmd=("serve",),
    exposed_ports=("80", "53/udp"),
    unexposed_ports=("8080",),
    volumes=("/data",),
    unmounted_volumes=("/tmp",),
    workdir="/srv",
    user="1000",
)
WRONG = MetadataTest(
    env=(Pair("MODE", "slow"), Pair("PATH", "^b", True), Pair("NONE", "")),
    unbound_env=("MODE",),
    labels=(Pair("version", "1"), Pair("title", "x")),
    entrypoint=(),
    cmd=("serve", "--now"),
    exposed_ports=("81",),
    unexposed_ports=("80",),
    volumes=("/other",),
    unmounted_volumes=("/data",),
    workdir="/",
    user="",
)


def test_a_configuration_that_keeps_all_and_one_that_keeps_nothing() -> None:
    assert list(metadata.unmet(RIGHT, CONFIG)) == []
    assert list(metadata.unmet(MetadataTest(), CONFIG)) == []
    told = list(metadata.unmet(WRONG, CONFIG))
    assert len(told) == 14, told
    assert "the variable MODE is 'fast' instead of 'slow'" in told
    assert "ENTRYPOINT is ['/app'] instead of []" in told
    assert "the port 80 is exposed" in told


def tree() -> Tree:
    made = Tree()
    for directory, name, mode, link in (
        ("", "usr", stat.S_IFDIR | 0o755, ""),
        ("usr", "bin", stat.S_IFDIR | 0o755, ""),
        ("", "bin", stat.S_IFLNK | 0o777, "usr/bin"),
        ("usr/bin", "app", stat.S_IFREG | 0o4750, ""),
        ("usr/bin", "first", stat.S_IFLNK | 0o777, "app"),
        ("", "tmp", stat.S_IFDIR | 0o1777, ""),
    ):
        made.put(Placed(0, Entry(directory, name, Owner(mode, 12, 34), 3, 0, link)))
    return made


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (FileExistenceTest("a", "/bin/app"), None),
        (FileExistenceTest("a", "/"), None),
        (FileExistenceTest("a", "$ROOT/bin/../bin/app"), None),
        (FileExistenceTest("a", "/bin/none"), "/bin/none is missing"),
        (FileExistenceTest("a", "/none/none", should_exist=False), None),
        (FileExistenceTest("a", "/bin/app", should_exist=False), "/bin/app is there"),
        (FileExistenceTest("a", "/bin/app", permissions="urwxr-x---"), None),
        (FileExistenceTest("a", "/tmp/", permissions="dtrwxrwxrwx"), None),
        (FileExistenceTest("a", "/bin", permissions="Lrwxrwxrwx"), None),
        (
            FileExistenceTest("a", "/usr", permissions="-rwxr-xr-x"),
            "/usr has permissions drwxr-xr-x instead of -rwxr-xr-x",
        ),
        (FileExistenceTest("a", "/bin/app", executable_by="group", uid=12, gid=34), None),
        (FileExistenceTest("a", "/bin/app", executable_by="any"), None),
        (FileExistenceTest("a", "/bin/app", executable_by="other"), "is not executable by other"),
        (FileExistenceTest("a", "/bin/app", uid=0), "belongs to user 12 instead of 0"),
        (FileExistenceTest("a", "/bin/app", gid=0), "belongs to group 34 instead of 0"),
    ],
)
def test_a_file_is_there_and_is_as_asked(test: FileExistenceTest, told: str | None) -> None:
    found = list(files.unmet_existence(test, tree(), {"ROOT": "/usr"}))
    assert len(found) == (told is not None), found
    assert not told or told in found[0]


def test_a_content_matches_through_links() -> None:
    def unmet(path: str, content: Patterns) -> list[str]:
        test = FileContentTest("a", path, content)
        return list(files.unmet_content(test, tree(), {}, lambda path: b"one\ntwo\n"))

    assert unmet("/bin/first", Patterns(("^one", "two"), ("three",))) == []
    assert unmet("/bin/first", Patterns(("^two",), ("one",))) == [
        "/bin/first does not match '^two'",
        "/bin/first matches 'one'",
    ]
    assert unmet("/bin", Patterns()) == ["/bin is no file"]
    assert unmet("/none", Patterns()) == ["/none is no file"]


def test_variables_are_filled_in() -> None:
    assert filled_in("$A/${B}/$C$", {"A": "a", "B": "b"}) == "a/b/$"
