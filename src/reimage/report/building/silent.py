"""No progress at all."""

from buildkit_client.status import Event
from reimage.report.building.board import Board


class SilentProgress:
    """Takes events and shows nothing."""

    def __init__(self) -> None:
        self.board = Board()

    def take(self, event: Event) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        """There is nothing to end."""
