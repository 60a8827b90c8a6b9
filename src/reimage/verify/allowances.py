"""Files that may differ although nothing is wrong: what builds do not repeat, and leftovers.

docs/proof.md lists both, made from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Allowance(NamedTuple):
    """Paths, as an expression from the root on, and why they do not count."""

    paths: str
    why: str


#: Two builds of one Dockerfile differ in these; no claim is about them.
NOT_REPEATED = (
    Allowance(r"(.*/)?__pycache__(/[^/]+\.pyc)?$", "Python's bytecode holds times"),
    Allowance(r"etc/ld\.so\.cache$|var/cache/ldconfig/", "the order in which libraries were found"),
    Allowance(r"var/log(/|$)", "logs of installers hold times"),
    Allowance(r"var/lib/dpkg/(status|available|diversions|statoverride)-old$", "dpkg's last copy"),
    Allowance(r"var/cache/(apt/[^/]+\.bin|debconf/[^/]+|man/.*|fontconfig/.*)$", "caches of tools"),
    Allowance(r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-$", "copies that useradd leaves"),
    Allowance(r"etc/(hostname|hosts|resolv\.conf|mtab|machine-id|\.pwd\.lock)$", "the machine's"),
    Allowance(r"(var/)?tmp/.", "temporary files have random names"),
    Allowance(r"(root|home/[^/]+)/\.npm/_(logs|update-notifier-last-checked)(/|$)", "npm's logs"),
    Allowance(r"(proc|sys|dev|run)(/|$)", "mounted in every container"),
)
#: In these the content may differ, but they may neither come nor go.
VARYING = (
    Allowance(
        r"((root|home/[^/]+)/)?\.cache/pip/(selfcheck|http(-v2)?)/.",
        "answers of package indexes that pip keeps, with their times",
    ),
    Allowance(
        r"((root|home/[^/]+)/)?(\.npm/_cacache|\.cache/uv|\.cache/go-build)/.",
        "caches of npm, uv and Go hold times",
    ),
)
#: What `same-files` lets go besides: nothing that runs looks at it.
LEFTOVERS = (
    Allowance(r"var/lib/(apt/lists|(dnf|yum)/repos|pacman/sync)(/|$)", "package lists"),
    Allowance(
        r"var/cache/(apt|apk|dnf|yum|libdnf5|zypp|pacman|debconf)(/|$)|etc/apk/cache(/|$)",
        "packages kept after they were installed",
    ),
    Allowance(
        r"etc/apt/apt\.conf\.d/(docker-clean|keep-cache|.*reimage.*)$",
        "whether apt keeps what it fetched",
    ),
    Allowance(
        r"((root|home/[^/]+|nonexistent|var/www)/)?\.(cache|npm|yarn|bun|gradle/caches|ivy2)(/|$)",
        "caches of package managers",
    ),
    Allowance(
        r"((root|home/[^/]+)/\.|usr/local/)cargo/(registry|git)(/|$)|"
        r"(root/)?go/pkg(/mod(/cache)?)?(/|$)|(root|home/[^/]+)/\.(m2|nuget)(/|$)|"
        r"usr/local/(share/\.cache|bundle/cache)(/|$)|opt/conda/pkgs(/|$)",
        "downloads of package managers",
    ),
    Allowance(
        r"usr/(local/)?share/(doc|man|info|help|gtk-doc|lintian|linda)(/|$)", "documentation"
    ),
    Allowance(r"(var/)?tmp(/|$)", "temporary files"),
)


def matcher(*tables: tuple[Allowance, ...]) -> Callable[[str], object]:
    """Whether a path, without a leading slash, is in one of the tables."""
    patterns = (f"(?:{each.paths})" for table in tables for each in table)
    return re.compile("|".join(patterns)).match
