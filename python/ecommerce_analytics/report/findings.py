"""What a report asks of a shop: every table in it, and nothing that is not in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import (
    aggregate,
    churn,
    cohort,
    explain,
    geo_aggregate,
    kpi,
    payments,
    rfm,
)

if TYPE_CHECKING:
    from ecommerce_analytics.dashboard.shop import Filters, Shop
    from ecommerce_analytics.table import Table

__all__ = ["NUM_STAGES", "Findings", "gather"]

#: How often `gather` calls `progress`.
NUM_STAGES: Final = 5


@dataclass(frozen=True)
class Findings:
    """The answers of a shop.

    Attributes
    ----------
    source, as_of, rules : str
        Name of the data, moment (exclusive), rule set of the segments.
    is_synthetic : bool
        True if the lines were drawn and not observed.
    currency, cleaning, hindsight : str or None
        As of the data set.
    filters : tuple of (str, str)
        What was chosen, and how; empty for everything.
    total, months, changes : Table
        Key figures of the report window, of its months, and of these beside the months before.
    categories, payments, regions : Table or None
        Sums by key; None where the source has none.
    segments, concentration, lorenz, tiers : Table
        Of the full history, whatever the filters.
    cohorts, mean_retention : Table
        Retention of customers by month, and its mean over the cohorts.
    churn : churn.Outcome or None
        Of the full history; None if the source cannot be asked.
    explanation : explain.Explanation
        From the raw file to the net revenue, of all lines.
    """

    source: str
    as_of: str
    rules: str
    is_synthetic: bool
    currency: str | None
    cleaning: str | None
    hindsight: str | None
    filters: tuple[tuple[str, str], ...]
    total: Table
    months: Table
    changes: Table
    categories: Table | None
    payments: Table | None
    regions: Table | None
    segments: Table
    concentration: Table
    lorenz: Table
    tiers: Table
    cohorts: Table
    mean_retention: Table
    churn: churn.Outcome | None
    explanation: explain.Explanation


def gather(
    shop: Shop, filters: Filters, *, progress: Callable[[str], None] | None = None
) -> Findings:
    """Ask a shop all that a report tells.

    Parameters
    ----------
    shop : Shop
        The prepared source.
    filters : Filters
        Which orders are summed and which customers counted; segments, tiers, concentration,
        churn risk and the way from the raw file follow the full history.
    progress : callable, optional
        Called with the name of each stage as it begins.

    Raises
    ------
    InvalidArgument
        If no purchase is left under the filters.
    """
    tell = progress or _ignore
    dataset = shop.dataset
    tell("key figures")
    total: Table = shop.of_orders(kpi.summary, filters)
    months: Table = shop.of_orders(kpi.summary, filters, period="month")
    changes: Table = shop.of_orders(kpi.changes, filters, period="month")
    tell("groups")
    categories: Table | None = None
    if shop.has_category:
        categories = shop.of_lines(aggregate.group_by, filters, by=("category",))
    paid: Table | None = None
    if dataset.payments is not None:
        paid = shop.of_payments(payments.by_type, filters)
    regions: Table | None = None
    if dataset.region is not None:
        regions = shop.of_orders(geo_aggregate.by_region, filters, region=dataset.region)
    tell("cohorts")
    cohorts: Table = shop.of_orders(cohort.retention, filters, period="month")
    tell("customers")
    segments: Table = shop.of_segments(rfm.summarize)
    concentration: Table = shop.of_customers(rfm.concentration)
    lorenz: Table = shop.of_customers(rfm.lorenz)
    tell("churn risk")
    risk = churn.rank(dataset.transactions)
    return Findings(
        source=shop.name,
        as_of=shop.as_of,
        rules=shop.rules,
        is_synthetic=shop.is_synthetic,
        currency=shop.currency,
        cleaning=dataset.cleaning,
        hindsight=dataset.hindsight,
        filters=tuple(_told(filters)),
        total=total,
        months=months,
        changes=changes,
        categories=categories,
        payments=paid,
        regions=regions,
        segments=segments,
        concentration=concentration,
        lorenz=lorenz,
        tiers=shop.tiers,
        cohorts=cohorts,
        mean_retention=cohort.mean_retention(cohorts),
        churn=risk,
        explanation=explain.revenue(dataset),
    )


def _told(filters: Filters) -> list[tuple[str, str]]:
    """Say what was chosen, in words."""
    told: list[tuple[str, str]] = []
    if filters.start is not None or filters.end is not None:
        span = (f"from {filters.start}" if filters.start else "") + (
            f" before {filters.end}" if filters.end else ""
        )
        told.append(("days", span.strip()))
    for name in ("category", "segment", "region", "payment_type"):
        chosen: tuple[Any, ...] = getattr(filters, name)
        if chosen:
            told.append((name.replace("_", " "), ", ".join(map(str, chosen))))
    return told


def _ignore(stage: str) -> None:
    """Take note of nothing."""
