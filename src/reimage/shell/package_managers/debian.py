"""apt-get and apt. Sources: apt-get(8), apt(8), and Debian's docker-clean configuration."""

from reimage.shell.package_managers.manager import PackageManager, names, options, verbs
from reimage.text import late

_DEVELOPMENT = names(
    "*-dev build-essential gcc gcc-[0-9]* g++ g++-[0-9]* clang clang-[0-9]* make "
    "cmake ninja-build meson autoconf automake libtool libtool-bin pkg-config "
    "pkgconf bison flex nasm yasm dpkg-dev debhelper devscripts gfortran patch "
    "cargo rustc"
)

APT_GET = PackageManager(
    name="apt-get",
    programs=frozenset({"apt-get"}),
    verbs=verbs(
        update="update",
        install="install, reinstall, build-dep",
        upgrade="upgrade, dist-upgrade, full-upgrade, dselect-upgrade",
        remove="remove, purge, autoremove, auto-remove, autopurge",
        clean="clean, autoclean, auto-clean, distclean, dist-clean",
    ),
    value_options=options(
        "-o --option -c --config-file -t --target-release --default-release -a --host-architecture"
        " -P --build-profiles --solver"
    ),
    needs_yes=True,
    # Two levels of quiet imply yes.
    assume_yes=("-y", "--yes", "--assume-yes", "-qq", "-q=2", "--quiet=2"),
    no_recommends="--no-install-recommends",
    no_recommends_pattern=late(
        r"--no-install-recommends|--install-recommends=(?:false|no|0|off)"
        r"|(?i:(?:-o|--option=)?APT::Install-Recommends=[\"']?(?:false|no|0|off)[\"']?)"
    ),
    list_directories=("/var/lib/apt/lists",),
    cache_directories=("/var/cache/apt",),
    clean_commands=("rm -rf /var/lib/apt/lists/*", "apt-get clean"),
    development_packages=_DEVELOPMENT,
)

APT = APT_GET._replace(
    name="apt",
    programs=frozenset({"apt"}),
    clean_commands=("rm -rf /var/lib/apt/lists/*", "apt clean"),
)

MANAGERS = (APT_GET, APT)
