"""What each rewrite saved: the parts add up, and no more is built than tells them apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from reimage.pipeline.proving.refused import NotBuilt
from reimage.pipeline.proving.savings import Way, savings, whole


class Bench:
    """Builds sets of names: each adds its bytes to the one layer, `layer` adds a layer."""

    def __init__(self, sizes: dict[str, int], broken: Collection[Collection[str]] = ()) -> None:
        self._sizes = sizes
        self._broken = [frozenset(each) for each in broken]
        self._built: dict[frozenset[str], Any] = {}
        self.took: dict[str, float] = {"a": 4.0, "b": 1.0}
        self.original = self.make(frozenset())
        self.builds = 0

    def make(self, names: frozenset[str]) -> Any:
        sizes = [1000 + sum(self._sizes[name] for name in names)]
        sizes += [10] * len([name for name in names if name.startswith("layer")])
        layers = [SimpleNamespace(content_size=size) for size in sizes]
        steps = [SimpleNamespace(name=f"[1/9] {name}") for name in sorted(names)]
        image = SimpleNamespace(
            layers=layers, content_size=sum(sizes), compressed_size=sum(sizes) // 2
        )
        return SimpleNamespace(subject=SimpleNamespace(image=image), steps=steps)

    def known(self, outcome: Any) -> Any:
        return self._built.get(outcome.names)

    def build_together(self, outcomes: Sequence[Any]) -> None:
        for outcome in outcomes:
            if outcome.names not in self._built:
                self.builds += 1
                self._built[outcome.names] = self.make(outcome.names)

    def built(self, outcome: Any) -> Any:
        self.build_together([outcome])
        if outcome.names in self._broken:
            raise NotBuilt("no")
        return self._built[outcome.names]


def keeping(ids: Collection[str]) -> Any:
    applied = [
        SimpleNamespace(id=id, transformation=SimpleNamespace(title=f"do-{id}")) for id in ids
    ]
    return SimpleNamespace(names=frozenset(ids), applied=applied)


def measured(
    bench: Bench, order: str, *, each: bool = True, known: Sequence[int] = ()
) -> list[tuple[tuple[str, ...], int]]:
    way = Way(tuple(order), keeping)
    last = bench.make(frozenset(order))
    bench.build_together([way.after(count) for count in known])
    bench.builds = 0
    found = savings(bench, way, last, lambda _: None, each=each)  # type: ignore[arg-type]
    total = whole(bench, last, lambda _: None)  # type: ignore[arg-type]
    assert sum(one.size for one in found) == total.size
    assert sum(one.layers for one in found) == total.layers
    assert [id for one in found for id in one.rewrites] == list(order)
    return [(one.rewrites, one.size) for one in found]


def test_without_being_asked_nothing_more_is_built() -> None:
    bench = Bench({"a": -5, "b": -7, "c": 0})
    assert measured(bench, "abc", each=False, known=[2]) == [(("a", "b"), -12), (("c",), 0)]
    assert bench.builds == 0


def test_every_rewrite_has_a_part_of_its_own_where_it_changes_something() -> None:
    bench = Bench({"a": -5, "b": -7, "c": 3})
    assert measured(bench, "abc") == [(("a",), -5), (("b",), -7), (("c",), 3)]
    assert bench.builds == 2


def test_what_changes_nothing_is_not_built_one_by_one() -> None:
    bench = Bench(dict.fromkeys("abcdefgh", 0) | {"d": -100})
    found = measured(bench, "abcdefgh")
    assert (("d",), -100) in found
    assert bench.builds <= 3


def test_a_part_that_does_not_build_by_itself_stays_with_its_neighbour() -> None:
    bench = Bench({"a": -5, "b": -7}, broken=["a"])
    assert measured(bench, "ab") == [(("a", "b"), -12)]


@pytest.mark.parametrize(("names", "seconds"), [("a", 4.0), ("ab", 5.0), ("ac", None)])
def test_seconds_are_those_of_steps_that_were_seen_at_work(
    names: str, seconds: float | None
) -> None:
    bench = Bench({"a": 0, "b": 0, "c": 0})
    last = bench.make(frozenset(names))
    assert whole(bench, last, lambda _: None).seconds == seconds  # type: ignore[arg-type]
