"""Files of container-structure-test, asked of images inside the builder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.image.structure_tests import results
from tests.engine.proving.conftest import SMALL
from typer.testing import CliRunner

from buildkit_client import BuildRequest, connect
from reimage.cli.app import app as cli
from reimage.docker_api.daemon import Daemon as Client
from reimage.pipeline.proving.observing import runnable
from reimage.verify.smoke.running import Place
from reimage.verify.structure.reading import read_structure_test
from reimage.verify.structure.trying import unmet

if TYPE_CHECKING:
    from tests.engine.buildkit.conftest import MakeContext
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine
HEAD = "schemaVersion: 2.0.0\n"


def prove(daemon: Daemon, dockerfile: Path, text: str) -> tuple[int, str, dict[str, Any]]:
    structure = dockerfile.parent.parent / "structure.yaml"
    structure.write_text(HEAD + text)
    command = ["optimize", str(dockerfile), "--build", f"--builder={daemon.host}"]
    done = CliRunner().invoke(cli, [*command, f"--smoke={structure}", "--format=json"])
    (report,) = json.loads(done.stdout)["files"]
    return done.exit_code, done.stderr, report


def test_an_original_that_does_not_pass_is_told(daemon: Daemon, dockerfile: Path) -> None:
    text = "commandTests: [{name: asks, command: /bin/cat, args: [/srv/app.txt], exitCode: 1}]\n"
    code, _, report = prove(daemon, dockerfile, text)
    assert code == 2
    assert "smoke test: asks: /bin/cat ends with code 0 instead of 1" in report["error"]


def test_what_breaks_a_structure_test_is_dropped(daemon: Daemon, dockerfile: Path) -> None:
    dockerfile.write_text(SMALL.replace('CMD ["/bin/sleep", "1000"]', "CMD /bin/sleep 1000"))
    text = "metadataTest: {cmd: [/bin/sh, -c, /bin/sleep 1000]}\n"
    code, stderr, report = prove(daemon, dockerfile, text)
    assert code == 0, stderr
    told = {one["name"]: one["reason"] for one in report["rewrites"] if one["status"] == "dropped"}
    assert list(told) == ["use-exec-form"]
    assert "metadataTest: CMD is ['/bin/sleep', '1000'] instead of" in told["use-exec-form"]
    assert "proven" in {one["status"] for one in report["rewrites"]}
    assert report["build"]["smoke"].endswith("and 1 structure test")


IMAGE = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /srv/tmp /etc && echo hello > /srv/app.txt && chmod 4750 /srv/app.txt \\
    && chown 12:34 /srv/app.txt && ln -s /srv/app.txt /srv/link && chmod 1777 /srv/tmp \\
    && echo 'app:x:1000:1000::/srv:/bin/sh' > /etc/passwd
ENV MODE=fast EMPTY=
LABEL version=1.2.3
EXPOSE 80 53/udp
VOLUME /data
WORKDIR /srv
USER app
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["sleep 100"]
"""


def command(name: str, script: str, **more: object) -> dict[str, object]:
    return {"name": name, "command": "/bin/sh", "args": ["-c", script], **more}


def file(name: str, path: str, **more: object) -> dict[str, object]:
    return {"name": name, "path": path, **more}


def content(name: str, path: str, *expected: str, excluded: str = "") -> dict[str, object]:
    more = {"excludedContents": [excluded]} if excluded else {}
    return {"name": name, "path": path, "expectedContents": expected, **more}


