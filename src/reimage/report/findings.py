"""What `check` prints: a line per rewrite that is not in the file yet."""

from collections.abc import Iterator

from reimage.pipeline.results import FileReport
from reimage.report.pieces import Line, Piece
from reimage.report.terminal import CLAIM_STYLES
from reimage.report.visible import visible


def place_line(path: str, number: int, name: str, message: str) -> Line:
    """`path:line: name: message`."""
    where = Piece(f"{visible(path)}:{number}: ")
    return (where, Piece(name, "bold"), Piece(f": {visible(message)}"))


def finding_lines(report: FileReport) -> Iterator[Line]:
    """`path:line: name: message [claim]`, the policy first, then the rewrites in order."""
    for violation in report.violations:
        yield place_line(report.path, violation.line, "policy", violation.message)
    for rewrite in report.changed:
        yield (
            Piece(f"{visible(report.path)}:{rewrite.line}: "),
            Piece(rewrite.name, "bold"),
            Piece(f": {visible(rewrite.message)} "),
            Piece(f"[{rewrite.claim}]", CLAIM_STYLES.get(rewrite.claim, "")),
        )
