"""The table in the middle: order lines with exact money and civil time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Protocol,
    TypeAlias,
    TypedDict,
    Unpack,
    cast,
    get_args,
)

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import exact_microseconds, zone_offsets
from ecommerce_analytics.errors import (
    InvalidArgument,
    InvalidData,
    IOFailure,
    SchemaMismatch,
    in_file,
)
from ecommerce_analytics.extras import require
from ecommerce_analytics.ingest import IngestReport

if TYPE_CHECKING:
    import pyarrow

RoundingName: TypeAlias = Literal["half_even", "half_up"]
IntegerUnitName: TypeAlias = Literal["major", "minor"]
PurchaseRuleName: TypeAlias = Literal["positive_amount", "every_line"]
DecimalMark: TypeAlias = Literal[".", ","]
ThousandsMark: TypeAlias = Literal[".", ",", " ", "'", "\u00a0", "\u202f", "\u2019"]
AmbiguousTimeName: TypeAlias = Literal["error", "earlier", "later"]
NonexistentTimeName: TypeAlias = Literal["error", "shift_forward"]
Names: TypeAlias = Collection[str] | Mapping[str, str]

ROUNDINGS = {
    None: _core.Rounding.exact,
    "half_even": _core.Rounding.half_even,
    "half_up": _core.Rounding.half_up,
}
INTEGER_UNITS = {
    None: _core.IntegerUnit.refuse,
    "major": _core.IntegerUnit.major,
    "minor": _core.IntegerUnit.minor,
}
_PURCHASE_RULES = {
    "positive_amount": _core.PurchaseRule.positive_amount,
    "every_line": _core.PurchaseRule.every_line,
}
_DECIMALS = {mark: mark for mark in get_args(DecimalMark)}
_THOUSANDS = {None: "", **{mark: mark for mark in get_args(ThousandsMark)}}
_AMBIGUOUS_TIMES = {
    "error": _core.AmbiguousTime.error,
    "earlier": _core.AmbiguousTime.earlier,
    "later": _core.AmbiguousTime.later,
}
_NONEXISTENT_TIMES = {
    "error": _core.NonexistentTime.error,
    "shift_forward": _core.NonexistentTime.shift_forward,
}
COLUMN_ROLES = (
    "customer",
    "order",
    "timestamp",
    "amount",
    "quantity",
    "unit_price",
    "product",
    "category",
    "region",
    "kind",
    "currency_column",
)
_SOURCE_ROLES = ("removed_by", "source_row")
_ROLES_BESIDE_DIMENSIONS = (
    *("customer", "order", "timestamp", "amount", "quantity", "unit_price", "kind"),
    "currency_column",
)
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

# Which objects stand for one kind of value; the first that fits counts, as a bool is an int too.
_OBJECT_KINDS: Mapping[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "int": (int, np.integer),
    "float": (float,),
    "time": (date, np.datetime64),
    "decimal": (Decimal,),
    "text": (str,),
}
_MISSING_TYPES = ("NoneType", "NaTType", "NAType", "MaskedConstant")
_MAX_EXACT_IN_FLOAT64 = 2**53


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
    currency_column: str | None
    decimal: DecimalMark
    thousands: ThousandsMark | None
    time_zone: str | None
    source_time_zone: str | None
    ambiguous: AmbiguousTimeName
    nonexistent: NonexistentTimeName
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
    order counts if it has one, and its time is that of its earliest one. It can be neither pickled
    nor copied deeply: keep its source and read it again.

    Attributes
    ----------
    report : IngestReport
        What came in, what was left out and why.
    num_rows, num_orders, num_customers : int
        Lines, distinct order keys, distinct known customers.
    currency : str or None
        As told, or as the currency column says.
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
        """Currency as told or as its column says, or None."""
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
        currency_column: str | None = None,
        decimal: DecimalMark = ".",
        thousands: ThousandsMark | None = None,
        time_zone: str | None = None,
        source_time_zone: str | None = None,
        ambiguous: AmbiguousTimeName = "error",
        nonexistent: NonexistentTimeName = "error",
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
            Column of timestamps, dates, or text: ``2026-01-05`` or ``20260105``, then optionally
            ``T`` or a blank and ``09:30``, ``09:30:07`` or ``09:30:07.123456``, then optionally
            ``Z``, ``+02``, ``+0200`` or ``+02:00``. Of the lines that are kept, all texts have a
            zone or none has.
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
        measures, dimensions : list of str, or dict of name to column
            More money (freight, tax, cost) and more keys (seller, channel) of each line.
        currency : str
            Three capital letters of ISO 4217; histories of two currencies do not merge.
        currency_column : str
            Text column with the code of each line's currency, one and the same on all lines that
            are kept: it becomes the table's currency.
        decimal, thousands : str
            How text writes its numbers, quantities and measures too: the decimal mark is ``.`` or
            ``,``; groups of three digits stand apart by `thousands` (``.``, ``,``, a blank, ``'``
            or their typographic forms, U+00A0, U+202F, U+2019), all of them or none; None: no
            groups.
        time_zone : str
            IANA name of the shop's zone. Instants become civil time in it, from 1900 to the end
            of 2099 (UTC), others are an error; civil times stay. Two instants may get one civil
            time, where the clock was put back.
        source_time_zone : str
            IANA name of the zone whose clock the times without a zone show, if it is not the
            shop's: they become instants by it, and civil time of `time_zone` by that.
        ambiguous : {"error", "earlier", "later"}
            Which instant a time is that the clock of `source_time_zone` shows twice.
        nonexistent : {"error", "shift_forward"}
            Whether a time that the clock of `source_time_zone` leaves out becomes the instant at
            which it was put forward. What the two rules change is counted in
            ``report.clock_changes``.
        rounding : {None, "half_even", "half_up"}
            What to do with a number of more than four decimals; None: it is an error. A float64
            may be off by 1e-9 of itself. Text and decimals are rounded as written, a float64 as
            the binary number it is: 2.00005 lies below the half and goes down in both ways.
        integer_unit : {None, "major", "minor"}
            Whether integer money counts units or hundredths; None: it is an error.
        purchases : {"positive_amount", "every_line"}
            Which lines make an order count.
        removed_by, cleaning_rules : str, iterable of str
            Text column that names the cleaning rule by which a line is left out (null: kept), and
            the rules to report, in order, each once.
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
            If a value cannot be read, an order has lines of two customers, there are two
            currencies, or times with and without a zone: with row (the first is 1), column and
            value.
        InvalidArgument
            If the mapping is contradictory, or the currency, the zone or an option is none.
        IOFailure
            If the stream breaks off.
        MissingExtra
            If pandas cannot export its frame for want of pyarrow.
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
        native, report = _core.ingest(
            **_reading(
                table,
                customer=customer,
                order=order,
                timestamp=timestamp,
                amount=amount,
                quantity=quantity,
                unit_price=unit_price,
                product=product,
                category=category,
                region=region,
                kind=kind,
                measures=measures,
                dimensions=dimensions,
                currency=currency,
                currency_column=currency_column,
                decimal=decimal,
                thousands=thousands,
                time_zone=time_zone,
                source_time_zone=source_time_zone,
                ambiguous=ambiguous,
                nonexistent=nonexistent,
                rounding=rounding,
                integer_unit=integer_unit,
                purchases=purchases,
                removed_by=removed_by,
                cleaning_rules=cleaning_rules,
                source_row=source_row,
            )
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
        currency_column: npt.ArrayLike | None = None,
        decimal: DecimalMark = ".",
        thousands: ThousandsMark | None = None,
        time_zone: str | None = None,
        source_time_zone: str | None = None,
        ambiguous: AmbiguousTimeName = "error",
        nonexistent: NonexistentTimeName = "error",
        rounding: RoundingName | None = None,
        integer_unit: IntegerUnitName | None = None,
        purchases: PurchaseRuleName = "positive_amount",
    ) -> Transactions:
        """Read order lines from numpy arrays or lists, with no other library.

        Parameters
        ----------
        customer, order, timestamp, amount, quantity, unit_price, product, category, region, kind, \
