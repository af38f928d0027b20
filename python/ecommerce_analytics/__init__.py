"""Exact and fast analytics of an online shop's order lines.

Make a table with `Transactions.from_arrow`, `from_arrays`, `from_csv` or a loader of `datasets`,
then ask `kpi`, `aggregate`, `rfm`, `cohort` or `geo_aggregate`, or several at once by `analyze`.
"""

from ecommerce_analytics import (
    aggregate,
    cohort,
    datasets,
    errors,
    explain,
    geo_aggregate,
    kpi,
    payments,
    privacy,
    rfm,
    segments,
)
from ecommerce_analytics._core import __version__
from ecommerce_analytics.analysis import Analysis, analyze
from ecommerce_analytics.chunks import read_chunks
from ecommerce_analytics.customer_history import CustomerHistory
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
    "aggregate",
    "analyze",
    "cohort",
    "datasets",
    "errors",
    "explain",
    "geo_aggregate",
    "kpi",
    "payments",
    "privacy",
    "read_chunks",
    "rfm",
    "segments",
]
