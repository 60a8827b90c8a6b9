"""From a command to the files that it needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.image.elves import AARCH64, elf
from tests.image.making import Member, directory, file, files_as_tar, layout, symlink, tar

from reimage.image.closure.binaries import read_binary
from reimage.image.closure.commands import shebang
from reimage.image.closure.finding import Closure, closure, keep
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.opening import read_stream

LOADER = "/lib64/ld-linux-x86-64.so.2"
GLIBC = (
    directory("usr"),
    directory("usr/lib"),
    directory("usr/lib/x86_64-linux-gnu"),
    symlink("lib", "usr/lib"),
    symlink("lib64", "usr/lib/x86_64-linux-gnu"),
    file("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", elf(), mode=0o755),
    file("usr/lib/x86_64-linux-gnu/libc.so.6", elf(("ld-linux-x86-64.so.2",))),
)


def program(path: str, *needed: str, **more: str) -> Member:
    return file(path, elf(needed, interpreter=LOADER, **more), mode=0o755)  # type: ignore[arg-type]


def script(path: str, text: str) -> Member:
    return file(path, text.encode(), mode=0o755)


def found(*members: Member, **config: object) -> Closure:
    with Contents(1 << 20) as contents:
        data = files_as_tar(layout(tar(*members), config=config))
        reading = Reading(contents=contents, keep=keep)
        return closure(read_stream([data], reading=reading), contents)


def test_an_image_without_a_command_needs_nothing() -> None:
    assert not found(*GLIBC).needed


def test_a_program_that_is_not_there_is_missing() -> None:
    (missing,) = found(*GLIBC, Cmd=["app"]).missing
    assert (missing.name, missing.optional) == ("app", False)


def test_libraries_are_followed_with_the_links_on_the_way() -> None:
    lib = "usr/lib/x86_64-linux-gnu"
    some = found(
        *GLIBC,
        program("usr/bin/app", "libfoo.so.1", "libc.so.6"),
        symlink(f"{lib}/libfoo.so.1", "libfoo.so.1.2"),
        file(f"{lib}/libfoo.so.1.2", elf(("libbar.so",))),
        file("usr/lib/libbar.so", elf()),
        file("usr/lib/unused.so", elf()),
        Entrypoint=["app"],
    )
    assert not some.missing
    assert set(some.needed) == {
        "usr/bin/app",
        "lib64",
        f"{lib}/ld-linux-x86-64.so.2",
        "lib",
        f"{lib}/libc.so.6",
        f"{lib}/libfoo.so.1",
        f"{lib}/libfoo.so.1.2",
        "usr/lib/libbar.so",
    }


def test_a_missing_library_is_told_with_who_asks_for_it() -> None:
    (missing,) = found(*GLIBC, program("app", "libnone.so"), Cmd=["/app"]).missing
    assert missing == ("libnone.so", "app", False)


def test_libraries_for_another_machine_do_not_count() -> None:
    other = file("usr/lib/x86_64-linux-gnu/libfoo.so", elf(machine=AARCH64))
    right = file("usr/lib/libfoo.so", elf())
    some = found(*GLIBC, program("app", "libfoo.so"), other, right, Cmd=["/app"])
    assert "usr/lib/libfoo.so" in some.needed
    assert "usr/lib/x86_64-linux-gnu/libfoo.so" not in some.needed


def test_runpath_is_for_the_file_itself_and_rpath_for_what_it_loads() -> None:
    libs = (file("opt/app/lib/liba.so", elf(("libb.so",))), file("opt/app/lib/libb.so", elf()))
    by_runpath = program("opt/app/bin/app", "liba.so", runpath="$ORIGIN/../lib")
    by_rpath = program("opt/app/bin/app", "liba.so", rpath="${ORIGIN}/../lib")
    cmd = ["/opt/app/bin/app"]
    assert [each.name for each in found(*GLIBC, by_runpath, *libs, Cmd=cmd).missing] == ["libb.so"]
    assert not found(*GLIBC, by_rpath, *libs, Cmd=cmd).missing


def test_configured_folders_and_the_environment_are_searched() -> None:
    some = (
        *GLIBC,
        program("app", "liba.so", "libb.so"),
        file("etc/ld.so.conf", b"include ld.so.conf.d/*.conf\n"),
        file("etc/ld.so.conf.d/a.conf", b"# mine\n/opt/a\n"),
        file("opt/a/liba.so", elf()),
        file("opt/b/libb.so", elf()),
    )
    assert not found(*some, Cmd=["/app"], Env=["LD_LIBRARY_PATH=/opt/b"]).missing


def test_musl_has_its_own_folders() -> None:
    some = (
        file("lib/ld-musl-x86_64.so.1", elf(), mode=0o755),
        file("app", elf(("liba.so",), interpreter="/lib/ld-musl-x86_64.so.1"), mode=0o755),
        file("opt/liba.so", elf()),
    )
    assert found(*some, Cmd=["/app"]).missing
    path = file("etc/ld-musl-x86_64.path", b"/opt\n/lib\n")
    assert not found(*some, path, Cmd=["/app"]).missing


def test_name_services_are_loaded_as_configured() -> None:
    some = found(
        *GLIBC,
        program("app", "libc.so.6"),
        file("etc/nsswitch.conf", b"hosts: files dns [NOTFOUND=return] myhostname\n"),
        file("usr/lib/x86_64-linux-gnu/libnss_myhostname.so.2", elf()),
        file("usr/lib/x86_64-linux-gnu/libnss_ldap.so.2", elf()),
        Cmd=["/app"],
    )
    assert "usr/lib/x86_64-linux-gnu/libnss_myhostname.so.2" in some.needed
    assert "usr/lib/x86_64-linux-gnu/libnss_ldap.so.2" not in some.needed


def test_scripts_need_their_interpreter_and_the_programs_that_they_name() -> None:
    some = found(
        *GLIBC,
        script("entry.sh", "#!/bin/sh\nset -e\nsleep 1\nexec tool --flag\n"),
        program("bin/sh", "libc.so.6"),
        program("usr/bin/sleep"),
        program("usr/local/bin/tool"),
        program("usr/bin/other"),
        Entrypoint=["/entry.sh"],
    )
    assert {"entry.sh", "bin/sh", "usr/bin/sleep", "usr/local/bin/tool"} <= set(some.needed)
    assert "usr/bin/other" not in some.needed


def test_shell_form_commands_are_read() -> None:
    some = found(
        *GLIBC, program("bin/sh"), program("usr/bin/app"), Cmd=["/bin/sh", "-c", "exec app -v"]
    )
    assert {"bin/sh", "usr/bin/app"} == {p for p in some.needed if "lib" not in p}


def test_env_finds_the_interpreter_in_the_path() -> None:
    assert shebang(b"#!/usr/bin/env -S A=1 python3 -u\nx") == ["/usr/bin/env", "python3"]
    assert shebang(b"#! /bin/sh -e\n") == ["/bin/sh", "-e"]
    assert shebang(b"x") == []


def test_the_health_check_counts() -> None:
    check = {"Test": ["CMD", "/check"]}
    some = found(*GLIBC, program("app"), program("check"), Cmd=["/app"], Healthcheck=check)
    assert {"app", "check"} <= set(some.needed)


PYTHON = (
    *GLIBC,
    program("usr/local/bin/python3.12", "libc.so.6"),
    symlink("usr/local/bin/python", "python3.12"),
    file("usr/local/lib/python3.12/os.py", b""),
    file("usr/local/lib/python3.12/lib-dynload/_tkinter.so", elf(("libtk8.6.so",))),
    file("usr/local/lib/python3.12/site-packages/flask/__init__.py", b""),
)


def test_python_needs_its_library_and_packages_and_the_application() -> None:
    some = found(
        *PYTHON,
        file("app/main.py", b"import helper"),
        file("app/helper.py", b""),
        file("srv/else.py", b""),
        Cmd=["python", "main.py"],
        WorkingDir="/app",
    )
    assert {
        "usr/local/bin/python",
        "usr/local/lib/python3.12/os.py",
        "usr/local/lib/python3.12/site-packages/flask/__init__.py",
        "app/main.py",
        "app/helper.py",
    } <= set(some.needed)
    assert "srv/else.py" not in some.needed
    assert [(each.name, each.optional) for each in some.missing] == [("libtk8.6.so", True)]


def test_a_virtual_environment_needs_what_it_was_made_from() -> None:
    some = found(
        *PYTHON,
        symlink("venv/bin/python", "/usr/local/bin/python"),
        script("venv/bin/gunicorn", "#!/venv/bin/python\nimport gunicorn\n"),
        file("venv/pyvenv.cfg", b"home = /usr/local/bin\n"),
        file("venv/lib/python3.12/site-packages/gunicorn.py", b""),
        symlink("venv/lib64", "lib"),  # as venv makes it
        Cmd=["gunicorn", "app:app"],
        Env=["PATH=/venv/bin:/usr/bin"],
    )
    assert {
        "venv/bin/gunicorn",
        "venv/pyvenv.cfg",
        "venv/lib/python3.12/site-packages/gunicorn.py",
        "usr/local/lib/python3.12/os.py",
    } <= set(some.needed)


def test_node_needs_the_application_with_its_modules() -> None:
    some = found(
        *GLIBC,
        program("usr/local/bin/node", "libc.so.6"),
        file("app/index.js", b""),
        file("app/node_modules/a/index.js", b""),
        Cmd=["node", "index.js"],
        WorkingDir="/app",
    )
    assert {"app/index.js", "app/node_modules/a/index.js"} <= set(some.needed)


def test_programs_that_start_others_are_looked_through() -> None:
    some = found(
        *PYTHON,
        program("usr/bin/tini"),
        file("app/main.py", b""),
        Entrypoint=["tini", "--"],
        Cmd=["python", "/app/main.py"],
    )
    assert {"usr/bin/tini", "usr/local/bin/python3.12", "app/main.py"} <= set(some.needed)


def test_files_know_their_package() -> None:
    some = found(
        *GLIBC,
        program("usr/bin/app"),
        file("var/lib/dpkg/status", b"Package: app\nStatus: install ok installed\nVersion: 1\n"),
        file("var/lib/dpkg/info/app.list", b"/usr/bin/app\n"),
        Cmd=["app"],
    )
    package = some.needed["usr/bin/app"].package
    assert package and package.name == "app"


@given(st.data())
def test_damaged_programs_are_no_programs(data: st.DataObject) -> None:
    whole = bytearray(elf(("libc.so.6",), interpreter=LOADER, runpath="/x"))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(4, len(whole)))])
    with Contents(1 << 20) as contents:
        reading = Reading(contents=contents, keep=keep)
        (entry,) = reading.layer([tar(file("a", cut))]).entries
        read_binary(contents, entry)
