"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: how long an example takes is the benchmarks' affair.
settings.register_profile("reimage", deadline=None)
settings.load_profile("reimage")
