"""What can be wrong with a run as a whole."""


class UsageError(Exception):
    """The run can't begin as it was asked for; `str(error)` is one sentence that says why."""
