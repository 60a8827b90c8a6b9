"""Whether an application of Node.js asks for what only root has."""

from __future__ import annotations

from reimage.dockerfile import Entrypoint
from reimage.model.applications.entry import Entry
from reimage.model.applications.node_scripts import STARTERS, plain_script, read_manifest
from reimage.model.context import ContextFacts
from reimage.model.stages import Stage

_KEEP_FILES = frozenset(
    """
    @prisma/client @seald-io/nedb @strapi/strapi archiver better-sqlite3 classic-level
    connect-sqlite3 decompress dockerode electron express-fileupload extract-zip
    file-stream-rotator flat-cache fs-extra ghost gun i18n imagemin keyv-file level leveldown log4js
    lowdb mkdirp multer nedb nedb-promises next node-localstorage node-persist node-red nodegit
    nodemon nuxt pcap playwright pm2 puppeteer raw-socket rimraf rotating-file-stream serialport
    session-file-store simple-git sql.js sqlite sqlite3 tar unzipper vite webpack webtorrent
    winston-daily-rotate-file
    """.split()
)
"""Packages that keep files of their own, or speak to devices or to a daemon of root's."""


_STARTS_NODE = "gcr.io/distroless/nodejs"
"""The images whose ENTRYPOINT is node."""


def is_started_by_node(stage: Stage, started: Entry, context: ContextFacts) -> bool:
    """Whether node, or a script that is one call of it, runs the sources of the context."""
    words = [*started.words]
    if not words or started.shell:
        return False
    own = any(isinstance(each, Entrypoint) for each in stage.instructions)
    if not own and (stage.image or "").startswith(_STARTS_NODE):
        words.insert(0, "node")
    if (words[0] or "").rpartition("/")[2] in STARTERS:
        found = plain_script(words, context)
        words = [] if isinstance(found, str) else [*found]
    return bool(words) and (words[0] or "").rpartition("/")[2] == "node" and None not in words


def asks_for_root(context: ContextFacts) -> str | None:
    """What the sources ask for that only root has."""
    found = context.node.facts() if context.node else None
    manifest = read_manifest(context)
    if found is None or manifest is None:
        return "there is no package.json to read at the top of the build context"
    if found.unread:
        return f"{found.unread[0]} can't be read, so that it is not known what it writes"
    if found.writes:
        return f"{found.writes[0]} writes, moves or removes files"
    if found.started:
        return f"{found.started[0]} starts programs, which may write"
    if found.low_ports:
        return f"{found.low_ports[0]} asks for a port of root's"
    installed = manifest.get("dependencies")
    names = sorted(_KEEP_FILES.intersection(installed if isinstance(installed, dict) else ()))
    if names:
        return f"the package {names[0]} may keep files, or ask for what only root has"
    return None
