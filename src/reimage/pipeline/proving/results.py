"""What a proof found, as plain data that every report reads. Sizes are bytes, times seconds."""

from typing import NamedTuple

from reimage.pipeline.images.comparison import BudgetReport


class SideReport(NamedTuple):
    """An image that was built. `size` is that of the files in its layers, as `compare` tells it,
    `compressed_size` what a registry would keep; `seconds` are those of the build and of handing
    the image over, `steps` those of the Dockerfile."""

    size: int
    compressed_size: int | None
    layers: int
    seconds: float
    steps: int
    cached_steps: int


class SavingReport(NamedTuple):
    """After less before of the rewrites with these ids, which came together. `seconds` are those
    of steps that only one of both has, null where one of them came out of a cache; `renewed` are
    compressed bytes that a change of a source file makes new, null without --edit."""

    rewrites: tuple[str, ...]
    names: tuple[str, ...]
    size: int
    compressed_size: int | None
    layers: int
    seconds: float | None
    renewed: int | None


class ChangeSide(NamedTuple):
    """A build after a file was edited; `renewed` are the bytes of layers that are new then,
    compressed: what is pushed and pulled again."""

    seconds: float
    steps: int
    cached_steps: int
    renewed: int | None


class ChangeReport(NamedTuple):
    """What an edit of the file at `path` in the context costs before and after."""

    path: str
    before: ChangeSide
    after: ChangeSide


class ReproducibleReport(NamedTuple):
    """The result built twice without cache, files and configuration with the time `epoch`. If not
    the `same`, `files` are those that differ otherwise than in times, the first of them."""

    epoch: int
    digests: tuple[str, ...]
    same: bool
    files: tuple[str, ...]
    more_files: int


class BuildReport(NamedTuple):
    """What building before and after showed. `smoke` is what was asked of both; `builds` counts
    all builds that it took, `seconds` the whole proof. The parts in `savings` add up to `saved`."""

    builder: str
    smoke: str
    before: SideReport
    after: SideReport
    builds: int
    seconds: float
    saved: SavingReport
    savings: tuple[SavingReport, ...] = ()
    change: ChangeReport | None = None
    reproducible: ReproducibleReport | None = None
    budgets: tuple[BudgetReport, ...] = ()

    @property
    def held(self) -> bool:
        """Whether every budget is."""
        return all(budget.held for budget in self.budgets)
