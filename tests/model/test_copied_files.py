"""Which files a COPY is said to bring, and where it is said not to be known."""

from __future__ import annotations

import pytest

from reimage.dockerfile import Copy, Run, parse
from reimage.model import ContextFacts, Facts
from reimage.model.copies.copied_files import CopiedFiles, brought_by, copied_files
from reimage.model.copies.file_names import is_ordinary_file_name, looks_like_archive

CONTEXT = ContextFacts(
    files={"run.sh": 10, "tool": 20, "etc/a.conf": 5}, directories=frozenset(("etc", "lib.js"))
)


def brought(dockerfile: str, context: ContextFacts | None = None) -> CopiedFiles:
    stage = Facts(parse(dockerfile).tree).stages[-1]
    copy = next(each for each in stage.instructions if isinstance(each, Copy))
    return copied_files(copy, stage, context)


@pytest.mark.parametrize(
    "copy",
    [
        "COPY tool /bin/tool",
        "COPY --from=base tool /bin/tool",
        "COPY *.sh /bin/",
        "COPY run.sh $SOMEWHERE/",
        "COPY . /app",
        "COPY etc/ /etc/",
        "COPY $NAME.sh /app/",
    ],
)
def test_what_is_not_certain_to_be_one_file_is_a_doubt(copy: str) -> None:
    files = brought(f"FROM alpine AS base\nFROM alpine\n{copy}\n")
    assert files.doubt
    assert not files.places


def test_the_context_shows_that_a_name_is_a_directory() -> None:
    assert brought("FROM alpine\nCOPY lib.js /app/lib.js\n", CONTEXT).doubt
    assert not brought("FROM alpine\nCOPY lib.js /app/lib.js\n").doubt


def test_a_destination_without_suffix_may_be_a_directory() -> None:
    files = brought("FROM alpine\nCOPY tool /app\n", CONTEXT)
    assert files.maybe == "/app"
    assert files.places == {"/app/tool"}


@pytest.mark.parametrize(
    ("copy", "place"),
    [
        ("COPY run.sh /opt/start.sh", "/opt/start.sh"),
        ("COPY run.sh /opt/", "/opt/run.sh"),
        ("COPY run.sh .", "/app/run.sh"),
        ("COPY tool /usr/bin/hammer", "/usr/bin/hammer"),
        ("COPY ./tool ../bin/", "/bin/tool"),
        ('COPY ["run.sh", "//opt/run.sh"]', "/opt/run.sh"),
    ],
)
def test_the_places_are_those_in_the_image(copy: str, place: str) -> None:
    files = brought(f"FROM alpine\nWORKDIR /app\n{copy}\n", CONTEXT)
    assert files.places == {place}
    assert files.size == CONTEXT.files["run.sh" if "run.sh" in copy else "tool"]


def test_places_below_an_unknown_directory_are_equal_until_a_workdir() -> None:
    base = "FROM alpine\nCOPY run.sh .\n"
    assert brought(base).places == {"?0/run.sh"}
    for between, expected in (("", True), ("WORKDIR sub\n", False)):
        stage = Facts(parse(f"{base}{between}RUN chmod 755 run.sh\n").tree).stages[0]
        run = next(each for each in stage.instructions if isinstance(each, Run))
        bringer = brought_by("?0/run.sh" if expected else "?1/run.sh", stage, run, None)
        assert (bringer is not None) is expected


@pytest.mark.parametrize(
    ("between", "disturbed"),
    [
        ("ENV A=b", False),
        ("COPY etc/a.conf /etc/a.conf", False),
        ("RUN true", True),
        ("COPY etc $WHERE", True),
        ("ADD x.tar /", True),
        ("VOLUME /data", True),
    ],
)
def test_what_may_touch_the_file_disturbs(between: str, disturbed: bool) -> None:
    source = f"FROM alpine\nCOPY run.sh /opt/run.sh\n{between}\nRUN true\n"
    stage = Facts(parse(source).tree).stages[0]
    run = stage.instructions[-1]
    assert isinstance(run, Run)
    assert brought_by("/usr/bin/env", stage, run, CONTEXT) is None
    bringer = brought_by("/opt/run.sh", stage, run, CONTEXT)
    assert bringer
    assert bringer.disturbed is disturbed


def test_a_directory_copied_over_the_file_may_have_brought_it_last() -> None:
    source = "FROM alpine\nCOPY run.sh /opt/run.sh\nCOPY etc /opt\nRUN true\n"
    stage = Facts(parse(source).tree).stages[0]
    run = stage.instructions[-1]
    assert isinstance(run, Run)
    bringer = brought_by("/opt/run.sh", stage, run, CONTEXT)
    assert bringer
    assert bringer.files.doubt


@pytest.mark.parametrize("name", ["a.tar", "A.TGZ", "x.tar.zst", "dump.sql.gz", "a.tar.lz"])
def test_archives_are_known_by_name(name: str) -> None:
    assert looks_like_archive(name)
    assert not is_ordinary_file_name(name)


@pytest.mark.parametrize("name", ["app", "a.gem", "pkg.apk", "conf.d", "v1.2.3", "src/", "a.sh*"])
def test_a_name_that_tells_nothing_is_no_ordinary_one(name: str) -> None:
    assert not is_ordinary_file_name(name)


@pytest.mark.parametrize("name", ["a.PY", "Gemfile", ".npmrc", "x/y.conf", "*.jar", "app-1.2.jar"])
def test_ordinary_files_are_known_by_name(name: str) -> None:
    assert is_ordinary_file_name(name)
