"""Logs and temporary files that were written while the image was built."""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "logs",
    "what installers and services wrote down",
    paths=(
        r"var/log/",
        r"(var/)?tmp/",
        r"(root|home/[^/]+)/\.npm/_logs/",
        r"var/cache/(debconf/.*-old|ldconfig/)",
        r"var/lib/dpkg/(status|available)-old$",
    ),
)
