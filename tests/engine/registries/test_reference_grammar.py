"""Names of images, side by side with the Go package that BuildKit parses them with."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
from pathlib import Path

import pytest
from tests import corpus_files
from tests.engine.install import CACHE, locked, private_apt
from tests.engine.service import CommandFailed, run

from reimage.dockerfile import parse
from reimage.model import Facts
from reimage.model.images.places import Place, image_places
from reimage.model.images.references import Reference, parse_reference
from reimage.text import decode

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PACKAGES = (
    "golang-github-distribution-reference-dev",
    "golang-github-opencontainers-go-digest-dev",
)
PROGRAM = """
package main

import (
    _ "crypto/sha256"
    _ "crypto/sha512"
    "encoding/json"
    "os"

    "github.com/distribution/reference"
)

type answer struct{ Domain, Path, Tag, Digest, Familiar, Error string }

func main() {
    var names []string
    if err := json.NewDecoder(os.Stdin).Decode(&names); err != nil {
        panic(err)
    }
    answers := make([]answer, len(names))
    for i, name := range names {
        named, err := reference.ParseNormalizedNamed(name)
        if err != nil {
            answers[i].Error = err.Error()
            continue
        }
        one := &answers[i]
        one.Domain, one.Path = reference.Domain(named), reference.Path(named)
        one.Familiar = reference.FamiliarString(named)
        if tagged, ok := named.(reference.Tagged); ok {
            one.Tag = tagged.Tag()
        }
        if digested, ok := named.(reference.Digested); ok {
            one.Digest = digested.Digest().String()
        }
    }
    json.NewEncoder(os.Stdout).Encode(answers)
}
"""
DIGEST = "sha256:" + "0123456789abcdef" * 4
PIECES = [
    *("a", "b1", "A", "localhost", "example.org", ".", "-", "_", "__", "/", ":", "5000", "[::1]"),
    *("latest", f"@{DIGEST}", "@", "é", " ", "docker.io", "library", "index.docker.io", "a" * 64),
    *("sha512:" + "ab" * 64, "md5:" + "ab" * 16, "x" * 130, "a/" * 128),
]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reads a JSON list of names and writes what they mean. Built of Debian's packages, once."""
    kept = CACHE / "reference-grammar"
    with locked(CACHE / "reference-grammar.lock"):
        if not kept.exists():
            try:
                _build(tmp_path_factory.mktemp("go"), kept)
            except CommandFailed as reason:
                pytest.skip(f"The Go program can't be built: {reason}")
    return kept


def _build(folder: Path, target: Path) -> None:
    apt = private_apt("sid", folder)
    run(["apt-get", *apt, "update", "-q"])
    run(["env", "--chdir", str(folder), "apt-get", *apt, "download", *PACKAGES])
    own = re.findall(r"golang-1\.[0-9]+-go", run(["apt-cache", "depends", "golang-go"]))
    compiler = own or re.findall(r"golang-1\.[0-9]+-go", run(["apt-cache", "pkgnames", "golang-1"]))
    packages = [compiler[0], compiler[0].replace("-go", "-src")]
    run(["env", "--chdir", str(folder), "apt-get", "download", *packages])
    root = folder / "root"
    for package in folder.glob("*.deb"):
        run(["dpkg", "-x", str(package), str(root)])
    version = compiler[0].removesuffix("-go").replace("golang", "go")
    source = folder / "main.go"
    source.write_text(PROGRAM)
    goroot = folder / "goroot"
    _join(root, version, goroot)
    environment = {
        **os.environ,
        "GOROOT": str(goroot),
        "GOPATH": str(root / "usr/share/gocode"),
        "GO111MODULE": "off",
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    go = str(goroot / "bin/go")
    run([go, "build", "-o", str(target), str(source)], environment=environment)


def _join(root: Path, version: str, goroot: Path) -> None:
    """Debian keeps programs and sources of Go apart, and links them by absolute paths."""
    goroot.mkdir()
    for name in ("bin", "pkg"):
        for place in (root / f"usr/lib/{version}", root / f"usr/share/{version}"):
            if (place / name).is_dir() and not (place / name).is_symlink():
                (goroot / name).symlink_to(place / name)
                break
    (goroot / "src").symlink_to(root / f"usr/share/{version}/src")


def _agree(program: Path, names: list[str], tmp_path: Path) -> int:
    """How many of the names are references, by either."""
    told = tmp_path / "names.json"
    told.write_text(json.dumps(names))
    answers = json.loads(run(["sh", "-c", f"{program} < {told}"]))
    good = 0
    for name, answer in zip(names, answers, strict=True):
        found = parse_reference(name)
        if not isinstance(found, Reference):
            assert answer["Error"], (name, found.reason, answer)
            continue
        assert not answer["Error"], (name, found, answer["Error"])
        parts = (found.domain, found.path, found.tag or "", found.digest or "")
        assert parts == tuple(answer[key] for key in ("Domain", "Path", "Tag", "Digest")), name
        assert str(found) == answer["Familiar"], name
        good += 1
    return good


def test_names_of_all_forms(program: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    names = ["".join(chance.choices(PIECES, k=chance.randint(1, 9))) for _ in range(200_000)]
    names += ["".join(each) for each in itertools.product(PIECES, repeat=2)]
    assert _agree(program, sorted(set(names)), tmp_path) > 5_000


@corpus_files.needs_corpus
def test_names_of_the_corpus(program: Path, tmp_path: Path) -> None:
    names = set()
    for row in corpus_files.index():
        tree = parse(decode(corpus_files.path(row).read_bytes())).tree
        places = (place for place in image_places(Facts(tree)) if isinstance(place, Place))
        names |= {place.reference for place in places}
    assert _agree(program, sorted(names), tmp_path) > 400
