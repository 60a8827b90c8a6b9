"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import settings

# A busy machine is no failure: how long an example takes is the benchmarks' affair.
settings.register_profile("reimage", deadline=None)
settings.load_profile("reimage")

# Shells start what runs in the background with SIGINT ignored, and children inherit that: no test
# of Ctrl-C could pass.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
