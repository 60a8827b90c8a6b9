"""Manuals, change logs, translations and examples, which a container seldom shows to anybody.
Licence texts (`copyright`) are left out: they may have to stay.
"""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "documentation",
    "manuals, translations and examples",
    paths=(
        r"usr/(local/)?share/doc/(?!.*/copyright$)",
        r"usr/(local/)?share/(man|info|help|gtk-doc|lintian|linda|locale|i18n)/",
        r"usr/share/perl/[^/]+/pod/",
        r"usr/local/man/",
    ),
)
