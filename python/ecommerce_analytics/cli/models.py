"""What the commands of models have in common: their options, their files, their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import pyarrow as pa
import typer
from rich.table import Table as ScreenTable

from ecommerce_analytics import churn, cutoff, exports
from ecommerce_analytics.cli.screen import count_text, number_text, screen_table, share_text
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import InvalidArgument, MissingExtra
from ecommerce_analytics.privacy import Protection
from ecommerce_analytics.table import Table

ModelKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        envvar="ECOMMERCE_ANALYTICS_MODEL_KEY",
        help="Secret of at least 16 characters, or @FILE: the file of the model is signed with it,"
        " and refused if it is not.",
        show_default=False,
    ),
]
AsOf: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT",
        help="Moment, exclusive, from which to look back, such as 2018-09-04;"
        " by default 00:00 after the day of the last line.",
        show_default=False,
    ),
]
NumThreads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Threads that read the rows; by default as many as there are cores allowed.",
        show_default=False,
    ),
]
Horizon: TypeAlias = Annotated[
    int, typer.Option(metavar="DAYS", help="Days without an order that are churn.")
]
Gap: TypeAlias = Annotated[int, typer.Option(metavar="DAYS", help="Days left out before them.")]
ActiveWithin: TypeAlias = Annotated[
    int,
    typer.Option(metavar="DAYS", help="Counted: customers with an order in so many days before."),
]
Raw: TypeAlias = Annotated[
    bool, typer.Option("--raw", help="Write text as it is: a spreadsheet may run it.")
]
Pseudonymise: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--pseudonymise",
        metavar="KEY",
        help="Write pseudonyms instead of customers' keys, made with this secret of at least 16"
        " characters, or with that in a file: @FILE.",
        show_default=False,
    ),
]


# A leak is as plain in a part of the customers.
_MOST_JUDGED: Final = 20_000


def refuse_leak(training: Sequence[cutoff.CutoffDataset]) -> str:
    """Look for a label that is made of the features; say what was found where there is none.

    Each data set is judged alone, by at most 20,000 customers at even steps through their keys.

    Raises
    ------
    InvalidData
        If there is one (`churn.require_no_leak`).
    """
    areas = []
    try:
        for one in training:
            step = -(-len(one) // _MOST_JUDGED)
            columns = cutoff.numbers_of(one.features)
            told = churn.require_no_leak(
                {name: column[::step] for name, column in columns.items()}, one.labels[::step]
            )
            if told["is_judged"]:
                areas.append(told["roc_auc"])
    except MissingExtra as error:
        return f"A leak of the label into the features was not looked for: {error}"
    if not areas:
        return "A leak of the label into the features was not looked for: too few of a label"
    return (
        "No leak of the label into the features: boosted trees tell it with a ROC-AUC of"
        f" {max(areas):.3f} at most"
    )


def write_table(
    table: pa.Table,
    dataset: Dataset,
    path: Path,
    *,
    as_of: str | None = None,
    raw: bool = False,
    pseudonym_key: str | None = None,
    timed: str | None = None,
) -> int:
    """Write a table as a run would write it into that folder; return the rows that are in it."""
    if path.suffix != ".csv":
        raise InvalidArgument("run: the name of a table's file must end with .csv", file=path)
    protection = Protection(path.parent, pseudonym_key, customers=dataset.customers)
    kept = protection.applied(table)
    about = {
        "source": dataset.name,
        "is_synthetic": str(dataset.is_synthetic).lower(),
        "currency": dataset.currency or "",
        **({} if as_of is None else {"as_of": as_of}),
    }
    export = exports.Export(kept) if timed is None else exports.timed(kept, timed)
    exports.write_csv(exports.labelled(export, about), path, raw=raw)
    return int(kept.num_rows)


def evaluation_table(evaluation: Table, title: str) -> ScreenTable:
    """Show how a model of churn did beside what needs none, each figure with its interval."""
    rows = evaluation.to_arrow().to_pylist()
    first = rows[0]
    table = screen_table(
        f"{title} {first['cutoff']}: of {count_text(first['customers'])} customers"
        f" {share_text(first['base_rate'])} had no order in {first['horizon_days']} days",
        *("model", "ROC-AUC", "PR-AUC", "Brier"),
    )
    for row in rows:
        cells = (
            f"{row[name]:.3f} ({row[f'{name}_lower']:.3f}-{row[f'{name}_upper']:.3f})"
            for name in ("roc_auc", "pr_auc", "brier")
        )
        table.add_row(row["model"], *cells)
    return table


def backtest_table(totals: Table) -> ScreenTable:
    """Show what the models expected of a holdout, beside what happened and a naive rule."""
    about: Mapping[str, str] = totals.metadata
    table = screen_table(
        f"Test of {about['purchase_model']} on the {about['holdout_days']} days from"
        f" {about['calibration_end'][:10]} on",
        *("", "actual", "model", "lower", "upper", "naive"),
    )
    rows = totals.to_arrow().to_pylist()
    names = ("actual", "model", "lower", "upper", "naive")
    for row in rows:
        table.add_row(row["figure"], *(number_text(row[name]) for name in names))
    for name in ("model", "naive"):
        errors = (f"{row['figure']} {share_text(row[f'{name}_error'])}" for row in rows)
        table.caption = (
            f"{table.caption}; {name}: " if table.caption else f"Error of the {name}: "
        ) + ", ".join(errors)
    table.caption_justify = "left"
    return table
