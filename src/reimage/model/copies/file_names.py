"""What a file's name tells about it: an archive, an ordinary file, or nothing.

ADD unpacks a local file when its content is a tar archive, compressed or not (Docker's reference,
"Adding local tar archives"), whatever it is called. So only names that nobody gives to an archive
count as ordinary; formats that are tar archives under another name (.gem, .apk, .crate) do not.
"""

from __future__ import annotations

import posixpath

_ARCHIVES = (
    ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".tlz", ".taz",
    ".gz", ".bz2", ".xz", ".zst", ".lzma", ".lz4", ".z",
)  # fmt: skip

_ORDINARY_SUFFIXES = frozenset(
    """
    .sh .bash .zsh .fish .ksh .py .pyi .pyx .pth .ipynb .rb .erb .rake .gemspec .pl .pm .t .php
    .js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .coffee .lua .tcl .awk .sed .r .jl .go .mod
    .sum .rs .c .h .cc .cpp .cxx .hpp .cs .fs .vb .csproj .fsproj .vbproj .sln .props .targets .java
    .kt .kts .groovy .gradle .scala .sbt .clj .cljs .edn .ex .exs .erl .hs .cabal .ml .swift .dart
    .nim .sql .proto .graphql .thrift .json .jsonc .json5 .yaml .yml .toml .ini .cfg .conf .cnf
    .config .properties .env .lock .xml .xsd .xsl .plist .html .htm .xhtml .css .scss .sass .less
    .svg .png .jpg .jpeg .gif .ico .webp .woff .woff2 .ttf .otf .txt .text .md .rst .adoc .csv .tsv
    .tmpl .tpl .template .j2 .jinja .jinja2 .mustache .hbs .ejs .in .am .ac .m4 .mk .cmake .patch
    .diff .ps1 .psm1 .bat .cmd .service .timer .socket .list .sources .repo .pem .crt .cer .key .pub
    .asc .gpg .sig .jar .war .ear .class .zip .whl .deb .rpm .so .dll .exe .wasm .pdf .tf .rego
    .cgi .fcgi .dist .lic .cron .init .rules .policy .map .hcl .nix .bzl .bazel .sample
    """.split()
)

_ORDINARY_NAMES = frozenset(
    """
    Dockerfile Containerfile Makefile GNUmakefile Gemfile Rakefile Guardfile Procfile Pipfile
    Vagrantfile Jenkinsfile Brewfile Caddyfile LICENSE LICENCE COPYING NOTICE README CHANGELOG
    VERSION crontab gradlew mvnw artisan WORKSPACE configure
    .bashrc .bash_profile .bash_aliases .profile .zshrc .vimrc .muttrc .inputrc .gitconfig
    .gitignore .dockerignore .npmrc .nvmrc .yarnrc .babelrc .eslintrc .prettierrc .browserslistrc
    .env .htaccess .pylintrc .coveragerc .flake8 .condarc .curlrc .wgetrc .netrc .pypirc
    .editorconfig .python-version .ruby-version .node-version .tool-versions
    """.split()
)


def looks_like_archive(path: str) -> bool:
    """Whether the name says that the file is an archive, or compressed."""
    name = posixpath.basename(path.rstrip("/")).lower()
    return name.endswith(_ARCHIVES) or ".tar." in name


def is_ordinary_file_name(path: str) -> bool:
    """Whether the name is one of a single file that is certainly no archive.

    In a pattern such as `lib/*.jar` the suffix speaks for every match.
    """
    if path.endswith("/") or looks_like_archive(path):
        return False
    name = posixpath.basename(path)
    if name in _ORDINARY_NAMES:
        return True
    suffix = posixpath.splitext(name)[1].lower()
    return suffix in _ORDINARY_SUFFIXES
