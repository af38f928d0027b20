"""The table in the middle: order lines with exact money and civil time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import zone_offsets
from ecommerce_analytics.errors import InvalidArgument, SchemaMismatch, in_file
from ecommerce_analytics.ingest import IngestReport

RoundingName: TypeAlias = Literal["half_even", "half_up"]
IntegerUnitName: TypeAlias = Literal["major", "minor"]
PurchaseRuleName: TypeAlias = Literal["positive_amount", "every_line"]
Names: TypeAlias = Iterable[str] | Mapping[str, str]

_ROUNDINGS = {
    None: _core.Rounding.exact,
    "half_even": _core.Rounding.half_even,
    "half_up": _core.Rounding.half_up,
}
_INTEGER_UNITS = {
    None: _core.IntegerUnit.refuse,
    "major": _core.IntegerUnit.major,
    "minor": _core.IntegerUnit.minor,
}
_PURCHASE_RULES = {
    "positive_amount": _core.PurchaseRule.positive_amount,
    "every_line": _core.PurchaseRule.every_line,
}
_ARROW_FORMATS = {
    "int8": "c",
    "uint8": "C",
    "int16": "s",
    "uint16": "S",
    "int32": "i",
    "uint32": "I",
    "int64": "l",
    "uint64": "L",
    "float32": "f",
    "float64": "g",
    "bool": "b",
}


class ArrowStreamable(Protocol):
    """Anything that exports an Arrow stream: pyarrow, polars, pandas, DuckDB, our tables."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class ColumnMapping(TypedDict, total=False):
    """Which column is what: the keyword arguments of `Transactions.from_arrow`."""

    customer: str
    order: str
    timestamp: str
    amount: str | None
    quantity: str | None
    unit_price: str | None
    product: str | None
    category: str | None
    region: str | None
    kind: str | None
    measures: Names
    dimensions: Names
    currency: str | None
    time_zone: str | None
    rounding: RoundingName | None
    integer_unit: IntegerUnitName | None
    purchases: PurchaseRuleName
    removed_by: str | None
    cleaning_rules: Iterable[str]
    source_row: str | None


