"""What all commands show alike: errors, stages, tables, numbers."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as ScreenTable

from ecommerce_analytics import logs
from ecommerce_analytics.errors import (
    Error,
    InvalidData,
    MissingExtra,
    MoneyOverflow,
    SchemaMismatch,
)
from ecommerce_analytics.formats import printable as printable  # Of all commands.

FAILED = 1
USAGE_ERROR = 2
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM

_log = logging.getLogger(__name__)


class Terminated(KeyboardInterrupt):
    """The system, or a person by `kill`, asks the program to end: it does so as after Ctrl-C."""


def heed_termination() -> None:
    """Take SIGTERM from now on as an interrupt: left to itself it ends us with files half built."""
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def plain_console() -> Console:
    """Return standard output without markup: a value such as [red] stays what it is."""
    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


@contextmanager
def exit_codes(
    *, hide_cells: bool = False, codes: Mapping[type[Error], int] | None = None
) -> Iterator[None]:
    """Turn what the user can mend into one line and an exit code; a bug keeps its traceback.

    With `hide_cells` an error of the data is told without its value, which may be a customer's.
    `codes` are of errors for which the command has a code of its own.
    """
    try:
        yield
    except MissingExtra as error:
        log_error(error)
        _print_error(error)
        raise typer.Exit(USAGE_ERROR) from None
    except Error as error:
        if hide_cells and isinstance(error, (InvalidData, SchemaMismatch, MoneyOverflow)):
            error.value = None
        log_error(error)
        _print_error(error)
        raise typer.Exit((codes or {}).get(type(error), FAILED)) from None
    except KeyboardInterrupt as error:
        is_terminated = isinstance(error, Terminated)
        word = "terminated" if is_terminated else "interrupted"
        _log.error(word)
        if not logs.speaks_json():
            typer.echo(word, err=True)
        raise typer.Exit(TERMINATED if is_terminated else INTERRUPTED) from None


def log_error(error: Error) -> None:
    """Tell of an error without its value, which may be a customer's."""
    file = None if error.file is None else Path(error.file).name
    fields = {"error": type(error).__name__, "text": error.text, "file": file}
    _log.error("failed", extra={"fields": fields | {"row": error.row, "column": error.column}})


def _print_error(error: Error) -> None:
    if not logs.speaks_json():
        typer.echo(f"error: {printable(str(error))}", err=True)


@contextmanager
def stages(num_stages: int) -> Iterator[Callable[[str], None]]:
    """Show the stage on stderr: a bar of so many on a terminal, a line each elsewhere."""
    if logs.speaks_json():
        yield lambda stage: _log.info("stage", extra={"fields": {"stage": stage}})
        return
    console = Console(stderr=True, markup=False, emoji=False)
    if not console.is_terminal:
        yield lambda stage: typer.echo(stage, err=True)
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=num_stages)
        num_done = count()
        yield lambda stage: progress.update(task, description=stage, completed=next(num_done))


def screen_table(title: str, *columns: str) -> ScreenTable:
    """Make a table: text to the left, numbers to the right."""
    table = ScreenTable(
        title=title,
        title_justify="left",
        show_header=any(columns),
        box=None,
        pad_edge=False,
    )
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right", no_wrap=True)
    return table


def count_text(value: int) -> str:
    """Show a count with separators of thousands."""
    return f"{value:,}"


def money_text(value: Decimal) -> str:
    """Show all that is there and two decimals at least."""
    whole, _, decimals = f"{value:,.4f}".partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def number_text(value: float | None) -> str:
    """Show two decimals."""
    return "n/a" if value is None else f"{value:,.2f}"


def share_text(value: float | None) -> str:
    """Show a share in percent."""
    return "n/a" if value is None else f"{value:.1%}"
