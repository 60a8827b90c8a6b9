"""What the build context holds, read from the disk into plain data for `model`.

Reads file names, and the text of files that decide about installs. Runs nothing, asks no network.
"""
