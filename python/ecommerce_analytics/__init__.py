"""Exact and fast analytics of an online shop's order lines.

Make a table with `Transactions.from_arrow`, `from_arrays`, `from_csv` or a loader of `datasets`,
then ask `kpi`, `rfm`, `cohort` or `geo_aggregate`.
"""

from ecommerce_analytics import (
    cohort,
    datasets,
    errors,
    explain,
    geo_aggregate,
    kpi,
    rfm,
    segments,
)
from ecommerce_analytics._core import __version__
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
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "CustomerHistory",
    "Error",
    "IOFailure",
    "IngestReport",
    "InvalidArgument",
    "InvalidData",
    "MissingExtra",
    "MoneyOverflow",
    "MonthReport",
    "SchemaMismatch",
    "Table",
    "Tally",
    "Transactions",
    "__version__",
    "cohort",
    "datasets",
    "errors",
    "explain",
    "geo_aggregate",
    "kpi",
    "rfm",
    "segments",
]
