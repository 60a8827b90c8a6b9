"""The pipelines of a script, and what a failure in one of them would mean."""

from typing import NamedTuple

from reimage.shell.commands import Command, Script
from reimage.text import Span

_PIPES = ("|", "|&")
# These fail only when something is wrong, and the input of the next command is then incomplete.
_FAIL_WITH_REASON = frozenset(
    """
    arch base64 bunzip2 bzcat bzip2 cat curl cut dpkg echo envsubst gpg gunzip gzip head jq openssl
    printf sed sha256sum sort tail tar tee tr uname uniq unxz unzip unzstd wget xz xzcat zcat zstd
    zstdcat
    """.split()
)
_READ_ALL = frozenset(
    """
    apt-key ash awk base64 bash bsdtar bunzip2 bzcat bzip2 cat chpasswd cpio crontab cut dash dd
    debconf-set-selections envsubst funzip gpg gunzip gzip jq md5sum mysql node openssl patch php
    psql python python3 rpm sed sh sha1sum sha256sum sha512sum shasum sort tail tar tee tr uniq
    unxz unzstd wc xargs xz xzcat zcat zsh zstd zstdcat
    """.split()
)
# What makes a program that reads all of its input stop before its end.
_STOPS = {"sed": "q", "awk": "exit", "dd": "count="}
_UNCONDITIONAL = frozenset(("group", "subshell", "substitution"))


class Pipelines(NamedTuple):
    """`chains` are the pipelines of simple commands, those in substitutions included.

    Where not `complete`, there are others, whose parts are loops, groups and the like.
    """

    chains: tuple[tuple[Command, ...], ...]
    complete: bool


def pipelines(script: Script) -> Pipelines:
    """The pipelines of a script that was read."""
    chains: list[list[Command]] = []
    complete = _every_pipe_is_seen(script)
    for command in script.commands:
        if command.connector in _PIPES and command.connector_span:
            left = _in_front(script, command.connector_span)
            chain = next((each for each in chains if left and each[-1] == left), None)
            if left is None:
                complete = False
            elif chain:
                chain.append(command)
            else:
                chains.append([left, command])
    return Pipelines(tuple(map(tuple, chains)), complete)


def may_fail_unharmed(script: Script, chain: tuple[Command, ...]) -> str | None:
    """Why a failure in front of the last pipe may be nothing wrong; None where it would be."""
    names = [command.unwrapped().name for command in chain]
    for command, name in zip(chain[:-1], names, strict=False):
        if name not in _FAIL_WITH_REASON:
            return f"{name or command.words[0].text} in front of a pipe may fail without harm"
    for command, name in zip(chain[1:], names[1:], strict=True):
        stop = _STOPS.get(name or "")
        if name not in _READ_ALL or (stop and any(stop in w.text for w in command.arguments)):
            return f"{name or command.words[0].text} may stop reading before the end of its input"
    if not _UNCONDITIONAL.issuperset(chain[0].nesting) or _decides(script, chain[-1]):
        return "the outcome of a pipeline decides what runs next"
    return None


def _in_front(script: Script, pipe: Span) -> Command | None:
    """The command that ends at a pipe; None where something else does."""
    for command in script.commands:
        end = command.span.end
        if end <= pipe.start and not script.text[end : pipe.start].strip():
            return command
    return None


def _decides(script: Script, last: Command) -> bool:
    return any(
        command.connector == "||"
        and command.connector_span is not None
        and last.span.end <= command.connector_span.start
        and not script.text[last.span.end : command.connector_span.start].strip()
        for command in script.commands
    )


def _every_pipe_is_seen(script: Script) -> bool:
    """Whether each `|` joins commands of the script or stands in a word that runs nothing."""
    joining = [command.connector_span for command in script.commands]
    joining += [statement.connector_span for statement in script.statements]
    joined = {at for span in joining if span for at in range(*span)}
    pipes = [at for at, char in enumerate(script.text) if char == "|" and at not in joined]
    if not pipes:
        return True
    seen = [*script.comments, *script.heredocs]
    for command in script.commands:
        spans = [word.span for word in (*command.words, *command.assignments)]
        spans += [redirection.span for redirection in command.redirections]
        with_pipe = (span for span in spans if "|" in span.of(script.text))
        seen += [span for span in with_pipe if not _runs_something(script, span)]
    return all(any(span.start <= at < span.end for span in seen) for at in pipes)


def _runs_something(script: Script, word: Span) -> bool:
    return any(word.holds(command.span) and command.span != word for command in script.commands)
