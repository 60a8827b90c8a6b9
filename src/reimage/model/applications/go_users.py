"""Whether a program that Go builds of the context's sources asks for what only root has."""

from __future__ import annotations

import posixpath

from reimage.dockerfile import Add, Copy
from reimage.model.applications.entry import Entry
from reimage.model.applications.go_programs import programs
from reimage.model.applications.programs import started_program
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.stages import Stage

_FOR_ROOT = (
    "github.com/blevesearch/bleve", "github.com/boltdb/bolt", "github.com/caddyserver/",
    "github.com/cilium/ebpf", "github.com/cockroachdb/pebble", "github.com/containerd/",
    "github.com/dgraph-io/badger", "github.com/docker/docker", "github.com/glebarez/",
    "github.com/go-git/", "github.com/google/gopacket", "github.com/lestrrat-go/file-rotatelogs",
    "github.com/mattn/go-sqlite3", "github.com/moby/", "github.com/ncruces/go-sqlite3",
    "github.com/opencontainers/", "github.com/pocketbase/", "github.com/syndtr/goleveldb",
    "github.com/tidwall/buntdb", "github.com/vishvananda/netlink", "go.etcd.io/bbolt",
    "golang.org/x/crypto/acme/autocert", "golang.org/x/net/icmp", "golang.org/x/sys/unix",
    "gopkg.in/natefinch/lumberjack", "gorm.io/driver/sqlite", "modernc.org/sqlite", "plugin",
    "syscall", "unsafe", "C",
)  # fmt: skip
"""Packages that keep files of their own, or speak to the kernel or to a daemon of root's."""


def is_built_by_go(stage: Stage, started: Entry, context: ContextFacts) -> bool:
    """Whether what starts is copied from a stage that builds it of the context's Go sources."""
    program = started_program(started, stage)
    if program is None or started.shell or not any(path.endswith(".go") for path in context.files):
        return False
    for copy in stage.instructions:
        if not isinstance(copy, Copy) or copy.from_ is None or len(copy.sources) != 1:
            continue
        source, target = copy.sources[0].text, destination(copy, stage)
        if target and program in (target, posixpath.join(target, posixpath.basename(source))):
            return any(_builds(each, source, context) for each in stage.uses)
    return False


def _builds(stage: Stage, path: str, context: ContextFacts) -> bool:
    copies = [each for each in stage.instructions if isinstance(each, Copy | Add)]
    fetches = any(command.name == "git" for run in stage.runs for command in run.commands)
    made = [program for run in stage.runs for program in programs(run, stage, context)]
    return path in made and not fetches and any(not each.flag("from") for each in copies)


def asks_for_root(context: ContextFacts) -> str | None:
    """What the Go sources ask for that only root has."""
    found = context.compiled.facts() if context.compiled else None
    if found is None:
        return "its sources can't be read"
    if found.unread:
        return f"{found.unread[0]} can't be read, so that it is not known what it writes"
    if found.started:
        first = found.started[0]
        return f"{first.path}:{first.line} starts {first.program or 'a program'}, which may write"
    if found.writes:
        return f"{found.writes[0]} writes, moves or removes files"
    if found.low_ports:
        return f"{found.low_ports[0]} asks for a port of root's"
    if package := next((each for each in sorted(found.packages) if each.startswith(_FOR_ROOT)), ""):
        return f"the package {package} may keep files, or ask for what only root has"
    return None
