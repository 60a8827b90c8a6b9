"""`reimage build` and `reimage builders` as processes, against real engines."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pty
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from tests.engine.buildkit.conftest import SHELL, MakeContext, with_containerd_store
from tests.engine.buildkit.test_forwarding import copy_with_libraries
from tests.engine.service import run
from tests.fixture_cases import APPS, ROOT

from buildkit_client import Builder, BuildRequest, Result, connect

if TYPE_CHECKING:
    from tests.engine.bases import Bases

pytestmark = pytest.mark.engine

RUN = "import sys; sys.argv[0] = 'reimage'; from reimage.cli import main; main()"
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
#: Starts a server and asks it, with nothing but what every Debian image has. The arguments are the
#: server's command; ports and paths to ask for come on the standard input.
SERVE_AND_ASK = r"""
"$@" & server=$!
while read -r port path; do
    until exec 3<>"/dev/tcp/127.0.0.1/$port"; do
        kill -0 $server || exit 9
        sleep 0.1
    done 2>/dev/null
    printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$path" >&3
    cat <&3
    printf "\n-- end of answer --\n"
done
kill $server
"""


@dataclass(frozen=True, slots=True)
class Command:
    """Runs `reimage` with the builder at `url`, and none of the user's settings."""

    url: str
    environment: Mapping[str, str]

    def __call__(
        self, *words: str, stdin: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.words(*words),
            input=stdin,
            capture_output=True,
            env=dict(self.environment),
            cwd=cwd,
            timeout=300,
            check=False,
        )

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-W", "error", "-c", RUN, *words]


