"""`ecommerce-analytics predict`: what a saved model says of the customers of a source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from ecommerce_analytics import churn, clv, saved_model
from ecommerce_analytics.civil_time import to_microseconds
from ecommerce_analytics.cli.models import (
    AsOf,
    ModelKey,
    NumThreads,
    Pseudonymise,
    Raw,
    write_table,
)
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    plain_console,
    printable,
    screen_table,
    share_text,
    stages,
)
from ecommerce_analytics.cli.sources import Load, add_sources
from ecommerce_analytics.customer_lists import predictions_of
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.privacy import read_key

_HORIZON_DAYS = 365

predict_app = typer.Typer(
    help="Tell the customers of a source by a saved model, one row each.", no_args_is_help=True
)


@dataclass(frozen=True, kw_only=True)
class _Options:
    model: Annotated[
        Path,
        typer.Option("--model", "-m", metavar="FILE", help="File of `train`.", show_default=False),
    ]
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.csv",
            help="File of the predictions; one that is there is replaced.",
            show_default=False,
        ),
    ]
    as_of: AsOf = None
    horizon: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=1,
            help=f"Days to come, of a model of clv; by default {_HORIZON_DAYS}.",
            show_default=False,
        ),
    ] = None
    key: ModelKey = None
    raw: Raw = False
    pseudonym_key: Pseudonymise = None
    num_threads: NumThreads = None


def _predict(load: Load, options: _Options) -> None:
    with exit_codes(hide_cells=options.pseudonym_key is not None):
        to_microseconds(options.as_of)  # Need not wait for the source, nor need the model.
        key = None if options.key is None else saved_model.read_key(options.key)
        pseudonym_key = None if options.pseudonym_key is None else read_key(options.pseudonym_key)
        saved = saved_model.load(options.model, key=key)
        if isinstance(saved.model, churn.Model) and options.horizon is not None:
            raise InvalidArgument(
                "predict: a model of churn has a horizon of its own", file=options.model
            )
        with stages(3) as tell:
            tell("reading the source")
            dataset = load()
            tell("predicting")
            table, as_of = _predicted(saved, dataset, options)
            tell("writing the predictions")
            num_rows = write_table(
                table,
                dataset,
                options.output,
                as_of=as_of,
                raw=options.raw,
                pseudonym_key=pseudonym_key,
            )
    _tell(saved, table, dataset, options, num_rows, as_of)


def _predicted(
    saved: saved_model.SavedModel, dataset: Dataset, options: _Options
) -> tuple[pa.Table, str]:
    if isinstance(saved.model, churn.Model):
        cuts = saved.options.get("band_cuts", [0.4, 0.7])
        ranking = churn.rank_by(
            saved.model,
            dataset.transactions,
            as_of=options.as_of,
            band_cuts=(cuts[0], cuts[1]),
            num_threads=options.num_threads,
        )
        told = churn.explain(saved.model, ranking)
        return predictions_of(ranking, told), ranking.metadata["as_of"]
    if not isinstance(saved.model, clv.Models):
        raise InvalidArgument(
            "predict: a model of churn or clv is needed", file=options.model, value=saved.kind
        )
    prediction = clv.predict(
        dataset.transactions,
        as_of=options.as_of,
        horizon_days=float(options.horizon or _HORIZON_DAYS),
        period_days=saved.options.get("period_days", 7.0),
        models=saved.model,
        num_threads=options.num_threads,
    )
    if prediction.customers is None:
        raise InvalidData("predict: nothing can be told", value=prediction.reason)
    return prediction.customers.to_arrow(), prediction.customers.metadata["as_of"]


def _tell(
    saved: saved_model.SavedModel,
    table: pa.Table,
    dataset: Dataset,
    options: _Options,
    num_rows: int,
    as_of: str,
) -> None:
    console = plain_console()
    console.print(f"{count_text(num_rows)} customers as of {as_of}, by a model of {saved.kind}")
    if "risk_band" in table.column_names:
        bands = table["risk_band"].to_pylist()
        shown = screen_table("", "risk", "customers", "share")
        for band in ("high", "medium", "low"):
            shown.add_row(
                band,
                count_text(bands.count(band)),
                share_text(bands.count(band) / len(bands) if bands else None),
            )
        console.print(shown)
    if saved.is_signed and options.key is None:
        console.print("The model's file is signed; no --key was told, so nobody has looked at it")
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    console.print(f"  {printable(str(options.output))}")


add_sources(predict_app, _Options, _predict)
