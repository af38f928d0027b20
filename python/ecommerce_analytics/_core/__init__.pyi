"""
Native core of ecommerce_analytics; call it through the package.
"""
from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing
from . import aggregate
from . import kmeans
from . import kpi
from . import logistic
from . import orders
from . import payments
from . import rfm
from . import customer_clusters
from . import cohort
from . import second_order
from . import segment_migration
from . import geo_aggregate
from . import metrics
from . import cutoff
from . import churn
from . import campaign
from . import purchase_history
from . import bg_nbd
from . import pareto_nbd
from . import gamma_gamma
__all__: list[str] = ['AmbiguousTime', 'CustomerHistory', 'IngestReport', 'IntegerUnit', 'KeyColumn', 'NonexistentTime', 'PaymentFilter', 'PurchaseRule', 'Rounding', 'Selection', 'SourceLines', 'Table', 'Transactions', 'aggregate', 'bg_nbd', 'campaign', 'churn', 'cohort', 'customer_clusters', 'cutoff', 'force_processor_path', 'gamma_gamma', 'geo_aggregate', 'ingest', 'kmeans', 'kpi', 'logistic', 'make_array_table', 'metrics', 'money_to_float64', 'money_to_text', 'orders', 'pareto_nbd', 'payments', 'processor_path', 'purchase_history', 'read_lines', 'rfm', 'second_order', 'segment_migration']
class Table:
    """
    A result: an Arrow table to anyone who asks.
    """
    def __arrow_c_array__(self, requested_schema: typing.Any = None) -> tuple[typing.Any, typing.Any]:
        ...
    def __arrow_c_schema__(self) -> typing.Any:
        ...
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing.Any:
        ...
    def column(self, name: str) -> tuple:
        ...
    @property
    def formats(self) -> list[tuple[str, str]]:
        ...
    @property
    def metadata(self) -> dict:
        ...
    @property
    def num_rows(self) -> int:
        ...
class Rounding:
    """
    Members:
    
      exact
    
      half_even
    
      half_up
    """
    __members__: typing.ClassVar[dict[str, Rounding]]
    exact: typing.ClassVar[Rounding]
    half_even: typing.ClassVar[Rounding]
    half_up: typing.ClassVar[Rounding]
    @typing.overload
    def __eq__(self, other: Rounding) -> bool:
        ...
    @typing.overload
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getstate__(self) -> int:
        ...
    def __hash__(self) -> int:
        ...
    def __index__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __int__(self) -> int:
        ...
    @typing.overload
    def __ne__(self, other: Rounding) -> bool:
        ...
    @typing.overload
    def __ne__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, state: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def value(self) -> int:
        ...
class PurchaseRule:
    """
    Members:
    
      positive_amount
    
      every_line
    """
    __members__: typing.ClassVar[dict[str, PurchaseRule]]
    every_line: typing.ClassVar[PurchaseRule]
    positive_amount: typing.ClassVar[PurchaseRule]
    @typing.overload
    def __eq__(self, other: PurchaseRule) -> bool:
        ...
    @typing.overload
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getstate__(self) -> int:
        ...
    def __hash__(self) -> int:
        ...
    def __index__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __int__(self) -> int:
        ...
    @typing.overload
    def __ne__(self, other: PurchaseRule) -> bool:
        ...
    @typing.overload
    def __ne__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, state: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def value(self) -> int:
        ...
class IntegerUnit:
    """
    Members:
    
      refuse
    
      major
    
      minor
    """
    __members__: typing.ClassVar[dict[str, IntegerUnit]]
    major: typing.ClassVar[IntegerUnit]
    minor: typing.ClassVar[IntegerUnit]
    refuse: typing.ClassVar[IntegerUnit]
    @typing.overload
    def __eq__(self, other: IntegerUnit) -> bool:
        ...
    @typing.overload
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getstate__(self) -> int:
        ...
    def __hash__(self) -> int:
        ...
    def __index__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __int__(self) -> int:
        ...
    @typing.overload
    def __ne__(self, other: IntegerUnit) -> bool:
        ...
    @typing.overload
    def __ne__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, state: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def value(self) -> int:
        ...
class AmbiguousTime:
    """
    Members:
    
      error
    
      earlier
    
      later
    """
    __members__: typing.ClassVar[dict[str, AmbiguousTime]]
    earlier: typing.ClassVar[AmbiguousTime]
    error: typing.ClassVar[AmbiguousTime]
    later: typing.ClassVar[AmbiguousTime]
    @typing.overload
    def __eq__(self, other: AmbiguousTime) -> bool:
        ...
    @typing.overload
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getstate__(self) -> int:
        ...
    def __hash__(self) -> int:
        ...
    def __index__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __int__(self) -> int:
        ...
    @typing.overload
    def __ne__(self, other: AmbiguousTime) -> bool:
        ...
    @typing.overload
    def __ne__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, state: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def value(self) -> int:
        ...