currency_column
            One-dimensional arrays of equal length n, of numbers, text, datetime64, or objects
            (str, bool, int, float, Decimal, date, datetime, None), one kind in an array, or int
            and float. None, NaN, NaT and what a numpy mask hides are missing. A time with a zone
            is an instant. Meaning as in `from_arrow`.
        measures, dimensions : dict of str to array
            More money and more keys of each line.
        currency, decimal, thousands, time_zone, source_time_zone, ambiguous, nonexistent, \
rounding, integer_unit, purchases
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
            "currency_column": currency_column,
        }
        given = {name: values for name, values in roles.items() if values is not None}
        mapping: dict[str, Any] = {name: name for name in given}
        mapping["measures"] = {name: f"measure {name}" for name in measures or {}}
        mapping["dimensions"] = {name: f"dimension {name}" for name in dimensions or {}}
        given |= {f"measure {name}": values for name, values in (measures or {}).items()}
        given |= {f"dimension {name}": values for name, values in (dimensions or {}).items()}
        columns = [array_column(name, values) for name, values in given.items()]
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
            decimal=decimal,
            thousands=thousands,
            time_zone=time_zone,
            source_time_zone=source_time_zone,
            ambiguous=ambiguous,
            nonexistent=nonexistent,
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
        spreadsheet_safe: bool | None = None,
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
        spreadsheet_safe : bool, optional
            Whether texts that begin with ``'`` and one of ``=``, ``+``, ``-``, ``@``, ``'``, tab
            or carriage return lose that ``'``, which kept a spreadsheet from running them. None:
            where the file is one of ours, which a ``run.json`` beside it says.
        **mapping
            As in `from_arrow`: column names are those of the header. A file with decimal commas
            wants ``decimal=","``, and mostly another delimiter. Numbers are text here and count
            what is written: 5 is 5.00, so `integer_unit` is an error.

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
        with in_file(path):
            table = read_csv_lines(
                path,
                mapping,
                delimiter=delimiter,
                encoding=encoding,
                spreadsheet_safe=spreadsheet_safe,
            )
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
        with in_file(path):
            return cls.from_arrow(read_parquet_lines(path, mapping), **mapping)


