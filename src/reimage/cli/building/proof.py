"""The flags of `reimage optimize --build`: what to build with, and what to ask of the images."""

import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reimage.cli.errors import BadUsage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from reimage.pipeline.proving.proving import Proving
    from reimage.pipeline.proving.wishes import Wishes
    from reimage.pipeline.results import FileReport
    from reimage.verify.smoke.plan import SmokeTest

_Many = list[str] | None
_NETWORKS = ("default", "host", "none")


class ProofFlags(NamedTuple):
    """As typed. All but `build` need it."""

    build: bool = False
    smoke: str | None = None
    smoke_network: str | None = None
    build_timeout: str | None = None
    build_arg: _Many = None
    build_context: _Many = None
    target: str | None = None
    secret: _Many = None
    ssh: _Many = None
    network: str | None = None
    add_host: _Many = None
    builder: str | None = None
    edit: str | None = None
    each: bool = False
    reproducible: bool = False
    again: bool = False
    strict: bool = False
    max_size: str | None = None
    max_growth: str | None = None
    max_layers: str | None = None
    max_waste: str | None = None

    def refuse_alone(self) -> None:
        """Without --build nobody would look at the others."""
        for name, value in self._asdict().items():
            if value and not self.build:
                raise BadUsage(
                    f"--{name.replace('_', '-')} needs --build: nothing is built without."
                )

    def wishes(self) -> "Wishes":
        """What is asked for besides the claims."""
        from reimage.cli.building.limits import limits
        from reimage.pipeline.proving.wishes import Wishes

        found = limits(self.max_size, self.max_growth, self.max_layers, self.max_waste)
        return Wishes(found, self.edit or "", self.each, self.reproducible)

    def code(self, reports: "Iterable[FileReport]") -> int:
        """The exit code that the proofs of these files ask for."""
        from reimage.pipeline.results import Status

        for report in reports:
            if report.build and not report.build.held:
                return 1
            if self.strict and any(one.status is Status.DROPPED for one in report.rewrites):
                return 1
        return 0


@contextmanager
def proving(flags: ProofFlags, streams: Streams, *, quiet: bool) -> "Iterator[Proving | None]":
    """What proves, while it is connected to a builder; nothing without --build."""
    flags.refuse_alone()
    if not flags.build:
        yield None
        return
    from reimage.cli.building.fields import number
    from reimage.cli.building.flags import Flags
    from reimage.cli.building.request import builder_url, without_sources

    test = smoke_test(flags.smoke)
    network = flags.smoke_network or "none"
    if network not in _NETWORKS:
        raise BadUsage(f"--smoke-network takes default, host or none, not '{network}'.")
    given = flags.build_timeout
    timeout = None if given is None else float(number("--build-timeout", given))
    request = without_sources(
        Flags(
            build_arg=flags.build_arg,
            build_context=flags.build_context,
            target=flags.target or "",
            secret=flags.secret,
            ssh=flags.ssh,
            network=flags.network or "default",
            add_host=flags.add_host,
        )
    )
    wishes = flags.wishes()
    url = builder_url(flags.builder or "")
    from buildkit_client import connect
    from buildkit_client.errors import BuildKitError
    from reimage.cli.building.endings import ended_by_signals
    from reimage.pipeline.proving.building import Settings
    from reimage.pipeline.proving.proving import Proving
    from reimage.pipeline.proving.remembering import usual_folder

    try:
        builder = connect(url)
    except BuildKitError as error:
        text = str(error).rstrip(".")
        raise BadUsage(f"{text[:1].upper()}{text[1:]}.") from error
    with ended_by_signals(), builder, _told(streams, quiet=quiet) as told:
        settings = Settings(
            builder,
            request,
            test,
            network,  # type: ignore[arg-type]  # one of _NETWORKS
            timeout,
            wishes=wishes,
            memory=None if flags.again else usual_folder(),
            **told,
        )
        yield Proving(settings)


@contextmanager
def _told(streams: Streams, *, quiet: bool) -> Iterator[dict[str, Any]]:
    """How the builds are told of: drawn on a terminal, else in lines."""
    from reimage.cli.building.showing import chosen

    if quiet:
        yield {}
    elif chosen("auto") == "tty":
        from reimage.report.building.several import SeveralBuilds

        with SeveralBuilds(streams.console()) as shown:
            yield {"tell": shown.tell, "watch": shown.watch}
    else:
        yield {"tell": lambda text: streams.note(f"reimage: {text}\n")}


def smoke_test(given: str | None) -> "SmokeTest | None":
    """A smoke file or one of container-structure-test, by its name; or a command that does the same
    in both images."""
    from reimage.verify.smoke.plan import BadSmokeFile, Command, SmokeTest
    from reimage.verify.smoke.reading import read_plan

    if given is None:
        return None
    path = Path(given)
    if path.suffix in (".toml", ".yaml", ".yml", ".json"):
        try:
            text = path.read_text("utf-8")
            if path.suffix == ".toml":
                return read_plan(text, given)
            from reimage.verify.structure.reading import read_structure_test

            return SmokeTest(structure=read_structure_test(text, given))
        except BadSmokeFile as error:
            raise BadUsage(str(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise BadUsage(f"--smoke {given}: {reason}.") from error
    try:
        words = tuple(shlex.split(given))
    except ValueError as error:
        raise BadUsage(f"--smoke {given}: the quotes do not match.") from error
    if not words:
        raise BadUsage(
            "--smoke takes a command, a smoke file (.toml), or a structure test (.yaml)."
        )
    return SmokeTest(run=Command(words, whole=True, exit=None))
