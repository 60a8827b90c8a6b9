"""Many files, several processes."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from reimage.pipeline.options import Options
from reimage.pipeline.results import FileReport

_FILES_AT_ONCE = 8


def map_in_processes(paths: Sequence[Path], options: Options, workers: int) -> Iterator[FileReport]:
    """`optimize_file` over all paths, results in the order of the paths."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else None)
    # What is there by now stays: neither this process nor its forks look through it for garbage.
    gc.freeze()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_settle_in) as pool:
        try:
            yield from pool.map(_Task(options), paths, chunksize=_FILES_AT_ONCE)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Task:
    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, path: Path) -> FileReport:
        from reimage.pipeline.optimize import optimize_file

        return optimize_file(path, self.options)


def _settle_in() -> None:
    # Ctrl-C reaches the whole process group: the parent ends the run, workers finish their file.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
