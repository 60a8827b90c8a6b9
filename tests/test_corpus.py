"""The laws, on every real Dockerfile of the corpus with every transformation."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import dockerfile as wheel
import pytest
from e2b_dockerfile_utils.lexer import ShellLex
from e2b_dockerfile_utils.syntax import DockerfileSyntaxError, parse_dockerfile_ast
from tests import corpus_files

from reimage.dockerfile import TokenKind, parse
from reimage.model import Facts, configuration
from reimage.pipeline.selection import select
from reimage.rewriting import Claim, Outcome, rewrite
from reimage.rewriting.patches import make_patch
from reimage.text import decode, encode
from reimage.transforms import load

pytestmark = [corpus_files.needs_corpus, pytest.mark.xdist_group("corpus")]


@dataclass(frozen=True)
class Rewritten:
    name: str
    outcome: Outcome

    @property
    def may_change(self) -> set[str]:
        return {field for one in self.outcome.applied for field in one.transformation.may_change}


@lru_cache(maxsize=1)
def everything() -> list[Rewritten]:
    """Every file that BuildKit accepts, rewritten by all default transformations, any claim."""
    done = []
    for row in corpus_files.index():
        parsed = parse(decode(corpus_files.path(row).read_bytes()))
        if not parsed.problems:
            outcome = rewrite(parsed.tree, select(), allow=Claim.CHANGES_BEHAVIOUR)
            done.append(Rewritten(row["id"], outcome))
    return done


def changed() -> list[Rewritten]:
    return [each for each in everything() if each.outcome.text != each.outcome.source]


def test_most_files_can_be_bettered() -> None:
    assert len(changed()) > 400


def test_every_file_converges_and_nothing_had_to_be_dropped() -> None:
    for each in everything():
        assert each.outcome.converged, each.name
        assert not each.outcome.dropped, (each.name, [d.reason for d in each.outcome.dropped])


def test_a_second_run_changes_nothing() -> None:
    for each in changed():
        tree = parse(each.outcome.text).tree
        again = rewrite(tree, select(), allow=Claim.CHANGES_BEHAVIOUR)
        assert again.text == each.outcome.text, each.name


def test_the_alternatives_keep_the_laws_too() -> None:
    alternatives = tuple(each.name for each in load() if each.alternative_to)
    chosen = select(preferred=alternatives)
    done = 0
    for each in everything():
        outcome = rewrite(parse(each.outcome.source).tree, chosen, allow=Claim.CHANGES_BEHAVIOUR)
        assert outcome.converged, each.name
        assert not outcome.dropped, each.name
        if outcome.text in (each.outcome.text, outcome.source):
            continue
        again = rewrite(parse(outcome.text).tree, chosen, allow=Claim.CHANGES_BEHAVIOUR)
        assert again.text == outcome.text, each.name
        assert not _comments(outcome.source) - _comments(outcome.text), each.name
        assert _wheel_accepts(outcome.text) or not _wheel_accepts(outcome.source), each.name
        done += 1
    assert done > 100


def test_what_the_wheel_accepted_it_accepts() -> None:
    for each in changed():
        if _wheel_accepts(each.outcome.source):
            assert _wheel_accepts(each.outcome.text), each.name


def test_what_e2b_accepted_it_accepts() -> None:
    for each in changed():
        if _e2b_accepts(each.outcome.source):
            assert _e2b_accepts(each.outcome.text), each.name


def _wheel_accepts(text: str) -> bool:
    try:
        wheel.parse_string(encode(text).decode("utf-8", "replace"))
    except wheel.GoParseError:
        return False
    return True


def _e2b_accepts(text: str) -> bool:
    try:
        parse_dockerfile_ast(text)
    except (DockerfileSyntaxError, ValueError):
        return False
    return True


def test_no_comment_is_lost() -> None:
    for each in changed():
        lost = _comments(each.outcome.source) - _comments(each.outcome.text)
        assert not lost, (each.name, lost)


def _comments(text: str) -> Counter[str]:
    tokens = parse(text).tree.tokens
    kinds = (TokenKind.COMMENT, TokenKind.DIRECTIVE)
    return Counter(token.text.rstrip() for token in tokens if token.kind in kinds)


def test_no_value_of_env_label_or_arg_changes() -> None:
    fields = {"ENV": "Env", "LABEL": "Labels", "ARG": "Env"}
    for each in changed():
        before, after = _values(each.outcome.source), _values(each.outcome.text)
        for keyword, field in fields.items():
            if field not in each.may_change:
                assert before[keyword] == after[keyword], each.name


def _values(text: str) -> dict[str, list[tuple[str, str]]]:
    """Keys and values of ENV, LABEL and ARG, as e2b reads and expands them."""
    found: dict[str, list[tuple[str, str]]] = {"ENV": [], "LABEL": [], "ARG": []}
    try:
        tree = parse_dockerfile_ast(text)
    except (DockerfileSyntaxError, ValueError):
        return found
    lex = ShellLex(tree.escape_token, skip_unset_env=True)
    for instruction in tree.instructions:
        if instruction.name in ("ENV", "LABEL"):
            triples = zip(instruction.args[::3], instruction.args[1::3], strict=True)
            found[instruction.name] += [(k, _expanded(lex, v)) for k, v in triples]
        elif instruction.name == "ARG":
            found["ARG"] += [(arg, "") for arg in instruction.args]
    return found


def _expanded(lex: ShellLex, value: str) -> str:
    try:
        return str(lex.process_word(value))
    except ValueError:
        return value


def test_the_configuration_of_every_stage_is_what_it_was() -> None:
    for each in changed():
        before = Facts(parse(each.outcome.source).tree).stages
        after = Facts(parse(each.outcome.text).tree).stages
        assert [stage.name for stage in before] == [stage.name for stage in after], each.name
        for old, new in zip(before, after, strict=True):
            was, becomes = configuration(old), configuration(new)
            differing = {k for k in was.keys() | becomes.keys() if was.get(k) != becomes.get(k)}
            assert differing <= each.may_change, (each.name, differing)


@pytest.mark.parametrize("command", [("git", "apply"), ("patch", "-p1", "--quiet", "--binary")])
def test_every_patch_applies(command: tuple[str, ...], tmp_path: Path) -> None:
    patches = []
    for each in changed():
        target = tmp_path / each.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode(each.outcome.source))
        patches.append(make_patch(each.name, each.outcome.source, each.outcome.text).text)
    everything_at_once = encode("".join(patches))
    subprocess.run(command, input=everything_at_once, cwd=tmp_path, check=True)
    for each in changed():
        assert (tmp_path / each.name).read_bytes() == encode(each.outcome.text), each.name
