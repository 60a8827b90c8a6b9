"""Cargo.toml: workspaces, local crates and the sources that Cargo insists on."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.model.manifests.toml import read_toml

_BESIDE = (
    "Cargo.lock",
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    "rust-toolchain",
)


class CargoManifest(NamedTuple):
    """A Cargo.toml. Paths are as written, relative to its folder.

    `local` are the folders of crates it depends on, `targets` the source files it names itself
    (without any, Cargo looks for `src/main.rs` and `src/lib.rs`).
    """

    members: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    build_script: str = ""


def read_manifest(text: str) -> CargoManifest | None:
    """The manifest in `text`, or None if it is not TOML."""
    data = read_toml(text)
    if data is None:
        return None
    package, workspace = data.get("package"), data.get("workspace")
    build = package.get("build") if isinstance(package, dict) else None
    members = workspace.get("members") if isinstance(workspace, dict) else None
    return CargoManifest(
        members=tuple(map(str, members)) if isinstance(members, list) else (),
        local=tuple(_local(data)),
        targets=tuple(_targets(data)),
        build_script=build if isinstance(build, str) else "",
    )


def install_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What fetching the crates of `directory` reads. Never without a problem.

    Cargo refuses a package without a source file for one of its targets, so a transformation has
    to make a stub or bring the sources.
    """
    path = inside(directory, "Cargo.toml") or ""
    manifest = read_manifest(texts.get(path, "["))
    if manifest is None:
        return InstallNeeds((), f"{path} is missing or is not TOML")
    files = [path, *beside(texts, directory, _BESIDE)]
    if manifest.members:
        return needs(files, f"{path} is a workspace, whose members must all be there")
    if manifest.local:
        return needs(files, f"{path} depends on the local crate '{manifest.local[0]}'")
    if manifest.build_script:
        return needs(files, f"{path} has a build script, which may read any file")
    wanted = manifest.targets[0] if manifest.targets else "src/main.rs"
    return needs(files, f"Cargo wants a source file such as {inside(directory, wanted)} to exist")


def _local(data: Mapping[str, Any]) -> Iterator[str]:
    """Every `path = …` in a table of dependencies, at any depth (targets, patches, workspaces)."""
    waiting = [(data, False)]
    while waiting:
        table, is_dependency = waiting.pop()
        for key, value in table.items():
            if isinstance(value, dict):
                told = key.endswith("dependencies") or key in ("patch", "replace")
                waiting.append((value, is_dependency or told))
            elif is_dependency and key == "path" and isinstance(value, str):
                yield value


def _targets(data: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("lib", "bin", "example", "test", "bench"):
        value = data.get(kind)
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict) and isinstance(table.get("path"), str):
                yield table["path"]
