"""Whose home a RUN works in: the directory, and the owner that a mount there has to have."""

from typing import NamedTuple

from reimage.model.known_images import is_official
from reimage.model.settings import is_set_in
from reimage.model.stages import Stage
from reimage.model.state import State
from reimage.text import late

_RUN_AS_ROOT = (
    "almalinux alpine amazoncorretto amazonlinux buildpack-deps bun centos composer debian"
    " eclipse-temurin elixir erlang fedora golang gradle httpd maven nginx node openjdk"
    " oraclelinux perl php pypy python rockylinux ruby rust swift ubuntu"
).split()
_UV = late(r"ghcr\.io/astral-sh/uv[:@]")
_USERS = {("node", "node"): 1000, ("gradle", "gradle"): 1000}
"""Users by official image and name, whose home is named after them, with user and group id."""
_OTHER_IDS = late(r"\b(?:usermod|groupmod|userdel|deluser)\b")


class Home(NamedTuple):
    """A home directory; the ids are None for root, and where the group isn't told."""

    path: str
    user: int | None = None
    group: int | None = None


def home_of(stage: Stage, state: State) -> Home | str:
    """The home of the user in force, or the reason why it isn't known."""
    name, _, group = (state.user or "").partition(":")
    if state.user is None:
        image = stage.root_image or ""
        if not is_official(image, *_RUN_AS_ROOT) and not _UV.match(image):
            return "the base image decides which user runs this"
        name = "root"
    path = _set_home(state)
    if path == "":
        return "the value of HOME is not known"
    if name in ("root", "0"):
        return Home(path or "/root")
    for (image, user), number in _USERS.items():
        if user == name and is_official(stage.root_image, image):
            if is_set_in(stage, _OTHER_IDS):
                return f"the stage changes users, and {name} may be one of them"
            return Home(path or f"/home/{user}", number, number)
    if name.isdecimal() and path:
        return Home(path, int(name[:9]), int(group[:9]) if group.isdecimal() else None)
    return f"the file does not tell the home directory and the id of the user {name}"


def _set_home(state: State) -> str | None:
    """What ENV says of HOME: None when nothing, "" when it can't be told."""
    if "HOME" not in state.env:
        return None
    if "HOME" in state.unknown | state.overridable:
        return ""
    return state.env["HOME"].rstrip("/")
