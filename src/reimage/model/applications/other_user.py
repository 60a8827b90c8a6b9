"""Whether an application does without root: what it may ask for that only root has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Expose, User, Volume
from reimage.model.applications.entry import Entry, entry
from reimage.model.applications.entry_scripts import is_script
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, steps
from reimage.model.context import ContextFacts, NeedsContext
from reimage.model.copies.copied_files import destination
from reimage.model.copies.file_effects import Effect
from reimage.model.facts import Facts
from reimage.model.stages import Stage
from reimage.text import late

_ROOTS_PORTS = 1024
_ANY_PORT = 0
_PORT = late(r"(?:^|[:=])([0-9]{1,5})$")
_PORT_OPTIONS = frozenset(("-p", "--port", "-b", "--bind"))
_FOR_ROOT = frozenset(
    """
    apache2 apache2-foreground apachectl cron crond dockerd gosu httpd init nginx php-fpm runit
    s6-svscan setpriv sshd su su-exec sudo supervisord systemd tcpdump ping tailscaled
    """.split()
)
_WRITING_WORDS = frozenset(
    """
    migrate collectstatic makemigrations runserver beat -B --beat --pid --pidfile --log-file
    --logfile --access-logfile --error-logfile --uds dev watch jupyter jupyter-lab notebook mlflow
    """.split()
)
_NATIVE = (".c", ".cc", ".cpp", ".pyx", ".rs", ".so")
_PROBES = frozenset(("curl", "wget", "exit"))
_STREAMS = ("-", "/dev/stdout", "/dev/stderr")
_NAMES = ("python", "node", "debian", "ubuntu", "alpine")
_PYTHON_PROGRAMS = frozenset(
    "gunicorn uvicorn hypercorn granian daphne flask fastapi waitress-serve celery".split()
)


_Reader = Callable[[ContextFacts], str | None]


class OtherUser(NamedTuple):
    """`user` for USER, and the lines that make it: none where it is there."""

    user: str
    lines: tuple[str, ...]


def other_user(facts: Facts, stage: Stage) -> OtherUser | NeedsContext | str | None:
    """The user that may take root's place in a final stage; a sentence where it is not known that
    one may; None where another is named already, or where the base is not known."""
    account = _account(stage)
    if account is None or stage.windows or stage.base:
        return None
    if any(isinstance(each, User) for each in stage.instructions):
        return None
    base = facts.base_image(stage)
    if base is not None and base.user not in ("", "0", "root"):
        return None
    started = entry(stage)
    if isinstance(started, str):
        return started if official(stage.image or "", "python") else None
    asks = _reader(stage, started, facts.context)
    if asks is None and not official(stage.image or "", "python"):
        return None
    problem = _asks_for_root(started) or _privileged(stage) or _keeps_files(stage)
    if problem:
        return problem
    if asks is None:
        return f"what {started.program} does is not read, so that it is not known what it writes"
    if facts.context is None:
        return NeedsContext()
    # Most stages do not come so far.
    from reimage.model.applications.started_elsewhere import mounted

    if problem := mounted(facts.context, stage):
        return problem
    if private := next(_private(stage, facts.context), None):
        return f"{private} can be read by its owner alone, and a copy keeps that"
    if problem := asks(facts.context):
        return problem
    return OtherUser(*account)


def _reader(stage: Stage, started: Entry, context: ContextFacts | None) -> _Reader | None:
    """What reads the sources of the language that is started; None where there is nothing."""
    from reimage.model.applications import go_users, node_users

    if _is_python(started):
        return _of_sources
    if context and node_users.is_started_by_node(stage, started, context):
        return node_users.asks_for_root
    if context and go_users.is_built_by_go(stage, started, context):
        return go_users.asks_for_root
    return None


def _account(stage: Stage) -> tuple[str, tuple[str, ...]] | None:
    """The user for the stage's base, and how it is made."""
    image = (stage.image or "").partition("@")[0]
    if image.startswith("gcr.io/distroless/"):
        return None if "nonroot" in image or "debug" in image else ("nonroot", ())
    base = official(image, *_NAMES)
    if base is None:
        return None
    if base.name == "node":
        return ("node", ())
    if base.name == "alpine" or "alpine" in base.variant:
        return ("app", ("RUN adduser -S -D -u 10001 app",))
    return ("app", ("RUN useradd --system --create-home --uid 10001 app",))


