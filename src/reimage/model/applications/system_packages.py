"""Packages of Debian: which only a build needs, and which the application runs with.

Sources: the control files of Debian 12 and 13; a `-dev` package is followed to the library that it
depends on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import MappingProxyType

from reimage.model.applications.steps import Kind, Step
from reimage.model.built_image import BuiltImage
from reimage.model.packages.package_names import package_names
from reimage.shell import Verb

_BUILD_ONLY = frozenset(
    """
    autoconf automake bison gdb build-essential bzip2 cargo clang cmake cpp dpkg-dev flex g++ gcc
    gfortran git gnupg gnupg2 golang libc-dev libc6-dev libtool linux-headers llvm lsb-release m4
    make meson musl-dev musl-tools ninja-build patch pkg-config pkgconf python-dev python3-dev
    python3-pip python3-venv python3-setuptools python3-wheel rustc software-properties-common
    apt-transport-https unzip xz-utils zip gettext locales swig nasm yasm apt-utils debhelper
    dirmngr
    """.split()
)
_IN_DEBIAN = frozenset(
    """
    libacl1 libattr1 libaudit1 libblkid1 libbz2-1.0 libc6 libcap2 libcap-ng0 libcom-err2 libcrypt1
    libdb5.3 libext2fs2 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 libhogweed6
    libidn2-0 liblz4-1 liblzma5 libmd0 libmount1 libnettle8 libp11-kit0 libpam0g libpcre2-8-0
    libseccomp2 libselinux1 libsemanage2 libsepol2 libsmartcols1 libss2 libstdc++6 libsystemd0
    libtasn1-6 libtinfo6 libudev1 libunistring2 libuuid1 libxxhash0 libzstd1 zlib1g
    """.split()
)
"""Libraries of every image of Debian 12, by their packages; Debian 13 calls some `…t64`."""
_LIBRARY_OF = MappingProxyType(
    {
        "default-libmysqlclient-dev": "libmariadb3",
        "libmariadb-dev": "libmariadb3",
        "libmariadb-dev-compat": "libmariadb3",
        "libmysqlclient-dev": "libmariadb3",
        "libpq-dev": "libpq5",
        "libffi-dev": "libffi8",
        "libssl-dev": "libssl3",
        "libxml2-dev": "libxml2",
        "libxslt-dev": "libxslt1.1",
        "libxslt1-dev": "libxslt1.1",
        "zlib1g-dev": "zlib1g",
        "libjpeg-dev": "libjpeg62-turbo",
        "libjpeg62-turbo-dev": "libjpeg62-turbo",
        "libpng-dev": "libpng16-16",
        "libfreetype6-dev": "libfreetype6",
        "libfreetype-dev": "libfreetype6",
        "libcairo2-dev": "libcairo2",
        "libldap2-dev": "libldap-2.5-0",
        "libsasl2-dev": "libsasl2-2",
        "libsqlite3-dev": "libsqlite3-0",
        "libbz2-dev": "libbz2-1.0",
        "liblzma-dev": "liblzma5",
        "libyaml-dev": "libyaml-0-2",
        "libmagic-dev": "libmagic1",
        "unixodbc-dev": "unixodbc",
        "libcurl4-openssl-dev": "libcurl4",
        "libsnappy-dev": "libsnappy1v5",
        "libgmp-dev": "libgmp10",
        "libkrb5-dev": "libkrb5-3",
        "libpcre3-dev": "libpcre3",
        "libzmq3-dev": "libzmq5",
        "libvips-dev": "libvips42",
    }
)
PACKAGE_OF_A_LIBRARY = MappingProxyType(
    {
        "archive": "libarchive13",
        "bz2": "libbz2-1.0",
        "crypto": "libssl3",
        "curl": "libcurl4",
        "event": "libevent-2.1-7",
        "expat": "libexpat1",
        "ffi": "libffi8",
        "gmp": "libgmp10",
        "jansson": "libjansson4",
        "lzma": "liblzma5",
        "magic": "libmagic1",
        "microhttpd": "libmicrohttpd12",
        "ncurses": "libncurses6",
        "pcre2-8": "libpcre2-8-0",
        "pq": "libpq5",
        "readline": "libreadline8",
        "sqlite3": "libsqlite3-0",
        "ssl": "libssl3",
        "uuid": "libuuid1",
        "uv": "libuv1",
        "xml2": "libxml2",
        "yaml": "libyaml-0-2",
        "z": "zlib1g",
        "zmq": "libzmq5",
        "zstd": "libzstd1",
    }
)
"""What `-l` names → the package of Debian 12 that has the shared library."""
_OF_A_PROGRAM = MappingProxyType(
    {
        "bzip2": "bzip2",
        "convert": "imagemagick",
        "curl": "curl",
        "file": "file",
        "git": "git",
        "gpg": "gnupg",
        "hg": "mercurial",
        "identify": "imagemagick",
        "jq": "jq",
        "mogrify": "imagemagick",
        "mysql": "default-mysql-client",
        "nc": "netcat-openbsd",
        "patch": "patch",
        "pgrep": "procps",
        "pkill": "procps",
        "ps": "procps",
        "psql": "postgresql-client",
        "scp": "openssh-client",
        "ssh": "openssh-client",
        "svn": "subversion",
        "top": "procps",
        "unzip": "unzip",
        "wget": "wget",
        "xz": "xz-utils",
    }
)
"""Programs that slim images lack → the package that has them."""


def package_of_program(name: str) -> str | None:
    """The package that has a program which slim images lack; None for a program of another kind."""
    return _OF_A_PROGRAM.get(name)


def library_of(package: str) -> str | None:
    """The library that a `-dev` package brings for the time a program runs; None where that is not
    known."""
    return _LIBRARY_OF.get(package)


def installed_packages(steps: Sequence[Step]) -> tuple[str, ...] | str:
    """The packages that RUNs install with apt, in order; a sentence where the text hides some."""
    found: list[str] = []
    for step in steps:
        operation = step.operation
        if step.kind is not Kind.PACKAGES or operation is None:
            continue
        if operation.manager.name not in ("apt", "apt-get"):
            return f"{operation.manager.name} installs packages, and only Debian's are known here"
        if operation.verb is not Verb.INSTALL:
            continue
        for word in operation.packages:
            for name in package_names(step.run, word):
                if name is None or name.startswith((".", "/")) or operation.more_from_input:
                    return f"it is not known which packages {word.text} are"
                found.append(name)
    return tuple(dict.fromkeys(found))


def libraries_loaded(built: BuiltImage) -> tuple[str, ...] | str:
    """The packages of the libraries that the application is linked to, and that not every image of
    Debian has; a sentence where a library came with none."""
    found: list[str] = []
    for path, package, by in built.loaded:
        if package is None:
            return f"/{by} loads /{path}, which came with no package"
        if not _is_in_debian(package):
            found.append(package)
    return tuple(dict.fromkeys(found))


def _is_in_debian(package: str) -> bool:
    return package.removesuffix("t64") in _IN_DEBIAN


def is_build_only(package: str) -> bool:
    return package in _BUILD_ONLY or package.endswith(("-dev", "-headers", "-doc"))


def runtime_packages(
    installed: Sequence[str],
    programs: Sequence[str],
    present: Collection[str] = (),
    built: BuiltImage | None = None,
) -> tuple[str, ...] | str:
    """Those that the final stage installs: what is not for the build, what `programs` need, and
    nothing that its base has (`present`). Where the image was `built`, that tells the libraries."""
    found: list[str] = []
    for package in installed:
        if package.endswith("-dev"):
            if package in _BUILD_ONLY:
                continue
            if built and (libraries := built.behind.get(package)):
                found += (each for each in libraries if not _is_in_debian(each))
                continue
            if package not in _LIBRARY_OF:
                return f"it is not known which library {package} brings for the time it runs"
            found.append(_LIBRARY_OF[package])
        elif not is_build_only(package):
            found.append(package)
    found += [_OF_A_PROGRAM[each] for each in programs if each in _OF_A_PROGRAM]
    return tuple(dict.fromkeys(e for e in found if e.removesuffix("t64") not in present))
