"""What `apt-get update` and its like fetch: package lists, needed again only to install more."""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "package_lists",
    "lists of what packages there are",
    paths=(
        r"var/lib/apt/lists/(?!lock$)",
        r"var/lib/(dnf|yum)/repos/",
        r"var/cache/(dnf|yum|libdnf5)/",
        r"var/cache/apk/APKINDEX",
        r"var/cache/zypp/(raw|solv)/",
        r"var/lib/pacman/sync/",
    ),
    cures=("clean_package_lists", "mount_download_caches"),
)
