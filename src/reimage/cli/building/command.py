"""docker build's habits on the command line that typer does not share."""

import re
from collections.abc import Sequence
from typing import Any

import typer

from reimage.cli.building.fields import boolean
from reimage.cli.errors import BadUsage
from reimage.cli.plain_text import PlainTextCommand

_SWITCHES = {
    "--load": ("--load",),
    "--push": ("--push",),
    "--pull": ("--pull",),
    "--no-cache": ("--no-cache",),
    "--check": ("--check",),
    "--quiet": ("--quiet", "-q"),
    "-q": ("--quiet", "-q"),
    "--debug": ("--debug", "-D"),
    "-D": ("--debug", "-D"),
}
_SWITCHED = re.compile(rf"(?P<name>{'|'.join(_SWITCHES)})=(?P<value>.*)", re.DOTALL)

_LIMITS = "BuildKit does not limit a build's processor or memory; the builder's own limits count"
_ALONE = "BuildKit leaves no containers behind, so there is nothing to remove"
#: What docker has, or had, and reimage has not: why, as a sentence.
NOT_OFFERED = {
    "--print": "it is called --call",
    "--compress": "only what changed is sent, and it is not compressed",
    "--cpu-period": _LIMITS,
    "--cpu-quota": _LIMITS,
    "--cpu-shares": _LIMITS,
    "-c": _LIMITS,
    "--cpuset-cpus": _LIMITS,
    "--cpuset-mems": _LIMITS,
    "--memory": _LIMITS,
    "-m": _LIMITS,
    "--memory-swap": _LIMITS,
    "--detach": "a build ends with the command that started it",
    "--force-rm": _ALONE,
    "--rm": _ALONE,
    "--invoke": "a failed step is opened with buildkit_client (Gateway.failed_state)",
    "--isolation": "it is for Windows containers, which BuildKit's Dockerfile frontend isolates "
    "by itself",
    "--policy": "a source policy is given with buildkit_client (BuildRequest.source_policy)",
    "--root": "it is for docker buildx's own server",
    "--security-opt": "write RUN --security=insecure and give --allow security.insecure",
    "--server-config": "it is for docker buildx's own server",
    "--squash": "BuildKit has no such thing; copy the files into a last stage FROM scratch",
}


class BuildCommand(PlainTextCommand):
    """Takes `--pull=false`, and says why a flag of docker's is not there."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As docker's flags are read."""
        try:
            return super().parse_args(ctx, switched(args))
        except typer.TyperException as error:
            name: Any = getattr(error, "option_name", None)
            if isinstance(name, str) and name in NOT_OFFERED:
                raise BadUsage(f"{name} is not offered: {NOT_OFFERED[name]}.") from error
            raise


def switched(args: Sequence[str]) -> list[str]:
    """`--pull=true` as `--pull`, and neither after `--pull=false`."""
    found: list[str] = []
    for position, arg in enumerate(args):
        if arg == "--":
            return [*found, *args[position:]]
        match = _SWITCHED.fullmatch(arg)
        if match is None:
            found.append(arg)
        elif boolean(match["name"], match["value"]):
            found.append(match["name"])
        else:
            found = [word for word in found if word not in _SWITCHES[match["name"]]]
    return found
