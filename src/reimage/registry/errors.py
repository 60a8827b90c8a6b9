"""All that can go wrong with a registry, in one hierarchy. Each message is one sentence.

RegistryError
├── NotFound        the registry has no such repository, tag or blob
├── Denied          a sign-in is missing, or was refused
├── RateLimited     the registry takes no more requests for now
├── Unreachable     there is no connection, or not one that can be trusted
│   ├── NoConnection nobody answers at that address, or the way there is closed
│   ├── Untrusted   the certificate is not one to trust
│   └── NotTls      what answers does not speak TLS
├── ServerTrouble   the registry answers that something is wrong on its side
├── BadAnswer       what came is not what was asked for: wrong digest, too large, malformed
└── Offline         the network may not be used, and the cache does not know
"""

from __future__ import annotations


class RegistryError(Exception):
    """The root. Neither passwords, tokens nor the signed part of an address are in a message."""

    #: Whether the same request may work when it is made again.
    may_be_retried = False


class NotFound(RegistryError):
    """The registry does not have it."""


class Denied(RegistryError):
    """The registry wants a sign-in, or another one."""


class RateLimited(RegistryError):
    """Too many requests. `wait` is how many seconds the registry asks to wait, if it tells."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unreachable(RegistryError):
    """No connection, or it broke, or took too long."""

    may_be_retried = True


class NoConnection(Unreachable):
    """There was no connection, or no answer. `address` is the host, or the proxy, that is silent.

    Nobody who is silent is asked again in the same run.
    """

    def __init__(self, message: str, address: str, *, may_be_retried: bool = False) -> None:
        super().__init__(message)
        self.address = address
        self.may_be_retried = may_be_retried


class NotTls(Unreachable):
    """The other side does not speak TLS."""

    may_be_retried = False


class Untrusted(Unreachable):
    """The certificate is not one to trust."""

    may_be_retried = False


class ServerTrouble(RegistryError):
    """An answer of 500 or above."""

    may_be_retried = True


class BadAnswer(RegistryError):
    """What came is not to be used."""


class Offline(RegistryError):
    """Only the cache may be asked, and it does not know."""
