"""Archives and caches that package managers keep beside what they installed from them."""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "download_caches",
    "packages kept after they were installed",
    paths=(
        r"var/cache/apt/",
        r"var/cache/apk/(?!APKINDEX)",
        r"var/cache/zypp/packages/",
        r"var/cache/pacman/pkg/",
        r"(root|home/[^/]+)/\.cache/(pip|uv|pypoetry|pipenv|yarn|node|go-build|composer|deno|bazel)/",
        r"(root|home/[^/]+)/\.(npm|yarn|bun)/(_cacache|berry/cache|install/cache)/",
        r"(root|home/[^/]+)/\.cargo/(registry|git)/",
        r"usr/local/cargo/(registry|git)/",
        r"(root|home/[^/]+)/go/pkg/mod/cache/|go/pkg/mod/cache/",
        r"(root|home/[^/]+)/\.(m2/repository|gradle/caches|ivy2/cache|nuget/packages)/",
        r"usr/local/share/\.cache/yarn/",
        r"usr/local/bundle/cache/|usr/(local/)?lib/ruby/gems/[^/]+/cache/",
        r"opt/conda/pkgs/",
    ),
    cures=("drop_download_caches", "mount_download_caches"),
)
