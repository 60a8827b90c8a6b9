"""One Python module, read through libcst with its metadata: qualified names and positions."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedNameProvider

from reimage.context.python_writing import (
    SETTINGS,
    asks_for_a_low_port,
    speaks_of_files,
    text_of,
    writes,
)
from reimage.model.python_facts import PythonFacts, Started

_STARTS = frozenset(
    f"subprocess.{name}"
    for name in "run call check_call check_output Popen getoutput getstatusoutput".split()
) | frozenset(
    """
    asyncio.create_subprocess_exec asyncio.create_subprocess_shell
    asyncio.subprocess.create_subprocess_exec asyncio.subprocess.create_subprocess_shell
    os.system os.popen os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp
    os.execvpe os.posix_spawn os.posix_spawnp os.spawnl os.spawnle os.spawnlp os.spawnv os.spawnve
    os.spawnvp shutil.which pexpect.spawn
    """.split()
)
_ALWAYS_SHELL = frozenset(
    """
    subprocess.getoutput subprocess.getstatusoutput os.system os.popen
    asyncio.create_subprocess_shell asyncio.subprocess.create_subprocess_shell
    """.split()
)
_OPENS_A_LIBRARY = frozenset(
    """
    ctypes.CDLL ctypes.PyDLL ctypes.cdll.LoadLibrary ctypes.util.find_library cffi.FFI.dlopen
    """.split()
)
_OF_C = ("libc.so.6", "libm.so.6", "c", "m")
_MODE_FIRST = ("os.spawn",)
_IMPORTS = frozenset(("importlib.import_module", "builtins.__import__", "runpy.run_module"))


def read_module(source: bytes, path: str) -> PythonFacts | None:
    """What a module imports and starts; None where it is no Python that libcst reads."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        reader = _Reader(path)
        wrapper.visit(reader)
    except (cst.ParserSyntaxError, SyntaxError, UnicodeDecodeError, LookupError, RecursionError):
        return None
    return PythonFacts(
        frozenset(reader.imports),
        tuple(reader.computed),
        tuple(reader.started),
        tuple(reader.through_shell),
        writes=tuple(reader.writes),
        low_ports=tuple(reader.low_ports),
        opened_libraries=tuple(reader.opened_libraries),
    )


class _Reader(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (QualifiedNameProvider, PositionProvider)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.imports: set[str] = set()
        self.computed: list[str] = []
        self.started: list[Started] = []
        self.through_shell: list[str] = []
        self.writes: list[str] = []
        self.low_ports: list[str] = []
        self.opened_libraries: list[str] = []

    def visit_Import(self, node: cst.Import) -> None:
        self.imports.update(_dotted(alias.name).partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if node.module is not None and not node.relative:
            self.imports.add(_dotted(node.module).partition(".")[0])

    def visit_Call(self, node: cst.Call) -> None:
        names = {each.name for each in self.get_metadata(QualifiedNameProvider, node.func, set())}
        if names & _IMPORTS:
            self._import(node)
        elif called := names & _STARTS:
            self._start(node, min(called))
        if writes(node, names):
            self.writes.append(f"{self.path}:{self._line(node)}")
        if names & _OPENS_A_LIBRARY and _text_of_first(node) not in _OF_C:
            self.opened_libraries.append(f"{self.path}:{self._line(node)}")
        if asks_for_a_low_port(node):
            self.low_ports.append(f"{self.path}:{self._line(node)}")

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if speaks_of_files(node.value):
            self.writes.append(f"{self.path}:{self._line(node)}")

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in SETTINGS:
            self.writes.append(f"{self.path}:{self._line(node)}")

    def _import(self, node: cst.Call) -> None:
        name = text_of(node.args[0].value) if node.args else None
        if name is None:
            self.computed.append(f"{self.path}:{self._line(node)}")
        elif not name.startswith("."):
            self.imports.add(name.partition(".")[0])

    def _start(self, node: cst.Call, called: str) -> None:
        line = self._line(node)
        if called in _ALWAYS_SHELL or _asks_for_shell(node):
            self.through_shell.append(f"{self.path}:{line}")
        at = 1 if called.startswith(_MODE_FIRST) else 0
        first = node.args[at].value if len(node.args) > at else None
        program = _program(first)
        self.started.append(Started(program, self.path, line))

    def _line(self, node: cst.CSTNode) -> int:
        return int(self.get_metadata(PositionProvider, node).start.line)


def _dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def _text_of_first(node: cst.Call) -> str | None:
    return text_of(node.args[0].value) if node.args else None


def _program(node: cst.BaseExpression | None) -> str | None:
    """The first word of what is started, None where it is computed."""
    if isinstance(node, cst.List | cst.Tuple):
        node = node.elements[0].value if node.elements else None
    text = text_of(node)
    words = text.split() if text else []
    return words[0] if words else None


def _asks_for_shell(node: cst.Call) -> bool:
    """Whether `shell=` is anything but False."""
    return any(
        argument.keyword is not None
        and argument.keyword.value == "shell"
        and not (isinstance(argument.value, cst.Name) and argument.value.value == "False")
        for argument in node.args
    )
