"""A run as Markdown, for a comment under a change: per file the patch and why."""

import re
from collections.abc import Iterator

from reimage.pipeline.results import FileReport, RewriteReport, RunReport, Status
from reimage.report.pieces import counted
from reimage.report.visible import visible, visible_lines


def as_markdown(run: RunReport) -> str:
    """The document. Nothing in it is taken for markup, a link or a mention but what we mean so."""
    return "\n\n".join(["# reimage", *(part for each in run.files for part in _file(each))]) + "\n"


def escaped(text: str) -> str:
    """`text` as a reader of Markdown sees it, on one line."""
    marked = re.sub(r"([\\`*_\[\]<>|#~&$])", r"\\\1", visible(text))
    return marked.replace("@", "@\u200b").replace("://", ":\u200b//")


def code(text: str) -> str:
    """`text` as a code span, whatever backticks it holds."""
    shown = visible(text)
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, language: str) -> str:
    """`text` as a code block, whatever backticks it holds."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{visible_lines(text).removesuffix(chr(10))}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _file(report: FileReport) -> Iterator[str]:
    yield f"## {code(report.path)}"
    if report.error is not None:
        yield escaped(report.error)
    if report.problems:
        yield _list(f"line {p.line}: {escaped(p.message)}" for p in report.problems)
    if report.changed:
        yield _list(_rewrite(rewrite) for rewrite in report.changed)
    elif report.error is None and not report.problems:
        yield "Nothing to suggest."
    if report.patch:
        yield fenced(report.patch, "diff")
    if report.build:
        from reimage.report.proof_markdown import proof_markdown

        yield from proof_markdown(report.build)
    for status, title in ((Status.HELD_BACK, "held back"), (Status.DROPPED, "dropped")):
        rest = [rewrite for rewrite in report.rewrites if rewrite.status is status]
        if rest:
            yield _folded(f"{len(rest)} {title}", (_rewrite(rewrite) for rewrite in rest))
    places = [f"line {r.line}, {r.name}: {escaped(r.message)}" for r in report.refusals]
    places += [f"line {s.line}, {s.name}: needs {escaped(s.need)}" for s in report.skipped]
    if places:
        yield _folded(f"{counted(len(places), 'place')} left alone", iter(places))


def _rewrite(rewrite: RewriteReport) -> str:
    reason = f" ({escaped(rewrite.reason)})" if rewrite.reason else ""
    where = f"line {rewrite.line}, **{rewrite.name}** ({rewrite.claim})"
    return f"{where}: {escaped(rewrite.message)}{reason}"


def _folded(title: str, items: Iterator[str]) -> str:
    return f"<details><summary>{title}</summary>\n\n{_list(items)}\n\n</details>"


def _list(items: Iterator[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
