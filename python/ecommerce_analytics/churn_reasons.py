"""Why a customer has the risk that he has, and the money behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecommerce_analytics import _core
from ecommerce_analytics.churn_applied import training_of
from ecommerce_analytics.churn_model import Model, native_datasets, number, whole
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

if TYPE_CHECKING:
    from ecommerce_analytics.churn import Outcome

__all__ = ["explain", "explain_groups", "revenue_at_risk"]


def explain(model: Model, data: CutoffDataset | Table) -> Table:
    """Take the log-odds of each customer apart into what each feature adds.

    Parameters
    ----------
    model : Model
        As `fit` returns it, or ``Model(outcome.model)``.
    data : CutoffDataset or Table
        A data set, the features that `cutoff.features` returned, or ``outcome.ranking``.

    Returns
    -------
    Table
        One row per customer, in the order of the data: `customer`, `churn_risk`,
        `base_log_odds`, ``<feature>_effect`` for each feature of the model, `log_odds`, `reason_1`,
        `reason_2`, `reason_3` (empty where there are fewer).

    Raises
    ------
    TypeError
        For anything else.
    InvalidArgument
        If the data are of other options than the model.

    Notes
    -----
    `base_log_odds` plus the effects, added from the first to the last, is `log_odds` to the last
    bit. Reasons are themes, such as recency or money, whose effects point in the direction in
    which the customer differs from the base, the weightiest first. O(n). See
    docs/methods/churn.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.datasets.make_synthetic(num_customers=2_000, random_state=0).transactions
    >>> outcome = ea.churn.rank(tx)
    >>> told = ea.churn.explain(ea.churn.Model(outcome.model), outcome.ranking)
    >>> told["reason_1"][3]
    '364 days since the last order, the usual gap is 2'
    """
    if not isinstance(model, Model):
        raise TypeError("explain needs a Model")
    if isinstance(data, CutoffDataset):
        return Table(_core.churn.explain_dataset(model._native, data._native))
    native = getattr(data, "_native", None)
    if isinstance(native, _core.churn.Ranking):
        return Table(_core.churn.explain_ranking(model._native, native))
    if isinstance(native, _core.cutoff.Features):
        return Table(_core.churn.explain(model._native, native))
    raise TypeError("explain needs a CutoffDataset, features of a cutoff, or a ranking")


def explain_groups(explanation: Table, segments: Table, *, confidence: float = 0.95) -> Table:
    """Tell the mean effect of each feature in each segment.

    Parameters
    ----------
    explanation : Table
        As `explain` returns it.
    segments : Table
        A table with `customer` and `segment`, as `rfm.segment` returns it; customers of the
        explanation without a segment are left out and counted.
    confidence : float, default=0.95
        Coverage of the normal interval of a mean, in (0, 1).

    Returns
    -------
    Table
        One row per segment and feature: `segment`, `customers`, `churn_risk` (mean), `feature`,
        `effect` with `lower` and `upper` (null of one customer), and `baseline`, the mean effect of
        all customers with a segment.

    Raises
    ------
    TypeError
        If `explanation` is none.
    InvalidArgument
        If `segments` lacks a column, or `confidence` is out of its range.
    """
    native = getattr(explanation, "_native", None)
    if not isinstance(native, _core.churn.Explanation):
        raise TypeError("explain_groups needs what explain returned")
    for name in ("customer", "segment"):
        if name not in segments:
            raise InvalidArgument("churn: segments lack a column", value=name)
    by_customer = dict(zip(segments["customer"], segments["segment"], strict=True))
    groups = [str(by_customer.get(customer, "")) for customer in explanation["customer"]]
    return Table(
        _core.churn.explain_groups(native, groups, confidence=number("confidence", confidence))
    )


def revenue_at_risk(
    transactions: Transactions,
    outcome: Outcome,
    *,
    confidence: float = 0.95,
    n_resamples: int = 200,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Sum up what the ranked customers may be expected not to spend.

    Parameters
    ----------
    transactions : Transactions
        The lines that `outcome` was made of.
    outcome : Outcome
        Of `rank`, with a ranking.
    confidence : float, default=0.95
        Coverage of intervals, in (0, 1).
    n_resamples : int, default=200
        Resamples of the customers of the training, in [1, 100,000].
    random_state : int, default=0
        Their seed.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per risk band that has customers, and ``all``: `risk_band`, `customers`,
        `expected_spend` (sum of what each may spend in the horizon if he orders),
        `revenue_at_risk` (sum of risk times that) with `lower` and `upper`, and `baseline`, that of
        the constant forecast.

    Raises
    ------
    InvalidArgument
        If the outcome has no ranking, or an option is out of its range.

    Notes
    -----
    What a customer may spend is the mean, not below 0, of the net money in the label windows of
    those of the training who ordered and are of his fifth of `monetary`. The interval tells how far
    the sums are known, not how they may fall. See docs/methods/churn.md.
    """
    if outcome.ranking is None or outcome.model is None:
        raise InvalidArgument("churn: there is no ranking", value=str(outcome.reason))
    model = Model(outcome.model)
    training = training_of(model, transactions, facts=outcome.facts, num_threads=num_threads)
    ranking = getattr(outcome.ranking, "_native", None)
    if not isinstance(ranking, _core.churn.Ranking):
        raise TypeError("revenue_at_risk needs the outcome of churn.rank")
    return Table(
        _core.churn.revenue_at_risk(
            model._native,
            native_datasets(training, "revenue_at_risk"),
            ranking,
            confidence=number("confidence", confidence),
            n_resamples=whole("n_resamples", n_resamples),
            random_state=whole("random_state", random_state),
            num_threads=thread_count(num_threads),
        )
    )
