"""What one pass found out about a Dockerfile and the next one need not find out again."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from reimage.dockerfile import Instruction, Run
from reimage.model.runs import RunFacts
from reimage.model.state import SETTING, State


class Recollection:
    """States and RUNs by what is written and what is in force.

    Where both are the same, the state behind an instruction is the same object, and a RUN keeps
    the facts about its script although it stands somewhere else by now.
    """

    def __init__(self) -> None:
        self._arguments: Mapping[str, str | None] = {}
        self._initial = State.initial()
        self._next: dict[tuple[int, str, str], tuple[State, State]] = {}
        self._runs: dict[tuple[int, str | None, str, tuple[str, ...]], RunFacts] = {}

    def begin(self, arguments: Mapping[str, str | None]) -> State:
        """In force where nothing was set yet; `arguments` are the ARGs before the first FROM."""
        if arguments != self._arguments:
            self._arguments = arguments
            self._next = {}
        return self._initial

    def after(self, state: State, instruction: Instruction) -> State:
        """In force behind `instruction`."""
        if instruction.keyword not in SETTING:
            return state
        # The states of a key are kept with it, so that no other gets its id.
        key = id(state), instruction.keyword, instruction.arguments.text
        found = self._next.get(key)
        if found is None:
            found = self._next[key] = state, state.after(instruction, self._arguments)
        return found[1]

    def run(self, run: Run, state: State, opaque_shell: str | None) -> RunFacts:
        """The facts of `run`."""
        heredocs = tuple(heredoc.content for heredoc in run.heredocs)
        key = id(state), opaque_shell, run.logical.text, heredocs
        facts = self._runs.get(key)
        if facts is None:
            facts = self._runs[key] = RunFacts(run, state, opaque_shell)
        elif facts.run is not run:
            # All that it keeps speaks of the script, wherever that stands.
            facts = copy(facts)
            facts.run = run
        return facts
