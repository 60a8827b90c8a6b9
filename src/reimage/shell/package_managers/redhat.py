"""dnf and its relatives. Sources: dnf(8), dnf5(8), yum(8), microdnf(8), the tdnf wiki."""

from reimage.shell.package_managers.manager import PackageManager, names, options, verbs
from reimage.text import late

_WEAK_DEPENDENCIES = late(r"(?i:(?:--setopt=)?(?:\*\.)?install_weak_deps=(?:false|no|0))")

DNF = PackageManager(
    name="dnf",
    programs=frozenset({"dnf", "dnf-3", "dnf4", "dnf5"}),
    verbs=verbs(
        update="makecache, check-update, check-upgrade",
        install=(
            "install, in, localinstall, reinstall, rei, groupinstall, group install,"
            " module install, builddep, build-dep, swap"
        ),
        upgrade="update, up, upgrade, update-minimal, upgrade-minimal, distro-sync, dsync",
        remove="remove, rm, erase, autoremove, groupremove, group remove",
        clean="clean",
    ),
    value_options=options(
        "-c --config -d --debuglevel -e --errorlevel -x --exclude --excludepkgs --enablerepo"
        " --disablerepo --enable-repo --disable-repo --repo --repoid --installroot --releasever"
        " --setopt --disableplugin --enableplugin --disable-plugin --enable-plugin"
        " --disableexcludes --disableexcludepkgs -R --randomwait --rpmverbosity --comment"
        " --forcearch --advisory --advisories --repofrompath --downloaddir --destdir"
    ),
    needs_yes=True,
    assume_yes=("-y", "--assumeyes"),
    no_recommends="--setopt=install_weak_deps=False",
    no_recommends_pattern=_WEAK_DEPENDENCIES,
    list_directories=("/var/cache/dnf", "/var/cache/libdnf5"),
    cache_directories=("/var/cache/dnf", "/var/cache/libdnf5"),
    clean_commands=("dnf clean all", "rm -rf /var/cache/dnf"),
    development_packages=names(
        "*-devel gcc gcc-c++ gcc-gfortran clang make cmake ninja-build meson autoconf "
        "automake libtool pkgconfig pkgconf-pkg-config bison flex nasm rpm-build "
        "redhat-rpm-config patch cargo rust @development* [Dd]evelopment?[Tt]ools"
    ),
)

YUM = DNF._replace(
    name="yum",
    programs=frozenset({"yum"}),
    # The yum of EL 7 knows no weak dependencies.
    no_recommends=None,
    list_directories=("/var/cache/yum", "/var/cache/dnf"),
    cache_directories=("/var/cache/yum", "/var/cache/dnf"),
    clean_commands=("yum clean all", "rm -rf /var/cache/yum"),
)

MICRODNF = DNF._replace(
    name="microdnf",
    programs=frozenset({"microdnf"}),
    needs_yes=False,
    no_recommends="--setopt=install_weak_deps=0",
    list_directories=("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    cache_directories=("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    clean_commands=("microdnf clean all", "rm -rf /var/cache/yum"),
)

TDNF = DNF._replace(
    name="tdnf",
    programs=frozenset({"tdnf"}),
    no_recommends=None,
    no_recommends_pattern=None,
    list_directories=("/var/cache/tdnf",),
    cache_directories=("/var/cache/tdnf",),
    clean_commands=("tdnf clean all", "rm -rf /var/cache/tdnf"),
)

MANAGERS = (DNF, YUM, MICRODNF, TDNF)
