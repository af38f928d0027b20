"""What the order exports of shops have in common: a row per line item, the order's cells beside it.

A loader says which columns its shop writes (`ExportColumn`). Here they are found, read exactly and
put together by order, people are told apart, and the lines become `Transactions`. No text of an
error repeats a cell that may hold an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import errors, extras, files
from ..payments import Payments
from ..transactions import (
    ColumnMapping,
    DecimalMark,
    Transactions,
    choice_of,
    currency_code,
)
from .dataset import Dataset
from .source_lines import SourceTable, read_again

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Export", "ExportColumn", "Reading", "keys_of_address", "read_export"]

_MARKS: Mapping[str, str] = {".": ".", ",": ","}
_NUMBERS = ("money", "signed money")

# The methods of a payment are listed in any order, joined by a plus. `share` is that of an amount
# which a part has of the whole: to the nearest 1/10,000, ties to even, and never more than all of
# it or than the part. All are at least 0; the products stay below 10^38.
_MACROS = """
    CREATE MACRO methods_of(text) AS
        array_to_string(list_sort(string_split_regex(text, ' *[+] *')), ' + ');
    CREATE MACRO counts(amount) AS CAST(amount * 10000 AS HUGEINT);
    CREATE MACRO money(count) AS
        CAST(CAST(count AS DECIMAL(23, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS DECIMAL(38, 4));
    CREATE MACRO half_even(product, divisor) AS
        product // divisor + CASE
            WHEN 2 * (product % divisor) > divisor THEN 1
            WHEN 2 * (product % divisor) = divisor THEN (product // divisor) % 2
            ELSE 0 END;
    CREATE MACRO share(amount, part, whole) AS
        least(part, CASE
            WHEN part >= whole THEN amount
            ELSE money(half_even(counts(part) * counts(amount), counts(whole))) END);
"""
_SHOPS = ("shopify", "woocommerce")
_OFFSET = r"([+-][0-9]{2}:?[0-9]{2}|Z)$"


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export.

    Parameters
    ----------
    name : str
        Its header as documented; case does not matter.
    also : str, optional
        Another header, of some versions.
    kind : {"text", "money", "signed money", "time"}
        What its cells hold. Money, which may be a quantity too, has at most four decimals, and is
        at least 0 unless it is signed.
    of_order : bool, default=True
        Whether it belongs to the order: filled on one of its rows or on several, with one value.
    required : bool, default=False
        Whether a file without it is refused; else its cells are empty.
    filled : bool, default=False
        Whether each order must have a value.
    """

    name: str
    also: str | None = None
    kind: Literal["text", "money", "signed money", "time"] = "text"
    of_order: bool = True
    required: bool = False
    filled: bool = False


@dataclass(frozen=True)
class Reading:
    """How a file is written; the options of the loaders."""

    time_zone: str | None
    currency: str | None
    delimiter: str
    encoding: str
    decimal: DecimalMark

    def to_dict(self) -> dict[str, object]:
        """Return what was told and is not the default, for JSON."""
        usual = {"delimiter": ",", "encoding": "utf-8", "decimal": "."}
        return {
            name: value
            for name, value in vars(self).items()
            if value is not None and value != usual.get(name)
        }


@dataclass(frozen=True)
class Export:
    """An export, read into a database.

    The database has the tables ``cells``, a row of the file each, and ``orders``, one row per
    `order_key` with the columns of orders and the first of its rows as `row`. Money and numbers
    are DECIMAL(19, 4), times whole microseconds.

    Attributes
    ----------
    shop : str
        Name of the loader.
    file : SourceFile
        The file.
    database : duckdb connection
        Holds the tables.
    columns : mapping of str to ExportColumn
        What was asked for.
    missing : list of str
        Documented names of the columns that the file does not have.
    num_blank : int
        Rows without a cell, which were skipped.
    has_instants : bool
        Whether times have an offset.
    reading : Reading
        As told.
    """

    shop: str
    file: files.SourceFile
    database: Any
    columns: Mapping[str, ExportColumn]
    missing: Sequence[str]
    num_blank: int
    has_instants: bool
    reading: Reading

    def refuse(
        self,
        query: str,
        column: str,
        text: str,
        kind: type[errors.Error] = errors.InvalidData,
    ) -> None:
        """Raise an error for the first row of those that a query finds, (row, value)."""
        found = self.database.execute(f"{query} ORDER BY 1 LIMIT 1").fetchall()
        if found:
            row, value = found[0]
            value = None if "@" in str(value) else value  # It may tell who somebody is.
            name = self.columns[column].name
            message = f"{self.shop}: {text}"
            raise kind(message, file=self.file, row=row, column=name, value=value)

    def other_currencies(self) -> list[str]:
        """Check that orders have one currency, or the one told; return the others, sorted."""
        chosen = currency_code(self.reading.currency)
        self.refuse(
            "SELECT row, currency FROM orders WHERE NOT regexp_full_match(currency, '[A-Z]{3}')",
            "currency",
            "the currency is not three capital letters of ISO 4217",
        )
        found = self.database.execute(
            "SELECT currency, min(row) FROM orders GROUP BY currency ORDER BY currency"
        ).fetchall()
        codes = [code for code, _ in found]
        row = None
        if not chosen and len(codes) > 1:
            text = "orders have several currencies: choose one by the option currency"
            row = sorted(row for _, row in found)[1]
        elif chosen and chosen not in codes:
            text = f"no order is in {chosen}; there are"
        else:
            return [code for code in codes if chosen and code != chosen]
        raise errors.InvalidData(
            f"{self.shop}: {text}",
            file=self.file,
            row=row,
            column=self.columns["currency"].name,
            value=", ".join(codes),
        )

    def tell_people_apart(
        self, *, customer_id: str, email: str, name: str, country: str, consent: str
    ) -> None:
        """Make the tables ``people`` (`order_key`, `customer`, …) and ``customers``.

        The arguments are expressions over the columns of ``orders``. An order with an id belongs
        to it; one without belongs to the id of the latest order with the same address, else to a
        key made of the address; one without both is a guest's. The keys made of the addresses of
        a customer with an id are his ``former_keys``: an export from before he had the id, or
        without the column of ids, has him under one of them.
        """
        self.database.execute(f"""
            CREATE TABLE people AS
            WITH known AS (
                SELECT order_key, created, {customer_id} AS customer_id, lower({email}) AS address,
                       {name} AS name, {country} AS country, {consent} AS consent
                FROM orders),
            registered AS (
                SELECT address, last(customer_id ORDER BY created, order_key) AS registered_id,
                       max(created) AS registered
                FROM known WHERE customer_id IS NOT NULL AND address IS NOT NULL GROUP BY address)
            SELECT order_key, created, address, name, consent, country,
                   {_key_of(self.shop, "address")} AS address_key,
                   coalesce(customer_id, registered_id, address_key) AS customer,
                   coalesce(customer_id IS NULL AND registered > created, false)
                       AS is_known_later
            FROM known LEFT JOIN registered USING (address)
        """)
        columns = {"address": "email", "name": "name", "consent": "consent", "country": "country"}
        latest = ", ".join(
            f"last({own} ORDER BY created, order_key) FILTER (WHERE {own} IS NOT NULL) AS {shown}"
            for own, shown in columns.items()
        )
        self.database.execute(f"""
            CREATE TABLE customers AS
            SELECT customer, {latest},
                   coalesce(list_sort(list(DISTINCT address_key)
                                      FILTER (WHERE address_key <> customer)), [])
                       AS former_keys
            FROM people WHERE customer IS NOT NULL GROUP BY customer
        """)

    def source_table(self, *, dimensions: Sequence[str], rules: Sequence[str]) -> SourceTable:
        """Return the finished table ``lines``, an order line each, and what its columns are."""
        mapping: ColumnMapping = {
            "customer": "customer",
            "order": "order_key",
            "timestamp": "time",
            "amount": "amount",
            "quantity": "quantity",
            "product": "product",
            "region": "region",
            "kind": "kind",
            "measures": ["tax"],
            "dimensions": dimensions,
            "currency_column": "currency",
            "time_zone": self.reading.time_zone,
            "removed_by": "removed_by",
            "cleaning_rules": rules,
            "source_row": "row",
        }
        lines = self._table("FROM lines ORDER BY row, part", "time")
        return SourceTable(lines, mapping, {self.file.name: self.file.sha256})

    def to_dataset(
        self,
        *,
        dimensions: Sequence[str],
        rules: Sequence[str],
        hindsight: Mapping[str, str],
        parameters: Mapping[str, object],
        read: Callable[[], SourceTable],
    ) -> Dataset:
        """Make the `Dataset` of the finished tables.

        These are ``lines`` (an order line each, ordered by `row` and `part`), ``payments``,
        ``customers`` and ``order_sums``, whose columns of truth values are counted for the
        parameters. `dimensions` are columns of the lines, `rules` the words of `removed_by`.
        `hindsight` are facts for the attribute of that name, each with the rows that show it, as
        what follows FROM. `read` makes the `source_table` again, of the file.
        """
        source = self.source_table(dimensions=dimensions, rules=rules)
        sums = self._table("FROM order_sums ORDER BY 1", "time")
        paid = self._table("FROM payments ORDER BY order_key, amount DESC")
        customers = self._table("FROM customers ORDER BY customer")
        with errors.in_file(self.file):
            transactions = Transactions.from_arrow(source.lines, **source.mapping)
            payments = None
            if len(paid):
                payments = Payments.from_arrow(
                    paid,
                    order="order_key",
                    payment_type="payment_type",
                    amount="amount",
                    currency=transactions.currency,
                )
        hindsight = {
            **hindsight,
            "orders without an id belong to the customer of a later order with their address": (
                "people JOIN verdicts USING (order_key) WHERE is_known_later AND removed_by IS NULL"
            ),
        }
        known_later = [
            fact
            for fact, rows in hindsight.items()
            if self.database.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchone()
        ]
        # Counts what the orders' truth values say.
        marks = [field.name for field in sums.schema if str(field.type) == "bool"]
        counts: dict[str, object] = {"kept": len(sums)}
        counts |= {name: sums[name].to_pylist().count(True) for name in marks}
        return Dataset(
            name=self.shop,
            transactions=transactions,
            customers=customers,
            currency=transactions.currency,
            payments=payments,
            region="region",
            tables={"orders": sums},
            hindsight="; ".join(known_later) or None,
            sources=source.sources,
            source_lines=read_again(read, source.sources),
            parameters={
                **self.reading.to_dict(),
                **parameters,
                "missing_columns": list(self.missing),
                "blank_rows": self.num_blank,
                "orders": counts,
            },
        )

    def _table(self, query: str, time: str | None = None) -> pyarrow.Table:
        """Fetch rows; whole microseconds become instants or civil times, as they came."""
        pa = extras.require("io", "pyarrow")
        table = self.database.sql(query).to_arrow_table()
        if time is None:
            return table
        type_ = pa.timestamp("us", tz="UTC" if self.has_instants else None)
        return table.set_column(table.column_names.index(time), time, table[time].cast(type_))


def read_export(
    shop: str,
    path: str | PathLike[str],
    columns: Mapping[str, ExportColumn],
    reading: Reading,
    database: Any,
    *,
    shows_clock: bool,
) -> Export:
    """Read a file into the tables ``cells`` and ``orders`` of a DuckDB connection.

    `columns` stand under the names that the tables give them, among them `order_key`, `created`
    and `currency`. Blanks around a cell are dropped, and so are rows without any cell. With
    `shows_clock`, times with an offset are on the shop's clock, and stay so if no zone is told.

    Raises
    ------
    IOFailure
        The file is absent, empty or not in that encoding.
    SchemaMismatch
        A required column is missing, a header name stands twice, or a row has another number of
        cells.
    InvalidData
        A cell is empty where it must not, cannot be read or is below 0, or two rows of an order
        have two values in a column of orders.
    InvalidArgument
        An option is none, or times have an offset and no zone is told.
    MoneyOverflow
        An amount leaves 64 bits of 1/10,000.
    """
    choice_of("decimal", _MARKS, reading.decimal)
    file = files.SourceFile.of(path)
    with _without_cells():
        found = files.read_csv(
            file,
            delimiter=reading.delimiter,
            encoding=reading.encoding,
            columns=partial(_wanted, columns.values()),
        )
    cells, missing = _named_cells(found, columns, shop, file)
    with _without_cells(only_addresses=True):
        keeps_clock = shows_clock and reading.time_zone is None
        cells, has_instants = _typed_cells(
            cells, columns, reading.decimal, shop, file, keeps_clock=keeps_clock
        )
    if has_instants and reading.time_zone is None:
        raise errors.InvalidArgument(
            f"{shop}: the times have an offset: tell the shop's zone by time_zone,"
            " such as America/New_York"
        )
    database.execute(_MACROS)
    database.register("source", cells)
    shown = ", ".join(
        f"CAST({name} AS DECIMAL(19, 4)) AS {name}" if column.kind in _NUMBERS else name
        for name, column in columns.items()
    )
    database.execute(f"CREATE TABLE cells AS SELECT row, {shown} FROM source")
    of_order = [name for name, column in columns.items() if column.of_order and name != "order_key"]
    values = ", ".join(f"min({name}) AS {name}" for name in of_order)
    disputed = ", ".join(
        f"CASE WHEN min({name}) <> max({name}) THEN '{name}' END" for name in of_order
    )
    database.execute(f"""
        CREATE TABLE orders AS
        SELECT order_key, min(row) AS row, {values}, coalesce({disputed}) AS disputed
        FROM cells GROUP BY order_key
    """)
    export = Export(
        shop=shop,
        file=file,
        database=database,
        columns=columns,
        missing=missing,
        num_blank=len(found) - len(cells),
        has_instants=has_instants,
        reading=reading,
    )
    _refuse_disputes(export)
    for name in of_order:
        if columns[name].filled:
            query = f"SELECT row, NULL FROM orders WHERE {name} IS NULL"
            export.refuse(query, name, "no row of the order has this cell")
    return export


def keys_of_address(address: str) -> tuple[str, ...]:
    """Return the keys that the loaders make of an e-mail address: one for each shop.

    Blanks around it and capitals do not matter, as in an export.
    """
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    told = pc.utf8_trim_whitespace(pa.scalar(address)).as_py()
    made = ", ".join(_key_of(shop, "lower($1)") for shop in _SHOPS)
    with extras.require("io", "duckdb").connect(config={"threads": 1}) as database:
        keys: tuple[str, ...] = database.execute(f"SELECT {made}", [told]).fetchone()
    return keys


def _key_of(shop: str, address: str) -> str:
    """Return the expression of the key of a person without an id."""
    return f"'{shop}-' || left(sha256({address}), 16)"


@contextmanager
def _without_cells(*, only_addresses: bool = False) -> Iterator[None]:
    """Take the value out of errors that repeat a cell or a row: it may tell who somebody is."""
    try:
        yield
    except (errors.SchemaMismatch, errors.InvalidData) as error:
        value = error.value if only_addresses and "@" not in str(error.value) else None
        raise type(error)(
            error.text, file=error.file, row=error.row, column=error.column, value=value
        ) from None


def _wanted(columns: Iterable[ExportColumn], names: Sequence[str]) -> list[str]:
    """Return those of a header's names that we read: no street, no phone gets into memory."""
    known = {name.lower() for one in columns for name in (one.name, one.also) if name}
    return [name for name in names if name.strip().lower() in known] or list(names[:1])


def _named_cells(
    table: pyarrow.Table,
    columns: Mapping[str, ExportColumn],
    shop: str,
    file: files.SourceFile,
) -> tuple[pyarrow.Table, list[str]]:
    """Return the columns under our names, with `row`, and which are missing; no blank rows."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    places = {name.strip().lower(): place for place, name in enumerate(table.column_names)}
    cells: dict[str, Any] = {}
    missing = []
    for name, column in columns.items():
        at = next(
            (
                places[one.lower()]
                for one in (column.name, column.also or "")
                if one.lower() in places
            ),
            None,
        )
        if at is not None:
            text = pc.utf8_trim_whitespace(table[at])
            cells[name] = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
        elif column.required:
            message = f"{shop}: this is no export of orders with a row per item; it has no column"
            raise errors.SchemaMismatch(message, file=file, column=column.name)
        else:
            cells[name] = pa.nulls(len(table), pa.string())
            missing.append(column.name)
    has_cell = np.zeros(len(table), dtype=bool)
    for column in cells.values():
        has_cell |= column.is_valid().to_numpy(zero_copy_only=False)
    rows = pa.array(np.arange(1, len(table) + 1))
    named = pa.table(cells | {"row": rows}).filter(pa.array(has_cell))
    nameless = np.flatnonzero(named["order_key"].is_null())
    if nameless.size or not len(named):
        row = named["row"][int(nameless[0])].as_py() if nameless.size else None
        name = columns["order_key"].name
        message = f"{shop}: the row has no order" if row else f"{shop}: the file has no order"
        raise errors.InvalidData(message, file=file, row=row, column=name)
    return named, missing


def _typed_cells(
    cells: pyarrow.Table,
    columns: Mapping[str, ExportColumn],
    decimal: DecimalMark,
    shop: str,
    file: files.SourceFile,
    *,
    keeps_clock: bool,
) -> tuple[pyarrow.Table, bool]:
    """Read money, numbers and times; tell whether the times are instants.

    With `keeps_clock` an offset is dropped.
    """
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    rows = cells["row"].to_numpy()  # Of the file, in which blank ones count.

    def refuse(kind: type[errors.Error], text: str, name: str, place: int, value: object) -> None:
        documented = columns[name].name
        row = int(rows[place])
        raise kind(f"{shop}: {text}", file=file, row=row, column=documented, value=value)

    def refuse_any(kind: type[errors.Error], text: str, name: str, is_bad: Any) -> None:
        bad = np.flatnonzero(is_bad.fill_null(False))
        if bad.size:
            refuse(kind, text, name, int(bad[0]), cells[name][int(bad[0])].as_py())

    is_offset = pc.match_substring_regex(_tidy_times(cells["created"]), _OFFSET)
    has_offset = bool(pc.any(is_offset).as_py())
    has_instants = has_offset and not keeps_clock
    time = pa.timestamp("us", tz="UTC" if has_instants else None)
    number, zero, most = pa.decimal128(38, 4), Decimal(0), Decimal(2**63 // 10_000)
    for name, column in columns.items():
        if column.kind == "text":
            continue
        text = cells[name]
        if column.kind == "time":
            text = _tidy_times(text)
            is_other = pc.xor(pc.match_substring_regex(text, _OFFSET), has_offset)
            refuse_any(errors.InvalidData, "times with and without an offset", name, is_other)
            if keeps_clock:
                text = pc.replace_substring_regex(text, _OFFSET, "")
        elif decimal == ",":
            is_bad = pc.match_substring(text, ".")
            refuse_any(errors.InvalidData, 'a point in a number with decimal=","', name, is_bad)
            text = pc.replace_substring(text, ",", ".")
        try:
            typed = files.parse_columns(
                pa.table({name: text}), {name: time if column.kind == "time" else number}, file=file
            )[name]
        except errors.InvalidData as error:
            refuse(errors.InvalidData, error.text, name, (error.row or 1) - 1, error.value)
        if column.kind == "time":
            typed = typed.cast(pa.int64())
        else:
            is_large = pc.greater(pc.abs(typed), pa.scalar(most, number))
            refuse_any(errors.MoneyOverflow, "the number is too large", name, is_large)
        if column.kind == "money":
            is_negative = pc.less(typed, pa.scalar(zero, number))
            refuse_any(errors.InvalidData, "the amount is below 0", name, is_negative)
        cells = cells.set_column(cells.column_names.index(name), name, typed)
    return cells, has_instants


def _tidy_times(text: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Write offsets without a blank, as the parsers want them."""
    pc = extras.require("io", "pyarrow.compute")
    text = pc.replace_substring_regex(text, " ?(UTC|Z)$", "Z")
    return pc.replace_substring_regex(text, " ([+-][0-9]{2}:?[0-9]{2})$", r"\1")


def _refuse_disputes(export: Export) -> None:
    """Raise if two rows of an order have two values in a column of orders."""
    found = export.database.execute("""
        SELECT order_key, disputed FROM orders WHERE disputed IS NOT NULL ORDER BY row LIMIT 1
    """).fetchall()
    if not found:
        return
    order, name = found[0]
    (first, _), (second, _) = export.database.execute(
        f"SELECT min(row), {name} FROM cells WHERE order_key = ? AND {name} IS NOT NULL"
        f" GROUP BY {name} ORDER BY 1 LIMIT 2",
        [order],
    ).fetchall()
    raise errors.InvalidData(
        f"{export.shop}: two rows of one order have two values here; the other is row",
        file=export.file,
        row=second,
        column=export.columns[name].name,
        value=first,
    )
