"""Files that libraries open by themselves, without saying so in their headers: plain data."""

from __future__ import annotations

from typing import NamedTuple


class Opened(NamedTuple):
    """A program or library whose name starts with `by` opens these paths, folders with all in them.

    `{lib}` is the folder of the library itself.
    """

    by: str
    paths: tuple[str, ...]


OPENED = (
    Opened(
        "libc.so.6",
        (
            "etc/nsswitch.conf",
            "etc/host.conf",
            "etc/hosts",
            "etc/resolv.conf",
            "etc/passwd",
            "etc/group",
            "etc/services",
            "etc/protocols",
            "etc/gai.conf",
            "etc/ld.so.cache",
            "etc/localtime",
            "usr/lib/locale/C.utf8",
            "usr/share/zoneinfo",
            "{lib}/gconv",
            "{lib}/libgcc_s.so.1",
        ),
    ),
    Opened("ld-musl", ("etc/passwd", "etc/group", "etc/hosts", "etc/services", "etc/resolv.conf")),
    Opened("libpthread.so", ("{lib}/libgcc_s.so.1",)),
    Opened(
        "libcrypto.so",
        (
            "{lib}/ossl-modules",
            "{lib}/engines-3",
            "{lib}/engines-1.1",
            "etc/ssl",
            "usr/lib/ssl",
            "usr/share/ca-certificates",
            "etc/pki/tls",
        ),
    ),
    Opened("libgnutls.so", ("etc/ssl/certs", "etc/gnutls")),
    Opened("libsasl2.so", ("{lib}/sasl2", "etc/sasl2")),
    Opened("libpam.so", ("{lib}/security", "etc/pam.d", "etc/security")),
    Opened("libkrb5.so", ("{lib}/krb5", "etc/krb5.conf")),
    Opened("libgssapi_krb5.so", ("etc/gss",)),
    Opened("libldap", ("etc/ldap",)),
    Opened("libfontconfig.so", ("etc/fonts", "usr/share/fonts", "usr/share/fontconfig")),
    Opened("libMagick", ("etc/ImageMagick-6", "etc/ImageMagick-7", "{lib}/ImageMagick-6*")),
    Opened("libgdk_pixbuf", ("{lib}/gdk-pixbuf-2.0",)),
    Opened("libmagic.so", ("usr/share/misc", "usr/lib/file", "etc/magic")),
    Opened("libncurses", ("lib/terminfo", "usr/share/terminfo", "etc/terminfo")),
    Opened("libtinfo", ("lib/terminfo", "usr/share/terminfo", "etc/terminfo")),
    Opened("libodbc.so", ("etc/odbc.ini", "etc/odbcinst.ini")),
    Opened("nginx", ("etc/nginx", "usr/share/nginx", "usr/lib/nginx/modules", "var/www")),
)


def name_services(text: str) -> set[str]:
    """Libraries that nsswitch.conf makes glibc load."""
    found = set()
    for line in text.split("\n"):
        _, colon, services = line.partition("#")[0].partition(":")
        if colon:
            found |= {word for word in services.split() if word.isidentifier()}
    return {f"libnss_{service}.so.2" for service in found}