def read_csv_lines(
    path: str | PathLike[str],
    mapping: ColumnMapping,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    spreadsheet_safe: bool | None = None,
) -> pyarrow.Table:
    """Read the mapped columns of a CSV file as text: what `Transactions.from_csv` ingests."""
    from ecommerce_analytics.files import read_csv
    from ecommerce_analytics.spreadsheet import is_escaped, unescape

    if mapping.get("integer_unit") is not None:  # It would be ignored, for text.
        raise InvalidArgument(
            "from_csv: numbers of a CSV file are text and count what is written;"
            " there is no integer_unit",
            value=mapping["integer_unit"],
        )
    columns = mapped_columns(mapping)
    table = read_csv(path, delimiter=delimiter, encoding=encoding, columns=columns)
    if is_escaped(path) if spreadsheet_safe is None else spreadsheet_safe:
        for position, name in enumerate(table.column_names):
            table = table.set_column(position, name, unescape(table[name]))
    return table


def read_parquet_lines(path: str | PathLike[str], mapping: ColumnMapping) -> pyarrow.Table:
    """Read the mapped columns of a Parquet file: what `Transactions.from_parquet` ingests."""
    from ecommerce_analytics.files import read_parquet

    return read_parquet(path, columns=mapped_columns(mapping))


def read_lines(table: ArrowStreamable, **mapping: Unpack[ColumnMapping]) -> _core.Table:
    """Tell of each row of a table how `Transactions.from_arrow` takes it, removed ones too.

    Columns: `source_row`, `time_us` (civil microseconds; null: a removed line has none), `amount`,
    `quantity` if it is mapped, `kind`, and `removed_by`, empty for a line that is kept.
    """
    return _core.read_lines(**_reading(table, **mapping))


def _reading(table: ArrowStreamable, **mapping: Unpack[ColumnMapping]) -> dict[str, Any]:
    """Check a mapping and return the arguments of the core's readers."""
    fixed = {name: mapping.get(name) for name in ("product", "category", "region")}
    named = _named_columns(cast(Mapping[str, str | None], fixed), mapping.get("dimensions", ()))
    measured = _named_columns({}, mapping.get("measures", ()))
    rules = _rules(mapping.get("cleaning_rules", ()))
    single = {
        name: cast(str | None, mapping.get(name))
        for name in (*_ROLES_BESIDE_DIMENSIONS, *_SOURCE_ROLES)
    }
    told = [*single.values(), *(column for _, column in measured + named)]
    columns = {text_name(column) for column in told if column is not None}
    ambiguous, nonexistent = mapping.get("ambiguous", "error"), mapping.get("nonexistent", "error")
    told_twice = choice_of("ambiguous", _AMBIGUOUS_TIMES, ambiguous)
    told_never = choice_of("nonexistent", _NONEXISTENT_TIMES, nonexistent)
    time_zone, source_time_zone = mapping.get("time_zone"), mapping.get("source_time_zone")
    if source_time_zone is None and (ambiguous, nonexistent) != ("error", "error"):
        raise InvalidArgument("ambiguous and nonexistent are told of the clock of source_time_zone")
    return {
        "stream": stream_of(table, columns),
        **{name: column or "" for name, column in single.items()},
        "measures": measured,
        "dimensions": named,
        "rounding": choice_of("rounding", ROUNDINGS, mapping.get("rounding")),
        "integer_unit": choice_of("integer_unit", INTEGER_UNITS, mapping.get("integer_unit")),
        "purchases": choice_of(
            "purchases", _PURCHASE_RULES, mapping.get("purchases", "positive_amount")
        ),
        "currency": currency_code(mapping.get("currency")),
        "zone": list(zone_offsets(time_zone)) if time_zone else [],
        "cleaning_rules": rules,
        "decimal": choice_of("decimal", _DECIMALS, mapping.get("decimal", ".")),
        "thousands": choice_of("thousands", _THOUSANDS, mapping.get("thousands")),
        "source_zone": list(zone_offsets(source_time_zone)) if source_time_zone else [],
        "ambiguous": told_twice,
        "nonexistent": told_never,
    }


