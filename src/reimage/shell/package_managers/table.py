"""All package managers, by the name of the program that is called."""

from types import MappingProxyType

from reimage.shell.package_managers import (
    debian,
    distributions,
    javascript,
    languages,
    python,
    redhat,
)

PACKAGE_MANAGERS = (
    *debian.MANAGERS,
    *distributions.MANAGERS,
    *redhat.MANAGERS,
    *python.MANAGERS,
    *javascript.MANAGERS,
    *languages.MANAGERS,
)
BY_PROGRAM = MappingProxyType(
    {program: manager for manager in PACKAGE_MANAGERS for program in manager.programs}
)
