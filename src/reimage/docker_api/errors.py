"""All that can go wrong with a Docker daemon.

DockerError
├── NoDaemon        there is none, or it cannot be reached, or it went away
├── NotThere        it knows no such image or container
└── Refused         it would not do what was asked
"""

from __future__ import annotations


class DockerError(Exception):
    """The root of the errors of this room. The text is a sentence for a person."""


class NoDaemon(DockerError):
    """No daemon answers, or it stopped answering."""


class NotThere(DockerError):
    """The daemon has no image or container of this name."""


class Refused(DockerError):
    """The daemon answered with an error."""
