"""Whether RUNs do the same in one shell as they do each in its own, and what may join them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reimage.model import RunFacts
from reimage.model.copies.file_effects import Effect, Place, covers
from reimage.model.paths import plain_text
from reimage.shell import Command, Script, Statement, Verb
from reimage.text import late

_LEAKS = {
    "export": "exports variables", "readonly": "sets variables", "declare": "sets variables",
    "typeset": "sets variables", "read": "sets variables", "mapfile": "sets variables",
    "getopts": "sets variables", "let": "sets variables", "unset": "unsets variables",
    "source": "reads a script into its shell", ".": "reads a script into its shell",
    "eval": "evaluates text in its shell", "alias": "defines an alias", "umask": "sets the umask",
    "unalias": "removes an alias", "ulimit": "sets limits", "trap": "sets a trap",
    "shopt": "sets shell options", "exec": "leaves its shell", "return": "leaves its shell",
    "usermod": "changes a user", "shift": "shifts arguments",
}  # fmt: skip
_STARTS_PROCESSES = frozenset(
    "service systemctl pg_ctl pg_ctlcluster mysqld mysqld_safe mariadbd mariadbd-safe mongod"
    " redis-server rc-service start-stop-daemon invoke-rc.d nohup setsid daemonize dockerd"
    " Xvfb supervisord postgres memcached".split()
)
_OWN_SHELL = frozenset({"subshell", "substitution"})
_SHELL_PROGRAM = late(r"(?:/usr)?/bin/(?:sh|bash|dash|ash)|dash")
_STARTUP_FLAG = late(r"-[a-z]*[il][a-z]*|--login")
_EXIT_FLAG = late(r"-[a-z]*e[a-z]*")
_ASSIGNED = late(r"\b(?:for|select)\s+(\w+)|\$\{(\w+):?=")
_NAME = late(r"[\w.-]+")
_PACKAGE_PROGRAMS = frozenset(("apt-get", "apt", "apk", "dnf", "yum", "microdnf"))
_PATH_PROGRAMS = frozenset(("rm", "chmod", "chown", "chgrp"))
_HARMLESS_OPTIONS = frozenset("exv")


def joining_obstacle(runs: Sequence[RunFacts]) -> str | None:
    """Why RUNs that follow one another directly can't share a shell; None when they can."""
    first = runs[0]
    for run in runs:
        if reason := _unsuited(run):
            return reason
        if _flags(run) != _flags(first):
            return "the RUNs have different flags"
    for mount in first.run.mounts:
        if mount.get("type") == "tmpfs" or not {"rw", "readwrite"}.isdisjoint(mount):
            return "each RUN starts with a fresh mount"
    for at, later in enumerate(runs):
        for earlier in runs[:at]:
            if reason := _leak(earlier, later):
                return reason
    return None


def exits_on_error(run: RunFacts) -> bool:
    """Whether the script stops at the first failing command (`set -e`, by SHELL or `#!` too)."""
    shell: Sequence[str] = run.state.shell or ()
    if run.has_shebang:
        shell = run.run.heredocs[0].content.partition("\n")[0].split()
    by_shell = any(_EXIT_FLAG.fullmatch(flag) for flag in shell[1:])
    return by_shell or (run.script is not None and "e" in run.script.options)


def connector(first: Script, second: Script, before: str, *, stops: bool) -> str | None:
    """`&&` or `;`, whichever lets a failure of the first script still stop the build; else None.

    `before` joins the first script to others in front of it. `stops` says that `set -e` is in force
    where the scripts meet.
    """
    tail = first.text[first.statements[-1].span.end :].strip()
    if tail not in ("", ";"):
        return None
    by_semicolon = stops and failure_stops(first, before)
    if by_semicolon and (tail or any(each.connector == ";" for each in first.statements)):
        return ";"
    is_chain = all(each.connector == "&&" for each in behind_set(first, second)[1:])
    if is_chain and not tail and not (stops and is_nested(first.statements[-1])):
        return "&&"
    return ";" if by_semicolon else None


def behind_set(first: Script, second: Script) -> tuple[Statement, ...]:
    """The statements of the second script without the `set` commands that the first has already."""
    leading, already = _leading_set(second), _leading_set(first)
    same = [_written(second, each) for each in leading] == [_written(first, s) for s in already]
    rest = second.statements[len(leading) :]
    return rest if same and rest else second.statements


def _written(script: Script, statement: Statement) -> str:
    return statement.span.of(script.text)


def _leading_set(script: Script) -> list[Statement]:
    found: list[Statement] = []
    for statement in script.statements:
        if statement.kind != "command" or statement.commands[0].name != "set":
            break
        found.append(statement)
    return found


def failure_stops(script: Script, before: str) -> bool:
    """Whether under `set -e` a failure in the script's last list surely ends the shell."""
    # Behind what joins two scripts the `set` commands of the later one may be left out.
    at_the_joint = script.statements[: len(_leading_set(script)) + 1] if before else ()
    for statement in reversed(script.statements):
        joined_by = before if statement in at_the_joint else statement.connector
        if joined_by == "&&" or is_nested(statement):
            return False
        if joined_by != "||":
            break
    return True