def _asks_for_root(started: Entry) -> str | None:
    if is_script(started):
        return f"{started.program} is a script, which may change owners or users before it starts"
    for name in started.programs:
        if name.rpartition("/")[2] in _FOR_ROOT:
            return f"{name} is started as root and changes to its own user itself"
    if started.shell and len(set(started.programs) - _PROBES) > 1:
        return "a shell starts several programs, and what they write is not known"
    if None in started.words:
        return "it is not known what all words of its command are"
    for word, value in pairwise((*started.words, "")):
        if word in _WRITING_WORDS and value not in _STREAMS:
            return f"{word} writes files when it runs"
    return None


def _privileged(stage: Stage) -> str | None:
    ports = [port for port in _ports(stage) if port < _ROOTS_PORTS]
    if _ANY_PORT in ports:
        return "it is not known which ports EXPOSE names"
    if ports:
        return f"port {ports[0]} is root's on many hosts"
    folder = stage.end.workdir or "/"
    path = stage.end.env.get("PATH", "")
    if folder == "/root" or folder.startswith("/root/") or "/root/" in path:
        return "it lies below /root, which only root can enter"
    for each in stage.instructions:
        if isinstance(each, Volume):
            return "the content of a VOLUME belongs to root"
        if not isinstance(each, Copy | Add):
            continue
        target = destination(each, stage)
        if target is None or target == "/root" or target.startswith("/root/"):
            return f"{each.keyword} may write below /root, which only root can enter"
        mode = each.flag("chmod")
        if mode is not None and not (mode.value or "").endswith(("4", "5", "6", "7", "r", "X")):
            return f"{each.keyword} --chmod={mode.value} leaves files to their owner"
    return None


def _ports(stage: Stage) -> Iterator[int]:
    for each in stage.instructions:
        if isinstance(each, Expose):
            for word in each.ports:
                text = word.text.partition("/")[0].partition("-")[0]
                yield int(text) if text.isdecimal() else _ANY_PORT
    yield from _numbers(value for name, value in stage.end.env.items() if name.endswith("PORT"))
    started = entry(stage)
    words = () if isinstance(started, str) else started.words
    yield from _numbers(word for word in words if word and (":" in word or "=" in word))
    for option, value in pairwise(words):
        if option in _PORT_OPTIONS:
            yield from _numbers([value or ""])


def _numbers(texts: Iterable[str]) -> Iterator[int]:
    for text in texts:
        if match := _PORT.search(text):
            yield int(match[1])


def _keeps_files(stage: Stage) -> str | None:
    """Whether RUNs of the stage prepare places to write to, or files that root alone reads."""
    found = steps(stage)
    if isinstance(found, str):
        return found
    for step in found:
        if step.kind is Kind.ACCOUNT:
            return "it makes an account, and does not say what for"
        if step.command.name in ("chown", "chgrp", "chmod", "umask"):
            return f"{step.command.name} decides who may read and write"
        made = [e.place.path for e in step.effects if e.effect is Effect.MAKE]
        if made and not made[0].startswith(("/tmp", "/usr", "/etc")):
            return f"it makes {made[0]}, and may write there when it runs"
    return None


def _private(stage: Stage, context: ContextFacts) -> Iterator[str]:
    """Files and folders of the context that others than their owner can't read."""
    if any(isinstance(each, Copy | Add) and not each.flag("from") for each in stage.instructions):
        for path, mode in context.modes.items():
            needed = 0o005 if path in context.directories else 0o004
            if mode & needed != needed:
                yield path


def _of_sources(context: ContextFacts) -> str | None:
    """What the Python sources ask for that only root has."""
    sources = context.python.facts() if context.python else None
    if sources is None:
        return None
    if native := next((path for path in context.files if path.endswith(_NATIVE)), None):
        return f"{native} is not read, so that it is not known what it writes"
    if sources.unread:
        return f"{sources.unread[0]} can't be read, so that it is not known what it writes"
    if sources.writes:
        return f"{sources.writes[0]} writes, moves or removes files"
    if sources.low_ports:
        return f"{sources.low_ports[0]} asks for a port of root's"
    if sources.started:
        first = sources.started[0]
        return f"{first.path}:{first.line} starts {first.program or 'a program'}, which may write"
    return None


def _is_python(started: Entry) -> bool:
    """Whether the sources that are read are what is started."""
    name = (started.program or "").rpartition("/")[2]
    if name.startswith("python"):
        return any(word and (word == "-m" or word.endswith(".py")) for word in started.words[1:])
    return name in _PYTHON_PROGRAMS
