"""Every analysis under one form, for tests of what all of them promise."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import ecommerce_analytics as ea
from order_logs import content_of

Source = ea.Transactions | ea.CustomerHistory


def _segments(source: Source, **options: Any) -> ea.Table:
    return ea.rfm.segment(ea.rfm.score(source, **options))


def _scores_by_thresholds(source: Source, **options: Any) -> ea.Table:
    return ea.rfm.score(
        source,
        window_days=60,
        n_bins=3,
        method="thresholds",
        recency_thresholds=[10, 30],
        frequency_thresholds=[1, 2],
        monetary_thresholds=["1.00", "10.00"],
        **options,
    )


def _clusters(source: Source, num_threads: int | None = None, **options: Any) -> ea.Table:
    scores = ea.rfm.score(source, num_threads=num_threads, **options)
    return ea.customer_clusters.fit(scores, n_init=2, num_threads=num_threads)


def _orders(source: Source, **options: Any) -> ea.Table:
    """List orders with their region: a table is asked for it, a history shows what it keeps."""
    region = "region" if isinstance(source, ea.Transactions) else None
    return ea.orders.list_orders(source, region=region, **options)


def _moves(source: Source, as_of: datetime | None = None, **options: Any) -> ea.Table:
    """Tell the moves from the middle of the data on."""
    total = ea.kpi.summary(source, as_of=as_of, **options)
    first, end = total["start"][0], total["end"][0]
    return ea.segment_migration.moves(source, first + (end - first) // 2, as_of, **options)


_OWN_RULES = ea.rfm.RuleSet(
    "own",
    n_bins=3,
    second="f",
    rules=[ea.rfm.Rule(3, 3, 2, 3, "best", m_min=2), ea.rfm.Rule(1, 3, 1, 3, "rest")],
)


ANALYSES: dict[str, Callable[..., ea.Table]] = {
    "kpi.summary": ea.kpi.summary,
    "kpi.summary by week": lambda source, **options: ea.kpi.summary(
        source, period="week", **options
    ),
    "kpi.changes by month": lambda source, **options: ea.kpi.changes(
        source, period="month", **options
    ),
    "rfm.segment": _segments,
    "rfm.score of 7": lambda source, **options: ea.rfm.score(source, n_bins=7, **options),
    "rfm.score by thresholds": _scores_by_thresholds,
    "rfm.segment by rules of one's own": lambda source, **options: ea.rfm.segment(
        _scores_by_thresholds(source, **options), rules=_OWN_RULES
    ),
    "rfm.summarize_tiers": lambda source, **options: ea.rfm.summarize_tiers(
        ea.rfm.tiers(ea.rfm.score(source, **options))
    ),
    "rfm.tiers": lambda source, **options: ea.rfm.tiers(ea.rfm.score(source, **options)),
    "rfm.lorenz": lambda source, **options: ea.rfm.lorenz(ea.rfm.score(source, **options)),
    "rfm.concentration in a window": lambda source, **options: ea.rfm.concentration(
        ea.rfm.score(source, window_days=90, **options)
    ),
    "rfm.summarize": lambda source, **options: ea.rfm.summarize(_segments(source, **options)),
    "customer_clusters.fit": _clusters,
    "customer_clusters.curve": lambda source, **options: ea.customer_clusters.curve(
        ea.rfm.score(source, **options), max_clusters=3, n_init=1
    ),
    "cohort.retention": ea.cohort.retention,
    "cohort.mean_retention": lambda source, **options: ea.cohort.mean_retention(
        ea.cohort.retention(source, **options)
    ),
    "cohort.retention of revenue": lambda source, **options: ea.cohort.retention(
        source, measure="revenue", period="quarter", **options
    ),
    "cohort.retention, rolling, by region": lambda source, **options: ea.cohort.retention(
        source, kind="rolling", by="region", **options
    ),
    "cohort.mean_retention, elapsed, by region": lambda source, **options: ea.cohort.mean_retention(
        ea.cohort.retention(source, kind="elapsed", elapsed_days=7, by="region", **options)
    ),
    "cohort.retention of cumulative revenue, elapsed": lambda source, **options: (
        ea.cohort.retention(source, measure="cumulative_revenue", kind="elapsed", **options)
    ),
    "cohort.retention of average order value by week": lambda source, **options: (
        ea.cohort.retention(
            source,
            measure="average_order_value",
            period="week",
            relative_to="previous",
            **options,
        )
    ),
    "cohort.drop_off by day": lambda source, **options: ea.cohort.drop_off(
        ea.cohort.retention(source, period="day", **options)
    ),
    "orders.list_orders": _orders,
    "orders.list_orders by revenue": lambda source, **options: _orders(
        source, sort="revenue", descending=True, limit=7, **options
    ),
    "orders.list_customers by last order": lambda source, **options: ea.orders.list_customers(
        source, sort="last_order", descending=True, limit=3, **options
    ),
    "second_order.curve": ea.second_order.curve,
    "second_order.summarize, by region": lambda source, **options: ea.second_order.summarize(
        ea.second_order.curve(source, by="region", **options)
    ),
    "segment_migration.moves": _moves,
    "trends.series of orders by week": lambda source, **options: ea.trends.series(
        ea.kpi.summary(source, period="day", **options), column="orders", period="week", window=4
    ),
    "trends.year_over_year": lambda source, **options: ea.trends.year_over_year(
        ea.kpi.summary(source, period="day", **options)
    ),
    "trends.weekday_pattern": lambda source, **options: ea.trends.weekday_pattern(
        ea.kpi.summary(source, period="day", **options)
    ),
    "geo_aggregate.by_region": ea.geo_aggregate.by_region,
}


def answers(
    source: Source, as_of: datetime | None = None, num_threads: int | None = 1
) -> dict[str, bytes | str]:
    """Return the bytes of every result, or the name of the refusal."""
    result: dict[str, bytes | str] = {}
    for name, analysis in ANALYSES.items():
        try:
            result[name] = content_of(analysis(source, as_of=as_of, num_threads=num_threads))
        except ea.Error as error:
            result[name] = type(error).__name__
    return result
