"""What a report asks of a shop: every table in it, and nothing that is not in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import churn, cohort, explain, kpi, rfm
from ecommerce_analytics.report import telling

if TYPE_CHECKING:
    from ecommerce_analytics.dashboard.shop import Filters, Shop
    from ecommerce_analytics.table import Table

__all__ = ["NUM_STAGES", "Findings", "gather"]

#: How often `gather` calls `progress`.
NUM_STAGES: Final = 4


@dataclass(frozen=True)
class Findings:
    """The answers of a shop.

    Attributes
    ----------
    source, as_of, rules : str
        Name of the data, moment (exclusive), rule set of the segments.
    untold : frozenset of str
        Key figures that the source cannot tell, of which a zero would say too much.
    is_synthetic : bool
        True if the lines were drawn and not observed.
    currency, cleaning, hindsight : str or None
        As of the data set.
    filters : tuple of (str, str)
        What was chosen, and how; empty for everything.
    total, months, changes : Table
        Key figures of the report window, of its months, and of these beside the months before.
    history_changes : Table
        As `changes`, of all days: what those of the report window are judged by.
    window : Table or None
        Key figures of the report window beside those of as many days before it, if one is chosen.
    categories, payments, regions : Table or None
        Sums by key; None where the source has none.
    segments, concentration, lorenz : Table
        Of the population, by the scores of its full history.
    tiers : Table
        Of all customers.
    cohorts : Table
        Retention of customers by month.
    mean_retention : Table or None
        Its mean over the cohorts; None if only files are asked.
    churn : churn.Outcome or None
        Of the full history; None if the source cannot be asked.
    explanation : explain.Explanation
        From the raw file to the net revenue under the filters.
    """

    source: str
    as_of: str
    rules: str
    untold: frozenset[str]
    is_synthetic: bool
    currency: str | None
    cleaning: str | None
    hindsight: str | None
    filters: tuple[tuple[str, str], ...]
    total: Table
    months: Table
    changes: Table
    history_changes: Table
    window: Table | None
    categories: Table | None
    payments: Table | None
    regions: Table | None
    segments: Table
    concentration: Table
    lorenz: Table
    tiers: Table
    cohorts: Table
    mean_retention: Table | None
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
        Which orders are summed and which customers counted; tiers and churn risk are of the full
        history, whatever the filters.
    progress : callable, optional
        Called with the name of each stage as it begins.

    Raises
    ------
    InvalidArgument
        If no purchase is left under the filters.
    """
    tell = progress or _ignore
    tell("key figures")
    months: Table = shop.of_orders(kpi.summary, filters, period="month")
    tell("groups and customers")
    told = telling.tables_of(shop, filters)
    told["history_changes"] = told.pop("changes")
    lorenz: Table = shop.of_customers(rfm.lorenz, filters)
    tell("cohorts")
    cohorts: Table = shop.of_orders(cohort.retention, filters, period="month")
    tell("churn risk")
    risk = shop.of_source(churn.rank) if shop.knows(churn.rank) else None
    return Findings(
        source=shop.name,
        as_of=shop.as_of,
        rules=shop.rules,
        untold=frozenset(shop.untold),
        is_synthetic=shop.is_synthetic,
        currency=shop.currency,
        cleaning=shop.cleaning,
        hindsight=shop.hindsight,
        filters=tuple(_chosen(filters)),
        months=months,
        changes=shop.of_orders(kpi.changes, filters, period="month"),
        lorenz=lorenz,
        tiers=shop.tiers,
        cohorts=cohorts,
        mean_retention=cohort.mean_retention(cohorts) if shop.has_lines else None,
        churn=risk,
        explanation=shop.explained(filters),
        **told,
    )


def _chosen(filters: Filters) -> list[tuple[str, str]]:
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
