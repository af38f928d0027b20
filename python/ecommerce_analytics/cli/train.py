"""`ecommerce-analytics train`: a model, tested and written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ecommerce_analytics import churn, clv, purchase_history, saved_model
from ecommerce_analytics.civil_time import to_microseconds
from ecommerce_analytics.cli.models import (
    ActiveWithin,
    AsOf,
    Gap,
    Horizon,
    ModelKey,
    NumThreads,
    backtest_table,
    evaluation_table,
    refuse_leak,
)
from ecommerce_analytics.cli.screen import exit_codes, plain_console, printable, stages
from ecommerce_analytics.cli.sources import Load, add_sources
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import InvalidData

train_app = typer.Typer(
    help="Fit a model to a source, test it, and write it to a file.", no_args_is_help=True
)
_churn_app = typer.Typer(
    help="Who will not come back: trained on earlier cutoffs, tested on a later one.",
    no_args_is_help=True,
)
_clv_app = typer.Typer(
    help="What customers are worth: purchases to come and what they spend, fitted to all lines.",
    no_args_is_help=True,
)
train_app.add_typer(_churn_app, name="churn")
train_app.add_typer(_clv_app, name="clv")

_Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="File of the model, JSON; one that is there is replaced.",
        show_default=False,
    ),
]


@dataclass(frozen=True, kw_only=True)
class _Options:
    output: _Output
    key: ModelKey = None
    num_threads: NumThreads = None


@dataclass(frozen=True, kw_only=True)
class _ChurnOptions(_Options):
    as_of: AsOf = None
    horizon: Horizon = 90
    gap: Gap = 0
    active_within: ActiveWithin = 365


def _train_churn(load: Load, options: _ChurnOptions) -> None:
    with exit_codes():
        to_microseconds(options.as_of)  # Need not wait for the source.
        key = None if options.key is None else saved_model.read_key(options.key)
        with stages(3) as tell:
            tell("reading the source")
            dataset = load()
            tell("training and testing")
            outcome = churn.rank(
                dataset.transactions,
                as_of=options.as_of,
                horizon=options.horizon,
                gap=options.gap,
                active_within=options.active_within,
                num_threads=options.num_threads,
            )
            if outcome.model is None or outcome.evaluation is None or outcome.ranking is None:
                raise InvalidData("train: no model of churn can be made", value=outcome.reason)
            model = churn.Model(outcome.model)
            training = churn.training_of(
                model, dataset.transactions, num_threads=options.num_threads
            )
            leak = refuse_leak(training)
            tell("writing the model")
            saved_model.save(
                model,
                options.output,
                training=training,
                metrics={"evaluation": outcome.evaluation},
                options={
                    **_source_of(dataset),
                    "as_of": str(outcome.ranking.metadata["as_of"]),
                    "band_cuts": list(outcome.ranking.band_cuts),
                },
                key=key,
            )
    console = plain_console()
    console.print(evaluation_table(outcome.evaluation, "Churn, tested at"))
    if "note" in outcome.evaluation.metadata:
        console.print(printable(outcome.evaluation.metadata["note"]))
    console.print(leak)
    _tell_file(dataset, options)


def _train_clv(load: Load, options: _Options) -> None:
    with exit_codes():
        key = None if options.key is None else saved_model.read_key(options.key)
        with stages(3) as tell:
            tell("reading the source")
            dataset = load()
            tell("fitting and testing")
            found = clv.evaluate(dataset.transactions, num_threads=options.num_threads)
            prediction, test = found.prediction, found.backtest
            if prediction.models is None or prediction.customers is None:
                raise InvalidData(
                    "train: no model of customer lifetime value can be made",
                    value=prediction.reason,
                )
            about = prediction.customers.metadata
            tell("writing the model")
            tables = {
                "parameters": prediction.parameters,
                "totals": test.totals,
                "by_frequency": test.by_frequency,
            }
            saved_model.save(
                prediction.models,
                options.output,
                training=purchase_history.summary(
                    dataset.transactions,
                    period_days=float(about["period_days"]),
                    num_threads=options.num_threads,
                ),
                metrics={name: table for name, table in tables.items() if table is not None},
                options={
                    **_source_of(dataset),
                    "as_of": about["as_of"],
                    "period_days": float(about["period_days"]),
                    "purchase_model": about["purchase_model"],
                },
                key=key,
            )
    console = plain_console()
    if test.totals is None:
        console.print(f"Not tested: {test.reason}")
    else:
        console.print(backtest_table(test.totals))
    if prediction.warning:
        console.print(prediction.warning)
    _tell_file(dataset, options)


def _source_of(dataset: Dataset) -> dict[str, Any]:
    return {"source": dataset.name, "is_synthetic": dataset.is_synthetic}


def _tell_file(dataset: Dataset, options: _Options) -> None:
    console = plain_console()
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    signed = "" if options.key is None else ", signed"
    console.print(f"Model in {printable(str(options.output))}{signed}")


add_sources(_churn_app, _ChurnOptions, _train_churn)
add_sources(_clv_app, _Options, _train_clv)
