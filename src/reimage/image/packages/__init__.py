"""What package managers say is installed in an image: one file per manager, read as plain text.

Each has `wanted(entry)`, whether the content of a file is needed, and `read(files)`, the packages.
"""
