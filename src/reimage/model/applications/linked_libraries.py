"""What the packages of a language ask of the distribution: libraries that they link to or open, and
programs that they start.

Only what the full images have and the slim ones lack, for whatever else is needed was installed.
Names of Debian's packages; sources: the build instructions of the packages that are named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import MappingProxyType

from reimage.model.applications.system_packages import libraries_loaded
from reimage.model.context import ContextFacts
from reimage.model.manifests.python import read_project
from reimage.text import late

PYTHON = MappingProxyType(
    {
        "psycopg2": "libpq5",
        "psycopg": "libpq5",
        "mysqlclient": "libmariadb3",
        "python-ldap": "libldap-2.5-0",
        "pycurl": "libcurl4",
        "pycairo": "libcairo2",
        "cairocffi": "libcairo2",
        "cairosvg": "libcairo2",
        "pygraphviz": "libgraphviz-dev",
        "python-magic": "libmagic1",
        "uwsgi": "libxml2",
        "gitpython": "git",
    }
)
"""Distributions without wheels for Linux, or whose wheels open what the system has."""
_RUBY = MappingProxyType(
    {
        "pg": "libpq5",
        "mysql2": "libmariadb3",
        "sqlite3": "libsqlite3-0",
        "curb": "libcurl4",
        "typhoeus": "libcurl4",
        "ethon": "libcurl4",
        "git": "git",
        "mini_magick": "imagemagick",
    }
)
_NODE = MappingProxyType(
    {
        "pg-native": "libpq5",
        "libpq": "libpq5",
        "odbc": "unixodbc",
        "node-libcurl": "libcurl4",
        "gm": "imagemagick",
        "imagemagick": "imagemagick",
        "simple-git": "git",
    }
)
_NOT_LINKED = frozenset(
    """
    cairocffi cairosvg ethon git gitpython gm imagemagick mini_magick python-magic simple-git
    typhoeus
    """.split()
)
"""Those of them that open a library by its name, or start a program: no file of theirs tells."""
_OTHER_NAMES = MappingProxyType(
    {"wand": "Wand", "pgmagick": "pgmagick", "rmagick": "rmagick", "nodegit": "nodegit"}
)
"""Packages whose libraries have other names in each release."""
# psycopg[binary] has its library with it.
_NAME = late(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?!\[[^\]]*binary|[A-Za-z0-9._-])", re.MULTILINE)
_GEM = late(r"^ {4}([A-Za-z0-9_.-]+) \(", re.MULTILINE)


def linked(language: str, context: ContextFacts) -> tuple[str, ...] | str:
    """The Debian packages that what a project installs needs; a sentence where one has a need that
    can't be named. Where the image was built, its files tell what they are linked to."""
    table = {"python": PYTHON, "ruby": _RUBY, "node": _NODE}[language]
    if context.built:
        table = MappingProxyType({key: table[key] for key in table.keys() & _NOT_LINKED})
    names = {"python": distributions, "ruby": _gems, "node": _modules}[language](context)
    found: list[str] = []
    for name in names:
        if name in _OTHER_NAMES:
            return f"{_OTHER_NAMES[name]} needs libraries that each release of Debian calls another"
        if name in table:
            found.append(table[name])
    loaded = libraries_loaded(context.built) if context.built else ()
    return loaded if isinstance(loaded, str) else tuple(dict.fromkeys((*found, *loaded)))


def distributions(context: ContextFacts) -> Iterator[str]:
    """The distributions of Python that manifests name, as far as they can be read."""
    for path, text in context.texts.items():
        if path.endswith(".txt"):
            names = [match[1] for match in _NAME.finditer(text)]
        elif path.endswith("pyproject.toml"):
            project = read_project(text)
            names = [
                match[1]
                for each in (project.dependencies if project else ())
                if (match := _NAME.match(each))
            ]
        else:
            continue
        yield from (re.sub(r"[-_.]+", "-", name).lower() for name in names)


def _gems(context: ContextFacts) -> Iterator[str]:
    for path, text in context.texts.items():
        if path.endswith("Gemfile.lock"):
            yield from (match[1] for match in _GEM.finditer(text))
        elif path.endswith("Gemfile"):
            yield from re.findall(r"^\s*gem\s+['\"]([\w.-]+)", text, re.MULTILINE)


def _modules(context: ContextFacts) -> Iterator[str]:
    for path, text in context.texts.items():
        if path.rpartition("/")[2] not in ("package.json", "package-lock.json"):
            continue
        try:
            read = json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):  # as good as a file that is not there
            continue
        if not isinstance(read, dict):
            continue
        for group in ("dependencies", "optionalDependencies", "packages"):
            names = read.get(group)
            if isinstance(names, dict):
                yield from (name.rpartition("node_modules/")[2] for name in names)
