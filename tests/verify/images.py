"""Made-up images for the claims."""

from __future__ import annotations

from tests.image.elves import elf
from tests.image.making import Member, directory, file, files_as_tar, layout, symlink, tar

from reimage.image.closure.finding import keep
from reimage.image.contents import Contents
from reimage.image.layers import Reading
from reimage.image.opening import read_stream
from reimage.verify.subjects import Subject

LOADER = "/lib64/ld-linux-x86-64.so.2"
BASE = (
    directory("lib64"),
    file("lib64/ld-linux-x86-64.so.2", elf(), mode=0o755),
    directory("usr"),
    directory("usr/lib"),
    symlink("lib", "usr/lib"),
    file("usr/lib/libc.so.6", elf(("ld-linux-x86-64.so.2",))),
)
APP = file("app", elf(("libc.so.6",), interpreter=LOADER), mode=0o755)
CONFIG: dict[str, object] = {"Cmd": ["/app"], "Env": ["A=1", "PATH=/bin"]}


def subject(*members: Member, **config: object) -> Subject:
    """An image of one layer with a program; fields of the configuration may be given anew."""
    layer = tar(*(members or (*BASE, APP)))
    data = files_as_tar(layout(layer, config=CONFIG | config))
    with Contents(1 << 20) as contents:
        image = read_stream([data], reading=Reading(contents=contents, keep=keep))
        made = Subject(image, contents)
        assert made.closure.command is not None  # found while what was put aside is there
    return made