def is_nested(statement: Statement) -> bool:
    """Whether the statement holds commands that `set -e` may treat otherwise than the whole."""
    return any(
        set(command.nesting) - {"substitution"} or (command.nesting and command.connector in ";\n")
        for command in statement.commands
        if command.nesting
    )


def _unsuited(run: RunFacts) -> str | None:
    script = run.script
    if script is None or script.opaque:
        return f"a script can't be read: {run.opaque}"
    if run.run.heredocs or script.heredocs:
        return "one of the RUNs has a heredoc"
    if script.comments:
        return "a script ends in a comment"
    if not script.statements:
        return "one of the RUNs is empty"
    shell = run.state.shell or ()
    by_flag = any(_STARTUP_FLAG.fullmatch(flag) for flag in shell[1:])
    if by_flag or not {"BASH_ENV", "ENV"}.isdisjoint(run.state.env):
        return "each RUN starts a shell that reads its startup files anew"
    return None


def _flags(run: RunFacts) -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in run.run.flags]


def _leak(first: RunFacts, second: RunFacts) -> str | None:
    """What the first script would change for the second one."""
    one, two = first.script, second.script
    assert one is not None and two is not None
    for command in one.commands:
        if reason := _command_leak(command, two):
            return f"an earlier RUN {reason}"
    if any(statement.kind == "function" for statement in one.statements):
        return "an earlier RUN defines a function"
    for match in _ASSIGNED.finditer(one.text):
        if re.search(rf"\b{match[1] or match[2]}\b", two.text):
            return f"an earlier RUN sets {match[1] or match[2]}"
    return _option_leak(one, two) or _ground_leak(first, second)


def _command_leak(command: Command, following: Script) -> str | None:
    if command.background:
        return "leaves a process in the background"
    inner = command.unwrapped()
    program = inner.words[0].text if inner.words else ""
    if {inner.name, command.name} & _STARTS_PROCESSES or "/init.d/" in program:
        return "starts a process that would go on"
    if any(_SHELL_PROGRAM.fullmatch(word.text) for word in inner.arguments):
        return "changes which shell runs scripts"
    if _OWN_SHELL.intersection(command.nesting):
        return None
    if not command.words and command.assignments:
        return "sets variables"
    name = command.name or ""
    if name in ("cd", "pushd", "popd"):
        return None if _minds_no_directory(following) else "changes the directory"
    if name == "exit":
        fails = command.arguments and command.arguments[0].value not in (None, "0")
        return None if fails else "leaves its shell"
    return _LEAKS.get(name)


def _minds_no_directory(script: Script) -> bool:
    """Whether the script does the same wherever it starts."""
    first = script.commands[0]
    if first.name == "cd" and not first.nesting and len(first.operands) == 1:
        following = script.statements[1:2]
        starts = (plain_text(first.operands[0]) or "").startswith("/")
        return starts and all(each.connector == "&&" for each in following)
    return all(map(_names_no_relative_path, script.commands))


def _names_no_relative_path(command: Command) -> bool:
    if command.redirections:
        return False
    if command.name in _PACKAGE_PROGRAMS:
        return not any("/" in word.text or word.text.startswith(".") for word in command.operands)
    if command.name not in _PATH_PROGRAMS:
        return False
    paths = command.operands[command.name != "rm" :]
    return all(word.text.strip("\"'").startswith("/") for word in paths)


def _option_leak(one: Script, two: Script) -> str | None:
    if sum(command.name == "set" for command in one.commands) > len(_leading_set(one)):
        return "an earlier RUN sets shell options on its way"
    left = one.options - two.options
    if left - _HARMLESS_OPTIONS:
        return f"an earlier RUN sets the shell option {min(left - _HARMLESS_OPTIONS)}"
    is_chain = all(each.connector in ("", "&&") for each in two.statements)
    if "e" in left and not (is_chain and not any(map(is_nested, two.statements))):
        return "an earlier RUN has set -e and a later one has not"
    return None


def _ground_leak(first: RunFacts, second: RunFacts) -> str | None:
    """Whether the first pulls away the directory or the program that the second stands on."""
    workdir = first.state.workdir
    if workdir and workdir != "/":
        for effect, place, _ in first.file_effects:
            if effect is Effect.REMOVE and covers(place, Place(workdir)):
                return "an earlier RUN replaces the working directory"
    managers = {operation.manager.name for operation in second.operations}
    for operation in first.operations:
        if operation.verb in (Verb.INSTALL, Verb.UPGRADE):
            packages = {match[0] for w in operation.packages if (match := _NAME.match(w.text))}
            # A shell remembers where it found the old one.
            if {operation.manager.name} & packages & managers:
                return f"{operation.manager.name} replaces itself in an earlier RUN"
    return None
