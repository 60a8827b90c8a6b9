"""Accounts that the RUNs of a final stage make, where they do nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from reimage.model.runs import RunFacts

_MAKERS = frozenset(("useradd", "adduser"))
_GROUP_MAKERS = frozenset(("groupadd", "addgroup"))
_FLAGS = frozenset(
    """
    -r --system -m --create-home -M --no-create-home --disabled-password --disabled-login -U
    --user-group --no-user-group -N -f --force --no-log-init -l -q --quiet
    """.split()
)


def accounts(run: RunFacts) -> frozenset[str] | None:
    """The names of the users and groups that a RUN makes; None where it does anything else."""
    if run.opaque or not run.commands:
        return None
    names: set[str] = set()
    for command in run.commands:
        inner = command.unwrapped()
        if inner.name not in _MAKERS | _GROUP_MAKERS:
            return None
        found = list(_names(inner.values[1:]))
        if not found or None in found:
            return None
        names.update(name for name in found if name)
    return frozenset(names)


def _names(values: tuple[str | None, ...]) -> Iterator[str | None]:
    """The operands: an option that is no flag has a value behind it, or after `=`."""
    words = iter(values)
    for word in words:
        if word is None:
            yield None
        elif word.startswith("-"):
            if word not in _FLAGS and "=" not in word:
                next(words, None)
        else:
            yield word
