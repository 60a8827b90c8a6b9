"""What stops a proof."""


class NotBuilt(Exception):
    """A file does not build. The message is part of a sentence: why, and at which line.

    Where `is_network`, something was out of reach, for which no rewrite is to blame. Where
    `lacks_line`, a step failed and the builder did not tell which line it is: of builds that share
    a step, one is told.
    """

    def __init__(self, told: str, *, is_network: bool = False, lacks_line: bool = False) -> None:
        super().__init__(told)
        self.is_network = is_network
        self.lacks_line = lacks_line


class NotProvable(Exception):
    """There is nothing to compare with. The message is one sentence."""
