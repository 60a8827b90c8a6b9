"""What `compare` found, as plain data that every report reads. `delta` and `change` are signed."""

from typing import NamedTuple

from reimage.pipeline.images.results import ImageReport


class Delta(NamedTuple):
    """After less before. `compressed_size` is null if nobody knows one of them."""

    size: int
    size_percent: float | None
    compressed_size: int | None
    layers: int
    wasted: int


class SizedPath(NamedTuple):
    """A file that only one of the images has."""

    path: str
    size: int


class ChangedFile(NamedTuple):
    """A path that both have. `what` names type, content, link, mode, owner, attributes."""

    path: str
    before: int
    after: int
    what: tuple[str, ...]


class FileChanges(NamedTuple):
    """What containers see, times aside; directories are not listed where only they differ."""

    added: tuple[SizedPath, ...]
    removed: tuple[SizedPath, ...]
    changed: tuple[ChangedFile, ...]


class ConfigDifference(NamedTuple):
    """A field; of variables and labels one, by its key. Null where there is none."""

    field: str
    key: str
    before: object
    after: object


class PackageDifference(NamedTuple):
    """A package that came, went, or has another version or size. Null where there is none."""

    manager: str
    name: str
    before: str | None
    after: str | None
    size: int | None


class LineDifference(NamedTuple):
    """An instruction and its bytes in both images; no line where one of them lacks it."""

    text: str
    before_line: int | None
    after_line: int | None
    before: int
    after: int


class BudgetReport(NamedTuple):
    """A limit. Where it is not held, `blame` says in which way `line` and `instruction` did it."""

    name: str
    limit: str
    actual: int
    allowed: int
    held: bool
    line: int | None
    instruction: str
    blame: str
    message: str


class CompareReport(NamedTuple):
    """Two images side by side."""

    tool_version: str
    before: ImageReport
    after: ImageReport
    delta: Delta
    files: FileChanges
    config_changes: tuple[ConfigDifference, ...]
    packages: tuple[PackageDifference, ...]
    lines: tuple[LineDifference, ...]
    budgets: tuple[BudgetReport, ...]
    notes: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether every budget is."""
        return all(budget.held for budget in self.budgets)
