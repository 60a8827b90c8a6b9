"""A program of one kilobyte that asks an application inside its own container.

An image may hold neither shell nor curl, and a container of a builder has no address to reach it
at. So this is mounted beside the application. Its source is `probe.c`, with how it is made; it
needs no library and runs on Linux on x86-64.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from pathlib import Path

#: Where it is mounted; the path of the program below it is `probe`.
PLACE = "/.reimage-probe"
PROGRAM = f"{PLACE}/probe"
#: `uname -m` of an image's architecture, as OCI names it.
ARCHITECTURE = "amd64"
#: The named contexts in which a build finds the program, and the Dockerfile of its image.
CONTEXT, BESIDE = "reimage-probe", "reimage-probe-dockerfile"
_DOCKERFILE = f"FROM scratch\nCOPY --from={CONTEXT} /probe /probe\n"
_LISTENING = re.compile(r"\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A ")


def write_contexts(folder: Path) -> dict[str, Path]:
    """Both named contexts, below a folder."""
    context, beside = folder / "context", folder / "dockerfile"
    for place in (context, beside):
        place.mkdir()
    program = context / "probe"
    program.write_bytes(zlib.decompress(base64.b85decode(_PACKED)))
    program.chmod(0o755)
    (beside / "Dockerfile").write_text(_DOCKERFILE, "utf-8")
    return {CONTEXT: context, BESIDE: beside}


#: Attributes that make a build with these contexts one of the program's image.
ATTRIBUTES = {"dockerfilekey": f"context:{BESIDE}", "filename": "Dockerfile", "target": ""}


def tables() -> list[list[str]]:
    """Commands that print the kernel's tables of sockets."""
    return [[PROGRAM, "file", f"/proc/net/{name}"] for name in ("tcp", "tcp6")]


def listening(table: bytes) -> frozenset[int]:
    """The ports that something listens on."""
    lines = table.decode("ascii", "replace").split("\n")
    return frozenset(int(match[1], 16) for line in lines if (match := _LISTENING.match(line)))


def ask(tries: int) -> list[str]:
    """The command that sends a `question`; a try takes a tenth of a second."""
    return [PROGRAM, "ask", str(tries)]


def question(port: int, path: str) -> bytes:
    """The input of `ask`: where to, and a request of HTTP."""
    address = struct.pack("<H", 2) + struct.pack(">H", port) + bytes([127, 0, 0, 1]) + bytes(8)
    lines = (f"GET {path} HTTP/1.0", f"Host: localhost:{port}", "Accept: */*", "", "")
    return address + "\r\n".join(lines).encode()


_PACKED = (
    "c-o~>L2DC16n@#5TC}*ShzKG^EZ8V6-B2M&(F|?utV}>@W5F6Vu>nO=!EB+YG$rog8RBp7?5W2TYz(Ow*NY{GcoP"
    "++vFRZfAt%?_$wo8=5qz*S^S*uWeeaujD`9p?a=D;u5?lb=TZ54BLk|8_`WeEpAdd@y2lj~Ay&}G2-MsGp%qhJ#+"
    "&TE1xT|0Eg#q|?^Ex}lZJPVsYRvL;RKs>yt!)7BVuq~S1hjDM@h||xErwN!?<wxc9*Pxelrtx2;ap1me9iDJhdEZ"
    "K{t9)yqDF0{(KP2{n`Dk$BT+INouRp1FU?(a%f=yIndYaxEI)T78;r}wE@x8Buv+GHM|nlnqBt}{*6l`Ub!ub~K7"
    "R8sd~>-l?xxsg{z`{!NOP67)wX2;WIlvdQ<F>5qq2S=a^KviS(QkExwe`+wxrXXLBnnG+}2Gt-1b^J$=8Ts%1?6q"
    "Q1tWVh5afeTR6j-EwsvMmV*=<Tsy;0f_7<CD_m)D@mXGs6vZ_ewaf&=a;L3;eFOeV^DDy!!@4NNu*J}lJ(^`U^J="
    "Xq366IZ>w>0{{cc$to)Aysz`2*+`53uDV&o>dwK+XGdEPfVl}y}=FZ$Gg5>Up@s^e!Ck_k1ir1~8QKuO<C>ksvK0"
    "u(*Dtb>wBr$M>%AeBlk>hQm|A3)6Lz#sDozs+aYdR*YI3xoV~JO1s1o&4)k{|sMG{$VF#tOxJrpMw7UzwYinx>lY"
    "1<M8+Xe*lgC!;A"
)