class Transactions:
    """Order lines, immutable: customer, order, time, kind, exact amount, measures, dimensions.

    Made by `from_arrow`, `from_arrays`, `from_csv` or `from_parquet`; every analysis takes it. A
    line without a customer is a guest's. A *purchase line* has an amount > 0 and is no refund; an
    order counts if it has one, and its time is that of its earliest one.

    Attributes
    ----------
    report : IngestReport
        What came in, what was left out and why.
    num_rows, num_orders, num_customers : int
        Lines, distinct order keys, distinct known customers.
    currency : str or None
        As told.
    measure_names, dimension_names : tuple of str
        What stands beside the amount.
    """

    def __init__(self, native: _core.Transactions, report: IngestReport) -> None:
        self._native = native
        self.report = report

    @property
    def num_rows(self) -> int:
        """Number of lines."""
        return self._native.num_rows

    def __len__(self) -> int:
        return self._native.num_rows

    @property
    def num_orders(self) -> int:
        """Distinct order keys, those without a purchase line included."""
        return self.report.num_orders

    @property
    def num_customers(self) -> int:
        """Distinct known customers, those without an order included."""
        return self.report.num_customers

    @property
    def currency(self) -> str | None:
        """Currency as told, or None."""
        return self._native.currency or None

    @property
    def measure_names(self) -> tuple[str, ...]:
        """Names of the measures."""
        return tuple(self._native.measure_names)

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(self._native.dimension_names)

    def __repr__(self) -> str:
        return (
            f"<Transactions: {self.num_rows} lines, {self.num_orders} orders, "
            f"{self.num_customers} customers>"
        )

    @classmethod
    def from_arrow(
        cls,
        table: ArrowStreamable,
        *,
        customer: str,
        order: str,
        timestamp: str,
        amount: str | None = None,
        quantity: str | None = None,
        unit_price: str | None = None,
        product: str | None = None,
        category: str | None = None,
        region: str | None = None,
        kind: str | None = None,
        measures: Names = (),
        dimensions: Names = (),
        currency: str | None = None,
        time_zone: str | None = None,
        rounding: RoundingName | None = None,
        integer_unit: IntegerUnitName | None = None,
        purchases: PurchaseRuleName = "positive_amount",
        removed_by: str | None = None,
        cleaning_rules: Iterable[str] = (),
        source_row: str | None = None,
    ) -> Transactions:
        """Read a table of order lines of any dataframe library.

        Parameters
        ----------
        table : object with ``__arrow_c_stream__``
            A pandas, polars or pyarrow table, a record batch reader, a DuckDB relation; n rows in
            any order. A reader is used up.
        customer, order : str
            Columns of keys: text, or whole numbers. A customer that is null, NaN, empty or the
            word ``unknown`` is a guest; an order is never missing.
        timestamp : str
            Column of timestamps, dates, or ISO 8601 text.
        amount : str
            Column of the line's money, negative for a refund: text, decimal, float64, or integers
            (see `integer_unit`). Exactly one of `amount`, or `quantity` and `unit_price`.
        quantity, unit_price : str
            Columns whose exact product is the amount. `quantity` may stand beside `amount` too.
        product, category, region : str
            Columns kept as the dimensions of these names.
        kind : str
            Column with ``sale``, ``refund``, ``shipping``, ``fee``, ``discount`` or
            ``adjustment``. Null or no column: amount < 0 is a refund, = 0 an adjustment, else a
            sale.
        measures, dimensions : iterable of str, or dict of name to column
            More money (freight, tax, cost) and more keys (seller, channel) of each line.
        currency : str
            ISO 4217 code; histories of two currencies do not merge.
        time_zone : str
            IANA name of the shop's zone. Instants become civil time in it; civil times stay.
        rounding : {None, "half_even", "half_up"}
            What to do with a number of more than four decimals; None: it is an error. A float64
            may be off by 1e-9 of itself.
        integer_unit : {None, "major", "minor"}
            Whether integer money counts units or hundredths; None: it is an error.
        purchases : {"positive_amount", "every_line"}
            Which lines make an order count.
        removed_by, cleaning_rules : str, iterable of str
            Text column that names the cleaning rule by which a line is left out (null: kept), and
            the rules to report, in order.
        source_row : str
            Integer column with the row of the source, for messages.

        Returns
        -------
        Transactions

        Raises
        ------
        SchemaMismatch
            If a column is missing, stands twice or has a type that cannot hold the thing.
        InvalidData
            If a value cannot be read, or an order has lines of two customers: with row (the first
            is 1), column and value.
        InvalidArgument
            If the mapping is contradictory.
        IOFailure
            If the stream breaks off.
        MoneyOverflow
            If an amount leaves 64 bits of 1/10,000.

        Notes
        -----
        O(n) expected time and memory.

        Examples
        --------
        >>> import pyarrow as pa, ecommerce_analytics as ea
        >>> lines = pa.table({"who": ["ann", None], "nr": [1, 2], "day": ["2026-01-05"] * 2,
        ...                   "paid": ["19.90", "5.10"]})
        >>> ea.Transactions.from_arrow(
        ...     lines, customer="who", order="nr", timestamp="day", amount="paid").report.guests
        Tally(name='guests', num_lines=1, money=Decimal('5.1000'))
        """
        named = _named_columns(
            {"product": product, "category": category, "region": region}, dimensions
        )
        measured = _named_columns({}, measures)
        columns = [customer, order, timestamp, amount, quantity, unit_price, kind]
        columns += [removed_by, source_row]
        columns += [column for _, column in measured + named]
        stream = _stream_of(table, {column for column in columns if column is not None})
        native, report = _core.ingest(
            stream,
            customer=customer,
            order=order,
            timestamp=timestamp,
            amount=amount or "",
            quantity=quantity or "",
            unit_price=unit_price or "",
            kind=kind or "",
            removed_by=removed_by or "",
            source_row=source_row or "",
            measures=measured,
            dimensions=named,
            rounding=_choice("rounding", _ROUNDINGS, rounding),
            integer_unit=_choice("integer_unit", _INTEGER_UNITS, integer_unit),
            purchases=_choice("purchases", _PURCHASE_RULES, purchases),
            currency=currency or "",
            zone=list(zone_offsets(time_zone)) if time_zone else [],
            cleaning_rules=list(cleaning_rules),
        )
        return cls(native, IngestReport._from_core(report))

    @classmethod
    def from_arrays(
        cls,
        *,
        customer: npt.ArrayLike,
        order: npt.ArrayLike,
        timestamp: npt.ArrayLike,
        amount: npt.ArrayLike | None = None,
        quantity: npt.ArrayLike | None = None,
        unit_price: npt.ArrayLike | None = None,
        product: npt.ArrayLike | None = None,
        category: npt.ArrayLike | None = None,
        region: npt.ArrayLike | None = None,
        kind: npt.ArrayLike | None = None,
        measures: Mapping[str, npt.ArrayLike] | None = None,
        dimensions: Mapping[str, npt.ArrayLike] | None = None,
        currency: str | None = None,
        time_zone: str | None = None,
        rounding: RoundingName | None = None,
        integer_unit: IntegerUnitName | None = None,
        purchases: PurchaseRuleName = "positive_amount",
    ) -> Transactions:
        """Read order lines from numpy arrays or lists, with no other library.

        Parameters
        ----------
        customer, order, timestamp, amount, quantity, unit_price, product, category, region, kind
            One-dimensional arrays of equal length n, of numbers, text, datetime64, or objects
            (str, int, Decimal, date, datetime, None); None and NaN are missing. Meaning as in
            `from_arrow`.
        measures, dimensions : dict of str to array
            More money and more keys of each line.
        currency, time_zone, rounding, integer_unit, purchases
            As in `from_arrow`.

        Returns
        -------
        Transactions

        Raises
        ------
        SchemaMismatch
            If an array has another length or holds something else.
        InvalidData, InvalidArgument, MoneyOverflow
            As `from_arrow`.

        Examples
        --------
        >>> import ecommerce_analytics as ea
        >>> ea.Transactions.from_arrays(customer=[7, 8], order=["A", "B"],
        ...                             timestamp=["2026-01-05", "2026-01-06"], amount=[19.9, 5.1])
        <Transactions: 2 lines, 2 orders, 2 customers>
        """
        roles = {
            "customer": customer,
            "order": order,
            "timestamp": timestamp,
            "amount": amount,
            "quantity": quantity,
            "unit_price": unit_price,
            "product": product,
            "category": category,
            "region": region,
            "kind": kind,
        }
        given = {name: values for name, values in roles.items() if values is not None}
        mapping: dict[str, Any] = {name: name for name in given}
        mapping["measures"] = {name: f"measure {name}" for name in measures or {}}
        mapping["dimensions"] = {name: f"dimension {name}" for name in dimensions or {}}
        given |= {f"measure {name}": values for name, values in (measures or {}).items()}
        given |= {f"dimension {name}": values for name, values in (dimensions or {}).items()}
        columns = [_column(name, values) for name, values in given.items()]
        num_rows = len(columns[0][2])
        for name, _, values, _ in columns:
            if len(values) != num_rows:
                raise SchemaMismatch(
                    "from_arrays: an array has another length than customer",
                    column=name,
                    value=len(values),
                )
        return cls.from_arrow(
            _core.make_array_table(columns),
            currency=currency,
            time_zone=time_zone,
            rounding=rounding,
            integer_unit=integer_unit,
            purchases=purchases,
            **mapping,
        )

    @classmethod
    def from_csv(
        cls,
        path: str | PathLike[str],
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        **mapping: Unpack[ColumnMapping],
    ) -> Transactions:
        """Read a CSV file of order lines; every digit of its numbers counts.

        Parameters
        ----------
        path : str or path-like
            A file with a header line.
        delimiter : str, default=","
            What stands between two values.
        encoding : str, default="utf-8"
            How the text is written.
        **mapping
            As in `from_arrow`: column names are those of the header.

        Returns
        -------
        Transactions

        Raises
        ------
        IOFailure
            If the file is absent, empty or not in this encoding.
        SchemaMismatch, InvalidData, InvalidArgument, MoneyOverflow
            As `from_arrow`, with the file; a ragged row is a SchemaMismatch.
        MissingExtra
            If the extra ``io`` is not installed.
        """
        from ecommerce_analytics.files import read_csv

        with in_file(path):
            table = read_csv(path, delimiter=delimiter, encoding=encoding)
            return cls.from_arrow(table, **mapping)

    @classmethod
    def from_parquet(
        cls, path: str | PathLike[str], **mapping: Unpack[ColumnMapping]
    ) -> Transactions:
        """Read a Parquet file of order lines.

        Parameters
        ----------
        path : str or path-like
            The file.
        **mapping
            As in `from_arrow`.

        Returns
        -------
        Transactions

        Raises
        ------
        IOFailure
            If the file is absent or no whole Parquet file.
        SchemaMismatch, InvalidData, InvalidArgument, MoneyOverflow
            As `from_arrow`, with the file.
        MissingExtra
            If the extra ``io`` is not installed.
        """
        from ecommerce_analytics.files import read_parquet

        with in_file(path):
            return cls.from_arrow(read_parquet(path), **mapping)


