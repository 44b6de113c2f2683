"""A user's mistake in a file: what, where and what to do, all mistakes of a file at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from market.errors import QuotaLabError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the file, the line (0: the whole file), the key or column, what is wrong and how to mend it."""

    file: str
    line: int
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        location = f"{self.file}:{self.line}" if self.line else self.file
        sentence = self.message.rstrip(". ") + "."
        return f"{location}: {self.key}: {sentence} {self.remedy}".rstrip()


class InputError(QuotaLabError):
    """Something that a user wrote cannot be used; nothing was started. ``problems`` holds every mistake found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class TableError(InputError):
    """A data table has mistakes."""
