"""The stages of a build, how they use one another, and what is in force in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reimage.dockerfile import (
    Arg,
    Copy,
    Dockerfile,
    From,
    Instruction,
    Onbuild,
    Run,
    Word,
    expand,
)
from reimage.model.recollection import Recollection
from reimage.model.runs import RunFacts
from reimage.model.state import State, looks_like_windows, opaque_shell
from reimage.text import kept, late

PLATFORM_ARGUMENTS = (
    "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "BUILDOSVERSION",
    "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETOSVERSION", "TARGETSTAGE",
)  # fmt: skip
"""ARGs that BuildKit itself defines; their values are only known when it builds."""

_REFERENCE = late(r"\$\{[^}]*\}|\$\w+")
_INDEX = late(r"[0-9]{1,9}")


class Stage:
    """FROM and what follows it.

    `base` is the stage that FROM names, `image` the image that it names otherwise, with the ARGs'
    defaults filled in; None where the file does not tell. `ships` is set by `read_stages`.
    """

    def __init__(
        self,
        index: int,
        from_: From,
        instructions: tuple[Instruction, ...],
        base: Stage | None,
        image: str | None,
        dockerfile: Dockerfile,
        arguments: Mapping[str, str | None],
        recollection: Recollection,
    ) -> None:
        self.index = index
        self.from_ = from_
        self.instructions = instructions
        self.base = base
        self.image = image
        self.dockerfile = dockerfile
        self.arguments = arguments
        self._recollection = recollection
        self.uses: tuple[Stage, ...] = ()
        self.ships = True
        # At once: a chain of a thousand stages is deeper than Python's stack.
        self.windows: bool = base.windows if base else looks_like_windows(dockerfile, from_)
        self._states = self._follow_states()

    def __repr__(self) -> str:
        return f"<Stage {self.index} {self.name or ''}>"

    @property
    def name(self) -> str | None:
        """The stage's name in lower case, as BuildKit compares it."""
        alias = self.from_.alias
        return alias.text.lower() if alias else None

    @property
    def root_image(self) -> str | None:
        """The image, as written, that the stages it is FROM begin with."""
        root = [self, *self.ancestors][-1]
        return root.from_.image.text if root.from_.image else None

    def _follow_states(self) -> tuple[State, ...]:
        state = self._inherited()
        states = [state]
        after = self._recollection.after
        for instruction in self.instructions:
            state = after(state, instruction)
            states.append(state)
        return tuple(states)

    def _inherited(self) -> State:
        if not self.base or not self.from_.image:
            return self._recollection.begin(self.arguments)
        state = self.base.end
        if "$" in self.from_.image.text:
            state = state.of_another_base()
        for instruction in self.base.instructions:
            if isinstance(instruction, Onbuild) and instruction.inner:
                state = self._recollection.after(state, instruction.inner)
        return state

    @property
    def end(self) -> State:
        """In force at the end of the stage."""
        return self._states[-1]

    def before(self, instruction: Instruction) -> State:
        """In force when `instruction` runs."""
        return self._states[self._positions[id(instruction)]]

    @kept
    def _positions(self) -> dict[int, int]:
        return {id(each): index for index, each in enumerate(self.instructions)}

    def position(self, instruction: Instruction) -> int:
        """The index of `instruction` in `instructions`."""
        return self._positions[id(instruction)]

    @kept
    def runs(self) -> tuple[RunFacts, ...]:
        """The RUNs of the stage, in order."""
        return tuple(self._run(each) for each in self.instructions if isinstance(each, Run))

    def _run(self, run: Run) -> RunFacts:
        state = self.before(run)
        return self._recollection.run(run, state, opaque_shell(state, self.windows))

    @property
    def ancestors(self) -> Iterator[Stage]:
        """The stages it is FROM, nearest first."""
        stage = self.base
        while stage:
            yield stage
            stage = stage.base


def read_stages(dockerfile: Dockerfile, recollection: Recollection) -> tuple[Stage, ...]:
    """The stages of a file. A stage ships when its layers can be part of an image that is built.

    These are the stages that no other stage uses (the last one, and targets of their own), and the
    stages these are FROM; a stage that is only copied or mounted from does not ship.
    """
    arguments = _global_arguments(dockerfile)
    stages: list[Stage] = []
    by_name: dict[str, Stage] = {}
    used: set[int] = set()
    chosen: set[int] = set()
    for from_, instructions in _split(dockerfile):
        image = _chosen(from_.image, arguments, from_.escape) if from_.image else None
        base = by_name.get(image.lower()) if image else None
        if base:
            used.add(base.index)
            chosen.update(stage.index for stage in alternatives(from_, by_name))
            image = None
        stage = Stage(
            len(stages), from_, instructions, base, image, dockerfile, arguments, recollection
        )
        stage.uses = tuple(_used(stage, stages, by_name))
        used.update(other.index for other in stage.uses)
        stages.append(stage)
        if stage.name:
            # The last of several stages with one name is the one BuildKit finds.
            by_name[stage.name] = stage
    for stage in stages:
        stage.ships = stage.index not in used or stage.index in chosen
    for stage in reversed(stages):
        if stage.ships and stage.base:
            stage.base.ships = True
    return tuple(stages)


def _global_arguments(dockerfile: Dockerfile) -> Mapping[str, str | None]:
    platform = dict.fromkeys(PLATFORM_ARGUMENTS)
    if not dockerfile.instructions or not isinstance(dockerfile.instructions[0], Arg):
        return platform
    state = State.initial()
    for name, value in platform.items():
        state = state._replace(args=state.args.with_item(name, value))
    for instruction in dockerfile.instructions:
        if not isinstance(instruction, Arg):
            break
        state = state.after(instruction, state.args)
    return dict(state.args)


def _split(dockerfile: Dockerfile) -> Iterator[tuple[From, tuple[Instruction, ...]]]:
    from_: From | None = None
    instructions: list[Instruction] = []
    for instruction in dockerfile.instructions:
        if isinstance(instruction, From):
            if from_:
                yield from_, tuple(instructions)
            from_, instructions = instruction, []
        else:
            instructions.append(instruction)
    if from_:
        yield from_, tuple(instructions)


def _chosen(image: Word, arguments: Mapping[str, str | None], escape: str) -> str | None:
    """What FROM names while no build argument says otherwise."""
    known: Mapping[str, str] = {}
    if "$" in image.text:
        known = {name: value for name, value in arguments.items() if value is not None}
    expansion = expand(image.text, known, escape=escape)
    return None if expansion.error or expansion.unset else expansion.text


def alternatives(from_: From, by_name: Mapping[str, Stage]) -> Iterator[Stage]:
    """The stages that `FROM base-${VARIANT}` can name besides the one its default names."""
    text = from_.image.text if from_.image else ""
    if "$" in text:
        pattern = re.compile(".*".join(map(re.escape, _REFERENCE.split(text))))
        yield from (stage for name, stage in by_name.items() if pattern.fullmatch(name))


def _used(stage: Stage, earlier: list[Stage], by_name: Mapping[str, Stage]) -> Iterator[Stage]:
    for instruction in stage.instructions:
        for name in _sources(instruction):
            if found := by_name.get(name.lower()):
                yield found
            elif _INDEX.fullmatch(name) and int(name) < len(earlier):
                yield earlier[int(name)]


def _sources(instruction: Instruction) -> Iterator[str]:
    if isinstance(instruction, Copy) and instruction.from_:
        yield instruction.from_
    elif isinstance(instruction, Run) and instruction.flags:
        for mount in instruction.mounts:
            if mount.get("from"):
                yield mount["from"]
