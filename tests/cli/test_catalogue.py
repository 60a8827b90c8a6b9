"""`reimage rules` and `reimage explain`."""

import json

import pytest
from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("copy-instead-of-ad", " Did you mean 'copy-instead-of-add'?"),
        ("zzz", ""),
        ("\x1b[2J", ""),
    ],
)
def test_an_unknown_name_is_one_sentence(reimage_: Shell, word: str, hint: str) -> None:
    result = reimage_("explain", word)
    assert (result.exit_code, result.stdout) == (2, "")
    shown = word.replace("\x1b", "\\x1b")
    assert result.stderr == (
        f"reimage: There is no transformation '{shown}'; `reimage rules` lists them.{hint}\n"
    )


def test_explain_needs_a_name(reimage_: Shell) -> None:
    assert reimage_("explain").exit_code == 2


@pytest.mark.parametrize("name", ["copy-instead-of-add", "copy_instead_of_add"])
def test_an_explanation_is_the_docstring_wrapped(reimage_: Shell, name: str) -> None:
    result = reimage_("explain", name)
    assert result.exit_code == 0
    assert result.stdout == (
        "copy-instead-of-add  same-image\n"
        "\n"
        "Copy local files with COPY.\n"
        "\n"
        "ADD unpacks archives and fetches from the network (see the reference,\n"
        "https://docs.docker.com/reference/dockerfile/#add), which a reader of the file\n"
        "has to rule out at each use.\n"
        "\n"
        "- It leaves archives.\n"
        "- It leaves addresses, whatever they hold, and this point is long enough to be\n"
        "  wrapped too.\n"
        "\n"
        "claim: root file system and runtime configuration stay equal, timestamps aside\n"
    )


def test_an_explanation_names_alternatives_and_what_may_change(reimage_: Shell) -> None:
    default = reimage_("explain", "drop-download-caches").stdout
    assert "may change in the image configuration: Env\n" in default
    assert "alternatives: mount-download-caches (chosen with --prefer NAME)\n" in default
    other = " ".join(reimage_("explain", "mount-download-caches").stdout.split())
    assert "runs instead of drop-download-caches with --prefer mount-download-caches" in other


def test_the_terminal_width_counts_up_to_a_hundred_columns(reimage_: Shell) -> None:
    wide = reimage_("explain", "copy-instead-of-add", COLUMNS="500").stdout
    assert 80 < max(map(len, wide.split("\n"))) <= 100
    narrow = reimage_("explain", "copy-instead-of-add", COLUMNS="60").stdout
    assert max(map(len, narrow.split("\n"))) <= 60


def test_the_table_lists_names_claims_and_summaries(reimage_: Shell) -> None:
    result = reimage_("rules")
    assert result.exit_code == 0
    assert result.stdout == (
        "copy-instead-of-add    same-image\n"
        "    Copy local files with COPY.\n"
        "drop-download-caches   same-behaviour\n"
        "    Drop the caches that package managers leave behind.\n"
        "mount-download-caches  same-files\n"
        "    instead of drop-download-caches\n"
        "    Keep the caches in a mount | outside the image.\n"
    )


def test_the_table_as_json(reimage_: Shell) -> None:
    document = json.loads(reimage_("rules", "--format", "json").stdout)
    assert document["transformations"][2] == {
        "name": "mount-download-caches",
        "claim": "same-files",
        "default": False,
        "alternative_to": "drop-download-caches",
        "may_change": [],
        "summary": "Keep the caches in a mount | outside the image.",
    }


def test_the_table_as_markdown_keeps_bars_inside_cells(reimage_: Shell) -> None:
    text = reimage_("rules", "--format", "markdown").stdout
    assert text.split("\n")[4] == (
        "| `mount-download-caches` | same-files | instead of `drop-download-caches` "
        "| Keep the caches in a mount \\| outside the image. |"
    )


def test_sarif_is_not_for_tables(reimage_: Shell) -> None:
    assert reimage_("rules", "--format", "sarif").exit_code == 2
