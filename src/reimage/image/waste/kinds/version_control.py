"""Folders in which version control keeps its history."""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "version_control",
    "the history of the sources",
    paths=(r"(.*/)?\.(git|hg|svn|bzr)/",),
    cures=("ignore_unneeded_context",),
)
