"""What stops a proof."""


class NotBuilt(Exception):
    """A file does not build. The message is part of a sentence: why, and at which line."""


class NotProvable(Exception):
    """There is nothing to compare with. The message is one sentence."""
