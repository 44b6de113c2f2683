"""What commands write: tables for 80 columns, one JSON document, problems one a line, a progress bar on terminals."""

import json
import math
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from scenarios.errors import Problem

MOST_PROBLEMS = 200


def say(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")


def say_json(document: Any) -> None:
    """Write one JSON document and nothing else; numbers that are not finite become null."""
    say(json.dumps(finite(document), ensure_ascii=False, indent=2, allow_nan=False))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> None:
    """Write a table; columns whose positions are in ``numbers`` are set flush right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    right = set(numbers)
    for position, name in enumerate(columns):
        number = position in right
        table.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        table.add_row(*row)
    Console(file=sys.stdout, markup=False, highlight=False, emoji=False).print(table)


def say_wide_table(lead: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table of numbers in as many pieces as the width of the screen needs; each begins with the first cell."""
    from rich.console import Console

    room = Console(file=sys.stdout).width - 2
    first = max(len(row[0]) for row in rows) + 2
    widths = [max(len(name), *(len(row[i + 1]) for row in rows)) + 2 for i, name in enumerate(columns)]
    start = 0
    while start < len(columns):
        end, used = start + 1, first + widths[start]
        while end < len(columns) and used + widths[end] <= room:
            used += widths[end]
            end += 1
        piece = [(row[0], *row[start + 1 : end + 1]) for row in rows]
        say_table((lead, *columns[start:end]), piece, range(1, end - start + 1))
        start = end


def say_paragraph(text: str, indent: int = 0) -> None:
    """Write text wrapped to the width of the screen; Chinese text counts two columns a character."""
    from rich.console import Console
    from rich.padding import Padding

    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    console.print(Padding(text, (0, 0, 0, indent)))


def tell_problems(problems: Sequence[Problem], kind: str = "") -> None:
    """Write problems to standard error, one a line."""
    for problem in problems[:MOST_PROBLEMS]:
        tell(f"{kind}{problem}")
    if len(problems) > MOST_PROBLEMS:
        tell(f"... and {len(problems) - MOST_PROBLEMS} more")


def number(value: float, digits: int = 6) -> str:
    """Return a number with thousands marks and about six significant digits."""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        return f"{value:.{digits - 1}e}"
    text = f"{value:,.{max(0, min(digits, digits - 1 - size))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@contextmanager
def progress_bar(label: str, *, at_once: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function of (done, total) that draws a bar on standard error where that is a terminal.

    Ctrl-C is heeded at the next call of that function, a second one at once: raised just anywhere it could be swallowed
    where compiled code calls back into Python. ``at_once``: the first one too, for work that other processes do.
    """
    with nullcontext(_nothing) if at_once else _interrupts() as heed:
        if not sys.stderr.isatty():
            yield lambda done, total: heed()  # noqa: ARG005 - progress is not shown
            return
        with _bar(label) as advance:

            def step(done: int, total: int) -> None:
                advance(done, total)
                heed()

            yield step


def _nothing() -> None:
    """Do nothing."""


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Give a function that raises KeyboardInterrupt if Ctrl-C was pressed since."""
    pressed: list[int] = []

    def heed() -> None:
        if pressed:
            raise KeyboardInterrupt

    def press(number: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's form
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heed
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def finite(document: Any) -> Any:
    """Return a document with null for numbers that are not finite."""
    if isinstance(document, dict):
        return {str(key): finite(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [finite(value) for value in document]
    if hasattr(document, "item"):
        document = document.item()
    return None if isinstance(document, float) and not math.isfinite(document) else document
