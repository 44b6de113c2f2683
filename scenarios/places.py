"""What checks need to know of a scenario's text: where keys are written."""

from typing import Protocol

from scenarios.errors import Problem


class Places(Protocol):
    """What knows where keys are written."""

    def problem(self, key: str, message: str, remedy: str) -> Problem:
        """Return a problem at a key."""

    def blamed(self, *keys: str) -> str:
        """Return the key to name where several disagree."""
