"""What a model of churn that was fitted before says of other lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecommerce_analytics import _core
from ecommerce_analytics.churn_model import Model, cuts_of, native_datasets, number, whole
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import CutoffDataset, Facts, native_facts, native_transactions
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

if TYPE_CHECKING:
    from ecommerce_analytics.churn import Outcome

__all__ = ["evaluate_model", "rank_by", "training_of"]

_DAY_US = 86_400_000_000


def rank_by(
    model: Model,
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    band_cuts: tuple[float, float] = (0.4, 0.7),
    facts: Facts | None = None,
    num_threads: int | None = None,
) -> Table:
    """Rank the customers by a model that was fitted before, such as one from a file.

    Parameters
    ----------
    model : Model
        As `fit`, `saved_model.load` or ``Model(outcome.model)`` give it.
    transactions : Transactions
        Order lines, n rows in any order.
    as_of, band_cuts, facts, num_threads
        As `rank`.

    Returns
    -------
    Table
        As `Outcome.ranking`, without what is told of a test.

    Raises
    ------
    TypeError
        If `model` is none.
    InvalidArgument
        If the data end more than 7 days before `as_of`, no purchase lies before it, or an option is
        out of its range.

    Notes
    -----
    A risk holds for lines of the shop that the model learned from: it knows no other. O(n).
    """
    if not isinstance(model, Model):
        raise TypeError("rank_by needs a Model")
    return Table(
        _core.churn.rank_by(
            model._native,
            native_transactions(transactions),
            as_of_us=to_microseconds(as_of),
            band_cuts=cuts_of(band_cuts),
            num_threads=thread_count(num_threads),
            facts=native_facts(facts),
        )
    )


def training_of(
    model: Model,
    transactions: Transactions,
    *,
    facts: Facts | None = None,
    num_threads: int | None = None,
) -> list[CutoffDataset]:
    """Make the data sets again that a model learned from, with the facts that it knew.

    Raises
    ------
    InvalidArgument
        If the lines do not cover its cutoffs, as `CutoffDataset`.
    """
    told = model.table
    return [
        CutoffDataset(
            transactions,
            cutoff,
            horizon=told.horizon_days,
            gap=told.gap_days,
            active_within=told.active_within_days,
            facts=facts,
            num_threads=num_threads,
        )
        for cutoff in told.training_cutoffs
    ]


def evaluate_model(
    model: Model,
    transactions: Transactions,
    *,
    cutoff: Moment | None = None,
    confidence: float = 0.95,
    n_resamples: int = 500,
    random_state: int = 0,
    facts: Facts | None = None,
    num_threads: int | None = None,
) -> Outcome:
    """Test a model that was fitted before on a cutoff of which it has seen nothing.

    Parameters
    ----------
    model : Model
        As `rank_by`.
    transactions : Transactions
        Order lines that cover the cutoffs of its training, too: the baselines learn there.
    cutoff : moment or None
        Where it is tested, not before the label windows of its training end. None: the latest with
        a whole label window.
    confidence, n_resamples, random_state, facts, num_threads
        As `rank`.

    Returns
    -------
    Outcome
        `evaluation`, `test` and the `model`.

    Raises
    ------
    TypeError
        If `model` is none.
    InvalidArgument
        If a label window is not whole, one of the training ends after the cutoff, or an option is
        out of its range.
    InvalidData
        If the test has fewer than two customers of a label.
    """
    from ecommerce_analytics.churn import Outcome  # Which imports this module.

    if not isinstance(model, Model):
        raise TypeError("evaluate_model needs a Model")
    told = model.table
    if cutoff is None:
        end_us = _core.cutoff.end_of_data_us(native_transactions(transactions))
        cutoff = np.datetime64(end_us - (told.gap_days + told.horizon_days) * _DAY_US, "us")
    test = CutoffDataset(
        transactions,
        cutoff,
        horizon=told.horizon_days,
        gap=told.gap_days,
        active_within=told.active_within_days,
        facts=facts,
        num_threads=num_threads,
    )
    training = training_of(model, transactions, facts=facts, num_threads=num_threads)
    evaluation = _core.churn.evaluate_model(
        model._native,
        native_datasets(training, "evaluate_model"),
        test._native,
        confidence=number("confidence", confidence),
        n_resamples=whole("n_resamples", n_resamples),
        random_state=whole("random_state", random_state),
        num_threads=thread_count(num_threads),
    )
    scores = Table(_core.churn.score(model._native, test._native))
    return Outcome(None, Table(evaluation), told, None, scores, facts)
