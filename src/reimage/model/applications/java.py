"""Java: a jar is built with the JDK, and runs on a runtime that the JDK links, or on the JRE of the
same version and distributor."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from reimage.dockerfile import Add, Copy, Run, Workdir
from reimage.model.applications.application import Application, Artifact
from reimage.model.applications.data_files import carried
from reimage.model.applications.entry import Entry
from reimage.model.applications.java_runtime import OLDEST, RUNTIME, SETTINGS, linked
from reimage.model.applications.parts import parts
from reimage.model.applications.references import official
from reimage.model.applications.steps import Kind, Step
from reimage.model.applications.system_packages import installed_packages, runtime_packages
from reimage.model.applications.without_shell import without_shell
from reimage.model.context import ContextFacts
from reimage.model.copies.copied_files import destination
from reimage.model.paths import is_at_or_above
from reimage.model.stages import Stage
from reimage.text import Edit, late

_JDK = late(
    r"(?:[\d.]+-)?eclipse-temurin-(\d+)((?:-[a-z]+)?)|(\d+)-jdk((?:-[a-z]+)?)"
    r"|(?:[\d.]+-)?jdk(\d+)((?:-[a-z]+)?)"
)
_ALONE = ("maven-shade-plugin", "spring-boot-maven-plugin", "jar-with-dependencies")
_IN_ANY_DISTRIBUTION = frozenset(("ca-certificates", "curl", "fontconfig", "tzdata", "wget"))
_BUILDERS = frozenset(("mvn", "mvnw", "gradle", "gradlew", "javac", "jar"))
_GRADLE_FILES = ("build.gradle", "build.gradle.kts")
_ALONE_BY_GRADLE = ("org.springframework.boot", "shadow")
_NO_DATA = ("src/", "gradle", "build.gradle", "settings.gradle", "mvnw")
_WRAPPERS = ("gradle/wrapper/", ".mvn/wrapper/")


def java_application(
    stage: Stage, steps: Sequence[Step], started: Entry, context: ContextFacts
) -> Application | str | None:
    """How a jar runs without the JDK; None where nothing is built."""
    jre = _runtime_image(stage)
    if jre is None or not any(
        step.kind is Kind.BUILD and step.command.name in _BUILDERS for step in steps
    ):
        return None
    jar = _jar(started, stage)
    if jar is None:
        return f"what it starts, {started.program}, is not a jar by name (java -jar …)"
    if problem := _needs_more_than_the_jar(jar, steps, context):
        return problem
    installed = installed_packages(steps)
    packages = (
        installed if isinstance(installed, str) else runtime_packages(installed, started.programs)
    )
    if isinstance(packages, str):
        return packages
    if other := next((each for each in packages if each not in _IN_ANY_DISTRIBUTION), None):
        return f"{other} may have another name in the distribution of the JRE's image"
    folder = stage.end.workdir or "/"
    data = carried(stage, context, jar, _NO_DATA)
    if isinstance(data, str):
        return data
    found = parts(stage, steps, (folder,))
    if isinstance(found, str):
        return found
    runtime = _runtime(jre, packages, without_shell(stage, steps, started), stage)
    return Application(
        base=runtime.base,
        packages=packages,
        dependencies=runtime.dependencies,
        settings=runtime.settings,
        added=runtime.added,
        replaced=runtime.replaced,
        sources=tuple(copy for copy in found.again if not _is_within(copy, stage, folder)),
        artifacts=(*_outside(found.artifacts, folder), *data),
        program=Artifact(jar),
        assumed="that it needs no tool of the JDK, and no files beside its jar but those copied",
    )


class _Jre(NamedTuple):
    """The image of the JRE, and the version of Java."""

    image: str
    version: int


def _runtime(
    jre: _Jre, packages: Sequence[str], plain: tuple[Edit, ...] | None, stage: Stage
) -> Application:
    """What the jar runs on: a runtime of its own on an image without one, or the image of a JRE."""
    if jre.version < OLDEST or "USE_SYSTEM_CA_CERTS" in stage.end.env:
        return Application(jre.image)
    slim = plain is None or bool(packages)
    first = next(i for i in stage.instructions if isinstance(i, Run | Copy | Add | Workdir))
    return Application(
        base="debian:bookworm-slim" if slim else "gcr.io/distroless/java-base-debian12",
        dependencies=(RUNTIME,),
        settings=SETTINGS,
        added=(linked(first),),
        replaced=() if slim else plain or (),
    )


def _runtime_image(stage: Stage) -> _Jre | None:
    base = official(stage.image or "", "eclipse-temurin", "maven", "gradle")
    if base is None:
        return None
    tag = f"{base.version}-{base.variant}".strip("-")
    match = _JDK.fullmatch(tag)
    if match is None:
        return None
    found = [group for group in match.groups() if group]
    version, distribution = found[0], "".join(found[1:])
    if "alpine" in distribution:
        return None
    return _Jre(f"{base.prefix}eclipse-temurin:{version}-jre{distribution}", int(version))


def _jar(started: Entry, stage: Stage) -> str | None:
    words = started.words
    if started.program != "java" or "-jar" not in words:
        return None
    if any(word in ("-cp", "-classpath", "--module-path", "-p") for word in words):
        return None
    named = words[words.index("-jar") + 1 :][:1]
    if not named or not named[0] or any(c in named[0] for c in "*?["):
        return None
    return posixpath.normpath(posixpath.join(stage.end.workdir or "/", named[0]))


def _needs_more_than_the_jar(jar: str, steps: Sequence[Step], context: ContextFacts) -> str | None:
    jars = (each for each in context.files if each.endswith(".jar"))
    if found := next((each for each in jars if not each.startswith(_WRAPPERS)), None):
        return f"{found} is in the build context, and may be on the class path"
    for step in steps:
        values = [value or "" for value in step.command.values]
        if step.command.name == "jar" and any(
            value.startswith("--manifest")
            or (
                at < 3
                and "m" in value.strip("-")
                and "=" not in value
                and not value.startswith("--")
                and len(value) < 6
            )
            for at, value in enumerate(values[1:], 1)
        ):
            return "the manifest of the jar is a file of its own, which may name a class path"
    for name in _GRADLE_FILES:
        text = context.texts.get(name, "")
        if "dependencies" in text and not any(plugin in text for plugin in _ALONE_BY_GRADLE):
            return f"{posixpath.basename(jar)} does not hold what {name} depends on"
    pom = context.texts.get("pom.xml", "")
    if "<modules>" in pom:
        return "pom.xml builds several modules, and which of them run is not known"
    if "<dependencies>" in pom and not any(plugin in pom for plugin in _ALONE):
        return f"{posixpath.basename(jar)} does not hold what pom.xml depends on"
    return None


def _is_within(copy: Copy | Add, stage: Stage, folder: str) -> bool:
    target = destination(copy, stage)
    return target is not None and is_at_or_above(folder, target)


def _outside(artifacts: Sequence[Artifact], folder: str) -> tuple[Artifact, ...]:
    return tuple(each for each in artifacts if not is_at_or_above(folder, each.path))
