"""Exact and fast analytics of an online shop's order lines.

Make a table with `Transactions.from_arrow`, `from_arrays`, `from_csv` or a loader of `datasets`,
then ask `kpi`, `aggregate`, `rfm`, `cohort` or `geo_aggregate`, or several at once by `analyze`.

`KMeans`, `LogisticRegression`, `BGNBD`, `ParetoNBD` and `GammaGamma` are estimators of
scikit-learn's kind, for which the extra `[sklearn]` is needed.
"""

from typing import Any

from ecommerce_analytics import (
    actions,
    aggregate,
    bg_nbd,
    campaign,
    churn,
    clv,
    cohort,
    customer_clusters,
    customer_lists,
    cutoff,
    datasets,
    errors,
    estimators,
    explain,
    gamma_gamma,
    geo_aggregate,
    holdout,
    kmeans,
    kpi,
    logistic,
    metrics,
    narrative,
    orders,
    pareto_nbd,
    payments,
    privacy,
    purchase_history,
    recommendations,
    rfm,
    saved_model,
    second_order,
    second_order_groups,
    segment_migration,
    segments,
    trends,
    weekly_changes,
)
from ecommerce_analytics._core import __version__
from ecommerce_analytics.analysis import Analysis, analyze
from ecommerce_analytics.chunks import read_chunks
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.errors import (
    Error,
    InvalidArgument,
    InvalidData,
    IOFailure,
    MissingExtra,
    MoneyOverflow,
    SchemaMismatch,
)
from ecommerce_analytics.ingest import IngestReport, MonthReport, Tally
from ecommerce_analytics.payments import Payments
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "Analysis",
    "CustomerHistory",
    "CutoffDataset",
    "Error",
    "IOFailure",
    "IngestReport",
    "InvalidArgument",
    "InvalidData",
    "MissingExtra",
    "MoneyOverflow",
    "MonthReport",
    "Payments",
    "SchemaMismatch",
    "Selection",
    "Table",
    "Tally",
    "Transactions",
    "__version__",
    "actions",
    "aggregate",
    "analyze",
    "bg_nbd",
    "campaign",
    "churn",
    "clv",
    "cohort",
    "customer_clusters",
    "customer_lists",
    "cutoff",
    "datasets",
    "errors",
    "estimators",
    "explain",
    "gamma_gamma",
    "geo_aggregate",
    "holdout",
    "kmeans",
    "kpi",
    "logistic",
    "metrics",
    "narrative",
    "orders",
    "pareto_nbd",
    "payments",
    "privacy",
    "purchase_history",
    "read_chunks",
    "recommendations",
    "rfm",
    "saved_model",
    "second_order",
    "second_order_groups",
    "segment_migration",
    "segments",
    "trends",
    "weekly_changes",
]


def __getattr__(name: str) -> Any:
    # Asked for by name alone, and in no `__all__`: without scikit-learn they raise MissingExtra.
    if name in estimators.ESTIMATORS:
        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *estimators.ESTIMATORS})
