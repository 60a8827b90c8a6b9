"""The stages of a build, how they use one another, and what is in force in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from reimage.dockerfile import Arg, Copy, Dockerfile, From, Instruction, Run
from reimage.model.runs import RunFacts
from reimage.model.state import State, looks_like_windows, opaque_shell

PLATFORM_ARGUMENTS = (
    "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "BUILDOSVERSION",
    "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETOSVERSION", "TARGETSTAGE",
)  # fmt: skip
"""ARGs that BuildKit itself defines; their values are only known when it builds."""


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
        dockerfile: Dockerfile,
        arguments: Mapping[str, str | None],
    ) -> None:
        self.index = index
        self.from_ = from_
        self.instructions = instructions
        self.base = base
        self.dockerfile = dockerfile
        self.arguments = arguments
        self.uses: tuple[Stage, ...] = ()
        self.ships = True

    def __repr__(self) -> str:
        return f"<Stage {self.index} {self.name or ''}>"

    @property
    def name(self) -> str | None:
        """The stage's name in lower case, as BuildKit compares it."""
        alias = self.from_.alias
        return alias.text.lower() if alias else None

    @cached_property
    def image(self) -> str | None:
        if self.base or not self.from_.image:
            return None
        defaults = {k: v for k, v in self.arguments.items() if v is not None}
        return State(defaults, {}).value(self.from_.image.text, self.from_.escape)

    @property
    def root_image(self) -> str | None:
        """The image, as written, that the stages it is FROM begin with."""
        root = [self, *self.ancestors][-1]
        return root.from_.image.text if root.from_.image else None

    @cached_property
    def windows(self) -> bool:
        if self.base:
            return self.base.windows
        return looks_like_windows(self.dockerfile, self.from_)

    @cached_property
    def _states(self) -> tuple[State, ...]:
        state = self._inherited
        states = [state]
        for instruction in self.instructions:
            state = state.after(instruction, self.arguments)
            states.append(state)
        return tuple(states)

    @property
    def _inherited(self) -> State:
        if self.base:
            return replace(self.base.end, args={})
        return State({}, {})

    @property
    def end(self) -> State:
        """In force at the end of the stage."""
        return self._states[-1]

    def before(self, instruction: Instruction) -> State:
        """In force when `instruction` runs."""
        return self._states[self._positions[id(instruction)]]

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {id(each): index for index, each in enumerate(self.instructions)}

    def position(self, instruction: Instruction) -> int:
        """The index of `instruction` in `instructions`."""
        return self._positions[id(instruction)]

    @cached_property
    def runs(self) -> tuple[RunFacts, ...]:
        """The RUNs of the stage, in order."""
        return tuple(self._run(each) for each in self.instructions if isinstance(each, Run))

    def _run(self, run: Run) -> RunFacts:
        state = self.before(run)
        return RunFacts(run, state, opaque_shell(state, self.windows))

    @property
    def ancestors(self) -> Iterator[Stage]:
        """The stages it is FROM, nearest first."""
        stage = self.base
        while stage:
            yield stage
            stage = stage.base


def read_stages(dockerfile: Dockerfile) -> tuple[Stage, ...]:
    """The stages of a file. A stage ships when its layers can be part of an image that is built.

    These are the stages that no other stage uses (the last one, and targets of their own), and the
    stages these are FROM; a stage that is only copied or mounted from does not ship.
    """
    arguments = _global_arguments(dockerfile)
    stages: list[Stage] = []
    for from_, instructions in _split(dockerfile):
        base = _named(stages, from_.image.text) if from_.image else None
        stage = Stage(len(stages), from_, instructions, base, dockerfile, arguments)
        stage.uses = tuple(_used(stage, stages))
        stages.append(stage)
    used = {id(other) for stage in stages for other in (stage.base, *stage.uses) if other}
    shipping = {
        id(shipped)
        for stage in stages
        if id(stage) not in used
        for shipped in (stage, *stage.ancestors)
    }
    for stage in stages:
        stage.ships = id(stage) in shipping
    return tuple(stages)


def _global_arguments(dockerfile: Dockerfile) -> dict[str, str | None]:
    state = State({}, dict.fromkeys(PLATFORM_ARGUMENTS))
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


def _named(stages: list[Stage], name: str) -> Stage | None:
    name = name.lower()
    # The last of several stages with one name is the one BuildKit finds.
    return next((stage for stage in reversed(stages) if stage.name == name), None)


def _used(stage: Stage, earlier: list[Stage]) -> Iterator[Stage]:
    for instruction in stage.instructions:
        for name in _sources(instruction):
            if found := _named(earlier, name):
                yield found
            elif name.isdecimal() and int(name[:6]) < len(earlier):
                yield earlier[int(name)]


def _sources(instruction: Instruction) -> Iterator[str]:
    if isinstance(instruction, Copy) and instruction.from_:
        yield instruction.from_
    elif isinstance(instruction, Run):
        for mount in instruction.mounts:
            if mount.get("from"):
                yield mount["from"]
