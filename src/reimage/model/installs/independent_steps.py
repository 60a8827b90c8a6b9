"""Commands that for certain have nothing to do with the files of a project."""

from __future__ import annotations

from reimage.model.installs.project_installs import Step, file_options, is_local, said_by
from reimage.shell import PackageOperation, Verb, Word, package_operation
from reimage.text import late

_SYSTEM = frozenset("apt apt-get aptitude apk dnf yum microdnf tdnf zypper pacman".split())
_HARMLESS = frozenset(
    "echo true : set export useradd adduser groupadd addgroup usermod ldconfig".split()
)
_SETTINGS = frozenset(
    """
    corepack:enable corepack:prepare corepack:install npm:config npm:set yarn:config pnpm:config
    pip:config pip:check pip:list poetry:config bundle:config gem:update
    """.split()
)
_PYTHON = late(r"python[\d.]*")
_DIRECTORIES_OF_NO_PROJECT = (
    "/opt/venv",
    "/var/",
    "/root/",
    "/tmp/",
    "/usr/",
    "/etc/",
    "~/",
    "$HOME/",
)


def keeps_out_of(folder: str, step: Step) -> bool:
    """Whether the command for certain neither reads nor writes the project in `folder`."""
    command = step.command
    if any(not _goes_nowhere(each.operator, each.target) for each in command.redirections):
        return False
    inner = command.unwrapped()
    if inner.name in _HARMLESS or inner.name == "cd":
        return True
    if inner.name == "rm":
        return all(_is_elsewhere(word.value or word.text, folder) for word in inner.operands)
    operation = package_operation(command)
    values = [value or "" for value in inner.values]
    if values[1:3] == ["-m", "venv"] and _PYTHON.fullmatch(values[0]):
        return all(_is_elsewhere(value, folder) for value in values[3:])
    if f"{inner.name}:{values[1] if len(values) > 1 else ''}" in _SETTINGS:
        return "--local" not in values and "--location=project" not in values
    return operation is not None and _installs_by_name(operation)


def _goes_nowhere(operator: str, target: Word | None) -> bool:
    value = target.value if target else None
    return value == "/dev/null" or (operator in (">&", "<&") and (value or "").isdigit())


def _is_elsewhere(path: str, folder: str) -> bool:
    away = path.startswith(_DIRECTORIES_OF_NO_PROJECT) and ".." not in path
    return away and not path.startswith(folder) and not folder.startswith(path.rstrip("/*"))


def _installs_by_name(operation: PackageOperation) -> bool:
    name, said = operation.manager.name, said_by(operation)
    if operation.more_from_input or any(is_local(word) for word in operation.packages):
        return False
    if name in _SYSTEM:
        return operation.verb is not Verb.OTHER
    if operation.verb is Verb.CLEAN:
        return True
    if name in ("pip", "uv"):
        files = [option for option, _ in file_options(operation.command)]
        is_pip = name == "pip" or said.startswith(("pip ", "tool "))
        return is_pip and operation.verb is not Verb.OTHER and not files
    if name in ("npm", "pnpm"):
        return operation.has("--global") or "-g" in operation.command.values
    named = bool(operation.packages)
    return named and (name in ("gem", "pipx") or "global" in said or _is_go_tool(operation))


def _is_go_tool(operation: PackageOperation) -> bool:
    return operation.manager.name == "go" and all(
        "@" in (word.value or "") for word in operation.packages
    )
