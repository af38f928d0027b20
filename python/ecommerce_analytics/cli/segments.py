"""`ecommerce-analytics segments`: segmentations side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecommerce_analytics import segments
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    plain_console,
    printable,
    screen_table,
    share_text,
)

segments_app = typer.Typer(help="Segmentations of customers, side by side.", no_args_is_help=True)


@segments_app.callback()
def _group() -> None:
    """Segmentations of customers, side by side."""


@segments_app.command("compare")
def _compare(
    ours: Annotated[
        Path,
        typer.Argument(
            metavar="OURS", help="customer_rfm_segments.csv, or the folder of a run that has it."
        ),
    ],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", help="CSV file of the others.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="CSV file for the customers who differ: customer, ours, theirs.",
            show_default=False,
        ),
    ] = None,
    customer_column: Annotated[
        str, typer.Option(metavar="NAME", help="Their column of the customer's key.")
    ] = "customer",
    segment_column: Annotated[
        str, typer.Option(metavar="NAME", help="Their column of the segment.")
    ] = "segment",
    delimiter: Annotated[
        str, typer.Option(metavar="CHARACTER", help="What separates their cells.")
    ] = ",",
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Encoding of their text.")
    ] = "utf-8",
) -> None:
    """Compare our segments with those of others, customer by customer."""
    with exit_codes():
        path = ours / segments.FILE_NAME if ours.is_dir() else ours
        left = segments.read(path)
        right = segments.read(
            theirs,
            customer_column=customer_column,
            segment_column=segment_column,
            delimiter="\t" if delimiter == "tab" else delimiter,
            encoding=encoding,
        )
        found = segments.compare(left, right)
        if output is not None:
            segments.write_differences(found, output)
    console = plain_console()
    table = screen_table("Agreement", "ours", "theirs", "customers", "share")
    for row in found.table:
        cells = (printable(row.ours), printable(row.theirs))
        table.add_row(*cells, count_text(row.customers), share_text(row.share))
    console.print(table)
    kappa = "undefined" if found.kappa is None else f"{found.kappa:.4f}"
    console.print(
        f"\n{count_text(found.num_agreeing)} of {count_text(found.num_both)} customers agree"
        f" ({share_text(found.agreement)}), Cohen's kappa {kappa}"
    )
    console.print(
        f"only in ours: {count_text(found.num_ours - found.num_both)},"
        f" only in theirs: {count_text(found.num_theirs - found.num_both)},"
        f" who differ in all: {count_text(len(found.differences))}"
    )
    if output is not None:
        console.print(f"They stand in {printable(str(output))}")