class NonexistentTime:
    """
    Members:
    
      error
    
      shift_forward
    """
    __members__: typing.ClassVar[dict[str, NonexistentTime]]
    error: typing.ClassVar[NonexistentTime]
    shift_forward: typing.ClassVar[NonexistentTime]
    @typing.overload
    def __eq__(self, other: NonexistentTime) -> bool:
        ...
    @typing.overload
    def __eq__(self, other: typing.Any) -> bool:
        ...
    def __getstate__(self) -> int:
        ...
    def __hash__(self) -> int:
        ...
    def __index__(self) -> int:
        ...
    def __init__(self, value: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __int__(self) -> int:
        ...
    @typing.overload
    def __ne__(self, other: NonexistentTime) -> bool:
        ...
    @typing.overload
    def __ne__(self, other: typing.Any) -> bool:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, state: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    def __str__(self) -> str:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def value(self) -> int:
        ...
class IngestReport:
    """
    What came in and what was left out.
    """
    @property
    def clock_changes(self) -> list:
        ...
    @property
    def guests(self) -> tuple:
        ...
    @property
    def kept(self) -> tuple:
        ...
    @property
    def kinds(self) -> list:
        ...
    @property
    def measures(self) -> list:
        ...
    @property
    def months(self) -> list:
        ...
    @property
    def num_customers(self) -> int:
        ...
    @property
    def num_orders(self) -> int:
        ...
    @property
    def read(self) -> tuple:
        ...
    @property
    def removed(self) -> list:
        ...
class Transactions:
    """
    Order lines, immutable.
    """
    @property
    def currency(self) -> str:
        ...
    @property
    def dimension_names(self) -> list[str]:
        ...
    @property
    def measure_names(self) -> list[str]:
        ...
    @property
    def num_rows(self) -> int:
        ...
class SourceLines(Table):
    """
    The lines of a source, removed ones too.
    """
class KeyColumn:
    """
    Keys of customers, orders or a dimension.
    """
    def __init__(self, keys: list) -> None:
        ...
    def __len__(self) -> int:
        ...
    def intersection(self, other: KeyColumn) -> KeyColumn:
        ...
class PaymentFilter:
    """
    Types of payment, and the table of them.
    """
class Selection:
    """
    Which orders are summed, which customers counted.
    """
    def __init__(self, *, start_day: typing.SupportsInt | typing.SupportsIndex | None = None, end_day: typing.SupportsInt | typing.SupportsIndex | None = None, dimensions: collections.abc.Sequence[tuple[str, KeyColumn]] = [], region: tuple[str, KeyColumn] | None = None, home_region: tuple[str, KeyColumn] | None = None, payment: PaymentFilter | None = None, orders: KeyColumn | None = None, customers: KeyColumn | None = None) -> None:
        ...
    def describe(self) -> str:
        ...
    def equals(self, other: Selection) -> bool:
        ...
class CustomerHistory:
    """
    What is known of each customer's orders.
    """
    def __init__(self, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, region: str = '', measures: collections.abc.Sequence[str] = [], marks: collections.abc.Sequence[tuple[str, KeyColumn]] = [], dimensions: collections.abc.Sequence[str] = [], selection: Selection = ...) -> None:
        ...
    def add(self, rows: Transactions, *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def merge(self, other: CustomerHistory) -> None:
        ...
    def select(self, selection: Selection) -> CustomerHistory:
        ...
    @property
    def num_customers(self) -> int:
        ...
    @property
    def num_orders(self) -> int:
        ...
def force_processor_path(name: str | None) -> None:
    """
    Use the instructions of that name; None: choose again. For tests.
    """
def ingest(stream: typing.Any, *, customer: str, order: str, timestamp: str, amount: str, quantity: str, unit_price: str, kind: str, removed_by: str, source_row: str, measures: collections.abc.Sequence[tuple[str, str]], dimensions: collections.abc.Sequence[tuple[str, str]], rounding: Rounding, integer_unit: IntegerUnit, purchases: PurchaseRule, currency: str, zone: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]], cleaning_rules: collections.abc.Sequence[str], currency_column: str, decimal: str, thousands: str, source_zone: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]], ambiguous: AmbiguousTime, nonexistent: NonexistentTime) -> tuple[Transactions, IngestReport]:
    """
    See ecommerce_analytics.Transactions.from_arrow.
    """
def make_array_table(columns: collections.abc.Sequence[tuple], metadata: collections.abc.Sequence[tuple[str, str]] = []) -> Table:
    """
    Columns of numpy arrays and lists of text as a table.
    """
def money_to_float64(values: numpy.ndarray) -> numpy.typing.NDArray[numpy.float64]:
    """
    The doubles nearest to exact money.
    """
def money_to_text(values: numpy.ndarray) -> list[str]:
    """
    All digits of exact money.
    """
def processor_path() -> str:
    """
    Name of the instructions in use.
    """
def read_lines(stream: typing.Any, *, customer: str, order: str, timestamp: str, amount: str, quantity: str, unit_price: str, kind: str, removed_by: str, source_row: str, measures: collections.abc.Sequence[tuple[str, str]], dimensions: collections.abc.Sequence[tuple[str, str]], rounding: Rounding, integer_unit: IntegerUnit, purchases: PurchaseRule, currency: str, zone: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]], cleaning_rules: collections.abc.Sequence[str], currency_column: str, decimal: str, thousands: str, source_zone: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]], ambiguous: AmbiguousTime, nonexistent: NonexistentTime) -> SourceLines:
    """
    See ecommerce_analytics.explain.lines.
    """
__version__: str = '0.1.0'
