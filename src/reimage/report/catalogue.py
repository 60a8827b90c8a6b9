"""The transformations as a table, and one of them explained."""

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from reimage.report.json import VERSION, dump
from reimage.report.pieces import Line, Piece, line, wrapped
from reimage.report.terminal import CLAIM_STYLES
from reimage.rewriting.transformation import Transformation


def table_lines(transformations: Sequence[Transformation], width: int) -> list[Line]:
    """Name, claim and what it replaces in one line each, the summary wrapped below."""
    widest = max((len(each.title) for each in transformations), default=0)
    lines: list[Line] = []
    for each in transformations:
        title = Piece(each.title.ljust(widest) + "  ", "bold")
        claim = Piece(each.claim.label, CLAIM_STYLES[each.claim.label])
        lines.append((title, claim))
        if each.alternative_to is not None:
            lines.append(line(f"    instead of {_title(each.alternative_to)}"))
        lines += wrapped((Piece("    "),), each.summary, width=width, indent=4)
    return lines


def table_json(transformations: Sequence[Transformation], tool_version: str) -> str:
    """The same as JSON."""
    rows = [_row(each) for each in transformations]
    return dump({"version": VERSION, "tool_version": tool_version, "transformations": rows})


def table_markdown(transformations: Sequence[Transformation]) -> str:
    """The same as a Markdown table."""
    rows = [
        f"| `{each.title}` | {each.claim.label} | {_default(each)} | {_cell(each.summary)} |"
        for each in transformations
    ]
    return "\n".join(["| name | claim | default | summary |", "|---|---|---|---|", *rows]) + "\n"


def explanation_lines(
    wanted: Transformation, transformations: Sequence[Transformation], width: int
) -> list[Line]:
    """The whole docstring, then what it may change and what excludes it."""
    claim = wanted.claim.label
    title = (Piece(wanted.title, "bold"), Piece("  "), Piece(claim, CLAIM_STYLES[claim]))
    lines: list[Line] = [title, line("")]
    for paragraph in wanted.doc.split("\n\n"):
        lines += [*_paragraph(paragraph, width), line("")]
    for label, text in _properties(wanted, transformations):
        head = (Piece(f"{label}: ", "bold"),)
        lines += wrapped(head, text, width=width, indent=2)
    return lines


def _properties(
    wanted: Transformation, transformations: Sequence[Transformation]
) -> list[tuple[str, str]]:
    told = [("claim", _MEANINGS[wanted.claim.label])]
    if wanted.may_change:
        told.append(("may change in the image configuration", ", ".join(wanted.may_change)))
    if wanted.alternative_to is not None:
        other = _title(wanted.alternative_to)
        told.append(("alternative", f"runs instead of {other} with --prefer {wanted.title}"))
    rivals = [each.title for each in transformations if _is_alternative(each, wanted)]
    if rivals:
        told.append(("alternatives", f"{', '.join(rivals)} (chosen with --prefer NAME)"))
    return told


_MEANINGS = {
    "same-image": "root file system and runtime configuration stay equal, timestamps aside",
    "same-files": "only leftovers of the build may go: package lists, caches, logs, docs",
    "same-behaviour": "files may differ, what the entry command needs stays whole",
    "changes-behaviour": "the container may behave differently, so it needs to be asked for",
}


def _is_alternative(one: Transformation, wanted: Transformation) -> bool:
    return one.alternative_to is not None and _title(one.alternative_to) == wanted.title


def _paragraph(text: str, width: int) -> list[Line]:
    indented = all(row.startswith(" ") for row in text.split("\n"))
    if indented:
        return [line(row) for row in text.split("\n")]
    rows: list[Line] = []
    for block in map(_without_links, _blocks(text)):
        hanging = 2 if block.startswith(("- ", "* ")) else 0
        filled = textwrap.wrap(block, width, subsequent_indent=" " * hanging, **_WHOLE_WORDS)
        rows += [line(row) for row in filled]
    return rows


_WHOLE_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def _without_links(text: str) -> str:
    return re.sub(r"\[([^\]]+)\]\((\S+?)\)", r"\1, \2", text)


def _blocks(text: str) -> list[str]:
    blocks: list[str] = []
    for row in text.split("\n"):
        if not blocks or row.startswith(("- ", "* ")):
            blocks.append(row.strip())
        else:
            blocks[-1] += " " + row.strip()
    return blocks


def _row(each: Transformation) -> dict[str, Any]:
    return {
        "name": each.title,
        "claim": each.claim.label,
        "default": each.alternative_to is None,
        "alternative_to": None if each.alternative_to is None else _title(each.alternative_to),
        "may_change": list(each.may_change),
        "summary": each.summary,
    }


def _default(each: Transformation) -> str:
    return "yes" if each.alternative_to is None else f"instead of `{_title(each.alternative_to)}`"


def _title(name: str) -> str:
    return name.replace("_", "-")


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")
