"""Where package managers keep downloads, for whoever runs them."""

from __future__ import annotations

import pytest

from reimage.dockerfile import parse
from reimage.model import Facts, RunFacts, Stage
from reimage.model.caches.cache_places import cache_places
from reimage.model.caches.download_caches import downloads_are_hidden, empties_cache
from reimage.model.homes import Home, home_of
from reimage.shell.package_managers import BY_PROGRAM


def _last(source: str) -> tuple[Stage, RunFacts]:
    stage = Facts(parse(source).tree).stages[-1]
    return stage, stage.runs[-1]


def _places(name: str, source: str) -> object:
    stage, run = _last(source)
    home = home_of(stage, run.state)
    assert isinstance(home, Home)
    return cache_places(name, stage, run.state, home)


@pytest.mark.parametrize(
    "source",
    [
        "FROM registry.example.com/python\nRUN true\n",
        "ARG BASE=python\nFROM $BASE\nRUN true\n",
        "FROM python\nUSER app\nRUN true\n",
        "FROM python\nUSER 1000\nRUN true\n",
        "FROM python\nARG HOME_DIR=/srv\nENV HOME=$HOME_DIR\nRUN true\n",
        "FROM node\nRUN usermod -u 1001 node\nUSER node\nRUN true\n",
    ],
)
def test_a_home_that_the_file_does_not_tell_has_a_reason(source: str) -> None:
    stage, run = _last(source)
    assert isinstance(home_of(stage, run.state), str)


@pytest.mark.parametrize(
    ("source", "home"),
    [
        ("FROM python:3.12\nRUN true\n", Home("/root")),
        ("FROM registry.example.com/app\nUSER 0\nRUN true\n", Home("/root")),
        ("FROM node:22\nUSER node\nRUN true\n", Home("/home/node", 1000, 1000)),
        ("FROM python\nENV HOME=/srv\nUSER 7:8\nRUN true\n", Home("/srv", 7, 8)),
        ("FROM python\nENV HOME=/srv\nUSER 7\nRUN true\n", Home("/srv", 7)),
    ],
)
def test_a_home_that_the_file_tells_is_found(source: str, home: Home) -> None:
    stage, run = _last(source)
    assert home_of(stage, run.state) == home


@pytest.mark.parametrize(
    ("name", "source", "places"),
    [
        ("conda", "FROM python\nRUN true\n", None),
        ("gem", "FROM debian\nRUN true\n", None),
        (
            "pip",
            "FROM python\nARG PIP_CACHE_DIR\nRUN true\n",
            "the value of PIP_CACHE_DIR is not known",
        ),
        ("pip", "FROM python\nENV XDG_CACHE_HOME=/c/\nRUN true\n", ("/c/pip",)),
        ("yarn", "FROM node\nRUN true\n", ("/usr/local/share/.cache/yarn",)),
        ("yarn", "FROM node\nUSER node\nRUN true\n", ("/home/node/.cache/yarn",)),
        ("go", "FROM golang:1.23\nRUN true\n", ("/go/pkg/mod", "/root/.cache/go-build")),
        ("go", "FROM debian\nRUN true\n", ("/root/go/pkg/mod", "/root/.cache/go-build")),
        ("cargo", "FROM rust\nENV CARGO_HOME=/cargo\nRUN true\n", ("/cargo/registry",)),
        ("composer", "FROM composer:2\nRUN true\n", ("/tmp/cache",)),
    ],
)
def test_variables_image_and_user_decide_about_the_place(
    name: str, source: str, places: object
) -> None:
    assert _places(name, source) == places


@pytest.mark.parametrize(
    ("program", "script", "emptied"),
    [
        ("pip", "rm -rf /root/.cache/yarn", False),
        ("pip", "echo /root/.cache/pip", False),
        ("pip", "rm -rf ~/.cache/*", True),
        ("pip", 'rm -rf "$HOME/.cache/pip"', True),
        ("pip", "pip cache purge", True),
        ("npm", "yarn cache clean", False),
        ("npm", "rm -rf /root/{.npm,.node-gyp}", True),
        ("conda", "mamba clean -afy", True),
        ("gem", "rm -rf /usr/lib/ruby/gems/3.3.0/cache/*.gem", True),
    ],
)
def test_only_what_removes_a_cache_empties_it(program: str, script: str, emptied: bool) -> None:
    _, run = _last(f"FROM debian\nRUN {script}\n")
    assert empties_cache(run, BY_PROGRAM[program]) is emptied


@pytest.mark.parametrize(
    ("target", "hidden"), [("/srv", False), ("/root/.cache/uv", False), ("/root/.cache", True)]
)
def test_only_a_mount_at_or_above_the_cache_hides_it(target: str, hidden: bool) -> None:
    _, run = _last(f"FROM python\nRUN --mount=type=cache,target={target} pip install rich\n")
    assert downloads_are_hidden(run, BY_PROGRAM["pip"]) is hidden