def choice_of(name: str, choices: Mapping[Any, Any], value: str | None) -> Any:
    """Return what an option stands for, or name what it may be."""
    if (value is not None and not isinstance(value, str)) or value not in choices:
        allowed = ", ".join(
            str(choice) if choice is None or choice.isidentifier() else repr(choice)
            for choice in choices
        )
        raise InvalidArgument(f"{name} must be one of {allowed}", value=value)
    return choices[value]


def currency_code(code: str | None) -> str:
    """Check a code of ISO 4217; none is the empty text."""
    if code is None:
        return ""
    if not isinstance(code, str) or not re.fullmatch("[A-Z]{3}", code):
        raise InvalidArgument("currency must be three capital letters of ISO 4217", value=code)
    return code


def _rules(names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise InvalidArgument("cleaning_rules is a list of names", value=names)
    rules = [text_name(name) for name in names]
    for position, name in enumerate(rules):
        if name in rules[:position]:
            raise InvalidArgument("cleaning_rules: a rule stands twice", value=name)
    return rules


def text_name(name: object) -> str:
    """Check the name of a column."""
    if not isinstance(name, str) or not _is_utf8(name):
        raise InvalidArgument("a name must be text", value=ascii(name))
    return name


def _named_columns(fixed: Mapping[str, str | None], more: Names) -> list[tuple[str, str]]:
    """List (name, column) of the columns that are given."""
    if isinstance(more, str) or not isinstance(more, Collection):
        raise InvalidArgument("measures and dimensions are lists of names, or dicts", value=more)
    named = [(name, column) for name, column in fixed.items() if column is not None]
    if isinstance(more, Mapping):
        return named + [(text_name(name), column) for name, column in more.items()]
    return named + [(column, column) for column in more]


def mapped_columns(mapping: ColumnMapping) -> list[str]:
    """List the columns that a file has to have."""
    roles: Mapping[str, Any] = mapping
    told = [roles.get(role) for role in COLUMN_ROLES + _SOURCE_ROLES]
    for names in (mapping.get("measures", ()), mapping.get("dimensions", ())):
        told += [column for _, column in _named_columns({}, names)]
    return list(dict.fromkeys(text_name(column) for column in told if column is not None))


def stream_of(table: ArrowStreamable, columns: set[str]) -> object:
    """Export the stream of a table, of pandas only the columns that are wanted."""
    is_pandas = type(table).__module__.partition(".")[0] == "pandas"
    if is_pandas and hasattr(table, "columns"):
        # Pandas converts every column it exports: one that Arrow cannot hold need not be in it.
        frame: Any = table
        table = frame.loc[:, [name in columns for name in frame.columns]]
    if not hasattr(table, "__arrow_c_stream__"):
        hint = "; collect it first" if hasattr(table, "collect") else ""
        raise SchemaMismatch(
            f"from_arrow needs an object with __arrow_c_stream__{hint}", value=type(table).__name__
        )
    if is_pandas:
        require("io", "pyarrow")
    try:
        return table.__arrow_c_stream__()
    except Exception as error:
        # Pandas converts here, DuckDB computes here, and each raises what it likes.
        words = "; ".join(str(part).partition("\n")[0] for part in error.args)
        if is_pandas:
            raise SchemaMismatch("from_arrow: Arrow cannot hold the frame", value=words) from error
        raise IOFailure("from_arrow: the table cannot be read", value=words) from error


def array_column(name: str, values: npt.ArrayLike) -> tuple[str, str, Any, Any]:
    """Return what `make_array_table` takes: name, Arrow format, values, validity."""
    # Takes lists as objects: numpy would read [1, "a"] as text and round integers beside floats.
    array = np.asarray(values, dtype=object if isinstance(values, (list, tuple)) else None)
    if array.ndim != 1:
        raise SchemaMismatch(
            "from_arrays: an array must have one dimension", column=name, value=array.ndim
        )
    masked = values if isinstance(values, np.ma.MaskedArray) else None
    if array.dtype.kind in "OTU" or array.size == 0:
        return _object_column(name, (array if masked is None else masked).tolist())
    valid = None if masked is None else np.ascontiguousarray(~np.ma.getmaskarray(masked))
    if array.dtype.kind == "M":
        return _time_column(name, array, valid)
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype.name not in _ARROW_FORMATS:
        raise SchemaMismatch(
            "from_arrays: no column of this type can be read", column=name, value=array.dtype.name
        )
    return name, _ARROW_FORMATS[array.dtype.name], array, valid


def _time_column(
    name: str, array: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None
) -> tuple[str, str, Any, Any]:
    there = ~np.isnat(array) if valid is None else valid & ~np.isnat(array)
    kept = array.astype("datetime64[us]")
    # Goes there and back, as numpy wraps around and cuts off without a word.
    changed = there & (kept.astype(array.dtype) != array)
    if changed.any():
        row = int(changed.argmax())
        raise _time_error(name, row + 1, array[row])
    return name, "tsu:", np.ascontiguousarray(kept).view(np.int64), np.ascontiguousarray(there)


def _time_error(name: str, row: int, value: object) -> InvalidData:
    return InvalidData(
        "from_arrays: a time is finer than a microsecond or too far",
        row=row,
        column=name,
        value=str(value),
    )


def _object_column(name: str, values: list[Any]) -> tuple[str, str, Any, Any]:
    if set(map(type, values)) <= {str, type(None)}:
        return _text_column(name, values)
    valid = np.array([not _is_missing(value) for value in values], dtype=bool)
    known = {row: values[row] for row in np.flatnonzero(valid).tolist()}
    kind = _common_kind(name, known)
    if kind == "time":
        return _object_times(name, known, valid)
    if kind in ("bool", "int", "float"):
        numbers = np.zeros(len(values), {"bool": bool, "int": np.int64, "float": np.float64}[kind])
        try:
            numbers[valid] = [int(value) if kind == "int" else value for value in known.values()]
        except OverflowError:
            raise SchemaMismatch("from_arrays: an integer leaves 64 bits", column=name) from None
        return name, _ARROW_FORMATS[numbers.dtype.name], numbers, valid
    return _text_column(
        name, [str(known[row]) if row in known else None for row in range(len(values))]
    )


def _common_kind(name: str, known: Mapping[int, Any]) -> str:
    kinds = {type_: _object_kind(type_) for type_ in set(map(type, known.values()))}
    found = set(kinds.values())
    if found == {"int", "float"}:
        for row, value in known.items():
            if kinds[type(value)] == "int" and abs(int(value)) > _MAX_EXACT_IN_FLOAT64:
                raise SchemaMismatch(
                    "from_arrays: an integer among floats is too large for a float64",
                    row=row + 1,
                    column=name,
                    value=value,
                )
        return "float"
    if len(found) > 1 or "" in found:
        usual = kinds[type(next(iter(known.values())))]
        others = {"", *(found - {usual})}
        row = next(row for row, value in known.items() if kinds[type(value)] in others)
        raise SchemaMismatch(
            "from_arrays: a column holds one kind: text, Decimal, bool, int, float or time",
            row=row + 1,
            column=name,
            value=repr(known[row]),
        )
    return next(iter(found), "text")


def _object_kind(type_: type) -> str:
    if issubclass(type_, np.timedelta64):
        return ""  # Numpy counts it among the integers.
    return next((kind for kind, types in _OBJECT_KINDS.items() if issubclass(type_, types)), "")


def _object_times(
    name: str, known: Mapping[int, Any], valid: npt.NDArray[np.bool_]
) -> tuple[str, str, Any, Any]:
    zoned = {isinstance(time, datetime) and time.tzinfo is not None for time in known.values()}
    if len(zoned) > 1:
        raise SchemaMismatch("from_arrays: some times have a zone and some have none", column=name)
    times = np.zeros(len(valid), np.int64)
    for row, time in known.items():
        time_us = exact_microseconds(time)
        if time_us is None:
            raise _time_error(name, row + 1, time)
        times[row] = time_us
    return name, "tsu:UTC" if True in zoned else "tsu:", times, valid


def _text_column(name: str, texts: list[str | None]) -> tuple[str, str, Any, Any]:
    for row, text in enumerate(texts, start=1):
        if text is not None and not _is_utf8(text):
            raise InvalidData(
                "from_arrays: half of a surrogate pair is no text",
                row=row,
                column=name,
                value=ascii(text),
            )
    return name, "U", texts, None


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_missing(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, (float, np.floating, np.datetime64)):
        return bool(value != value)
    return type(value).__name__ in _MISSING_TYPES
