"""Reports: what a run found, as text, patch, Markdown, JSON, annotations or SARIF.

One file per format, each a pure function from the data of `pipeline.results` to text. This room
never opens a file, never asks a terminal and never decides what a run does.
"""
