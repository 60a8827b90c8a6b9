"""Package managers as data, and the commands that call them."""

from reimage.shell.package_managers.manager import PackageManager, Verb
from reimage.shell.package_managers.operations import PackageOperation, package_operation
from reimage.shell.package_managers.table import BY_PROGRAM, PACKAGE_MANAGERS

__all__ = [
    "BY_PROGRAM",
    "PACKAGE_MANAGERS",
    "PackageManager",
    "PackageOperation",
    "Verb",
    "package_operation",
]
