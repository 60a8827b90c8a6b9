"""The command line: one file per command, each turning flags into a call and a result into output.

The only room that reads arguments, terminals and standard streams, and that knows exit codes. It
never decides what to rewrite.
"""

import sys


def main() -> None:
    """The `reimage` command. Ends the process with the exit code."""
    try:
        from reimage.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
