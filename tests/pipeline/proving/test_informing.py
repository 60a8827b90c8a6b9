"""What an image that was built tells the rewrites."""

from __future__ import annotations

from tests.image.elves import elf
from tests.image.making import Member, directory, file, files_as_tar, layout, symlink, tar

from reimage.image.closure.finding import keep
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.opening import read_stream
from reimage.model.built_image import BuiltImage, Loaded
from reimage.pipeline.proving.informing import built_image
from reimage.verify.subjects import Subject

LOADER = "/lib64/ld-linux-x86-64.so.2"
SITE = "usr/local/lib/python3.12/site-packages"
LIB = "usr/lib/x86_64-linux-gnu"
STATUS = b"".join(
    b"Package: %s\nStatus: install ok installed\nVersion: 1\n\n" % name
    for name in (b"libc6", b"libpq5", b"libssl3", b"libtk8.6", b"libpq-dev", b"headers-dev")
)
LISTS = {
    "libc6": (f"{LIB}/libc.so.6",),
    "libpq5": (f"{LIB}/libpq.so.5", f"{LIB}/libpq.so.5.15"),
    "libssl3": (f"{LIB}/libssl.so.3",),
    "libtk8.6": (f"{LIB}/libtk8.6.so",),
    "libpq-dev": (f"{LIB}/libpq.so", "usr/include/libpq-fe.h"),
    "headers-dev": ("usr/include/headers.h",),
}
IMAGE = (
    directory("usr"),
    directory("usr/lib"),
    directory(LIB),
    symlink("lib64", LIB),
    file(f"{LIB}/ld-linux-x86-64.so.2", elf(), mode=0o755),
    file(f"{LIB}/libc.so.6", elf(("ld-linux-x86-64.so.2",))),
    symlink(f"{LIB}/libpq.so", "libpq.so.5"),
    symlink(f"{LIB}/libpq.so.5", "libpq.so.5.15"),
    file(f"{LIB}/libpq.so.5.15", elf(("libssl.so.3", "libc.so.6"))),
    file(f"{LIB}/libssl.so.3", elf(("libc.so.6",))),
    file(f"{LIB}/libtk8.6.so", elf(("libc.so.6",))),
    file("usr/local/bin/python3.12", elf(("libc.so.6",), interpreter=LOADER), mode=0o755),
    file("usr/local/lib/python3.12/os.py", b""),
    file("usr/local/lib/python3.12/lib-dynload/_tkinter.so", elf(("libtk8.6.so",))),
    file("var/lib/dpkg/status", STATUS),
    *(
        file(f"var/lib/dpkg/info/{name}.list", "".join(f"/{each}\n" for each in paths).encode())
        for name, paths in LISTS.items()
    ),
)


def told(*members: Member) -> BuiltImage:
    config = {"Cmd": ["/usr/local/bin/python3.12", "app.py"], "Env": ["PATH=/usr/local/bin"]}
    data = files_as_tar(layout(tar(*IMAGE, *members), config=config))
    with Contents(1 << 20) as contents:
        image = read_stream([data], reading=Reading(contents=contents, keep=keep))
        return built_image(Subject(image, contents))


def test_what_the_applications_own_files_load_is_told_by_package() -> None:
    module = file(f"{SITE}/psycopg2/_psycopg.so", elf(("libpq.so.5", "libc.so.6")))
    by = f"{SITE}/psycopg2/_psycopg.so"
    assert told(module).loaded == (
        Loaded(f"{LIB}/libpq.so.5.15", "libpq5", by),
        Loaded(f"{LIB}/libc.so.6", "libc6", by),
    )


def test_what_only_the_runtime_loads_is_not_told() -> None:
    assert told().loaded == ()


def test_a_library_that_somebody_built_has_no_package() -> None:
    members = (
        file("usr/local/lib/libown.so", elf()),
        file("etc/ld.so.conf", b"/usr/local/lib\n"),
        file(f"{SITE}/own.so", elf(("libown.so",))),
    )
    assert told(*members).loaded == (Loaded("usr/local/lib/libown.so", None, f"{SITE}/own.so"),)


def test_libraries_that_come_with_a_distribution_of_python_are_its_own() -> None:
    members = (
        file(f"{SITE}/numpy.libs/libblas.so", elf()),
        file(f"{SITE}/numpy/core.so", elf(("libblas.so",), runpath="$ORIGIN/../numpy.libs")),
    )
    assert told(*members).loaded == ()


def test_packages_for_building_lead_to_those_of_their_libraries() -> None:
    assert told().behind == {"libpq-dev": ("libpq5",), "headers-dev": ()}