@pytest.fixture
def reimage(url: str, tmp_path: Path) -> Command:
    own = {
        "DOCKER_HOST": url,
        "DOCKER_CONFIG": str(tmp_path / "no-docker-config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path),
        "TERM": "xterm-256color",
    }
    foreign = ("DOCKER_", "BUILDX_", "BUILDKIT_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return Command(url, inherited | own)


def test_a_build_says_what_it_does_and_what_comes_out(
    reimage: Command, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context(Dockerfile=SHELL + b"RUN echo hello && echo %d\n" % time.time_ns())
    words = ["build", "--network=host", "-t", "command:1", str(context)]
    done = reimage(*words, "--metadata-file", str(tmp_path / "md"))
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    lines = done.stderr.decode().split("\n")
    (number,) = {line.split(" ")[0] for line in lines if "[3/3] RUN echo hello" in line}
    assert any(line.startswith(f"{number} ") and line.endswith(" hello") for line in lines)
    assert any(line.startswith(f"{number} DONE ") for line in lines)
    metadata = json.loads((tmp_path / "md").read_text())
    assert f"  {metadata['containerimage.digest']}" in lines
    assert "  command:1" in lines
    again = reimage(*words)
    assert f"{number} CACHED" in again.stderr.decode().split("\n")
    assert reimage(*words, "-q").stdout.decode().strip() == metadata["containerimage.digest"]


def test_archives_go_to_standard_output(
    reimage: Command, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context(f=b"1")
    done = reimage("build", "-f", "-", "-o", "-", str(context), stdin=b"FROM scratch\nCOPY f /")
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(["tar", "t"], input=done.stdout, capture_output=True, check=True)
    assert listed.stdout == b"f\n"


@with_containerd_store
def test_a_pushed_image_is_in_the_registry(
    reimage: Command, make_context: MakeContext, bases: Bases
) -> None:
    name = bases.reference(f"pushed-{time.time_ns()}:1")
    context = make_context(Dockerfile=b"FROM scratch\nCOPY busybox /\n")
    done = reimage("build", "--push", "-q", "-t", name, str(context))
    assert done.returncode == 0, done.stderr
    repository, _, tag = name.removeprefix(bases.registry).rpartition(":")
    url = f"http://{bases.registry}/v2{repository}/manifests/{tag}"
    request = Request(url, headers={"Accept": ", ".join(MANIFESTS)})
    with build_opener(ProxyHandler({})).open(request) as answer:
        assert answer.headers["Docker-Content-Digest"] == done.stdout.decode().strip()


def test_a_failing_run_of_a_huge_dockerfile_is_told_with_line_code_and_log(
    reimage: Command, make_context: MakeContext
) -> None:
    patterns = b"".join(b"ignored-%d/**/*.tmp\n" % n for n in range(2_000))
    comment = b"# " + b"x" * 97 + b"\n"
    dockerfile = SHELL + comment * 10_000 + b"COPY here /\nRUN echo before && \\\n    exit 42\n"
    context = make_context(Dockerfile=dockerfile, here=b"1", **{".dockerignore": patterns})
    done = reimage("build", "--network=host", str(context))
    assert len(dockerfile) > 1_000_000
    assert done.returncode == 2
    assert done.stderr.decode().split("\n")[-10:] == [
        "The last that [4/4] printed:",
        "  | before",
        "",
        f"    10003 | {comment.decode().strip()}",
        "    10004 | COPY here /",
        "  > 10005 | RUN echo before && \\",
        "  > 10006 |     exit 42",
        "",
        f"{context}/Dockerfile:10005: error: RUN echo before && failed with exit code 42",
        "",
    ]


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        (b"FROM scratch\nRUNN x\n", ":2: error: unknown instruction: RUNN (did you mean RUN?)"),
        (b"FROM scratch\nCOPY no /\n", ":2: error: COPY no /: the build context has no no (or"),
        (b"FROM localhost:1/no:1\n", ":1: error: the image localhost:1/no:1 cannot be had: "),
        (b"FROM a AS b\n# check=error=true\nFROM b AS B", "error: "),
    ],
)
def test_a_dockerfile_that_does_not_build_is_bad_input(
    reimage: Command, make_context: MakeContext, dockerfile: bytes, said: str
) -> None:
    context = make_context(Dockerfile=dockerfile)
    done = reimage("build", str(context))
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_target_that_is_not_there_is_told(reimage: Command, make_context: MakeContext) -> None:
    done = reimage("build", "--target=no", str(make_context(Dockerfile=b"FROM scratch AS a\n")))
    assert done.returncode == 2
    assert b"error: there is no stage 'no' to be the target" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_is_stopped_leaves_nothing(
    reimage: Command,
    make_context: MakeContext,
    builder: Builder,
    number: int,
    code: int,
    tmp_path: Path,
) -> None:
    mark = f"{time.time_ns()}"
    context = make_context(Dockerfile=SHELL + f"RUN echo begun; sleep {mark}\n".encode())
    (tmp_path / "temporary").mkdir()
    environment = {**reimage.environment, "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen(
        reimage.words("build", "--network=host", str(context)),
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.endswith(b" begun\n"):
                break
        started = time.monotonic()
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(10) == code, rest
    assert time.monotonic() - started < 5
    assert list((tmp_path / "temporary").iterdir()) == []
    _wait_until(lambda: not _runs(mark), "the process of the RUN still runs")
    _wait_until(lambda: "canceled" in builder.history()[0].error, "the build was not cancelled")


def _wait_until(holds: Callable[[], bool], else_: str) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline, else_
        time.sleep(0.1)


def _runs(mark: str) -> bool:
    return any(mark.encode() in _command_line(path) for path in Path("/proc").glob("[0-9]*"))


def _command_line(path: Path) -> bytes:
    try:
        return (path / "cmdline").read_bytes()
    except OSError:
        return b""


def test_a_terminal_of_80_columns_is_drawn_on(reimage: Command, make_context: MakeContext) -> None:
    dockerfile = SHELL + (
        b"RUN for n in 1 2 3; do echo line $n; sleep 0.4; done # %d\n" % time.time_ns()
    )
    context = make_context(Dockerfile=dockerfile)
    shown = _in_a_terminal(reimage, "build", "--network=host", "-t", "tty:1", str(context))
    assert "\x1b[?25l" in shown and "\x1b[?25h" in shown, "the cursor is hidden and comes back"
    assert "  | line 2" in shown
    final = shown.rsplit("\x1b[2K", 1)[-1]
    assert "✓ [3/3] RUN for n in 1 2 3" in final
    assert "built" in final and "tty:1" in final


def _in_a_terminal(reimage: Command, *words: str) -> str:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb", buffering=0) as terminal:
            process = subprocess.Popen(
                reimage.words(*words),
                stdout=subprocess.PIPE,
                stderr=terminal,
                env={**reimage.environment, "COLUMNS": "80", "LANG": "C.UTF-8"},
            )
        shown = b"".join(_read(screen))
        with process:
            pass
    assert process.returncode == 0, shown
    return shown.decode()


def _read(screen: Any) -> Iterator[bytes]:
    try:
        while data := screen.read(65536):
            yield data
    except OSError:  # how a terminal ends when nobody has it open any more
        return


def test_builders_tells_what_the_engine_can_do(
    reimage: Command, suite: str, store: str, url: str
) -> None:
    done = reimage("builders", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (chosen,) = [report for report in found["builders"] if report["chosen"]]
    assert (chosen["url"], chosen["source"]) == (url, "$DOCKER_HOST")
    assert ("oci" in chosen["can"]["exporters"]) == (store == "containerd")
    assert chosen["can"]["attestations"] == (store == "containerd")
    assert ("frontend.lint" in chosen["can"]["subrequests"]) == (suite == "sid")
    assert "frontend.outline" in chosen["can"]["subrequests"]
    assert any("/" in platform for platform in chosen["can"]["platforms"])


def test_builders_that_do_not_answer_are_told(reimage: Command, tmp_path: Path) -> None:
    nobody = f"unix://{tmp_path}/nobody.sock"
    gone = Command("", {**reimage.environment, "DOCKER_HOST": nobody})
    done = gone("builders")
    assert done.returncode == 0
    assert f"* {nobody}\n".encode() in done.stdout
    assert b"    not reached   " in done.stdout


@pytest.mark.parametrize("app", ["flask", "go", "node"])
def test_an_application_builds_and_does_what_it_should(
    reimage: Command, bases: Bases, app: str, tmp_path: Path
) -> None:
    context = ROOT / APPS / app
    words = ["--network=host", *bases.build_options, "--iidfile", str(tmp_path / "id")]
    done = reimage("build", f"--tag=app-{app}", *words, str(context))
    assert done.returncode == 0, done.stderr.decode()
    smoke = tomllib.loads((context / "smoke.toml").read_text("utf-8"))
    # The image as the command left it in the engine, not the same build once more.
    request = BuildRequest(dockerfile=f"FROM app-{app}\n".encode(), internal=True)
    with connect(reimage.url) as builder, builder.look(request) as gateway:
        assert _problems(gateway.solve(), smoke) == []


def _problems(result: Result, smoke: Mapping[str, Any]) -> list[str]:
    """Runs the image as its configuration says, without a network, and asks it."""
    settings: Any = result.config["config"]
    command = [*(settings.get("Entrypoint") or []), *(settings.get("Cmd") or [])]
    with result.container() as container:
        done = container.run(
            ["/bin/bash", "-c", SERVE_AND_ASK, "ask", *command],
            env={**dict(item.split("=", 1) for item in settings["Env"]), **smoke.get("env", {})},
            cwd=settings.get("WorkingDir", ""),
            user=settings.get("User", ""),
            stdin="".join(f"{it['port']} {it['path']}\n" for it in smoke["http"]).encode(),
            timeout=smoke["timeout"] * 3,
        )
    answers = done.stdout.decode().split("-- end of answer --")[:-1]
    problems = [
        f"{request['path']} answered {answer!r}"
        for request, answer in zip(smoke["http"], answers, strict=False)
        if request["expect"] not in answer
    ]
    if len(answers) != len(smoke["http"]):
        problems.append(f"it ended with {done.code}: {done.stderr.decode()}")
    return problems


def test_an_archive_on_standard_input_is_the_context(
    reimage: Command, make_context: MakeContext, tmp_path: Path
) -> None:
    dockerfile = b"FROM scratch\nCOPY large small /\n"
    context = make_context(small=b"small", large=os.urandom(9 << 20))
    (context / "docker").mkdir()
    (context / "docker" / "D").write_bytes(dockerfile)
    # Its first entry has more than one header, by which alone BuildKit knows an archive.
    with tarfile.open(tmp_path / "tar", mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(context, ".")
    packers: dict[str, Callable[[bytes], bytes]] = {
        "plain": bytes,
        "gzip": partial(gzip.compress, compresslevel=1),
        "bzip2": partial(bz2.compress, compresslevel=1),
        "xz": partial(lzma.compress, preset=0),
    }
    for kind, pack in packers.items():
        out = tmp_path / kind
        given = pack((tmp_path / "tar").read_bytes())
        done = reimage("build", "-", "-f", "docker/D", "-o", str(out), stdin=given)
        assert done.returncode == 0, done.stderr.decode()
        assert sorted(os.listdir(out)) == ["large", "small"]
        assert (out / "large").read_bytes() == (context / "large").read_bytes()


def test_what_only_looks_like_an_archive_is_told(reimage: Command) -> None:
    done = reimage("build", "-", stdin=b"\x1f\x8b" + b"x" * 5000)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_the_builder_is_asked_about_a_dockerfile(
    reimage: Command, make_context: MakeContext, suite: str
) -> None:
    context = make_context(
        Dockerfile=b"ARG WHO=you\n# first is the first\nfrom scratch AS first\nARG WHO\n"
        b"COPY busybox /$WHO\nFROM scratch AS last\nCOPY --from=first / /\n"
    )
    targets = reimage("build", "--call=targets", str(context))
    assert targets.returncode == 0, targets.stderr
    assert b"first" in targets.stdout
    assert b"last (default)" in targets.stdout
    outline = reimage("build", "--call=outline,format=json", "--target=first", str(context))
    assert [item["name"] for item in json.loads(outline.stdout)["args"]] == ["WHO"]
    check = reimage("build", "--check", str(context))
    if suite == "trixie":  # whose BuildKit has no checks yet
        assert check.returncode == 2
        assert check.stderr.decode() == (
            "reimage: The builder's frontend does not know frontend.lint.\n"
        )
        return
    assert (check.returncode, check.stderr) == (1, b"")
    assert check.stdout.startswith(b"Check complete: 2 warnings.\n\nWARNING: FromAsCasing")
    assert reimage("build", "--call=check,ignorestatus=true", str(context)).returncode == 0


def test_a_run_signs_in_with_a_key_in_a_file(
    reimage: Command, make_context: MakeContext, tmp_path: Path
) -> None:
    context = make_context()
    copy_with_libraries("ssh-add", context / "root")
    key = tmp_path / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a test", "-f", str(key)])
    (context / "Dockerfile").write_bytes(
        SHELL
        + b"COPY root /\nRUN mkdir -p /etc && echo 'root:x:0:0::/:/bin/sh' > /etc/passwd\n"
        + b"RUN --mount=type=ssh ssh-add -L > /default\nFROM scratch\nCOPY --from=0 /default /\n"
    )
    out = tmp_path / "out"
    words = ["--network=host", "--no-cache", f"--ssh=default={key}", "-o", str(out), str(context)]
    done = reimage("build", *words)
    assert done.returncode == 0, done.stderr.decode()
    assert (out / "default").read_text() == key.with_suffix(".pub").read_text()
