"""What commands write, remove and set the mode of, as paths seen from the root."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import Facts, RunFacts
from reimage.model.copies.file_effects import Effect, Place, covers


def run(script: str, head: str = "FROM debian\nWORKDIR /work\n") -> RunFacts:
    parsed = parse(f"{head}RUN {script}\n")
    assert not parsed.problems
    return Facts(parsed.tree).stages[0].runs[0]


def paths(script: str, effect: Effect) -> list[str]:
    return [each.place.path for each in run(script).file_effects if each.effect is effect]


@pytest.mark.parametrize(
    "script",
    [
        "curl -fsSL https://example.org/x | sh",
        "curl -fsSLOJ https://example.org/x",
        "wget -qO- https://example.org/x.tgz",
        "wget -r https://example.org/",
        "curl -o /dev/null https://example.org/x",
        "echo hello 2>&1 > /dev/stderr",
        "tar -tzf x.tgz",
        "tar -czf x.tgz x",
        "unzip -l x.zip",
        "git -C /x pull",
        "mkdir -p /x",
        "chmod 755 /x",
        "apt-get clean",
        "apk add --no-cache curl-dev -s",
        'wget -O "$(basename x)" https://example.org/x',
    ],
)
def test_writes_nothing_that_could_be_told(script: str) -> None:
    assert not [path for path in paths(script, Effect.WRITE) if not path.startswith("package:")]


@pytest.mark.parametrize(
    ("script", "written"),
    [
        ("curl -fsSLo /tmp/x https://example.org/y", ["/tmp/x"]),
        ("curl --output x https://example.org/y", ["/work/x"]),
        ("curl -fsSL -H 'A: b/c' -O https://example.org/a/y.tgz?z=1", ["/work/y.tgz"]),
        ("curl --output-dir /tmp -O https://example.org/y.tgz", ["/tmp/y.tgz"]),
        ("curl https://example.org/y > ./x", ["/work/x"]),
        (
            "wget https://example.org/a.zip https://example.org/b.zip",
            ["/work/a.zip", "/work/b.zip"],
        ),
        ("wget -qO x https://example.org/y", ["/work/x"]),
        ("wget -q -P /tmp https://example.org/y", ["/tmp/y"]),
        ("cd /tmp && wget https://example.org/y-$V.tgz", ["/tmp/y-${V}.tgz"]),
        ("(cd /tmp && true); wget https://example.org/y", ["/work/y"]),
        ("if x; then cd /tmp; fi; wget https://example.org/y", ["?1/y"]),
        ("cd - && wget https://example.org/y", ["?1/y"]),
        ("wget -O ~/y https://example.org/y", ["/root/y"]),
        ("sudo wget -O /y https://example.org/y", ["/y"]),
        ("tar xzfC x.tgz /opt", ["/opt"]),
        ("tar -C /opt -xzf x.tgz", ["/opt"]),
        ("tar --extract --directory=/opt --file x.tgz", ["/opt"]),
        ("unzip -q x.zip -d /opt", ["/opt"]),
        ("git clone --depth 1 https://example.org/a/tool.git", ["/work/tool"]),
        ("git clone https://example.org/a/tool.git /src", ["/src"]),
        ("cp a b /opt/", ["/opt/a", "/opt/b"]),
        ("npm install -g yarn", ["/root/.npm"]),
        ("apt-get update", ["/var/lib/apt/lists"]),
        ("pip install --no-cache-dir flask", []),
    ],
)
def test_writes(script: str, written: list[str]) -> None:
    found = [path for path in paths(script, Effect.WRITE) if not path.startswith("package:")]
    assert found == written


@pytest.mark.parametrize(
    ("script", "removed"),
    [
        ("echo rm /x", []),
        ("rm -rf /x y", ["/x", "/work/y"]),
        ('rm -f "/tmp/$NAME.tgz"', ["/tmp/${NAME}.tgz"]),
        ("mv /tmp/x /usr/bin/x", ["/tmp/x"]),
        ("gunzip x.gz", ["/work/x.gz"]),
        ("gunzip -k x.gz", []),
        ("apt-get purge -y gcc=4:12*", ["package:apt/gcc"]),
        ("apk del .build", ["package:apk/.build"]),
        ("apt-get clean", ["/var/cache/apt"]),
    ],
)
def test_removes(script: str, removed: list[str]) -> None:
    assert paths(script, Effect.REMOVE) == removed


@pytest.mark.parametrize(
    ("script", "changed"),
    [
        ("chmod +x /x y", ["/x", "/work/y"]),
        ("chmod -x /x", ["/x"]),
        ("chown -R a:b /x", ["/x"]),
        ("chown --reference=/y /x", ["/x"]),
    ],
)
def test_changes_modes(script: str, changed: list[str]) -> None:
    assert paths(script, Effect.MODE) == changed


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("wget -O /tmp/x https://example.org/x && rm -rf /tmp/*", []),
        ("rm -f /tmp/x && wget -O /tmp/x https://example.org/x", ["/tmp/x"]),
        ("wget -O /tmp/.x https://example.org/x && rm -rf /tmp/*", ["/tmp/.x"]),
        ("apt-get update && rm -rf /var/lib/apt/lists/*", []),
        ("--mount=type=cache,target=/tmp wget -O /tmp/x https://example.org/x", []),
    ],
)
def test_what_is_left_behind(script: str, left: list[str]) -> None:
    assert [place.path for place in run(script).left_behind] == left


@pytest.mark.parametrize(
    ("place", "written", "does"),
    [
        (Place("/tmp/*"), Place("/tmp/x"), True),
        (Place("/tmp", tree=True), Place("/tmp/x"), True),
        (Place("/tmp"), Place("/tmp/x"), False),
        (Place("/tmp/xy", tree=True), Place("/tmp/x"), False),
        (Place("/src/app/doc", tree=True), Place("/src/app", tree=True), True),
        (Place("/usr/local/doc", tree=True), Place("/usr/local", tree=True), False),
    ],
)
def test_covers_only_what_surely_was_written(place: Place, written: Place, does: bool) -> None:
    assert covers(place, written) is does
