"""`ecommerce-analytics check`: what is installed, and whether a source and a database are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from ecommerce_analytics import civil_time, installation, warehouse
from ecommerce_analytics.cli.screen import (
    FAILED,
    count_text,
    exit_codes,
    log_error,
    money_text,
    plain_console,
    printable,
    stages,
)
from ecommerce_analytics.cli.sources import Load, add_sources
from ecommerce_analytics.errors import Error

check_app = typer.Typer(
    help="Tell what is installed, and whether a source can be read and a database be written.",
    invoke_without_command=True,
)

_To = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Reach this database too: postgresql://…", show_default=False),
]
_Schema = Annotated[str, typer.Option("--schema", metavar="NAME", help="Schema to be written.")]


@dataclass(frozen=True, kw_only=True)
class _Options:
    context: typer.Context
    to: _To = None
    to_schema: _Schema = warehouse.DEFAULT_SCHEMA


@check_app.callback()
def _check(
    context: typer.Context, to: _To = None, to_schema: _Schema = warehouse.DEFAULT_SCHEMA
) -> None:
    """Tell what is installed, and whether a source can be read and a database be written.

    The exit code is 0 only if all that was asked about is well. A missing extra is no fault
    unless something that was asked for needs it.
    """
    if context.invoked_subcommand is None:
        _tell(None, to, to_schema)


def _check_source(load: Load, options: _Options) -> None:
    # What stands before the name of the source counts too.
    above = options.context.parent.params if options.context.parent else {}
    to, schema = options.to, options.to_schema
    if to is None and above.get("to") is not None:
        to, schema = above["to"], above["to_schema"]
    _tell(load, to, schema)


def _tell(load: Load | None, to: str | None, schema: str) -> None:
    console = plain_console()
    with exit_codes():
        found = installation.libraries()
        for line in installation.lines(found):
            console.print(printable(line))
        # A library that is there and broken is a fault; so is half of what the commands need.
        all_well = not any(library.trouble for library in found)
        all_well &= not installation.missing_of("io", found)
        all_well &= civil_time.time_zone_data() is not None
        if load is not None:
            all_well &= _went_well("source", lambda: _source(load))
        if to is not None:
            all_well &= _went_well("database", lambda: _database(to, schema))
    if not all_well:
        raise typer.Exit(FAILED)


def _went_well(name: str, look: Callable[[], str]) -> bool:
    """Print what was found, or what is wrong with it; go on in either case."""
    console = plain_console()
    try:
        with stages(1) as tell:
            tell(f"looking at the {name}")
            told = look()
    except Error as error:
        log_error(error)
        console.print(f"{name}: not well: {printable(str(error))}")
        return False
    console.print(f"{name}: well: {printable(told)}")
    return True


def _source(load: Load) -> str:
    dataset = load()
    report = dataset.report
    currency = f" {dataset.currency}" if dataset.currency else ""
    return (
        f"{dataset.name}, {count_text(report.read.num_lines)} lines read,"
        f" {count_text(report.kept.num_lines)} kept, of {count_text(report.num_orders)} orders and"
        f" {count_text(report.num_customers)} customers, worth"
        f" {money_text(report.kept.money)}{currency}"
    )


def _database(url: str, schema: str) -> str:
    place = warehouse.place_of(url, schema)
    found = warehouse.check(place)
    return f"{place}, PostgreSQL {found['server']}, schema {schema} {found['schema']}"


add_sources(check_app, _Options, _check_source)
