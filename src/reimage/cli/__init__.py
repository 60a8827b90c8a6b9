"""The command line: one file per command, each turning flags into a call and a result into output.

The only room that reads arguments, terminals and standard streams, and that knows exit codes. It
never decides what to rewrite.
"""

import gc
import sys


def main() -> None:
    """The `reimage` command. Ends the process with the exit code."""
    # Next to nothing of what a run makes is garbage: looking for it less often saves a twentieth.
    gc.set_threshold(50_000, 20, 100)
    try:
        from reimage.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # The process ends: what it made need not be looked through for garbage, and that at the
        # end would take a seventh of a run.
        gc.freeze()
