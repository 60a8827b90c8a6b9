"""A program that builds until it is interrupted, and then looks at what it left behind.

    interrupted.py URL PHASE CONTEXT

It prints `now` once the phase is reached. It ends with 0 if Ctrl-C came out of the build as it
should and nothing was left; else what is wrong is on stderr.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.engine.buildkit.leftovers import nothing_is_left
from tests.engine.buildkit.phases import Phase, reached, request_for

from buildkit_client import connect


def main(url: str, phase: Phase, context: Path) -> str:
    told = False

    def tell(_cause: object) -> None:
        nonlocal told
        if not told:
            told = True
            sys.stdout.write("now\n")
            sys.stdout.flush()

    def slow(data: bytes) -> None:
        tell(data)
        time.sleep(0.2)

    with nothing_is_left(), connect(url) as builder:
        try:
            builder.build(
                request_for(phase, context, slow),
                on_event=lambda event: tell(event) if reached(phase, event) else None,
            )
        except KeyboardInterrupt:
            pass
        else:
            return "the build ended by itself"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Phase(sys.argv[2]), Path(sys.argv[3])) or 0)
