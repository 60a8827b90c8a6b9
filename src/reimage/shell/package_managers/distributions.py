"""apk, zypper and pacman. Sources: apk-add(8), apk(8), zypper(8), pacman(8)."""

from reimage.shell.package_managers.manager import PackageManager, names, options, verbs
from reimage.text import late

APK = PackageManager(
    name="apk",
    programs=frozenset({"apk"}),
    verbs=verbs(
        update="update", install="add", upgrade="upgrade", remove="del", clean="cache clean"
    ),
    value_options=options(
        "-t --virtual -X --repository -p --root --keys-dir --repositories-file --arch --wait"
        " --cache-dir --cache-max-age --progress-fd --timeout"
    ),
    list_directories=("/var/cache/apk",),
    cache_directories=("/var/cache/apk", "/etc/apk/cache"),
    clean_commands=("rm -rf /var/cache/apk/*",),
    no_cache_option="--no-cache",
    development_packages=names(
        "*-dev build-base alpine-sdk gcc g++ gfortran clang make cmake samurai ninja "
        "meson autoconf automake libtool pkgconf pkgconfig bison flex nasm yasm "
        "linux-headers patch abuild cargo rust"
    ),
)

ZYPPER = PackageManager(
    name="zypper",
    programs=frozenset({"zypper"}),
    verbs=verbs(
        update="refresh, ref, refresh-services, refs",
        install="install, in, source-install, si, install-new-recommends, inr",
        upgrade="update, up, patch, dist-upgrade, dup",
        remove="remove, rm",
        clean="clean, cc",
    ),
    value_options=options("-r --repo --from -t --type --download --priority -p --plus-repo"),
    global_value_options=options(
        "-R --root --installroot -D --reposd-dir -C --cache-dir --raw-cache-dir --solv-cache-dir"
        " --pkg-cache-dir -c --config -p --plus-repo --plus-content --releasever"
    ),
    needs_yes=True,
    assume_yes=("-y", "--no-confirm"),
    # Behind the verb -n means --name.
    global_assume_yes=("-n", "--non-interactive"),
    no_recommends="--no-recommends",
    no_recommends_pattern=late("--no-recommends"),
    list_directories=("/var/cache/zypp/raw", "/var/cache/zypp/solv"),
    cache_directories=("/var/cache/zypp",),
    clean_commands=("zypper clean --all",),
    development_packages=names(
        "*-devel patterns-devel-* gcc gcc-c++ gcc[0-9]* clang make cmake ninja meson "
        "autoconf automake libtool pkg-config pkgconf bison flex nasm rpm-build patch "
        "cargo rust"
    ),
)

# Its verbs are letters, which `operations` reads.
PACMAN = PackageManager(
    name="pacman",
    programs=frozenset({"pacman"}),
    verbs=verbs(),
    value_options=options(
        "-b --dbpath -r --root --cachedir --config --arch --gpgdir --hookdir --logfile --ignore"
        " --ignoregroup --assume-installed --overwrite --print-format --color --ask"
    ),
    needs_yes=True,
    assume_yes=("--noconfirm",),
    list_directories=("/var/lib/pacman/sync",),
    cache_directories=("/var/cache/pacman/pkg",),
    clean_commands=("pacman -Scc --noconfirm",),
    development_packages=names(
        "base-devel gcc gcc-fortran clang make cmake ninja meson autoconf automake "
        "libtool pkgconf bison flex nasm patch rust"
    ),
)

MANAGERS = (APK, ZYPPER, PACMAN)
