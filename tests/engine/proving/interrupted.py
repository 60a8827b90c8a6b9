"""A proof that is interrupted, in a process of its own: what does it leave here?

    interrupted.py URL DOCKERFILE

It ends as `reimage` does; what is left over is on stderr, after `left:`.
"""

from __future__ import annotations

import sys

from tests.engine.buildkit.leftovers import nothing_is_left

from reimage.cli import main


def run(url: str, dockerfile: str) -> int:
    sys.argv[1:] = ["optimize", "--build", "--write", f"--builder={url}", dockerfile]
    try:
        with nothing_is_left():
            return _code()
    except AssertionError as error:
        sys.stderr.write(f"left: {error}\n")
        return 99


def _code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 98
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2]))
