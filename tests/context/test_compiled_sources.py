"""Programs that sources of compiled languages start, and libraries that they load by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reimage.context import compiled_sources
from reimage.context.compiled_sources import CompiledFiles
from reimage.model.compiled_facts import CompiledFacts


def facts(folder: Path, path: str, text: str) -> CompiledFacts:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, "utf-8")
    return CompiledFiles(str(folder), [path]).facts()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main.go", "func main() { command.Exec(); myexec.CommandLine() }"),
        ("main.rs", "let command = Subcommand::new(1);"),
        ("main.c", "file_system(x); object.system(); execute(1);"),
        ("main.py", "os.system('x')"),
        ("tests/main.c", 'system("date");'),
        ("vendor/a.go", 'exec.Command("git")'),
        ("main_test.go", 'exec.Command("git")'),
    ],
)
def test_what_only_looks_like_it_starts_nothing(tmp_path: Path, path: str, text: str) -> None:
    assert facts(tmp_path, path, text) == CompiledFacts()


@pytest.mark.parametrize(
    ("path", "text", "program"),
    [
        ("a.go", '\nexec.Command("git", "log")', "git"),
        ("a.go", '\nexec.CommandContext(ctx, "git")', "git"),
        ("a.go", "\nexec.Command(name)", None),
        ("a.go", "\nsyscall.Exec(path, nil, nil)", None),
        ("a.rs", '\nstd::process::Command::new("sh")', "sh"),
        ("a.c", '\nsystem("date");', "date"),
        ("a.cpp", "\nstd::system(line);", None),
        ("a.cc", '\nFILE *f = popen("ls", "r");', "ls"),
    ],
)
def test_a_program_that_is_started_is_told_with_its_line(
    tmp_path: Path, path: str, text: str, program: str | None
) -> None:
    (found,) = facts(tmp_path, path, text).started
    assert (found.program, found.line) == (program, 2)


def test_a_library_that_is_loaded_by_its_name_is_told(tmp_path: Path) -> None:
    assert facts(tmp_path, "a.c", 'dlopen("libz.so", 1);').opened == ("a.c:1",)


def test_a_source_that_is_too_large_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_sources, "FILE_LIMIT", 10)
    assert facts(tmp_path, "a.c", "int main;  // long").unread == ("a.c",)


@pytest.mark.parametrize(
    ("text", "writes", "low_ports"),
    [
        ('os.ReadFile("a"); os.Open(b); rows.Create(c)', (), ()),
        ('os.CreateTemp("", "a"); os.MkdirTemp("", "b")', (), ()),
        ('f, err := os.Create("a")', ("a.go:1",), ()),
        ("os.OpenFile(name, os.O_APPEND, 0o600)", ("a.go:1",), ()),
        ('http.ListenAndServe(":8080", nil)', (), ()),
        ('http.ListenAndServe(":80", nil)', (), ("a.go:1",)),
        ('net.Listen("tcp", "0.0.0.0:443")', (), ("a.go:1",)),
    ],
)
def test_what_go_writes_and_where_it_listens(
    tmp_path: Path, text: str, writes: tuple[str, ...], low_ports: tuple[str, ...]
) -> None:
    found = facts(tmp_path, "a.go", text)
    assert (found.writes, found.low_ports) == (writes, low_ports)


def test_the_packages_that_go_imports(tmp_path: Path) -> None:
    text = 'import "fmt"\n\nimport (\n\t"net/http"\n\n\tbolt "a.b/bolt" // v1\n\t_ "embed"\n)\n'
    found = facts(tmp_path, "a.go", text)
    assert found.packages == {"fmt", "net/http", "a.b/bolt", "embed"}
