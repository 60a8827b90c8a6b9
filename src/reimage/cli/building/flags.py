"""The flags of `reimage build`: docker build's, with its names and meanings."""

from typing import Annotated, NamedTuple

import typer

_Many = list[str] | None


def _option(*names: str, metavar: str | None = None, help_: str) -> object:
    return typer.Option(*names, metavar=metavar, help=help_, show_default=False)


class Flags(NamedTuple):
    """All that was typed, untouched."""

    context: Annotated[
        str,
        typer.Argument(
            metavar="CONTEXT",
            show_default=False,
            help="Directory with the files of the build, the URL of a Git repository or of an "
            "archive, or - for the standard input: an archive with them, or a Dockerfile alone. "
            "Default: the directory you are in.",
        ),
    ] = "."
    file: Annotated[
        str | None,
        _option("--file", "-f", metavar="FILE", help_="The Dockerfile, or - for standard input."),
    ] = None
    tag: Annotated[
        _Many, _option("--tag", "-t", metavar="NAME", help_="A name for the image (repeat).")
    ] = None
    build_arg: Annotated[
        _Many,
        _option("--build-arg", metavar="NAME=VALUE", help_="A build argument (repeat)."),
    ] = None
    target: Annotated[
        str, _option("--target", metavar="STAGE", help_="The stage to build; the last one if none.")
    ] = ""
    platform: Annotated[
        _Many, _option("--platform", metavar="NAME", help_="Platforms, such as linux/arm64.")
    ] = None
    label: Annotated[
        _Many, _option("--label", metavar="NAME=VALUE", help_="A label of the image (repeat).")
    ] = None
    annotation: Annotated[
        _Many,
        _option("--annotation", metavar="NAME=VALUE", help_="An annotation of its manifest."),
    ] = None
    secret: Annotated[
        _Many,
        _option("--secret", metavar="id=ID,…", help_="A secret for RUN: …,src=FILE or …,env=NAME."),
    ] = None
    ssh: Annotated[
        _Many,
        _option(
            "--ssh",
            metavar="ID[=SOCKET|KEY]",
            help_="An SSH agent for RUN, or private keys; default is the one of SSH_AUTH_SOCK.",
        ),
    ] = None
    build_context: Annotated[
        _Many,
        _option(
            "--build-context",
            metavar="NAME=PLACE",
            help_="A directory, docker-image://…, oci-layout://… or a URL to use in place of what "
            "NAME stands for.",
        ),
    ] = None
    cache_from: Annotated[
        _Many, _option("--cache-from", metavar="type=…", help_="A cache to read (repeat).")
    ] = None
    cache_to: Annotated[
        _Many, _option("--cache-to", metavar="type=…", help_="A cache to write (repeat).")
    ] = None
    no_cache: Annotated[bool, _option("--no-cache", help_="Run every step.")] = False
    no_cache_filter: Annotated[
        _Many, _option("--no-cache-filter", metavar="STAGE", help_="Run every step of this stage.")
    ] = None
    pull: Annotated[bool, _option("--pull", help_="Look for newer base images.")] = False
    network: Annotated[
        str, _option("--network", metavar="MODE", help_="For RUN: default, host or none.")
    ] = "default"
    add_host: Annotated[
        _Many,
        _option("--add-host", metavar="NAME:ADDRESS", help_="A host that RUN knows (repeat)."),
    ] = None
    shm_size: Annotated[
        str | None, _option("--shm-size", metavar="SIZE", help_="Size of /dev/shm, such as 64m.")
    ] = None
    ulimit: Annotated[
        _Many, _option("--ulimit", metavar="NAME=SOFT:HARD", help_="A limit for RUN (repeat).")
    ] = None
    cgroup_parent: Annotated[
        str, _option("--cgroup-parent", metavar="NAME", help_="The control group above RUN's.")
    ] = ""
    allow: Annotated[
        _Many,
        _option("--allow", metavar="NAME", help_="Entitlements: network.host, security.insecure."),
    ] = None
    output: Annotated[
        _Many,
        _option(
            "--output",
            "-o",
            metavar="type=…",
            help_="Where the result goes: local, tar, oci, docker, image, registry or cacheonly; "
            "or a directory, or - for a tar file on standard output.",
        ),
    ] = None
    push: Annotated[bool, _option("--push", help_="Push the image to its registry.")] = False
    load: Annotated[bool, _option("--load", help_="Put the image into Docker.")] = False
    attest: Annotated[
        _Many, _option("--attest", metavar="type=…", help_="Attach provenance or sbom.")
    ] = None
    provenance: Annotated[
        str | None, _option("--provenance", metavar="MODE", help_="Attach it: min, max or false.")
    ] = None
    sbom: Annotated[
        str | None,
        _option("--sbom", metavar="generator=…", help_="Attach what the image contains, or true."),
    ] = None
    builder: Annotated[
        str,
        _option(
            "--builder",
            metavar="BUILDER",
            help_="The name of a buildx builder, or unix://, tcp://, ssh://, docker-container://.",
        ),
    ] = ""
    progress: Annotated[
        str,
        _option(
            "--progress", metavar="KIND", help_="auto, plain, tty, quiet or rawjson. Default: auto."
        ),
    ] = ""
    quiet: Annotated[
        bool, _option("--quiet", "-q", help_="Print nothing but the image's ID or digest.")
    ] = False
    metadata_file: Annotated[
        str | None, _option("--metadata-file", metavar="FILE", help_="Write the outcome as JSON.")
    ] = None
    iidfile: Annotated[
        str | None, _option("--iidfile", metavar="FILE", help_="Write the ID or digest to a file.")
    ] = None
    call: Annotated[
        str,
        _option(
            "--call",
            metavar="WHAT",
            help_="Ask the builder about the Dockerfile in place of building: check, outline or "
            "targets; ,format=json for programs.",
        ),
    ] = ""
    check: Annotated[bool, _option("--check", help_="Short for --call=check.")] = False
    color: Annotated[
        str, _option("--color", metavar="WHEN", help_="auto, always or never; NO_COLOR counts.")
    ] = "auto"
    debug: Annotated[bool, _option("--debug", "-D", help_="Show the traceback of our bugs.")] = (
        False
    )
