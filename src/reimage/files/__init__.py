"""Files of this machine: finding, walking, reading and replacing them.

    FilesError        the path and one sentence
      NotWritten      a file or a set of files is as it was before

Knows nothing of Dockerfiles but their names, and follows no link out of a tree it walks.
"""

from reimage.files.errors import FilesError, NotWritten
from reimage.files.finding import Found, find_dockerfiles
from reimage.files.reading import DOCKERFILE_LIMIT, read
from reimage.files.walking import Entry, Kind, Walk, walk
from reimage.files.writing import atomic_write, write_all

__all__ = [
    "DOCKERFILE_LIMIT",
    "Entry",
    "FilesError",
    "Found",
    "Kind",
    "NotWritten",
    "Walk",
    "atomic_write",
    "find_dockerfiles",
    "read",
    "walk",
    "write_all",
]