def _choice(name: str, choices: Mapping[Any, Any], value: object) -> Any:
    if value not in choices:
        allowed = ", ".join(str(choice) for choice in choices)
        raise InvalidArgument(f"{name} must be one of {allowed}", value=value)
    return choices[value]


def _named_columns(fixed: Mapping[str, str | None], more: Names) -> list[tuple[str, str]]:
    """List (name, column) of the columns that are given."""
    if isinstance(more, str):
        raise InvalidArgument("measures and dimensions are lists of names, or dicts", value=more)
    named = [(name, column) for name, column in fixed.items() if column is not None]
    if isinstance(more, Mapping):
        return named + list(more.items())
    return named + [(column, column) for column in more]


def _stream_of(table: ArrowStreamable, columns: set[str]) -> object:
    """Export the stream of a table, of pandas only the columns that are wanted."""
    if type(table).__module__.partition(".")[0] == "pandas":
        # Pandas converts every column it exports: one that Arrow cannot hold need not be in it.
        frame: Any = table
        table = frame.loc[:, [name in columns for name in frame.columns]]
    if not hasattr(table, "__arrow_c_stream__"):
        hint = "; collect it first" if hasattr(table, "collect") else ""
        raise SchemaMismatch(
            f"from_arrow needs an object with __arrow_c_stream__{hint}", value=type(table).__name__
        )
    return table.__arrow_c_stream__()


