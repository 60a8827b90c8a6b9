"""`reimage optimize`: a patch, or the files rewritten, and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.building.proof import ProofFlags, proving
from reimage.cli.documents import document
from reimage.cli.errors import BadUsage, told_as_usage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from reimage.pipeline.results import FileReport
    from reimage.report.terminal import Voice

FORMATS = ("text", "json", "markdown", "html", "github", "sarif")


def optimize(
    files: o.Files = None,
    write: Annotated[bool, typer.Option("--write", help="Change the files in place.")] = False,
    allow: o.Allow = None,
    select: o.Select = None,
    ignore: o.Ignore = None,
    prefer: o.Prefer = None,
    hunks: Annotated[
        str | None, typer.Option(metavar="NUMBERS", help="Only these hunks, such as 1,3-5.")
    ] = None,
    context: o.Context = None,
    no_context: o.NoContext = False,
    pin: Annotated[
        bool, typer.Option("--pin", help="Ask registries for digests, as `reimage pin` does.")
    ] = False,
    bases: Annotated[
        bool, typer.Option("--bases", help="Ask registries what is in the base images.")
    ] = False,
    build: Annotated[
        bool,
        typer.Option("--build", help="Build before and after, and keep only what is proven."),
    ] = False,
    smoke: Annotated[
        str | None,
        typer.Option(metavar="CMD|FILE", help="A command or a smoke file to try both images with."),
    ] = None,
    smoke_network: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="For the smoke test: default, host or none (usual)."),
    ] = None,
    build_timeout: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="The longest that a build may take.")
    ] = None,
    build_arg: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A build argument (repeat).")
    ] = None,
    build_context: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PLACE", help="A named context, as in reimage build (repeat)."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="STAGE", help="The stage to build; the last one if none.")
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option(metavar="id=ID,…", help="A secret for RUN (repeat).")
    ] = None,
    ssh: Annotated[
        list[str] | None, typer.Option(metavar="ID[=SOCKET]", help="An SSH agent for RUN.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(metavar="MODE", help="For RUN: default, host or none.")
    ] = None,
    add_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:ADDRESS", help="A host that RUN knows (repeat)."),
    ] = None,
    builder: Annotated[
        str | None, typer.Option(metavar="BUILDER", help="A builder, as in reimage build.")
    ] = None,
    edit: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Build both again with this file of the context edited; `newest` takes the last.",
        ),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Build more, to tell what each rewrite saved.")
    ] = False,
    reproducible: Annotated[
        bool, typer.Option("--reproducible", help="Build the result twice: is it the same?")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Compare and run what an earlier proof showed, too.")
    ] = False,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Fail when the result is larger.")
    ] = None,
    max_growth: Annotated[
        str | None, typer.Option(metavar="SIZE|N%", help="Fail when the image grew by more.")
    ] = None,
    max_layers: Annotated[
        str | None, typer.Option(metavar="N", help="Fail when the result has more layers.")
    ] = None,
    max_waste: Annotated[
        str | None, typer.Option(metavar="SIZE|N%", help="Fail when the result wastes more.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail when a rewrite did not hold and was dropped.")
    ] = False,
    config: o.Config = None,
    stdin_name: o.StdinName = "Dockerfile",
    format_: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="text, json, markdown, html, github or sarif."
        ),
    ] = "text",
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """Print a patch and the reasons for it."""
    del debug  # the door looks for it
    if quiet and verbose:
        raise BadUsage("--quiet and --verbose exclude one another.")
    choice = o.Choice(allow, select, ignore, prefer, context, no_context, config)
    form = words.format_name(format_, FORMATS)
    streams = Streams(color)
    proof = ProofFlags(
        build,
        smoke,
        smoke_network,
        build_timeout,
        build_arg,
        build_context,
        target,
        secret,
        ssh,
        network,
        add_host,
        builder,
        edit,
        each,
        reproducible,
        again,
        strict,
        max_size,
        max_growth,
        max_layers,
        max_waste,
    )
    if build and hunks is not None:
        raise BadUsage("--hunks and --build exclude one another: what is built is proven whole.")

    with told_as_usage(), proving(proof, streams, quiet=quiet) as proved:
        from reimage.cli import inputs

        options = choice.options(write=write, hunks=hunks)
        options = options._replace(pin=pin, bases=bases, proving=proved)

        def tell(note: str) -> None:
            if not quiet:
                streams.note(f"reimage: {note}\n")

        reports = inputs.run(files or (), options, stdin_name, tell)
        if form == "text":
            given = {"--write": write, "--pin": pin, "--bases": bases, "--build": build}
            flags = tuple(name for name, is_given in given.items() if is_given)
            voice = None if quiet else _voice(choice, flags, verbose, streams.width)
            told = _tell(reports, streams, voice, write=write)
        else:
            told = list(reports)
            document(form, told, streams)
        return 2 if any(report.failed for report in told) else proof.code(told)


def _voice(choice: o.Choice, flags: tuple[str, ...], verbose: bool, width: int) -> "Voice":
    from reimage.report.terminal import Voice
    from reimage.rewriting.transformation import Claim

    unproven = "--write" in flags and "--build" not in flags
    usual = Claim.SAME_FILES if unproven else Claim.SAME_BEHAVIOUR
    most = usual if choice.allow is None else words.claim(choice.allow)
    return Voice(
        width=width,
        verbose=verbose,
        admitted=frozenset(each.label for each in Claim if each <= most),
        command=lambda path, option: choice.again("optimize", path, *flags, *option.split()),
    )


def _tell(
    reports: "Iterator[FileReport]", streams: Streams, voice: "Voice | None", *, write: bool
) -> "list[FileReport]":
    from reimage.report.terminal import file_lines, summary_line, trouble_lines, written_lines

    told: list[FileReport] = []
    for report in reports:
        told.append(report)
        if report.patch and not write:
            streams.patch(report.patch)
        lines = trouble_lines(report)
        if voice is not None:
            lines += (written_lines if write else file_lines)(report, voice)
            if report.build:
                from reimage.report.proof import proof_lines

                lines += proof_lines(report)
        if lines:
            streams.say(lines)
    if voice is not None:
        streams.say([summary_line(told, verbose=voice.verbose)])
    return told
