"""`ecommerce-analytics evaluate`: how a model did on days that it had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ecommerce_analytics import churn, clv, saved_model
from ecommerce_analytics.civil_time import to_microseconds
from ecommerce_analytics.cli.models import (
    ModelKey,
    NumThreads,
    backtest_table,
    evaluation_table,
    refuse_leak,
    write_table,
)
from ecommerce_analytics.cli.screen import exit_codes, plain_console, printable, stages
from ecommerce_analytics.cli.sources import Load, add_sources
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.transactions import Transactions

evaluate_app = typer.Typer(
    help="Test a model on days that it has not seen, beside plain baselines.", no_args_is_help=True
)
_churn_app = typer.Typer(
    help="Who will not come back: a new model of earlier cutoffs, or a saved one.",
    no_args_is_help=True,
)
_clv_app = typer.Typer(
    help="What customers are worth: expected and actual purchases and money of a holdout.",
    no_args_is_help=True,
)
evaluate_app.add_typer(_churn_app, name="churn")
evaluate_app.add_typer(_clv_app, name="clv")

_Cutoff = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT",
        help="Where it is tested, such as 2011-09-10; by default as late as the data allow.",
        show_default=False,
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.csv",
        help="File for the figures; one that is there is replaced.",
        show_default=False,
    ),
]


@dataclass(frozen=True, kw_only=True)
class _Options:
    cutoff: _Cutoff = None
    output: _Output = None
    num_threads: NumThreads = None


_HORIZON, _GAP, _ACTIVE_WITHIN = 90, 0, 365


@dataclass(frozen=True, kw_only=True)
class _ChurnOptions(_Options):
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="FILE",
            help="File of `train churn`; by default a model is trained on earlier cutoffs.",
            show_default=False,
        ),
    ] = None
    key: ModelKey = None
    horizon: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            help=f"Days without an order that are churn, of a new model; by default {_HORIZON}.",
            show_default=False,
        ),
    ] = None
    gap: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            help=f"Days left out before them, of a new model; by default {_GAP}.",
            show_default=False,
        ),
    ] = None
    active_within: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            help="Counted: customers with an order in so many days before; of a new model, by"
            f" default {_ACTIVE_WITHIN}.",
            show_default=False,
        ),
    ] = None


def _require_no_days(options: _ChurnOptions) -> None:
    """Refuse what a saved model has of its own, as it would have no effect."""
    for name in ("horizon", "gap", "active_within"):
        if getattr(options, name) is not None:
            raise InvalidArgument(
                "evaluate: a saved model of churn has days of its own; run without",
                file=options.model,
                value="--" + name.replace("_", "-"),
            )


def _evaluate_churn(load: Load, options: _ChurnOptions) -> None:
    with exit_codes():
        to_microseconds(options.cutoff)  # Need not wait for the source.
        saved = None
        if options.model is not None:
            _require_no_days(options)
            key = None if options.key is None else saved_model.read_key(options.key)
            saved = saved_model.load(options.model, key=key, kind="churn")
        with stages(2) as tell:
            tell("reading the source")
            dataset = load()
            tell("testing")
            if saved is not None and isinstance(saved.model, churn.Model):
                outcome = churn.evaluate_model(
                    saved.model,
                    dataset.transactions,
                    cutoff=options.cutoff,
                    num_threads=options.num_threads,
                )
            else:
                outcome = _of_new_model(dataset.transactions, options)
            if outcome.evaluation is None or outcome.model is None:
                raise InvalidData("evaluate: there is no test", value=outcome.reason)
            model = churn.Model(outcome.model)
            training = churn.training_of(
                model, dataset.transactions, num_threads=options.num_threads
            )
            leak = refuse_leak(training)
            hash_now = saved_model.training_sha256(model, training)
            if options.output is not None:
                write_table(outcome.evaluation.to_arrow(), dataset, options.output, timed="cutoff")
    console = plain_console()
    console.print(evaluation_table(outcome.evaluation, "Churn, tested at"))
    if "note" in outcome.evaluation.metadata:
        console.print(printable(outcome.evaluation.metadata["note"]))
    console.print(leak)
    if saved is not None and saved.training_sha256 is not None:
        is_same = hash_now == saved.training_sha256
        console.print(
            "The source has the very lines that the model was trained on"
            if is_same
            else "The lines that the model was trained on are not those of the source: their hash"
            " differs"
        )
    _tell_end(options, is_synthetic=dataset.is_synthetic)


def _of_new_model(transactions: Transactions, options: _ChurnOptions) -> churn.Outcome:
    horizon = _HORIZON if options.horizon is None else options.horizon
    gap = _GAP if options.gap is None else options.gap
    active_within = _ACTIVE_WITHIN if options.active_within is None else options.active_within
    as_of = None
    if (cutoff_us := to_microseconds(options.cutoff)) is not None:
        as_of = np.datetime64(cutoff_us, "us") + np.timedelta64(gap + horizon, "D")
    outcome = churn.evaluate(
        transactions,
        as_of=as_of,
        horizon=horizon,
        gap=gap,
        active_within=active_within,
        num_threads=options.num_threads,
    )
    if cutoff_us is not None and outcome.evaluation is not None:
        tested = to_microseconds(outcome.evaluation["cutoff"][0])
        if tested != cutoff_us:
            raise InvalidArgument(
                "evaluate: the data end inside the label window; the latest cutoff is",
                value=outcome.evaluation["cutoff"][0],
            )
    return outcome


def _evaluate_clv(load: Load, options: _Options) -> None:
    with exit_codes():
        to_microseconds(options.cutoff)  # Need not wait for the source.
        with stages(2) as tell:
            tell("reading the source")
            dataset = load()
            tell("testing")
            if options.cutoff is None:
                found = clv.evaluate(dataset.transactions, num_threads=options.num_threads).backtest
            else:
                found = clv.backtest(
                    dataset.transactions, options.cutoff, num_threads=options.num_threads
                )
            if found.totals is None:
                raise InvalidData("evaluate: there is no test", value=found.reason)
            if options.output is not None:
                write_table(found.totals.to_arrow(), dataset, options.output)
    plain_console().print(backtest_table(found.totals))
    _tell_end(options, is_synthetic=dataset.is_synthetic)


def _tell_end(options: _Options, *, is_synthetic: bool) -> None:
    console = plain_console()
    if is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    if options.output is not None:
        console.print(f"  {printable(str(options.output))}")


add_sources(_churn_app, _ChurnOptions, _evaluate_churn)
add_sources(_clv_app, _Options, _evaluate_clv)
