"""Files go in, reports come out, and only what was asked for is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reimage.dockerfile import Run, User
from reimage.model import Facts
from reimage.pipeline import UsageError
from reimage.pipeline.api import NotOptimized, optimize
from reimage.pipeline.config import load_config
from reimage.pipeline.optimize import optimize_files, optimize_text
from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport, Status
from reimage.rewriting import Claim, Finding, Refusal, Rewrite, Skipped, transformation
from reimage.text import Edit, Span

SOURCE = "FROM debian:12\nRUN one\n# kept\n\n\n\n\n\n\nRUN two\n"
SHOUTED = SOURCE.replace("one", "ONE").replace("two", "TWO")


@transformation(claim=Claim.SAME_IMAGE, known_as=("DL9999",))
def shout(facts: Facts) -> Iterator[Finding]:
    """Write every RUN in upper case."""
    for instruction in facts.dockerfile.instructions:
        span = instruction.arguments.whole
        text = span.of(facts.dockerfile.source)
        if isinstance(instruction, Run) and text != text.upper():
            yield Rewrite(f"louder {text}", instruction.span, (Edit(span, text.upper()),))


@transformation(claim=Claim.CHANGES_BEHAVIOUR, may_change=("User",))
def become_nobody(facts: Facts) -> Iterator[Finding]:
    """Run as nobody."""
    last = facts.dockerfile.instructions[-1]
    if not isinstance(last, User):
        end = last.span.end
        yield Rewrite("safer", last.span, (Edit(Span(end, end), "\nUSER nobody"),))


@transformation(claim=Claim.SAME_BEHAVIOUR)
def leave_git_out(facts: Facts) -> Iterator[Finding]:
    """Keep .git out of the context."""
    at = facts.dockerfile.instructions[0].span
    if facts.context is None:
        yield Skipped("the build context", at)
    elif ".dockerignore" not in facts.context.texts:
        edits = (Edit(Span(0, 0), ".git\n"),)
        yield Rewrite("less to send", at, files={".dockerignore": edits})
    else:
        yield Refusal("there is a .dockerignore", at)


@transformation(claim=Claim.SAME_BEHAVIOUR)
def bring_the_last_up(facts: Facts) -> Iterator[Finding]:
    """Move the last RUN above the first one."""
    runs = [each for each in facts.dockerfile.instructions if isinstance(each, Run)]
    first, last = runs[0], runs[-1]
    if last.arguments.text == "two":
        text = last.full_span.of(facts.dockerfile.source)
        up = Edit(Span(first.span.start, first.span.start), text)
        yield Rewrite("moved", last.span, (up, Edit(last.full_span, "")))


@transformation(claim=Claim.SAME_IMAGE, may_change=("Cmd",))
def add_a_last_line(facts: Facts) -> Iterator[Finding]:
    """Start true."""
    end = len(facts.dockerfile.source)
    if not facts.dockerfile.source.endswith("CMD true\n"):
        yield Rewrite("started", Span(end, end), (Edit(Span(end, end), "CMD true\n"),))


@transformation(claim=Claim.SAME_BEHAVIOUR)
def never_rest(facts: Facts) -> Iterator[Finding]:
    """Make the last instruction longer and longer."""
    end = facts.dockerfile.instructions[-1].span.end
    yield Rewrite("longer", facts.dockerfile.instructions[-1].span, (Edit(Span(end, end), "x"),))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "reimage.pipeline.selection.load", lambda: (shout, become_nobody, leave_git_out)
    )
    (tmp_path / ".git").mkdir()  # no configuration from above


def dockerfile(folder: Path, source: str = SOURCE, name: str = "Dockerfile") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(source.encode())
    return path


def run(*paths: Path, **options: object) -> list[FileReport]:
    return list(optimize_files(paths, Options(**options)))  # type: ignore[arg-type]


def only(*paths: Path, **options: object) -> FileReport:
    (report,) = run(*paths, **options)
    return report


def statuses(report: FileReport) -> list[tuple[str, Status]]:
    return [(rewrite.name, rewrite.status) for rewrite in report.rewrites]


# what is written


def test_nothing_is_written_unasked(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    report = only(path)
    assert path.read_text() == SOURCE
    assert sorted(os.listdir(tmp_path)) == [".git", "Dockerfile"]
    assert report.touched == (path.as_posix(), (tmp_path / ".dockerignore").as_posix())
    assert {status for _, status in statuses(report)} == {Status.SUGGESTED, Status.HELD_BACK}


def test_a_written_file_keeps_its_mode(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    path.chmod(0o750)
    report = only(path, write=True)
    assert path.read_text() == SHOUTED
    assert path.stat().st_mode & 0o777 == 0o750
    assert [status for name, status in statuses(report) if name == "shout"] == [Status.WRITTEN] * 2
    assert os.listdir(tmp_path).count("Dockerfile") == 1 and len(os.listdir(tmp_path)) == 2


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path = dockerfile(tmp_path, name="real")
    link = tmp_path / "Dockerfile"
    link.symlink_to("real")
    only(link, write=True)
    assert link.is_symlink()
    assert path.read_text() == SHOUTED


def test_bytes_that_are_no_utf8_and_line_endings_stay(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b'\xef\xbb\xbfFROM a\r\n# \xff\xfe\r\nRUN one\r\nCMD ["x"]')
    only(path, write=True)
    assert path.read_bytes() == b'\xef\xbb\xbfFROM a\r\n# \xff\xfe\r\nRUN ONE\r\nCMD ["x"]'


def test_a_second_run_has_nothing_to_write(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    only(path, write=True)
    before = path.stat()
    again = only(path, write=True)
    assert again.patch == "" and not again.changed
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino


def test_an_ignore_file_is_created_in_the_context(tmp_path: Path) -> None:
    path = dockerfile(tmp_path / "docker")
    context = tmp_path / "context"
    context.mkdir()
    report = only(path, write=True, allow=Claim.SAME_BEHAVIOUR, context=context)
    assert (context / ".dockerignore").read_text() == ".git\n"
    assert "--- /dev/null" in report.patch
    again = only(path, write=True, allow=Claim.SAME_BEHAVIOUR, context=context)
    assert [refusal.message for refusal in again.refusals] == ["there is a .dockerignore"]


def test_without_a_context_the_need_is_named(tmp_path: Path) -> None:
    report = only(dockerfile(tmp_path), no_context=True)
    assert [(skipped.name, skipped.need) for skipped in report.skipped] == [
        ("leave-git-out", "the build context")
    ]
    assert report.touched == ((tmp_path / "Dockerfile").as_posix(),)


# which claims


def test_writing_admits_less_than_suggesting(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    assert ("leave-git-out", Status.SUGGESTED) in statuses(only(path))
    assert ("leave-git-out", Status.HELD_BACK) in statuses(only(path, write=True))
    assert not (tmp_path / ".dockerignore").exists()


def test_what_is_held_back_says_how_to_get_it(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    (held,) = (one for one in only(path).rewrites if one.status is Status.HELD_BACK)
    assert (held.name, held.included_by) == ("become-nobody", "--allow changes-behaviour")
    allowed = only(path, allow=Claim.CHANGES_BEHAVIOUR)
    assert ("become-nobody", Status.SUGGESTED) in statuses(allowed)


def test_what_is_usual_gives_way_to_the_configuration(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    assert ("leave-git-out", Status.HELD_BACK) in statuses(only(path, usual=Claim.SAME_IMAGE))
    (tmp_path / "reimage.toml").write_text('allow = "same-behaviour"\n')
    report = only(path, usual=Claim.SAME_IMAGE, config=tmp_path / "reimage.toml")
    assert ("leave-git-out", Status.SUGGESTED) in statuses(report)


# hunks


def test_hunks_that_are_not_chosen_are_held_back(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    report = only(path, write=True, select=("shout",), hunks=(2,))
    assert path.read_text() == SOURCE.replace("two", "TWO")
    assert statuses(report) == [("shout", Status.HELD_BACK), ("shout", Status.WRITTEN)]
    assert report.rewrites[0].reason == "its hunk was not chosen"
    assert "+RUN TWO" in report.patch and "+RUN ONE" not in report.patch


def test_hunks_know_the_rewrites_that_made_them(tmp_path: Path) -> None:
    report = only(dockerfile(tmp_path), allow=Claim.CHANGES_BEHAVIOUR)
    names = {rewrite.id: rewrite.name for rewrite in report.rewrites}
    assert [sorted(names[id] for id in hunk.reasons) for hunk in report.hunks] == [
        ["shout"],
        ["become-nobody", "shout"],
        ["leave-git-out"],
    ]
    assert [hunk.number for hunk in report.hunks] == [1, 2, 3]


def test_the_hunk_of_a_new_file_can_be_left_out(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    only(path, write=True, allow=Claim.SAME_BEHAVIOUR, hunks=(1, 2))
    assert path.read_text() == SHOUTED
    assert not (tmp_path / ".dockerignore").exists()


@pytest.mark.parametrize(("number", "there"), [(3, "there are 2"), (0, "there are 2")])
def test_a_hunk_that_is_not_there_is_a_usage_error(tmp_path: Path, number: int, there: str) -> None:
    path = dockerfile(tmp_path)
    with pytest.raises(UsageError, match=f"no hunk {number} in .*: {there}"):
        only(path, write=True, select=("shout",), hunks=(1, number))
    assert path.read_text() == SOURCE


def test_half_of_a_move_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reimage.pipeline.selection.load", lambda: (bring_the_last_up,))
    path = dockerfile(tmp_path)
    for half in (1, 2):
        with pytest.raises(UsageError, match=r"1, 2 of .* are one bring-the-last-up: take all or"):
            only(path, write=True, allow=Claim.SAME_BEHAVIOUR, hunks=(half,))
        assert path.read_text() == SOURCE
    only(path, write=True, allow=Claim.SAME_BEHAVIOUR, hunks=(1, 2))
    assert path.read_text().startswith("FROM debian:12\nRUN two\nRUN one\n")


def test_what_does_not_come_to_rest_is_told_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reimage.pipeline.selection.load", lambda: (never_rest,))
    path = dockerfile(tmp_path)
    report = only(path, write=True, allow=Claim.SAME_BEHAVIOUR)
    assert report.error is not None and "do not come to rest" in report.error
    assert path.read_text() == SOURCE


def test_no_hunks_means_that_nothing_changes(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    assert only(path, write=True, hunks=()).patch == ""
    assert path.read_text() == SOURCE


# several files


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    good = dockerfile(tmp_path, name="a")
    bad = dockerfile(tmp_path, "FROM a\nRNU x\n", name="b")
    binary = dockerfile(tmp_path, "FROM a\n\0", name="c")
    last = dockerfile(tmp_path, name="e")
    reports = run(good, bad, binary, tmp_path / "missing", last, write=True, select=("shout",))
    assert [report.path for report in reports] == [
        (tmp_path / name).as_posix() for name in ("a", "b", "c", "missing", "e")
    ]
    assert [report.failed for report in reports] == [False, True, True, True, False]
    assert reports[1].problems[0].line == 2 and not reports[1].rewrites
    assert "NUL" in (reports[2].error or "") and "missing" in (reports[3].error or "")
    assert good.read_text() == last.read_text() == SHOUTED
    assert bad.read_text() == "FROM a\nRNU x\n"


def test_configuration_and_comments_decide_per_file(tmp_path: Path) -> None:
    (tmp_path / "reimage.toml").write_text(
        'select = ["shout"]\nexclude = ["vendor"]\n[per-file."quiet/*"]\nignore = ["shout"]\n'
    )
    load_config.cache_clear()
    paths = [
        dockerfile(tmp_path / "app"),
        dockerfile(tmp_path / "vendor"),
        dockerfile(tmp_path / "quiet"),
        dockerfile(tmp_path / "skips", SOURCE.replace("RUN one", "# reimage: skip=shout\nRUN one")),
        dockerfile(tmp_path / "hadolint", SOURCE.replace("# kept", "# hadolint ignore=DL9999")),
    ]
    options = {"config": tmp_path / "reimage.toml"}
    reports = run(*paths, **options)
    assert [len(report.rewrites) for report in reports] == [2, 0, 0, 1, 2]
    assert reports[3].rewrites[0].message == "louder two"


def test_a_broken_configuration_stops_the_run_before_anything_is_written(tmp_path: Path) -> None:
    good = dockerfile(tmp_path / "a")
    other = dockerfile(tmp_path / "b")
    (tmp_path / "b" / "reimage.toml").write_text('select = ["nonsense"]\n')
    with pytest.raises(UsageError, match="no transformation named nonsense"):
        run(good, other, write=True)
    assert good.read_text() == SOURCE


@pytest.mark.parametrize("option", ["select", "ignore", "prefer"])
def test_a_name_that_is_none_is_a_usage_error(tmp_path: Path, option: str) -> None:
    with pytest.raises(UsageError, match=r"named shuot \(did you mean shout\?\)"):
        run(dockerfile(tmp_path), **{option: ("shuot",)})


def test_names_may_be_typed_either_way(tmp_path: Path) -> None:
    path = dockerfile(tmp_path)
    assert statuses(only(path, select=("Leave_git-out",))) == [("leave-git-out", Status.SUGGESTED)]
    assert {name for name, _ in statuses(only(path, ignore=("shout",)))} == {
        "become-nobody", "leave-git-out",
    }  # fmt: skip


def test_many_processes_say_what_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [dockerfile(tmp_path, SOURCE + "#\n" * number, f"{number:02}") for number in range(60)]
    paths[17].write_text("RNU\n")
    paths.insert(31, tmp_path / "missing")
    used: list[int] = []
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    alone = run(*paths)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    _spy_on_processes(monkeypatch, used)
    assert run(*paths) == alone
    assert used == [61]
    run(*paths, write=True, select=("shout",))
    for number in set(range(60)) - {17}:
        assert (tmp_path / f"{number:02}").read_text() == SHOUTED + "#\n" * number


def _spy_on_processes(monkeypatch: pytest.MonkeyPatch, used: list[int]) -> None:
    from reimage.pipeline import workers

    original = workers.map_in_processes

    def spy(paths: Sequence[Path], options: Options, number: int) -> Iterator[FileReport]:
        used.append(len(paths))
        monkeypatch.setattr(workers, "map_in_processes", original)
        return original(paths, options, number)

    monkeypatch.setattr(workers, "map_in_processes", spy)


# text that is no file


def test_text_comes_back_changed_and_nothing_is_read_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report, data = optimize_text(SOURCE.encode(), name="stdin", options=Options())
    assert data.decode() == SHOUTED
    assert report.path == "stdin" and report.touched == ("stdin",)
    assert [skipped.name for skipped in report.skipped] == ["leave-git-out"]
    assert os.listdir(tmp_path) == [".git"]


def test_text_that_is_no_dockerfile_comes_back_as_it_was() -> None:
    report, data = optimize_text(b"RNU x\n", name="stdin", options=Options(no_context=True))
    assert data == b"RNU x\n"
    assert report.failed


def test_a_context_that_is_not_there_is_an_error_of_the_text(tmp_path: Path) -> None:
    options = Options(context=tmp_path / "nowhere")
    report, data = optimize_text(SOURCE.encode(), name="stdin", options=options)
    assert report.error and "nowhere" in report.error
    assert data == SOURCE.encode()


# the way in for programs


def test_the_same_kind_of_thing_comes_back(tmp_path: Path) -> None:
    options = Options(select=("shout",))
    assert optimize(SOURCE, options)[0] == SHOUTED
    assert optimize(SOURCE.encode(), options)[0] == SHOUTED.encode()
    path = dockerfile(tmp_path)
    assert optimize(path, options)[0] == path
    assert path.read_text() == SOURCE


def test_programs_get_an_exception_that_holds_the_report(tmp_path: Path) -> None:
    with pytest.raises(NotOptimized, match="Dockerfile:2: unknown instruction: RNU") as caught:
        optimize("FROM a\nRNU x\n")
    assert caught.value.report.problems
    with pytest.raises(NotOptimized, match="missing"):
        optimize(tmp_path / "missing")
    with pytest.raises(TypeError, match="not int"):
        optimize(3)  # type: ignore[type-var,unused-ignore]


def test_what_is_written_behind_the_last_line_is_a_reason_of_its_hunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reimage.pipeline.selection.load", lambda: (shout, add_a_last_line))
    report = only(dockerfile(tmp_path))
    assert [[id.partition(":")[0] for id in hunk.reasons] for hunk in report.hunks] == [
        ["shout"],
        ["shout", "add-a-last-line"],
    ]
