"""Gemfile: a Ruby program, of which only plain lines are understood."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reimage.model.manifests.needs import InstallNeeds, beside, inside, needs
from reimage.text import late

_READS = late(
    r"\b(?:eval_gemfile|instance_eval|eval|require|require_relative|load|__dir__|__FILE__)\b"
    r"|\b(?:File|Dir|IO|Pathname|YAML|JSON)\b|`|%x"
)
_LOCAL = late(r"^\s*path\b|\bpath:\s|:path\s*=>|['\"]path['\"]\s*=>")
_RUBY_FILE = late(r"^\s*ruby\b.*\bfile:\s*['\"]([^'\"]+)['\"]")


def install_needs(texts: Mapping[str, str], directory: str = "") -> InstallNeeds:
    """What `bundle install` in `directory` reads."""
    path = inside(directory, "Gemfile") or ""
    if path not in texts:
        return InstallNeeds((), f"{path} is not known")
    files = [path, *beside(texts, directory, ["Gemfile.lock"])]
    problem = None
    for line in texts[path].split("\n"):
        code = re.sub(r"(^|\s)#.*", "", line)
        if named := _RUBY_FILE.search(code):
            files.append(inside(directory, named[1]) or path)
        elif re.match(r"\s*gemspec\b", code):
            problem = problem or f"{path} takes its gems from a gemspec, which reads sources"
        elif _LOCAL.search(code):
            problem = problem or f"{path} names a local gem"
        elif _READS.search(code):
            problem = problem or f"{path} is a program that may read other files"
    return needs(files, problem)
