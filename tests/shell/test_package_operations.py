"""Which commands are package operations, and what they do to which packages."""

import pytest

from reimage.shell import parse
from reimage.shell.package_managers import PackageOperation, Verb, package_operation


def operation(text: str) -> PackageOperation:
    found = package_operation(parse(text).commands[0])
    assert found is not None
    return found


NO_OPERATIONS = [
    "echo apt-get install a",
    "$APT install a",
    "which apt-get",
    "command -v apt-get",
    "python setup.py install",
    "python -m http.server",
    "python -c 'import pip'",
    "corepack enable",
    "corepack prepare yarn@4 --activate",
    "xargs rm",
    "FOO=bar",
    "> apt-get",
]


@pytest.mark.parametrize("text", NO_OPERATIONS)
def test_other_commands_are_no_package_operations(text: str) -> None:
    assert package_operation(parse(text).commands[0]) is None


OPERATIONS = {
    "apt-get update": "apt-get update",
    "apt-get -qq update": "apt-get update",
    "apt-get -o Acquire::Retries=3 install -y a b=1.2 c/bookworm": (
        "apt-get install a b=1.2 c/bookworm"
    ),
    "apt-get install -yt bookworm-backports a": "apt-get install a",
    "apt-get install -oAPT::X=y --option A=b a": "apt-get install a",
    "apt-get -y -- install a": "apt-get install a",
    "apt-get purge -y --auto-remove $deps": "apt-get remove $deps",
    "apt-get clean": "apt-get clean",
    "apt-get dist-upgrade -y": "apt-get upgrade",
    "apt-get source a": "apt-get other a",
    "/usr/bin/apt-get install a": "apt-get install a",
    "sudo -E apt-get install a": "apt-get install a",
    "DEBIAN_FRONTEND=noninteractive apt-get install a": "apt-get install a",
    "env DEBIAN_FRONTEND=noninteractive apt install a": "apt install a",
    "apk add --no-cache -t .build-deps a 'b>1'": "apk install a 'b>1'",
    "apk add --no-cache --virtual=.build-deps a": "apk install a",
    "apk --update add a": "apk install a",
    "apk del .build-deps": "apk remove .build-deps",
    "yum -y install a": "yum install a",
    "yum update -y": "yum upgrade",
    "dnf install -y --setopt install_weak_deps=False a": "dnf install a",
    "dnf --enablerepo crb group install x": "dnf install x",
    "dnf clean all": "dnf clean all",
    "microdnf install a": "microdnf install a",
    "tdnf install -y a": "tdnf install a",
    "zypper -n --plus-repo http://x in -r y a": "zypper install a",
    "zypper ref": "zypper update",
    "pacman -Sy": "pacman update",
    "pacman -Syu --noconfirm": "pacman upgrade",
    "pacman -Syu --noconfirm a": "pacman install a",
    "pacman --sync --refresh a": "pacman install a",
    "pacman -Scc": "pacman clean",
    "pacman -Rns a": "pacman remove a",
    "pacman -Ss a": "pacman other a",
    "pip install -r requirements.txt a==1": "pip install a==1",
    "pip3.12 --no-cache-dir install 'a[b]>=1'": "pip install 'a[b]>=1'",
    "/venv/bin/pip install -i https://x -U a": "pip install a",
    "python -m pip install a": "pip install a",
    "python3.12 -u -m pip --timeout 9 install a": "pip install a",
    "pip cache purge": "pip clean",
    "pip --version": "pip other",
    "uv pip install --system a": "uv install a",
    "uv sync --frozen --group x": "uv install",
    "uv run a": "uv other a",
    "poetry install --without dev": "poetry install",
    "pipenv install --deploy": "pipenv install",
    "conda install -y -c conda-forge a": "conda install a",
    "conda env create -f x.yml": "conda install",
    "micromamba clean --all -y": "micromamba clean",
    "npm ci": "npm install",
    "npm i -g a": "npm install a",
    "npm --prefix web install": "npm install",
    "npm run build": "npm other build",
    "npm cache clean --force": "npm clean",
    "yarn": "yarn install",
    "yarn --frozen-lockfile": "yarn install",
    "yarn --version": "yarn other",
    "yarn build": "yarn other",
    "yarn global add a": "yarn install a",
    "corepack pnpm install": "pnpm install",
    "pnpm --filter web add a": "pnpm install a",
    "bun install --production": "bun install",
    "gem install bundler -v 2": "gem install bundler",
    "bundle": "bundle install",
    "bundle --version": "bundle other",
    "bundle install --jobs 4": "bundle install",
    "composer install --no-dev": "composer install",
    "go mod download": "go install",
    "go build -o x ./...": "go other ./...",
    "go install -tags x example.org/a@latest": "go install example.org/a@latest",
    "cargo install --version 1 a": "cargo install a",
    "./mvnw -B dependency:go-offline": "maven install",
    "./gradlew build": "gradle other",
    "dotnet restore -r linux-x64 x.csproj": "dotnet install x.csproj",
}


