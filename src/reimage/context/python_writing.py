"""Whether a call of a Python module writes files, and whether it asks for a port of root's.

Where a name does not tell (`save` is a method of models and of pictures), an argument decides.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import libcst as cst

_WRITES = frozenset(
    f"os.{name}"
    for name in "mkdir makedirs rename renames replace remove unlink rmdir link symlink".split()
) | frozenset(
    """
    shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move shutil.rmtree
    shutil.make_archive shutil.unpack_archive sqlite3.connect logging.FileHandler
    logging.handlers.RotatingFileHandler logging.handlers.TimedRotatingFileHandler
    shelve.open dbm.open diskcache.Cache joblib.Memory nltk.download tinydb.TinyDB
    """.split()
)
_METHODS = frozenset(
    """
    write_text write_bytes mkdir makedirs touch unlink savefig to_csv to_parquet to_excel to_pickle
    to_hdf extractall
    """.split()
)
_OPENS = frozenset(
    ("builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open")
)
_WITH_A_PATH = frozenset(("save", "dump"))
SETTINGS = ("UPLOAD_FOLDER", "MEDIA_ROOT")
"""What Flask and Django call the folders that users' files are written to."""
_ROOTS_PORTS = 1024


def writes(node: cst.Call, names: AbstractSet[str]) -> bool:
    """Whether the call, whose function has one of the qualified `names`, changes files."""
    path = text_of(node.args[0].value) if node.args else None
    if path is not None and path.startswith("/tmp/"):
        return False
    if not _WRITES.isdisjoint(names):
        return True
    if not _OPENS.isdisjoint(names):
        return _opens_for_writing(node, 1)
    if not isinstance(node.func, cst.Attribute):
        return False
    method = node.func.attr.value
    if method == "open" and not names & {"os.open", "webbrowser.open"}:
        return _opens_for_writing(node, 0)
    positional = [argument for argument in node.args if argument.keyword is None]
    return method in _METHODS or (method in _WITH_A_PATH and bool(positional))


def speaks_of_files(text: str) -> bool:
    """Whether a string is about a database or folder that an application writes to."""
    return any(word in text for word in ("sqlite", *SETTINGS))


def asks_for_a_low_port(node: cst.Call) -> bool:
    """Whether it has `port=80`, or an address like `("0.0.0.0", 80)`."""
    for argument in node.args:
        value = argument.value
        if argument.keyword and argument.keyword.value == "port" and _is_low(value):
            return True
        if isinstance(value, cst.Tuple) and len(value.elements) == 2:
            host, port = (element.value for element in value.elements)
            if text_of(host) is not None and _is_low(port):
                return True
    return False


def text_of(node: cst.BaseExpression | None) -> str | None:
    """The value of a string that is written out; None for anything else."""
    if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def _is_low(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer) and 0 < int(node.value.replace("_", ""), 0) < _ROOTS_PORTS


def _opens_for_writing(node: cst.Call, at: int) -> bool:
    """Whether the mode, at `at` or by name, is more than reading, or not written out."""
    named = [arg.value for arg in node.args if arg.keyword and arg.keyword.value == "mode"]
    positional = [arg.value for arg in node.args if arg.keyword is None][at : at + 1]
    found = [*named, *positional]
    if not found:
        return False
    mode = text_of(found[0])
    return mode is None or any(letter in mode for letter in "wax+")