def _is_missing(value: object) -> bool:
    return value is None or value != value or type(value).__name__ in ("NaTType", "NAType")


def _column(name: str, values: npt.ArrayLike) -> tuple[str, str, Any, Any]:
    """Return what `make_array_table` takes: name, Arrow format, values, validity."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise SchemaMismatch(
            "from_arrays: an array must have one dimension", column=name, value=array.ndim
        )
    if array.dtype.kind in "OTU":
        return _object_column(name, array.tolist())
    if array.dtype.kind == "M":
        return _time_column(name, array)
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype.name not in _ARROW_FORMATS:
        raise SchemaMismatch(
            "from_arrays: no column of this type can be read", column=name, value=array.dtype.name
        )
    return name, _ARROW_FORMATS[array.dtype.name], array, None


def _time_column(name: str, array: npt.NDArray[Any]) -> tuple[str, str, Any, Any]:
    unit, _ = np.datetime_data(array.dtype)
    valid = ~np.isnat(array)
    kept = array.astype("datetime64[ns]" if unit in ("ps", "fs", "as", "ns") else "datetime64[us]")
    if (kept[valid] != array[valid]).any():
        raise SchemaMismatch("from_arrays: a time is out of range or too fine", column=name)
    format_ = "tsn:" if np.datetime_data(kept.dtype)[0] == "ns" else "tsu:"
    return name, format_, np.ascontiguousarray(kept).view(np.int64), valid


def _object_column(name: str, values: list[Any]) -> tuple[str, str, Any, Any]:
    known = [value for value in values if not _is_missing(value)]
    if known and all(isinstance(value, (int, np.integer)) for value in known):
        valid = np.array([not _is_missing(value) for value in values], dtype=bool)
        try:
            numbers = np.array([0 if _is_missing(value) else value for value in values], np.int64)
        except OverflowError:
            raise SchemaMismatch("from_arrays: an integer leaves 64 bits", column=name) from None
        return name, "l", numbers, valid
    if known and all(isinstance(value, (date, datetime, np.datetime64)) for value in known):
        times = [None if _is_missing(value) else value for value in values]
        try:
            return _time_column(name, np.array(times, dtype="datetime64[us]"))
        except (TypeError, ValueError) as error:
            raise SchemaMismatch(
                "from_arrays: a time cannot be read", column=name, value=error
            ) from None
    if known and all(isinstance(value, (float, np.floating)) for value in known):
        floats = [np.nan if _is_missing(value) else value for value in values]
        return name, "g", np.array(floats, dtype=np.float64), None
    for row, value in enumerate(values, start=1):
        if not _is_missing(value) and not isinstance(value, (str, Decimal)):
            raise SchemaMismatch(
                "from_arrays: a column holds one kind of value: text, Decimal, int, float or time",
                row=row,
                column=name,
                value=repr(value),
            )
    texts = [None if _is_missing(value) else str(value) for value in values]
    return name, "U", texts, None
