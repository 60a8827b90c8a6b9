"""What `optimize` asks registries for, when it is told to: digests, and facts of base images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reimage.model import ImageFacts
from reimage.model.images.answers import Pinning
from reimage.model.images.references import LATEST
from reimage.pipeline.config import Config, find_config, load_config
from reimage.pipeline.options import Options
from reimage.pipeline.registries import ask_registries
from reimage.text import decode


def with_digests(paths: Sequence[Path], options: Options, source: bytes | None = None) -> Options:
    """The options with `images`: all images of all files, each asked for once.

    Nothing is asked unless the options or a configuration say so. `source` is the text of a file
    that is not on disk.
    """
    if options.images is not None or not paths:
        return options
    config = _config(paths[0], options)
    with_pins = options.pin or config.pin.with_optimize
    with_bases = options.bases or config.bases.with_optimize
    if not with_pins and not with_bases:
        return options
    from reimage.pipeline.pin_subjects import read_dockerfile, read_subject

    names = frozenset(config.pin.named_contexts)
    subjects = (
        [read_dockerfile(paths[0], decode(source), names)]
        if source is not None
        else [read_subject(path, names, named=True) for path in paths]
    )
    references = [
        reference for subject in subjects if subject for reference in subject.references()
    ]
    facts = ImageFacts(named_contexts=names)
    if with_pins:
        untied = [reference for reference in references if not reference.digest]
        answered = ask_registries(untied, options.registry, config.registry)
        facts = facts._replace(pinning=Pinning(answered.answers), notes=answered.notes)
    if with_bases:
        from reimage.pipeline.base_facts import ask_base_facts

        told = ask_base_facts(references, options.registry, config.registry)
        notes = tuple(dict.fromkeys((*facts.notes, *told.notes)))
        facts = facts._replace(bases=told.bases, versioned=told.versioned, notes=notes)
        facts = facts._replace(pinning=_with_versions(facts))
    return options._replace(images=facts)


def _with_versions(facts: ImageFacts) -> Pinning | None:
    """A tag that is written in place of `latest` stands for the same digest."""
    if facts.pinning is None:
        return None
    answers = dict(facts.pinning.answers)
    for tagged, tag in facts.versioned.items():
        if tagged in answers:
            answers[f"{tagged.removesuffix(f':{LATEST}')}:{tag}"] = answers[tagged]
    return facts.pinning._replace(answers=answers)


def _config(path: Path, options: Options) -> Config:
    """That of the first file decides about the network of the whole run."""
    found = options.config or find_config(path.parent)
    return load_config(found) if found else Config()
