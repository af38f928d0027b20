"""`ecommerce-analytics measure`: what an action brought, beside a control group."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from ecommerce_analytics import exports, holdout, privacy
from ecommerce_analytics.civil_time import to_microseconds
from ecommerce_analytics.cli.models import NumThreads
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    number_text,
    plain_console,
    printable,
    screen_table,
    stages,
)
from ecommerce_analytics.cli.sources import Load, add_sources
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table

_TOLD = (
    *("after", "until", "treatment_customers", "control_customers", "treatment_not_found"),
    *("control_not_found", "confidence", "holdout_share", "split_p_value"),
)

measure_app = typer.Typer(
    help="Tell what an action on a list brought: orders and revenue beside the control group.",
    no_args_is_help=True,
)


# Told before the source, whose command reads it.
_told_list: ContextVar[Path] = ContextVar("list")


@measure_app.callback()
def _list(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="LIST",
            help="CSV file with `customer` and `group`, of a run with --holdout.",
            show_default=False,
        ),
    ],
) -> None:
    """Tell what an action on a list brought: orders and revenue beside the control group."""
    _told_list.set(path)


def _share(value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not between 0 and 1.")
    return value


@dataclass(frozen=True, kw_only=True)
class _Options:
    after: Annotated[
        str,
        typer.Option(
            metavar="DAY",
            help="Day from which orders and money count, such as 2011-09-01: that of the action,"
            " not before the list was made.",
            show_default=False,
        ),
    ]
    until: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="Day up to which they count, exclusive; by default the end of the data.",
            show_default=False,
        ),
    ] = None
    holdout: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            callback=_share,
            help="Share of the control group that was drawn; by default as run.json beside the"
            " list tells.",
            show_default=False,
        ),
    ] = None
    confidence: Annotated[
        float,
        typer.Option(metavar="SHARE", callback=_share, help="Coverage of the intervals."),
    ] = 0.95
    pseudonym_key: Annotated[
        str | None,
        typer.Option(
            "--pseudonymise",
            metavar="KEY",
            help="The secret of the list's pseudonyms, or @FILE; wanted where it has some.",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.csv",
            help="File for the figures, which `simulate --uplift-from` reads.",
            show_default=False,
        ),
    ] = None
    num_threads: NumThreads = None


def _measure(load: Load, options: _Options) -> None:
    path = _told_list.get()
    with exit_codes(hide_cells=options.pseudonym_key is not None):
        for moment in (options.after, options.until):
            to_microseconds(moment)  # Need not wait for the source, nor need the list.
        if options.output is not None and options.output.suffix != ".csv":
            raise InvalidArgument(
                "measure: the name of the file must end with .csv", file=options.output
            )
        told = holdout.read_list(path)
        _require_later(told, options.after, path)
        key = None if options.pseudonym_key is None else privacy.read_key(options.pseudonym_key)
        _require_key(told, key, path)
        with stages(2) as tell:
            tell("reading the source")
            dataset = load()
            tell("measuring")
            groups = told.groups if told.key_check is None else _unmasked(told, dataset, str(key))
            result = holdout.measure(
                dataset.transactions,
                groups,
                after=options.after,
                until=options.until,
                share=told.share if options.holdout is None else options.holdout,
                confidence=options.confidence,
                num_threads=options.num_threads,
            )
            if options.output is not None:
                about = {
                    "source": dataset.name,
                    "is_synthetic": str(dataset.is_synthetic).lower(),
                    "currency": dataset.currency or "",
                }
                export = exports.labelled(exports.Export(_complete(result)), about)
                exports.write_csv(export, options.output, raw=False)
    _tell(result, dataset, options)


def _require_later(told: holdout.CustomerList, after: str, path: Path) -> None:
    """Refuse days that the list itself was made of: they chose the customers."""
    made, begin = to_microseconds(told.as_of), to_microseconds(after)
    if made is not None and begin is not None and begin < made:
        raise InvalidArgument(
            "measure: --after lies before the moment of which the list is",
            file=path,
            value=f"{after}, before {told.as_of}",
        )


def _require_key(told: holdout.CustomerList, key: str | None, path: Path) -> None:
    if told.key_check is None:
        return
    if key is None or privacy.key_check(key) != told.key_check:
        raise InvalidArgument(
            "measure: the list has pseudonyms, and wants the key with which they were made; its"
            " check is",
            file=path,
            value=told.key_check,
        )


def _unmasked(told: holdout.CustomerList, dataset: Dataset, key: str) -> dict[str, str]:
    """Return the groups by the keys of the source; who is not in it keeps his pseudonym."""
    known = {
        privacy.pseudonym(customer, key): str(customer)
        for customer in holdout.customers_of(dataset.transactions)
    }
    return {known.get(customer, customer): group for customer, group in told.groups.items()}


def _complete(result: Table) -> pa.Table:
    """Return the figures with what else is the answer, as a file tells no metadata."""
    table = result.to_arrow()
    for name in _TOLD:
        text = result.metadata.get(name)
        table = table.append_column(name, pa.array([text] * len(table), pa.string()))
    return table


def _tell(result: Table, dataset: Dataset, options: _Options) -> None:
    console = plain_console()
    about = result.metadata
    currency = f" {printable(dataset.currency)}" if dataset.currency else ""
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    console.print(
        f"{count_text(result.treatment_customers)} treated customers beside"
        f" {count_text(result.control_customers)} of the control group, from {about['after']} up to"
        f" {about['until']}"
    )
    table = screen_table("", "per customer", "treated", "control", "effect", "lower", "upper", "p")
    rows = result.to_arrow().to_pylist()
    for row in rows:
        name = f"revenue{currency}" if row["figure"] == "revenue" else row["figure"]
        values = (row[one] for one in ("treatment", "baseline", "effect", "lower", "upper"))
        p_value = "n/a" if row["p_value"] is None else f"{row['p_value']:.3f}"
        shown = ("n/a" if value is None else f"{value:,.4f}" for value in values)
        table.add_row(name, *shown, p_value)
    console.print(table)
    for row in rows:
        name = f"revenue{currency}" if row["figure"] == "revenue" else row["figure"]
        console.print(
            f"Incremental {name} in total: {number_text(row['total'])}"
            f" ({number_text(row['total_lower'])} to {number_text(row['total_upper'])})"
        )
    console.print(
        f"Intervals cover {float(about['confidence']):.0%}; buyers by Newcombe and Fisher, orders"
        " and revenue by Welch; p-values two-sided"
    )
    if any(row["p_value"] is None for row in rows):
        console.print("n/a: all customers of a group are the same, so the figure tells no interval")
    absent = result.treatment_not_found, result.control_not_found
    if any(absent):
        console.print(
            f"Not in the source before {about['after']}, counted as without orders:"
            f" {count_text(absent[0])} treated, {count_text(absent[1])} of the control group"
        )
    _tell_split(result)
    if options.output is not None:
        console.print(f"  {printable(str(options.output))}")


def _tell_split(result: Table) -> None:
    console = plain_console()
    sizes = {
        holdout.TREATMENT: result.treatment_customers,
        holdout.CONTROL: result.control_customers,
    }
    if (note := holdout.note_of(sizes)) is not None:
        console.print(f"Too few: {note}")
    if "split_p_value" not in result.metadata:
        console.print("The split is not tested: nobody told the share of the control group")
        return
    p_value = float(result.metadata["split_p_value"])
    console.print(
        f"Split: p = {p_value:.3f} of a control group of this size, drawn with a share of"
        f" {float(result.metadata['holdout_share']):g}"
    )
    if p_value < holdout.SPLIT_LIMIT:
        console.print(
            "The groups are not of the share that was drawn: something else has chosen them, and"
            " the effect is not to be trusted"
        )


add_sources(measure_app, _Options, _measure)
