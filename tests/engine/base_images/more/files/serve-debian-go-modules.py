"""serve-debian-go-modules FOLDER: lay out the Go sources of Debian's packages as a module proxy.

A module has the version of its package, and asks for other modules in the versions that are here.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

SOURCES = Path("/usr/share/gocode/src")


def version_of(folder: Path) -> str:
    """The version of the package that the folder came with, without Debian's own part."""
    owner = subprocess.check_output(["dpkg", "-S", folder], text=True).split(":")[0].split(",")[0]
    query = ["dpkg-query", "--show", "--showformat=${source:Upstream-Version}", owner]
    found = re.match(r"\d+\.\d+\.\d+", subprocess.check_output(query, text=True))
    return f"v{found[0]}" if found else "v0.0.0"


def with_versions_that_are_here(manifest: str, versions: dict[str, str]) -> str:
    """The manifest with its requirements met or dropped."""
    kept = []
    for line in manifest.split("\n"):
        asked = re.match(r'(\s*(?:require\s+)?)"?([\w./-]+\.[\w./-]+)"?\s+v\S+(.*)', line)
        if asked is None:
            kept.append(line)
        elif asked[2] in versions:
            kept.append(f"{asked[1]}{asked[2]} {versions[asked[2]]}{asked[3]}")
    return "\n".join(kept)


def serve(module: str, folder: Path, versions: dict[str, str], proxy: Path) -> None:
    version = versions[module]
    manifest = with_versions_that_are_here((folder / "go.mod").read_text(), versions)
    place = proxy / re.sub("[A-Z]", lambda letter: "!" + letter[0].lower(), module) / "@v"
    place.mkdir(parents=True)
    (place / "list").write_text(f"{version}\n")
    (place / f"{version}.info").write_text(f'{{"Version": "{version}"}}')
    (place / f"{version}.mod").write_text(manifest)
    others = {each.parent for each in folder.rglob("go.mod")} - {folder}
    with zipfile.ZipFile(place / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not others & set(path.parents):
                name = f"{module}@{version}/{path.relative_to(folder)}"
                archive.writestr(name, manifest if path == folder / "go.mod" else path.read_bytes())


def complete_modules() -> None:
    """Give a manifest to sources that are older than modules."""
    for source in sorted(SOURCES.rglob("*.go")):
        if not any((parent / "go.mod").exists() for parent in source.parents):
            module = Path(*source.relative_to(SOURCES).parts[:3])
            if (SOURCES / module).is_dir():
                (SOURCES / module / "go.mod").write_text(f"module {module}\n")


def main() -> None:
    complete_modules()
    folders = {}
    for manifest in sorted(SOURCES.rglob("go.mod")):
        found = re.search(r"^module\s+(\S+)", manifest.read_text(), re.MULTILINE)
        if found:
            folders[found[1].strip('"')] = manifest.parent
    versions = {module: version_of(folder) for module, folder in folders.items()}
    for module, folder in folders.items():
        serve(module, folder, versions, Path(sys.argv[1]))


main()
