"""Spans, edits and lines of a text. Knows nothing of Dockerfiles.

Texts are `str`; bytes that are not UTF-8 ride along as surrogate escapes (PEP 383), so that
`encode(decode(data)) == data` for any data. Offsets count characters of that `str`.
"""

from reimage.text.closeness import closest
from reimage.text.encoding import decode, encode
from reimage.text.kept import kept
from reimage.text.lines import LineIndex, split_lines
from reimage.text.patterns import late
from reimage.text.spans import Edit, Span, apply_edits, overlap

__all__ = [
    "Edit",
    "LineIndex",
    "Span",
    "apply_edits",
    "closest",
    "decode",
    "encode",
    "kept",
    "late",
    "overlap",
    "split_lines",
]
