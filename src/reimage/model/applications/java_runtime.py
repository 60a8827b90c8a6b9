"""A Java runtime of the JDK's own modules, made in the build stage by jlink.

Source: `jlink` and `java -Xshare` in the documentation of JDK 17. The modules are those of a JRE as
Temurin ships it, without the tools of the JDK; a jar may look any of them up by name when it runs.
"""

from __future__ import annotations

from reimage.dockerfile import Instruction
from reimage.model.applications.application import Addition, Artifact

HOME = "/opt/jre"
OLDEST = 11
"""Before Java 9 there is no jlink; between them there were versions that nobody keeps up."""
_MODULES = (
    "java.se,jdk.charsets,jdk.crypto.cryptoki,jdk.crypto.ec,jdk.httpserver,jdk.jfr",
    "jdk.localedata,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.net",
    "jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.xml.dom,jdk.zipfs",
)
RUNTIME = Artifact(HOME)
SETTINGS = (
    f"ENV JAVA_HOME={HOME} \\",
    "    LANG=C.UTF-8 \\",
    f'    PATH="{HOME}/bin:$PATH"',
)


def linked(before: Instruction) -> Addition:
    """The RUN that makes the runtime, and the archive of classes with which it starts quickly."""
    return Addition(
        before,
        (
            "# A Java runtime without the tools of the JDK",
            f"RUN jlink --output {HOME} --compress=2 --no-header-files --no-man-pages \\",
            *(f"        --add-modules {line} \\" for line in _MODULES),
            f"    && {HOME}/bin/java -Xshare:dump",
            "",
        ),
    )
