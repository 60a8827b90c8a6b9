"""What only this machine has: secrets and SSH agents."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reimage.cli.building.fields import only, pairs
from reimage.cli.errors import BadUsage

if TYPE_CHECKING:
    from buildkit_client.request import Secret


def secrets(words: Iterable[str]) -> "dict[str, Secret]":
    """`id=ID[,src=PATH|,env=NAME][,type=file|env]`; with the id alone a variable of that name, or
    else a file."""
    return dict(_secret(word) for word in words)


def _secret(word: str) -> "tuple[str, Secret]":
    from buildkit_client.request import FromEnvironment, FromFile
    from buildkit_client.session.secret_store import LIMIT

    given = pairs("--secret", word)
    only("--secret", word, given, "id", "src", "source", "env", "type")
    name = given.get("id", "")
    kind = given.get("type", "")
    if kind not in ("", "file", "env"):
        raise BadUsage(f"--secret {word}: a secret is of type file or env.")
    source = given.get("src", given.get("source", ""))
    variable = given.get("env", "")
    if kind == "env" and not variable:
        variable, source = source, ""
    if not name:
        raise BadUsage(f"--secret {word}: id= is missing.")
    if not variable and not source:
        variable = name if kind != "file" and name in os.environ else ""
        source = "" if variable else name
    if variable:
        if variable not in os.environ:
            raise BadUsage(f"--secret {word}: the variable {variable} is not set.")
        return name, FromEnvironment(variable)
    path = Path(source)
    if not path.is_file():
        raise BadUsage(f"--secret {word}: there is no file {source}.")
    if path.stat().st_size > LIMIT:
        raise BadUsage(f"--secret {word}: {source} is larger than {LIMIT} bytes.")
    return name, FromFile(path)


class Agents(NamedTuple):
    """By their ids: agents that run, and private keys that one is to be started for."""

    sockets: dict[str, Path]
    keys: dict[str, tuple[Path, ...]]


def agents(words: Iterable[str]) -> Agents:
    """`default`, `ID[=SOCKET]` or `ID=KEY[,KEY]`."""
    found = Agents({}, {})
    for word in words:
        name, paths = _agent(word)
        sockets = [path for path in paths if path.is_socket()]
        if not sockets:
            found.keys[name] = paths
        elif len(paths) == 1:
            found.sockets[name] = sockets[0]
        else:
            raise BadUsage(f"--ssh {word}: an agent's socket stands alone, without keys beside it.")
    return found


def _agent(word: str) -> tuple[str, tuple[Path, ...]]:
    name, equals, place = word.partition("=")
    if not name:
        raise BadUsage(f"--ssh takes default, ID=SOCKET or ID=KEY, not '{word}'.")
    if not equals:
        place = os.environ.get("SSH_AUTH_SOCK", "")
        if not place:
            raise BadUsage(
                f"--ssh {word}: SSH_AUTH_SOCK is not set; start an agent, or name a key: "
                f"--ssh {word}=FILE."
            )
        return name, (Path(place),)
    paths = tuple(map(Path, place.split(",")))
    for path in paths:
        try:
            path.stat()
        except OSError as error:
            raise BadUsage(f"--ssh {word}: {path}: {error.strerror}.") from error
    return name, paths
