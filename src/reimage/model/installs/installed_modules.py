"""Whether a node_modules is there before an install."""

from __future__ import annotations

from reimage.dockerfile import Add, Copy, Instruction
from reimage.model.context import ContextFacts
from reimage.model.copies.context_copies import folder_copy, is_below
from reimage.model.copies.copied_files import destination
from reimage.model.installs.project_installs import Step
from reimage.model.runs import RunFacts
from reimage.model.stages import Stage
from reimage.shell import PackageOperation, Verb


def what_brings(
    modules: str, step: Step, run: RunFacts, stage: Stage, context: ContextFacts
) -> str | None:
    """What put or may have put something at the place `modules` before `step` of `run`."""
    for each in (stage, *stage.ancestors):
        upto = stage.position(run.run) if each is stage else len(each.instructions)
        for instruction in each.instructions[:upto]:
            if _may_copy(modules, instruction, each, context):
                return f"{instruction.keyword} may bring a node_modules"
        for earlier in each.runs:
            is_own = earlier.run is run.run
            for operation in earlier.operations:
                later = is_own and operation.command.span.start > step.command.span.start
                if not later and _adds_packages(operation):
                    return "packages installed by name are in node_modules"
            if is_own:
                break
    return None


def _may_copy(modules: str, instruction: Instruction, stage: Stage, context: ContextFacts) -> bool:
    if not isinstance(instruction, Copy | Add):
        return False
    if copy := folder_copy(instruction, stage, context):
        path = copy.in_context(modules)
        return path in context.directories or is_below(copy.target, modules)
    target = destination(instruction, stage)
    if target is None or target == modules or is_below(target, modules):
        return True
    return instruction.flag("from") is not None and is_below(modules, target)


def _adds_packages(operation: PackageOperation) -> bool:
    is_global = operation.has("--global", "--location") or "-g" in operation.command.values
    is_node = operation.manager.name in ("npm", "yarn", "pnpm")
    is_named = operation.verb is Verb.INSTALL and bool(operation.packages)
    said = [word.value for word in operation.verb_words]
    return is_node and is_named and not is_global and "global" not in said
