"""`reimage pin`: the digest of every image that files name, beside its tag."""

from typing import TYPE_CHECKING, Annotated

import typer

from reimage.cli import options as o
from reimage.cli import words
from reimage.cli.documents import document
from reimage.cli.errors import BadUsage, told_as_usage
from reimage.cli.streams import Streams

if TYPE_CHECKING:
    from reimage.pipeline.pin import PinOptions, PinRun

FORMATS = ("text", "json", "markdown", "github")


def pin(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            show_default=False,
            help="Dockerfiles, Compose files, Kubernetes manifests, folders or globs. Default: .",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Change the files in place.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Also replace digests that are stale.")
    ] = False,
    min_age: Annotated[
        str | None,
        typer.Option(metavar="DAYS", help="Leave a digest while the new image is younger."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="List images without a digest and stale digests.")
    ] = False,
    unpin: Annotated[bool, typer.Option("--unpin", help="Take the digests off again.")] = False,
    build_context: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name that the build gives another meaning (repeat)."),
    ] = None,
    offline: o.Offline = False,
    plain_http: o.PlainHttp = None,
    mirror: o.Mirror = None,
    ca: o.Ca = None,
    cache_tags: o.CacheTags = None,
    config: o.Config = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, markdown or github.")
    ] = "text",
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
    color: o.Color = "auto",
) -> int:
    """Write the digest of each image beside its tag.

    Prints a patch; --write changes the files. --check ends with 1 where an image has no digest, or
    a stale one.
    """
    del debug  # the door looks for it
    if unpin and (update or check):
        raise BadUsage("--unpin takes digests off: it goes with neither --update nor --check.")
    if check and write:
        raise BadUsage("--check changes nothing: it does not go with --write.")
    form = words.format_name(format_, FORMATS)
    if check and form != "text":
        raise BadUsage("--check prints text only.")
    streams = Streams(color)
    with told_as_usage():
        from pathlib import Path

        from reimage.pipeline.pin import PinOptions, gather

        options = PinOptions(
            write=write,
            update=update or check,
            unpin=unpin,
            min_age=None if min_age is None else words.count("--min-age", min_age, "days"),
            named_contexts=tuple(name.partition("=")[0] for name in build_context or ()),
            config=None if config is None else Path(config),
            registry=o.registry_options(offline, plain_http, mirror, ca, cache_tags),
        )
        run = gather(paths or ["."], options)
    told = (*run.notes, *(run.limits if verbose else ()))
    if told:
        from reimage.report.pieces import line

        streams.say(line(each) for each in told)
    if check:
        return _check(run, options, streams)
    return _tell(run, options, streams, form, quiet=quiet, verbose=verbose)


def _check(run: "PinRun", options: "PinOptions", streams: Streams) -> int:
    from reimage.pipeline.pin import check
    from reimage.report.findings import place_line
    from reimage.report.terminal import trouble_lines

    found = list(check(run, options))
    failed = [subject.failed for subject in run.subjects if subject.failed]
    streams.lines(place_line(each.path, each.line, "pin", each.message) for each in found)
    for report in failed:
        streams.say(trouble_lines(report))
    if any(report.failed for report in failed) or any(not each.known for each in found):
        return 2
    return int(bool(found))


def _tell(
    run: "PinRun", options: "PinOptions", streams: Streams, form: str, *, quiet: bool, verbose: bool
) -> int:
    from reimage.pipeline.pin import pin_files
    from reimage.report.pieces import line
    from reimage.report.terminal import (
        Voice,
        file_lines,
        summary_line,
        trouble_lines,
        written_lines,
    )
    from reimage.rewriting.transformation import Claim

    if form != "text":
        return document(form, list(pin_files(run, options)), streams)
    voice = Voice(
        width=streams.width,
        verbose=verbose,
        admitted=frozenset(claim.label for claim in Claim),
        command=lambda path, option: f"reimage pin {option} {path}",
    )
    told = []
    for report in pin_files(run, options):
        told.append(report)
        if report.patch and not options.write:
            streams.patch(report.patch)
        streams.say(trouble_lines(report))
        if not quiet:
            streams.say((written_lines if options.write else file_lines)(report, voice))
    streams.say(line(f"{each.reason}.") for each in run.unanswered)
    if not quiet:
        streams.say([summary_line(told, verbose=verbose)])
    failed = any(report.failed for report in told)
    return 2 if failed or any(each.passing for each in run.unanswered) else 0
