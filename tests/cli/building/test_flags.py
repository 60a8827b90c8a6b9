"""Every flag of docker build, in the forms that its documentation gives."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildkit_client.request import Cache, FromEnvironment, FromFile, Provenance, Sbom

if TYPE_CHECKING:
    from tests.cli.building.conftest import Build, FakeBuilder

#: Flags of `docker buildx build` (0.29) and how `reimage build` takes them: with a value or not.
DOCKERS = """
--add-host=a:1.2.3.4 --allow=network.host --annotation=k=v --attest=type=provenance --build-arg=k=v
--build-context=x=. --builder=unix:///x --cache-from=a/b --cache-to=type=inline --cgroup-parent=x
--file=Dockerfile --iidfile=id --label=k=v --load --metadata-file=md --network=none --no-cache
--no-cache-filter=a --output=out --platform=linux/amd64 --progress=plain --provenance=false --pull
--push --quiet --sbom=false --secret=id=s,src=Dockerfile --shm-size=1m --ssh=default --tag=t
--target=t --ulimit=nofile=1:2 -f=Dockerfile -o=out -q -t=t
""".split()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    return path


@pytest.mark.parametrize("flag", DOCKERS)
def test_docker_s_flags_are_there(
    build: Build, builder: FakeBuilder, agent: Path, flag: str
) -> None:
    words = [flag] if flag.startswith("--") else flag.split("=", 1)
    tag = ["--tag=x"] if flag == "--push" else []
    result = build(*words, *tag)
    assert result.exit_code == 0, result.stderr
    assert len(builder.requests) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--build-arg", "=x"], "--build-arg takes NAME=VALUE or NAME, not '=x'."),
        (["--label", "=x"], "--label takes NAME=VALUE, not '=x'."),
        (["-t", "Foo"], "--tag Foo: that is not the name of an image. Its path is in lower case."),
        (["-t", "a@sha256:" + "0" * 64], "give a tag."),
        (["--network", "bridge"], "--network takes default, host or none, not 'bridge'."),
        (["--add-host", "a"], "--add-host takes NAME:ADDRESS, not 'a'."),
        (["--add-host", "a:b"], "--add-host takes NAME:ADDRESS, not 'a:b'."),
        (["--shm-size", "64q"], "--shm-size takes a size such as 64m or 1g, not '64q'."),
        (["--ulimit", "nofile"], "--ulimit takes NAME=VALUE, not 'nofile'."),
        (["--ulimit", "nofile=2:1"], "the soft limit is above the hard one."),
        (["--ulimit", "files=1"], "--ulimit takes NAME=SOFT:HARD, such as nofile=1024:2048"),
        (["--secret", "src=x"], "--secret src=x: id= is missing."),
        (["--secret", "id"], "--secret id: 'id' is not of the form key=value."),
        (["--secret", "id=a,src=nope"], "--secret id=a,src=nope: there is no file nope."),
        (["--secret", "id=a,env=NOT_SET_"], "the variable NOT_SET_ is not set."),
        (["--secret", "id=a,mode=1"], "'mode' is not known"),
        (["--secret", "id=a,type=x"], "a secret is of type file or env."),
        (
            ["--ssh", "default"],
            "SSH_AUTH_SOCK is not set; start an agent, or name a key: --ssh default=FILE.",
        ),
        (["--ssh", "x=Dockerfile"], "Dockerfile is no private SSH key without a passphrase"),
        (["--ssh", "x=."], "The SSH key . cannot be read: Is a directory."),
        (["--call", "lint2"], "--call takes build, check, outline or targets, not 'lint2'."),
        (["--call", "check,format=xml"], "after a comma it takes format=json"),
        (["--check", "--call=outline"], "--check and --call=outline exclude one another."),
        (["--ssh", "x=nope"], "--ssh x=nope: nope: No such file or directory."),
        (["--build-context", "a"], "--build-context takes NAME=VALUE, not 'a'."),
        (["--build-context", "a=nope"], "--build-context a=nope: there is no directory nope."),
        (["--build-context", "A=."], "that is not the name of an image."),
        (["--build-context", "a=target:b"], "only a bake file has other targets"),
        (["--cache-from", "src=x"], "--cache-from src=x: type= is missing."),
        (["--cache-from", "type=local,dest=x"], "src= is missing."),
        (["--cache-to", "type=registry"], "ref= is missing."),
        (["--cache-to", 'type=local,"dest=x'], "the quotes do not match."),
        (["--attest", "generator=x"], "type=provenance and type=sbom can be attached."),
        (["--provenance", "mode=all"], "--provenance: mode is min or max, not 'all'."),
        (["--allow", "fs.read=/"], "it takes network.host, security.insecure or device=NAME"),
        (["--progress", "fancy"], "--progress takes auto, plain, tty, quiet or rawjson"),
        (["-q", "--progress", "plain"], "--quiet and --progress=plain exclude one another."),
        (["--pull=maybe"], "--pull takes true or false, not 'maybe'."),
        (["--iidfile", "nope/x"], "--iidfile nope/x: there is no such place to write to."),
        (["--metadata-file", "."], "--metadata-file .: there is no such place to write to."),
        (
            ["-o", "type=ova"],
            "the type is local, tar, oci, docker, image, registry or cacheonly, not 'ova'.",
        ),
        (["-o", "type=cacheonly,dest=x"], "--output type=cacheonly,dest=x: 'dest' is not known"),
        (["-o", "dest=x"], "--output dest=x: type= is missing."),
        (["-o", "type=local"], "--output type=local: dest= has to name a directory."),
        (["-o", "type=local,dest=Dockerfile"], "Dockerfile is not a directory."),
        (["-o", "type=tar,dest=."], "--output type=tar,dest=.: . is a directory."),
        (["-o", "type=oci,dest=no/x"], "there is no directory no."),
        (["-o", "type=tar,dest=x,compression=zstd"], "'compression' is not known"),
        (["-o", "type=oci,dest=x,push=true"], "only type=image or type=registry can be pushed."),
        (["-o", "type=image,dest=x"], "an image has a name=, not a dest=."),
        (["-o", "type=oci,dest=x,compression=bz2"], "not 'bz2'."),
        (["-o", "type=oci,dest=x,compression-level=a"], "takes a number, not 'a'."),
        (["-o", "-", "-o", "type=oci"], "Only one --output can go to the standard output."),
        (["--push"], "An image that is pushed needs a name: --tag gives it one."),
        (["nope"], "There is no directory nope to be the build context."),
        (["Dockerfile"], "Dockerfile is not a directory: the context is one"),
        (["-f", "nope"], "--file nope: there is no such file."),
        (["-f", "."], "--file . is a directory."),
        (["-f", "https://example.org/D"], "reimage fetches no Dockerfile; download it first."),
        (["-f", "-", "-"], "Context and Dockerfile can't both come from the standard input."),
        (["-f", "x", "-"], "--file x is looked for in an archive on the standard input"),
        (["a", "b"], "unexpected extra argument"),
    ],
)
def test_what_is_wrong_with_a_flag_is_one_sentence(
    build: Build, builder: FakeBuilder, words: list[str], said: str
) -> None:
    result = build(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.startswith("reimage: ") and result.stderr.count("\n") == 1
    assert builder.requests == []


@pytest.mark.parametrize(
    "flag", ["--squash", "--memory=1g", "-m=1g", "--rm", "--print=outline", "--invoke=x"]
)
def test_what_only_docker_has_is_refused_with_a_reason(build: Build, flag: str) -> None:
    result = build(flag)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"reimage: {flag.split('=')[0]} is not offered: ")


def test_an_unknown_flag_is_bad_usage(build: Build) -> None:
    result = build("--sqash")
    assert result.exit_code == 2
    assert result.stderr.startswith("reimage: No such option: --sqash")


def test_nothing_asked_for_is_nothing_asked_of_the_builder(
    build: Build, builder: FakeBuilder
) -> None:
    build()
    request = builder.request
    assert request.context == Path()
    assert request.dockerfile is None
    assert request.args == request.labels == request.contexts == request.frontend_options == {}
    assert request.no_cache is False and request.pull is False
    assert builder.connected_to == [""]


def test_arguments_come_from_the_line_or_the_environment(
    build: Build, builder: FakeBuilder
) -> None:
    words = ["A=1", "B=x=y", "C=", "FROM_ENV_", "NOT_SET_"]
    build(*(f"--build-arg={word}" for word in words), FROM_ENV_="e")
    assert builder.request.args == {"A": "1", "B": "x=y", "C": "", "FROM_ENV_": "e"}


def test_labels_platforms_and_stages(build: Build, builder: FakeBuilder) -> None:
    words = "--label a=b=c --label d --platform linux/amd64,linux/arm64 --platform linux/amd64"
    build(*words.split(), "--no-cache-filter", "a,b", "--target", "t", "--pull")
    request = builder.request
    assert request.labels == {"a": "b=c", "d": ""}
    assert request.platforms == ("linux/amd64", "linux/arm64")
    assert (request.no_cache, request.target, request.pull) == (("a", "b"), "t", True)


def test_switches_take_true_and_false(build: Build, builder: FakeBuilder) -> None:
    build("--no-cache=true", "--pull", "--pull=false", "-q=false")
    assert (builder.request.no_cache, builder.request.pull) == (True, False)


def test_hosts(build: Build, builder: FakeBuilder) -> None:
    builder.labels = {"org.mobyproject.buildkit.worker.moby.host-gateway-ip": "172.17.0.1"}
    words = ["a:1.2.3.4", "b=::1", "c:::1", "d=[fe80::1]", "e:host-gateway"]
    build(*(f"--add-host={word}" for word in words))
    assert builder.request.extra_hosts == {
        "a": "1.2.3.4",
        "b": "::1",
        "c": "::1",
        "d": "fe80::1",
        "e": "172.17.0.1",
    }


def test_a_builder_without_host_gateway_is_told(build: Build) -> None:
    result = build("--add-host=a:host-gateway")
    assert result.exit_code == 2
    assert "does not say what host-gateway is" in result.stderr


@pytest.mark.parametrize(
    ("word", "size"),
    [("64m", 64 << 20), ("1g", 1 << 30), ("512kb", 512 << 10), ("10", 10), ("1.5K", 1536)],
)
def test_sizes_are_docker_s(build: Build, builder: FakeBuilder, word: str, size: int) -> None:
    build("--shm-size", word)
    assert builder.request.shm_size == size


def test_limits(build: Build, builder: FakeBuilder) -> None:
    build("--ulimit=nofile=1024", "--ulimit", "nproc=5:-1", "--cgroup-parent=/x")
    assert builder.request.ulimits == ("nofile=1024:1024", "nproc=5:-1")
    assert builder.request.frontend_options == {"cgroup-parent": "/x"}


def test_secrets(build: Build, builder: FakeBuilder, tmp_path: Path) -> None:
    (tmp_path / "a,b").write_bytes(b"x")
    (tmp_path / "plain").write_bytes(b"x")
    words = ["id=a,src=plain", '"src=a,b",id=b', "id=c,env=HOME", "id=HOME", "id=plain"]
    words += ["type=env,id=d,src=HOME", "type=file,id=e,source=plain"]
    result = build(*(f"--secret={word}" for word in words))
    assert result.exit_code == 0, result.stderr
    assert builder.request.secrets == {
        "a": FromFile(Path("plain")),
        "b": FromFile(Path("a,b")),
        "c": FromEnvironment("HOME"),
        "HOME": FromEnvironment("HOME"),
        "plain": FromFile(Path("plain")),
        "d": FromEnvironment("HOME"),
        "e": FromFile(Path("plain")),
    }


def test_agents(build: Build, builder: FakeBuilder, agent: Path) -> None:
    build("--ssh", "default", "--ssh", f"other={agent}")
    assert builder.request.ssh == {"default": agent, "other": agent}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("alpine", "alpine"),
        ("docker.io/library/alpine:latest", "alpine"),
        ("docker.io/ada/app:1", "ada/app:1"),
        ("localhost:5000/x:latest", "localhost:5000/x"),
        ("python:3.12-slim", "python:3.12-slim"),
    ],
)
def test_named_contexts_have_the_names_that_buildkit_looks_up(
    build: Build, builder: FakeBuilder, given: str, name: str
) -> None:
    build("--build-context", f"{given}=docker-image://example.org/x:1")
    assert builder.request.contexts == {name: "docker-image://example.org/x:1"}


def test_named_contexts_are_folders_or_addresses(build: Build, builder: FakeBuilder) -> None:
    places = {
        "a": ".",
        "b": "https://example.org/x.git#main:sub",
        "c": "oci-layout://layout:1",
        "d": "git@example.org:x.git",
    }
    build(*(f"--build-context={name}={place}" for name, place in places.items()))
    assert builder.request.contexts == {**places, "a": Path()}


def test_caches(build: Build, builder: FakeBuilder) -> None:
    build(
        *("--cache-from", "example.org/a:cache"),
        *("--cache-from", "type=local,src=/x"),
        *("--cache-to", "type=registry,ref=example.org/a,mode=max"),
        *("--cache-to", "type=gha,scope=s"),
        ACTIONS_RUNTIME_TOKEN="t",
        ACTIONS_CACHE_URL="https://example.org/",
    )
    assert builder.request.cache_from == (
        Cache("registry", {"ref": "example.org/a:cache"}),
        Cache("local", {"src": "/x"}),
    )
    assert builder.request.cache_to == (
        Cache("registry", {"ref": "example.org/a", "mode": "max"}),
        Cache("gha", {"token": "t", "url": "https://example.org/", "scope": "s"}),
    )


@pytest.mark.parametrize(
    ("words", "provenance", "sbom", "options"),
    [
        ("--attest type=provenance", Provenance("min"), None, {}),
        ("--provenance=true", Provenance("min"), None, {}),
        ("--provenance=max", Provenance("max"), None, {}),
        ("--provenance mode=max", Provenance("max"), None, {}),
        ("--attest type=provenance,mode=max --provenance=false", None, None, {}),
        ("--attest type=provenance,disabled=true", None, None, {}),
        ("--sbom=true", None, Sbom(), {}),
        ("--sbom=generator=example.org/scan", None, Sbom("example.org/scan"), {}),
        (
            "--attest type=provenance,version=v1",
            Provenance("min"),
            None,
            {"attest:provenance": "mode=min,version=v1"},
        ),
    ],
)
def test_attestations(
    build: Build,
    builder: FakeBuilder,
    words: str,
    provenance: Provenance | None,
    sbom: Sbom | None,
    options: dict[str, str],
) -> None:
    build("-o", "type=oci,dest=x", *words.split())
    request = builder.request
    assert (request.provenance, request.sbom) == (provenance, sbom)
    assert request.frontend_options == options


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", ""),
        ("tcp://example.org:1234", "tcp://example.org:1234"),
        ("mine", "buildx://mine"),
    ],
)
def test_a_builder_is_an_address_or_a_name_of_buildx(
    build: Build, builder: FakeBuilder, given: str, url: str
) -> None:
    build(*(["--builder", given] if given else []))
    build(BUILDX_BUILDER=given)
    assert builder.connected_to == [url, url]
