"""How an image is made to run inside a builder."""

from __future__ import annotations

import pytest
from tests.image.making import directory, file
from tests.verify.images import APP, BASE, subject

from reimage.pipeline.proving.observing import runnable

PASSWD = b"root:x:0:0::/:/bin/sh\napp:x:1000:2000::/srv:/bin/sh\nbroken:x\n"
ETC = (directory("etc"), file("etc/passwd", PASSWD))
GROUP = file("etc/group", b"root:x:0:\n")


@pytest.mark.parametrize(
    ("user", "members", "told"),
    [
        ("", (), ""),
        ("1000", (), "1000:0"),
        ("app", (), "app"),
        ("1000:5", (), "1000:5"),
        ("app", ETC, "1000:2000"),
        ("1000", ETC, "1000:2000"),
        ("1234", ETC, "1234:0"),
        ("broken", ETC, "broken"),
        ("app:root", ETC, "app:root"),
        ("app", (*ETC, GROUP), "app"),
        ("1000", (*ETC, GROUP), "1000"),
    ],
)
def test_a_user_is_given_as_a_builder_can_find_it(
    user: str, members: tuple[object, ...], told: str
) -> None:
    image = subject(*BASE, APP, *members, User=user).image  # type: ignore[arg-type]
    assert runnable(image, lambda path: {"/etc/passwd": PASSWD}[path]).user == told
