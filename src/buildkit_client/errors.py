"""All that can go wrong, in one hierarchy.

BuildKitError
├── NoBuilder           there is nothing to talk to, or it cannot be reached
├── BuilderGone         the builder went away in the middle
├── BuildFailed         the build itself failed
│   ├── StepFailed      a process of a RUN ended with another code than 0
│   └── Rejected        the Dockerfile, the target or a base image was refused
├── Cancelled           somebody stopped it
├── TimedOut            the time that was given is over
├── Unsupported         this builder cannot do that
├── BadRequest          what was asked for makes no sense, or what it names is not there
└── ExportFailed        the result could not be written on this side
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "BadRequest",
    "BuildFailed",
    "BuildKitError",
    "BuilderGone",
    "Cancelled",
    "ExportFailed",
    "NoBuilder",
    "Rejected",
    "SourceLocation",
    "StepFailed",
    "TimedOut",
    "Unsupported",
]


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Lines `first` to `last` (from 1, both included) of the file that the builder read."""

    filename: str
    first: int
    last: int
    source: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The lines themselves."""
        lines = self.source.split(b"\n")[self.first - 1 : self.last]
        return b"\n".join(lines).decode("utf-8", "surrogateescape")


class BuildKitError(Exception):
    """The root of all errors of this package. The text is a sentence for a person."""

    #: Whether the same call may work when it is made again.
    may_be_retried = False


class NoBuilder(BuildKitError):
    """No builder was found, or the one that was named cannot be reached."""

    may_be_retried = True


class BuilderGone(BuildKitError):
    """The connection broke while a call was under way; builds and sessions on it are lost."""

    may_be_retried = True


class Cancelled(BuildKitError):
    """The call was stopped, by this side or by the builder."""


class TimedOut(BuildKitError):
    """The time limit of the call passed."""

    may_be_retried = True


class Unsupported(BuildKitError):
    """The builder lacks what was asked of it."""


class BadRequest(BuildKitError):
    """Something that was asked for is missing, not allowed or makes no sense."""


class ExportFailed(BuildKitError):
    """The build is done, but its result could not be written on this side."""


class BuildFailed(BuildKitError):
    """The build failed.

    `step` is the name of the step as progress shows it, `log_tail` the last lines that it printed.
    """

    def __init__(
        self,
        message: str,
        *,
        location: SourceLocation | None = None,
        exit_code: int | None = None,
        vertex: str = "",
        step: str = "",
        log_tail: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.exit_code = exit_code
        self.vertex = vertex
        self.step = step
        self.log_tail = log_tail

    def with_step(self, step: str, log_tail: tuple[str, ...]) -> BuildFailed:
        """The same failure, with what progress knows about the step."""
        return type(self)(
            self.message,
            location=self.location,
            exit_code=self.exit_code,
            vertex=self.vertex,
            step=step,
            log_tail=log_tail,
        )


class StepFailed(BuildFailed):
    """A process in a RUN ended with `exit_code`."""


class Rejected(BuildFailed):
    """The frontend refused: syntax, an unknown target, a base image that is not there."""
