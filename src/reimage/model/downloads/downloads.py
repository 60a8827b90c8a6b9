"""Which files curl and wget write. Sources: curl(1), the manual of GNU Wget."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reimage.model.paths import plain_text
from reimage.shell import Command, Word

_CURL_VALUED = frozenset("AbcCdDeEFHKmPQrtTuUwxXyYz")
_CURL_LONG_VALUED = frozenset(
    "--header --data --data-binary --data-raw --data-urlencode --user --user-agent --referer"
    " --proxy --cookie --cookie-jar --request --retry --retry-delay --retry-max-time --max-time"
    " --connect-timeout --cacert --capath --cert --key --form --write-out --range --limit-rate"
    " --proto --proto-redir --ciphers --resolve --interface --config --continue-at --dump-header"
    " --speed-limit --speed-time --max-redirs --tls-max --stderr --url".split()
)
_WGET_VALUED = frozenset("AaBDeIiloQRtTUwX")
_WGET_LONG_VALUED = frozenset(
    "--header --user-agent --tries --timeout --user --password --post-data --wait --waitretry"
    " --append-output --output-file --input-file --ca-certificate --dns-timeout --read-timeout"
    " --connect-timeout --referer --limit-rate --load-cookies --secure-protocol".split()
)
_NAME_OF_THE_SERVERS_CHOICE = (
    "-J", "--remote-header-name", "--content-disposition", "--trust-server-names",
)  # fmt: skip


class Download(NamedTuple):
    """A URL that is fetched into a file; `path` is relative to where the command runs.

    Variables in `path` are written `${name}`. `named` is false where the name comes from the URL.
    """

    path: str
    url: str
    named: bool


class _Arguments(NamedTuple):
    outputs: list[str | None]
    urls: list[str]
    directory: str


def downloads(command: Command) -> tuple[Download, ...]:
    """The files that a curl or wget command writes, as far as the command tells their names."""
    if command.name not in ("curl", "wget"):
        return ()
    if command.has_option(*_NAME_OF_THE_SERVERS_CHOICE):
        return ()
    found = _curl(command) if command.name == "curl" else _wget(command)
    return tuple(found)


def _curl(command: Command) -> Iterator[Download]:
    outputs, urls, directory = _read(command, _CURL_VALUED, _CURL_LONG_VALUED, "o", "--output")
    if "--remote-name-all" in command.values:
        outputs = [""] * len(urls)
    for output, url in zip(outputs, urls, strict=False):
        name = output if output != "" else _last_segment(re.sub(r"[?#].*", "", url))
        if name and name != "-":
            yield Download(_within(directory, name), url, output != "")


def _wget(command: Command) -> Iterator[Download]:
    outputs, urls, directory = _read(
        command, _WGET_VALUED, _WGET_LONG_VALUED, "O", "--output-document"
    )
    if outputs:
        if outputs[0] and outputs[0] != "-":
            yield Download(outputs[0], urls[0] if len(urls) == 1 else "", True)
        return
    if command.has_option("-i", "-r", "-m", "-x", "--recursive", "--mirror", "--input-file"):
        return
    for url in urls:
        if name := _last_segment(url):
            yield Download(_within(directory, name), url, False)


def _read(
    command: Command, valued: frozenset[str], long_valued: frozenset[str], letter: str, long: str
) -> _Arguments:
    """Outputs in order; "" stands for the URL's own name and None for one that can't be told."""
    found = _Arguments([], [], "")
    directory: str | None = ""
    words = iter(command.arguments)
    for word in words:
        text = plain_text(word) or ""
        name, equals, value = text.partition("=")
        if name in (long, "--output-dir", "--directory-prefix"):
            given = value if equals else _next(words)
            if name == long:
                found.outputs.append(given)
            else:
                directory = given
        elif text in long_valued:
            next(words, None)
        elif text == "--remote-name":
            found.outputs.append("")
        elif text.startswith("-") and not text.startswith("--"):
            directory = _read_cluster(text[1:], words, letter, valued, found.outputs, directory)
        elif "/" in text and not text.startswith("-"):
            found.urls.append(text)
    if directory is None:
        return _Arguments([], [], "")
    return _Arguments(found.outputs, found.urls, directory)


def _read_cluster(
    letters: str,
    words: Iterator[Word],
    output: str,
    valued: frozenset[str],
    outputs: list[str | None],
    directory: str | None,
) -> str | None:
    """Read `-fsSLo` and the like; returns the directory of the files."""
    for at, letter in enumerate(letters):
        rest = letters[at + 1 :]
        if letter == output:
            outputs.append(rest or _next(words))
            break
        if letter == "P" and output == "O":
            return rest or _next(words)
        if letter == "n" and output == "O":
            break
        if letter == "O" and output == "o":
            outputs.append("")
        elif letter in valued:
            if not rest:
                next(words, None)
            break
    return directory


def _next(words: Iterator[Word]) -> str | None:
    word = next(words, None)
    return plain_text(word) if word else None


def _last_segment(url: str) -> str:
    head, _, name = url.rpartition("/")
    return name if head and not head.endswith("/") else ""


def _within(directory: str, name: str) -> str:
    return f"{directory.rstrip('/') or '/'}/{name}".replace("//", "/") if directory else name