TESTS = {
    "commandTests": [
        command("c-output", "echo one; echo two", expectedOutput=["^one", "two\n$"]),
        command("c-output-wrong", "echo one", expectedOutput=["^two"]),
        command("c-error", "echo bad >&2", expectedError=["bad"], excludedOutput=["bad"]),
        command("c-excluded", "echo bad", excludedOutput=["b.d"]),
        command("c-code", "exit 3", exitCode=3),
        command("c-code-wrong", "exit 3"),
        command("c-user", "id -u; pwd", expectedOutput=["^1000\n/srv\n$"]),
        command("c-env", "echo $MODE-$NEW", expectedOutput=["^fast-faster\n"]),
        command("c-line-ends", "echo one; echo two", expectedOutput=["one$"]),
        {"name": "c-missing", "command": "/none"},
    ],
    "globalEnvVars": [{"key": "NEW", "value": "${MODE}er"}],
    "fileExistenceTests": [
        file("e-is", "/srv/app.txt", permissions="urwxr-x---", uid=12, gid=34),
        file("e-mode-wrong", "/srv/app.txt", permissions="-rwxr-x---"),
        file("e-uid-wrong", "/srv/app.txt", uid=1000),
        file("e-sticky", "/srv/tmp", permissions="dtrwxrwxrwx"),
        file("e-link", "/srv/link", permissions="Lrwxrwxrwx"),
        file("e-missing", "/srv/none"),
        file("e-not", "/srv/none", shouldExist=False),
        file("e-not-wrong", "/srv/app.txt", shouldExist=False),
        file("e-executable", "/srv/app.txt", isExecutableBy="group"),
        file("e-executable-wrong", "/srv/app.txt", isExecutableBy="other"),
    ],
    "fileContentTests": [
        content("f-right", "/srv/app.txt", "^hello\n$"),
        content("f-link", "/srv/link", "hello"),
        content("f-wrong", "/srv/app.txt", "goodbye"),
        content("f-excluded", "/srv/app.txt", "hello", excluded="h.l"),
        content("f-missing", "/srv/none", "hello"),
    ],
}
METADATA: tuple[dict[str, object], ...] = (
    {"envVars": [{"key": "MODE", "value": "fast"}]},
    {"envVars": [{"key": "MODE", "value": "slow"}]},
    {"envVars": [{"key": "MODE", "value": "^f", "isRegex": True}]},
    {"unboundEnvVars": [{"key": "MODE"}]},
    {"unboundEnvVars": [{"key": "NONE"}]},
    {"labels": [{"key": "version", "value": "1.2.3"}]},
    {"labels": [{"key": "version", "value": "2"}]},
    {"entrypoint": ["/bin/sh", "-c"], "cmd": ["sleep 100"]},
    {"entrypoint": []},
    {"cmd": ["sleep"]},
    {"exposedPorts": ["80", "53"]},
    {"exposedPorts": ["81"]},
    {"unexposedPorts": ["80"]},
    {"volumes": ["/data"], "unmountedVolumes": ["/srv"]},
    {"volumes": ["/srv"]},
    {"workdir": "/srv", "user": "app"},
    {"workdir": "/"},
    {"user": "root"},
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_container_structure_test_says_the_same(
    daemon: Daemon, make_context: MakeContext, tmp_path: Path, kind: str
) -> None:
    folder = make_context()
    (folder / "Dockerfile").write_text(IMAGE)
    daemon.docker("buildx", "build", "--load", "--tag", "structured", str(folder))
    image = Client(daemon.host).image("structured")
    cases: list[dict[str, Any]] = [TESTS, *({"metadataTest": each} for each in METADATA)]
    differing = []
    with (
        connect(daemon.host) as builder,
        builder.look(BuildRequest(context=folder)) as gateway,
    ):
        place = Place(gateway.solve(), None)
        config = runnable(image, place.result.read)
        for case in cases:
            # JSON is YAML, but the program takes the defaults from the ending of the name.
            written = tmp_path / f"structure.{kind}"
            written.write_text(json.dumps({"schemaVersion": "2.0.0", **case}))
            test = read_structure_test(written.read_text(), str(written))
            ours = list(unmet(test, place, image, config, 20))
            said = results(daemon, "structured", written)
            failed = [each for each in said.get("Results") or () if not each["Pass"]]
            theirs = [f"{name(each)}: {each.get('Errors')}" for each in failed]
            apart = names(ours) ^ names(theirs)
            differing += [each for each in [*ours, *theirs] if names([each]) & apart]
    assert differing == [], "\n".join(differing)


def name(result: dict[str, Any]) -> str:
    """Without the kind of the test, which stands before it."""
    told: str = result["Name"].partition(": ")[2] or "metadataTest"
    return told


def names(told: list[str]) -> set[str]:
    return {each.partition(": ")[0] for each in told}
