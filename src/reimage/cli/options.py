"""Options that several commands share: how they are declared and what becomes of them."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from reimage.cli import words

if TYPE_CHECKING:
    from reimage.pipeline.options import Options
    from reimage.pipeline.registries import RegistryOptions
    from reimage.rewriting.transformation import Claim

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILES",
        show_default=False,
        help="Dockerfiles, folders, globs, or - for the standard input. "
        "Default: ./Dockerfile or ./Containerfile.",
    ),
]
Allow = Annotated[
    str | None,
    typer.Option(
        metavar="CLAIM",
        help="What may differ in the image: same-image, same-files, same-behaviour or "
        "changes-behaviour.",
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only these transformations (repeat, or use commas)."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="All but these transformations."),
]
Prefer = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Alternatives to run in place of the default ones."),
]
Context = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="The build context. Default: the folder of the file."),
]
NoContext = Annotated[
    bool, typer.Option("--no-context", help="The folder of the file is not the build context.")
]
Config = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Configuration to use instead of the one found upwards."),
]
StdinName = Annotated[
    str,
    typer.Option(metavar="NAME", help="What to call the file that comes from standard input."),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask no registry: only what is in the cache counts.")
]
PlainHttp = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST[:PORT]", help="A registry without TLS (repeat)."),
]
Mirror = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DOMAIN=URL", help="Ask this address before the registry of a domain (repeat)."
    ),
]
Ca = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Authorities to trust besides the system's."),
]
CacheTags = Annotated[
    str | None,
    typer.Option(
        metavar="MINUTES", help="Keep, and take, answers about tags that are younger than this."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also tell what was left alone.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug of ours.")]
Color = Annotated[
    str, typer.Option(metavar="WHEN", help="auto, always or never; NO_COLOR is honoured.")
]


def registry_options(
    offline: bool,
    plain_http: Sequence[str] | None,
    mirrors: Sequence[str] | None,
    ca: str | None,
    cache_tags: str | None,
) -> "RegistryOptions":
    """What the command line says about registries."""
    from pathlib import Path

    from reimage.pipeline.registries import RegistryOptions

    return RegistryOptions(
        offline=offline,
        plain_http=tuple(plain_http or ()),
        mirrors=tuple(words.pair("--mirror", each) for each in mirrors or ()),
        ca=None if ca is None else Path(ca),
        tags_for=0 if cache_tags is None else words.count("--cache-tags", cache_tags, "minutes"),
    )


class Choice(NamedTuple):
    """What to rewrite and by which facts, as typed."""

    allow: str | None
    select: Sequence[str] | None
    ignore: Sequence[str] | None
    prefer: Sequence[str] | None
    context: str | None
    no_context: bool
    config: str | None

    def options(
        self, *, write: bool = False, usual: "Claim | None" = None, hunks: str | None = None
    ) -> "Options":
        """The options of the pipeline. `usual` counts when nobody named a claim."""
        from pathlib import Path

        from reimage.pipeline.options import Options

        return Options(
            write=write,
            allow=None if self.allow is None else words.claim(self.allow),
            usual=usual,
            select=words.names(self.select or ()),
            ignore=words.names(self.ignore or ()),
            prefer=words.names(self.prefer or ()),
            hunks=None if hunks is None else words.hunks(hunks),
            context=words.context(self.context, self.no_context),
            no_context=self.no_context,
            config=None if self.config is None else Path(self.config),
        )

    def again(self, command: str, path: str, *more: str) -> str:
        """The command line that does the same for `path` with `more` options; --allow is left out
        when `more` has its own."""
        line = ["reimage", command, *more]
        if self.allow is not None and "--allow" not in more:
            line += ["--allow", self.allow]
        for option, given in (
            ("--select", self.select),
            ("--ignore", self.ignore),
            ("--prefer", self.prefer),
        ):
            line += [word for name in given or () for word in (option, name)]
        line += ["--context", self.context] if self.context is not None else []
        line += ["--no-context"] if self.no_context else []
        line += ["--config", self.config] if self.config is not None else []
        return shlex.join([*line, path])