@pytest.mark.parametrize(("text", "expected"), OPERATIONS.items(), ids=OPERATIONS)
def test_tells_manager_verb_and_packages(text: str, expected: str) -> None:
    found = operation(text)
    packages = [word.text for word in found.packages]
    assert " ".join([found.manager.name, found.verb.value, *packages]) == expected


ASKS = [
    "apt-get install a",
    "apt-get -q install a",
    "dnf install a",
    "zypper install a",
    "zypper install -n a",
    "pacman -S a",
    "conda install a",
]
ASKS_NOTHING = [
    "apt-get install -y a",
    "apt-get -yq install a",
    "apt-get install -qqy a",
    "apt-get -qq install a",
    "apt-get install --assume-yes a",
    "apk add a",
    "dnf -y install a",
    "zypper -n install a",
    "zypper --non-interactive in a",
    "zypper install -y a",
    "pacman -S --noconfirm a",
    "conda install --yes a",
    "pip install a",
    "npm install a",
]


@pytest.mark.parametrize("text", ASKS)
def test_an_installation_asks_before_it_begins(text: str) -> None:
    assert not operation(text).assumes_yes


@pytest.mark.parametrize("text", ASKS_NOTHING)
def test_an_installation_asks_nothing(text: str) -> None:
    assert operation(text).assumes_yes


TAKES_RECOMMENDED = [
    "apt-get install a",
    "apt-get install --install-recommends a",
    "apt-get -o APT::Install-Recommends=true install a",
    "dnf --setopt=install_weak_deps=True install a",
    "apk add a",
]
SKIPS_RECOMMENDED = [
    "apt-get install --no-install-recommends a",
    "apt-get --no-install-recommends install a",
    "apt-get -o APT::Install-Recommends=false install a",
    'apt-get -oAPT::Install-Recommends="0" install a',
    "dnf install --setopt=install_weak_deps=False a",
    "dnf install --setopt install_weak_deps=0 a",
    "zypper in --no-recommends a",
]


@pytest.mark.parametrize("text", TAKES_RECOMMENDED)
def test_recommended_packages_come_along(text: str) -> None:
    assert not operation(text).skips_recommends


@pytest.mark.parametrize("text", SKIPS_RECOMMENDED)
def test_recommended_packages_stay_out(text: str) -> None:
    assert operation(text).skips_recommends


def test_xargs_adds_packages_that_are_not_seen() -> None:
    text = "xargs -r -a list sudo apt-get install -y a"
    found = operation(text)
    assert found.more_from_input
    assert found.command.span.of(text) == "apt-get install -y a"
    assert not operation("apt-get install a").more_from_input


def test_xargs_that_puts_packages_elsewhere_is_not_understood() -> None:
    assert package_operation(parse("xargs -I{} apt-get install {}").commands[0]) is None


def test_says_where_the_verb_is() -> None:
    text = "sudo apt-get -o A=b install -y c"
    assert [word.span.of(text) for word in operation(text).verb_words] == ["install"]
    assert [word.text for word in operation("pacman -Sy").verb_words] == ["-Sy"]


def test_finds_operations_inside_of_anything() -> None:
    script = parse("if ! (a && apt-get update); then b $(apk add c); fi")
    found = [package_operation(command) for command in script.commands]
    assert [each.verb for each in found if each] == [Verb.UPDATE, Verb.INSTALL]
