"""All that can go wrong with an image.

ImageError
├── NotAnImage      nothing in it says that it is an image, or not the one that was asked for
├── Damaged         cut off, malformed, or not what its digest says
├── Unbounded       larger than the limits allow
├── Unsupported     made in a way that is not read here
└── NoRoom          the temporary folder has no room for what has to be kept
"""

from __future__ import annotations


class ImageError(Exception):
    """The root of the errors of this room. The text is a sentence for a person."""


class NotAnImage(ImageError):
    """What was given is no image, or holds no image of the name or platform asked for."""


class Damaged(ImageError):
    """What was read cannot be trusted: it ends early, is malformed, or has another digest."""


class Unbounded(ImageError):
    """It would take more time or memory than the limits allow."""


class Unsupported(ImageError):
    """An image in a form that reimage does not read: encrypted, for instance."""


class NoRoom(ImageError):
    """Contents of files cannot be put aside: the temporary folder is full, or not to be written."""
