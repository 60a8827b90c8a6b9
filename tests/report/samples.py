"""Reports to print: small ones, and ones from a stranger who means ill."""

from typing import Any

from reimage.pipeline.results import (
    EditReport,
    FileReport,
    HunkReport,
    ProblemReport,
    RefusalReport,
    RewriteReport,
    SkippedReport,
    Status,
)

PATCH = """\
diff --git a/Dockerfile b/Dockerfile
--- a/Dockerfile
+++ b/Dockerfile
@@ -1,3 +1,3 @@
 FROM debian:12
-ADD app /app
+COPY app /app
 CMD ["/app"]
"""
EVIL = "\x1b]0;owned\x07 \x1b[31mred\r\nnew ::error::line"


def rewrite(status: Status = Status.SUGGESTED, **changes: Any) -> RewriteReport:
    fields: dict[str, Any] = {
        "id": "copy-instead-of-add@15",
        "name": "copy-instead-of-add",
        "line": 2,
        "end_line": 2,
        "claim": "same-image",
        "evidence": "assumed",
        "message": "COPY does what is needed here and nothing else.",
        "status": status,
        "edits": (EditReport("Dockerfile", 15, 18, "COPY"),),
    }
    return RewriteReport(**(fields | changes))


def suggested(path: str = "Dockerfile", **changes: Any) -> FileReport:
    hunk = HunkReport(1, 1, PATCH[PATCH.index("@@") :], ("copy-instead-of-add@15",))
    return FileReport(
        path, patch=PATCH, hunks=(hunk,), rewrites=(rewrite(**changes),), touched=(path,)
    )


def held_back(claim: str = "changes-behaviour", **changes: Any) -> FileReport:
    return FileReport("Dockerfile", rewrites=(rewrite(Status.HELD_BACK, claim=claim, **changes),))


def written(path: str = "Dockerfile") -> FileReport:
    return FileReport(path, patch=PATCH, rewrites=(rewrite(Status.WRITTEN),), touched=(path,))


def untouched(path: str = "Dockerfile") -> FileReport:
    return FileReport(
        path,
        refusals=(RefusalReport("merge-run-layers", 3, "The mounts of the two RUNs differ."),),
        skipped=(SkippedReport("copy-manifests-first", 4, "the build context"),),
    )


def rejected(path: str = "Dockerfile") -> FileReport:
    return FileReport(path, problems=(ProblemReport(1, "unknown instruction FORM"),))


def missing(path: str = "nowhere") -> FileReport:
    return FileReport(path, error=f"{path} does not exist.")


def everything() -> FileReport:
    return FileReport(
        "app/Dockerfile",
        patch=PATCH,
        hunks=(HunkReport(1, 1, PATCH[PATCH.index("@@") :], ("copy-instead-of-add@15",)),),
        rewrites=(
            rewrite(builds_on=("other@3",)),
            rewrite(Status.HELD_BACK, claim="changes-behaviour", reason="its claim"),
            rewrite(Status.DROPPED, reason="the result did not parse"),
        ),
        refusals=untouched().refusals,
        skipped=untouched().skipped,
        problems=rejected().problems,
        touched=("app/Dockerfile",),
        error="app/Dockerfile may not be accessed: permission denied.",
    )
