"""Whether a final stage can do without a shell, and how its command reads then."""

from __future__ import annotations

from collections.abc import Sequence

from reimage.dockerfile import Healthcheck, Shell, User
from reimage.model.applications.entry import Entry
from reimage.model.applications.plain_start import in_exec_form
from reimage.model.applications.steps import Kind, Step
from reimage.model.stages import Stage
from reimage.text import Edit

_ACCOUNTS = frozenset("root nobody nonroot 0 65532 65534".split())
"""Those of every distroless image."""


def without_shell(stage: Stage, steps: Sequence[Step], started: Entry) -> tuple[Edit, ...] | None:
    """What makes CMD and ENTRYPOINT start without a shell; None where something needs one, or a
    package manager's accounts."""
    if any(step.kind is Kind.ACCOUNT for step in steps):
        return None
    for each in stage.instructions:
        if isinstance(each, Shell):
            return None
        if isinstance(each, User) and not all(_is_there(part) for part in each.value.split(":")):
            return None
        if isinstance(each, Healthcheck) and each.kind != "NONE":
            return None
    return in_exec_form(stage) if started.shell else ()


def _is_there(account: str) -> bool:
    return account in _ACCOUNTS or account.isdigit()
