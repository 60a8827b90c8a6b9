"""What `--build` tells besides the claims: parts, an edit, repeatability, budgets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.proving.conftest import SMALL
from typer.testing import CliRunner

from reimage.cli.app import app as cli

if TYPE_CHECKING:
    from tests.engine.daemon import Daemon

pytestmark = pytest.mark.engine
#: What is fetched in one layer and removed in the next: to merge them saves both.
PARTS = SMALL.replace(
    "CMD",
    "COPY --chmod=755 curl /bin/curl\n"
    "RUN curl -o /srv/app.tgz https://example.org/app.tgz\nRUN rm /srv/app.tgz\nCMD",
)
CURL = b"#!/bin/sh\nhead -c 3000000 /dev/zero > $2\n"


def run(daemon: Daemon, dockerfile: Path, *options: str, code: int = 0) -> dict[str, Any]:
    command = ["optimize", str(dockerfile), "--build", f"--builder={daemon.host}", *options]
    done = CliRunner().invoke(cli, [*command, "--format=json"])
    assert done.exit_code == code, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    found: dict[str, Any] = report["build"]
    return found


def test_the_parts_add_up_to_the_whole_and_to_what_compare_says(
    daemon: Daemon, dockerfile: Path
) -> None:
    dockerfile.write_text(PARTS)
    dockerfile.with_name("curl").write_bytes(CURL)
    build = run(daemon, dockerfile, "--each")
    for figure in ("size", "layers", "compressed_size"):
        assert sum(one[figure] for one in build["savings"]) == build["saved"][figure]
    assert build["saved"]["size"] == -3_000_000
    (merged,) = [one for one in build["savings"] if one["size"]]
    assert merged["names"] == ["merge-run-layers"]
    before = dockerfile.with_name("before.Dockerfile")
    before.write_text(PARTS)
    assert CliRunner().invoke(cli, ["optimize", str(dockerfile), "--write"]).exit_code == 0
    command = ["compare", str(before), str(dockerfile), "--format=json", f"--builder={daemon.host}"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.stderr
    delta = json.loads(done.stdout)["delta"]
    assert delta["size"] == build["saved"]["size"]
    assert delta["layers"] == build["saved"]["layers"]


def test_an_edit_is_built_on_both_sides(daemon: Daemon, dockerfile: Path) -> None:
    build = run(daemon, dockerfile, "--edit=app.txt")
    change = build["change"]
    assert change["path"] == "app.txt"
    for side in (change["before"], change["after"]):
        assert 0 < side["renewed"] < 1000
        assert side["cached_steps"] == side["steps"] - 1
    assert dockerfile.with_name("app.txt").read_bytes() == b"hello\n"


def test_an_edit_of_what_is_not_there_is_refused(daemon: Daemon, dockerfile: Path) -> None:
    command = ["optimize", str(dockerfile), "--build", f"--builder={daemon.host}", "--edit=none"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "--edit none: there is no such file in the build context" in done.stderr


def test_a_build_that_repeats_itself_is_told_from_one_that_does_not(
    daemon: Daemon, dockerfile: Path
) -> None:
    build = run(daemon, dockerfile, "--reproducible")
    one, two = build["reproducible"]["digests"]
    assert build["reproducible"]["same"] is True
    assert one == two != ""
    dockerfile.write_text(SMALL.replace("CMD", "RUN head -c 9 /dev/urandom > /srv/random\nCMD"))
    build = run(daemon, dockerfile, "--reproducible")
    assert build["reproducible"]["same"] is False
    assert build["reproducible"]["files"] == ["/srv/random"]


def test_a_budget_that_is_not_held_is_told_and_ends_with_1(
    daemon: Daemon, dockerfile: Path
) -> None:
    build = run(daemon, dockerfile, "--max-layers=2", code=1)
    (budget,) = build["budgets"]
    assert (budget["held"], budget["actual"]) == (False, 3)
    assert run(daemon, dockerfile, "--max-layers=3")["budgets"][0]["held"] is True


def test_a_second_proof_of_the_same_file_runs_no_step(daemon: Daemon, dockerfile: Path) -> None:
    run(daemon, dockerfile)
    build = run(daemon, dockerfile)
    for side in (build["before"], build["after"]):
        assert side["cached_steps"] == side["steps"] == 3, build


def test_a_second_proof_of_the_same_images_reads_and_runs_nothing(
    daemon: Daemon, dockerfile: Path
) -> None:
    dockerfile.write_text(PARTS)
    dockerfile.with_name("curl").write_bytes(CURL)
    first = run(daemon, dockerfile)
    assert "earlier proof" not in first["smoke"]
    second = run(daemon, dockerfile)
    assert "earlier proof" in second["smoke"]
    assert second["builds"] == 2
    for same in ("saved", "savings"):
        assert second[same] == first[same]
    for figure in ("size", "compressed_size", "layers"):
        assert second["after"][figure] == first["after"][figure]
    assert "earlier proof" not in run(daemon, dockerfile, "--again")["smoke"]


def test_another_image_is_proven_anew(daemon: Daemon, dockerfile: Path) -> None:
    first = run(daemon, dockerfile)
    # Layers of the earlier proof that were not sent are asked for after all.
    dockerfile.with_name("app.txt").write_bytes(b"other content\n")
    second = run(daemon, dockerfile)
    assert "earlier proof" not in second["smoke"]
    assert second["before"]["size"] == first["before"]["size"] + len("other content") - len("hello")
