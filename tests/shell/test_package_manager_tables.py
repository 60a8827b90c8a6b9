"""The tables of package managers agree with themselves."""

import pytest

from reimage.shell import parse
from reimage.shell.package_managers import (
    BY_PROGRAM,
    PACKAGE_MANAGERS,
    PackageManager,
    Verb,
    package_operation,
)

each_manager = pytest.mark.parametrize("manager", PACKAGE_MANAGERS, ids=lambda each: each.name)


def test_no_program_belongs_to_two_managers() -> None:
    assert len(BY_PROGRAM) == sum(len(manager.programs) for manager in PACKAGE_MANAGERS)


@each_manager
def test_its_own_commands_mean_what_the_table_says(manager: PackageManager) -> None:
    for text in manager.clean_commands:
        (command,) = parse(text).commands
        operation = package_operation(command)
        assert command.name == "rm" or (operation and operation.verb is Verb.CLEAN)
    if manager.lock_file_install:
        operation = package_operation(parse(manager.lock_file_install).commands[0])
        assert operation is not None
        assert (operation.manager, operation.verb) == (manager, Verb.INSTALL)
        assert manager.lock_files


@each_manager
def test_options_and_directories_look_like_it(manager: PackageManager) -> None:
    options = {*manager.value_options, *manager.assume_yes, *manager.global_assume_yes}
    assert all(option.startswith("-") for option in options)
    directories = (*manager.list_directories, *manager.cache_directories)
    assert all(path.startswith(("/", "~/")) and not path.endswith("/") for path in directories)
    # An option can't both be the answer and swallow the next word.
    assert not manager.value_options.intersection(manager.assume_yes)


@each_manager
def test_whoever_asks_can_be_answered(manager: PackageManager) -> None:
    assert bool(manager.assume_yes) or not manager.needs_yes


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("apt-get", "curl"),
        ("apt-get", "libgcc-s1"),
        ("apk", "make-doc"),
        ("pip", "gcc"),
        ("dnf", "git"),
    ],
)
def test_packages_that_a_running_program_may_need(program: str, package: str) -> None:
    assert not BY_PROGRAM[program].is_development_package(package)


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("apt-get", "libpq-dev"),
        ("apt-get", "libpq-dev=15*"),
        ("apt-get", "build-essential"),
        ("apt", "gcc-12"),
        ("apk", "musl-dev>1"),
        ("dnf", "openssl-devel"),
        ("yum", "Development Tools"),
    ],
)
def test_packages_that_only_serve_to_build(program: str, package: str) -> None:
    assert BY_PROGRAM[program].is_development_package(package)
