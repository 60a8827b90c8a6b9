"""The RUN that installs packages in a final stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def install_packages(packages: Sequence[str]) -> Iterator[str]:
    """The lines of a RUN that installs these packages of Debian and leaves nothing else behind."""
    if packages:
        yield "RUN apt-get update \\"
        yield f"    && apt-get install -y --no-install-recommends {' '.join(packages)} \\"
        yield "    && rm -rf /var/lib/apt/lists/*"
