"""go.mod and go.work: what `go mod download` reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.text import late

_BLOCK = late(r"([a-z]+)\s*\(")


def local_replacements(text: str) -> tuple[str, ...]:
    """The folders that a go.mod or go.work puts in place of modules, as written."""
    return tuple(
        words[words.index("=>") + 1].strip('"`')
        for keyword, words in _directives(text)
        if keyword == "replace" and "=>" in words[:-1] and _is_folder(words[words.index("=>") + 1])
    )


def used_modules(text: str) -> tuple[str, ...]:
    """The folders of the modules that a go.work uses, as written."""
    return tuple(
        words[0].strip('"`') for keyword, words in _directives(text) if keyword == "use" and words
    )


def install_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What `go mod download` in `directory` reads: of local modules, only their go.mod."""
    path = inside(directory, "go.mod") or ""
    if path not in texts:
        return InstallNeeds((), f"{path} is not known")
    files = [path, *beside(texts, directory, ["go.sum", "go.work", "go.work.sum"])]
    waiting = [(directory, name) for name in local_replacements(texts[path])]
    for work in beside(texts, directory, ["go.work"]):
        named = (*used_modules(texts[work]), *local_replacements(texts[work]))
        waiting += [(directory, name) for name in named]
    problem = None
    while waiting:
        base, name = waiting.pop(0)
        folder = inside(base, name)
        module = None if folder is None else inside(folder, "go.mod")
        if folder is None or module is None or module not in texts:
            problem = problem or f"the local module '{name}' is outside of the context or unknown"
        elif module not in files:
            files += [module, *beside(texts, folder, ["go.sum"])]
    return needs(files, problem)


def _is_folder(target: str) -> bool:
    return target.strip('"`').startswith((".", "/"))


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each directive with its words, those in parentheses one by one."""
    block = ""
    for line in text.split("\n"):
        line = re.sub(r"(^|\s)//.*", "", line).strip()
        if opening := _BLOCK.fullmatch(line):
            block = opening[1]
        elif line == ")":
            block = ""
        elif line:
            words = line.split()
            yield (block, words) if block else (words[0], words[1:])
