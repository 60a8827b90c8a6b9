"""Certificates that are made for one run of the tests."""

from __future__ import annotations

import ssl
from pathlib import Path

from tests.engine.service import run


def make_certificates(folder: Path) -> Path:
    """A CA, a server's and a client's certificate, the client's named as Docker names them."""
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    ca = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca-key.pem")
    _openssl(*new, "-keyout", folder / "ca-key.pem", "-out", folder / "ca.pem", "-subj", "/CN=ca")
    for name, certificate, key in (
        ("localhost", "server.pem", "server-key.pem"),
        ("client", "cert.pem", "key.pem"),
    ):
        files = ("-keyout", folder / key, "-out", folder / certificate)
        _openssl(*new, *ca, *files, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    return folder


def server_side(folder: Path, protocol: str) -> ssl.SSLContext:
    """Asks clients for a certificate of the same CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols([protocol])
    return context


def _openssl(*arguments: str | Path) -> None:
    run(["openssl", *map(str, arguments)])
