"""Persons: what `Dataset.customers` holds, the check of it, and files of persons.

No error of this module has a cell in it: a row and a column tell where to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from .. import extras, files, spreadsheet
from ..errors import InvalidArgument, InvalidData, SchemaMismatch

if TYPE_CHECKING:
    import pyarrow

__all__ = ["PERSON_ROLES", "PersonRole", "check_customers", "read_customers"]

PersonRole: TypeAlias = Literal["customer", "email", "name", "consent", "country"]
PERSON_ROLES: Final[tuple[PersonRole, ...]] = get_args(PersonRole)

_KEY: Final = "customer"
_TEXTS: Final = ("email", "name", "country")
_CONSENT: Final = "consent"
_FORMER: Final = "former_keys"
_YES: Final = ("true", "t", "yes", "y", "1")
_NO: Final = ("false", "f", "no", "n", "0")
_UNKNOWN: Final = "unknown"  # As in order lines: the key of those who have none.


def check_customers(table: pyarrow.Table) -> None:
    """Check a table of persons: names, types, and one row per key in increasing order.

    Parameters
    ----------
    table : pyarrow.Table
        ``customer``: text or whole numbers, never null, each once, increasing (text by bytes).
        Optional are ``email``, ``name``, ``country`` (text, null where not known) and ``consent``
        to marketing by e-mail (bool, null where not known), and ``former_keys`` (lists of text):
        keys under which an earlier export of the source may have had him, so that whoever was
        forgotten by one of them stays so. Other columns are the loader's own.

    Raises
    ------
    SchemaMismatch
        ``customer`` is missing, a name stands twice, or one of these has another type.
    InvalidData
        A key is missing, stands twice, or is smaller than the one before.

    Notes
    -----
    O(rows) time and memory.
    """
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    for column in table.column_names:
        if table.column_names.count(column) > 1:
            raise SchemaMismatch("customers: the column stands twice", column=column)
    if _KEY not in table.column_names:
        raise SchemaMismatch("customers: the column is missing", column=_KEY)
    for column in table.schema:
        type_ = column.type
        if column.name == _KEY and not (_is_text(type_) or pa.types.is_integer(type_)):
            raise SchemaMismatch(
                "customers: the key must be text or whole numbers",
                column=column.name,
                value=type_,
            )
        if column.name in _TEXTS and not _is_text(type_):
            raise SchemaMismatch("customers: must be text", column=column.name, value=type_)
        if column.name == _FORMER and not _is_list_of_text(type_):
            message = "customers: must be lists of text"
            raise SchemaMismatch(message, column=column.name, value=type_)
        if column.name == _CONSENT and not pa.types.is_boolean(type_):
            raise SchemaMismatch("customers: must be bool", column=column.name, value=type_)
    keys = _plain(table[_KEY])
    if keys.null_count:
        row = pc.index(keys.is_null(), True).as_py() + 1
        raise InvalidData("customers: the key is missing", row=row, column=_KEY)
    earlier, later = keys.slice(0, max(len(keys) - 1, 0)), keys.slice(1)
    position = pc.index(pc.less(earlier, later), False).as_py()
    if position >= 0:
        same = earlier[position] == later[position]
        trouble = "stands twice" if same else "is smaller than the one before"
        raise InvalidData(f"customers: the key {trouble}", row=position + 2, column=_KEY)


def read_customers(
    path: str | PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8",
    spreadsheet_safe: bool | None = None,
) -> pyarrow.Table:
    """Read persons from a CSV file with a header line, or a Parquet file (``.parquet``).

    Of the file only the columns that have a role are kept.

    Parameters
    ----------
    path : str or path-like
        The file, one row per person in any order.
    columns : mapping of str to str, optional
        The column of each role: `customer`, and any of `email`, `name`, `consent`, `country`. By
        default those columns of the file that are called like a role.
    delimiter, encoding, spreadsheet_safe
        How a CSV file is read, as in `Transactions.from_csv`.

    Returns
    -------
    pyarrow.Table
        As `check_customers` wants it, sorted by key. Blanks around text other than the key are
        taken off, and a text without anything else is null. Consent is ``true``, ``yes``, ``y``,
        ``t`` or ``1``, or ``false``, ``no``, ``n``, ``f`` or ``0``, in capitals or not; an empty
        cell is null.

    Raises
    ------
    InvalidArgument
        `columns` names something that is no role, or not the customer.
    IOFailure
        The file is absent or cannot be read.
    SchemaMismatch
        A column is missing or has another type.
    InvalidData
        With the row, and never with a cell: a key is missing or stands twice, a consent is none
        of these words, or there is no row.

    Notes
    -----
    O(rows log rows) time, O(bytes) memory.
    """
    for role in columns or ():
        if role not in PERSON_ROLES:
            known = ", ".join(PERSON_ROLES)
            raise InvalidArgument(f"customers: the role must be one of {known}", value=role)
    if columns is not None and _KEY not in columns:
        raise InvalidArgument("customers: no column is mapped to customer")
    asked = None if columns is None else list(columns.values())
    is_parquet = fspath(path).endswith(".parquet")
    try:
        if is_parquet:
            table = files.read_parquet(path, columns=asked)
        else:
            table = files.read_csv(path, delimiter=delimiter, encoding=encoding, columns=asked)
    except (InvalidData, SchemaMismatch) as error:
        error.value = None  # It shows what stands in the row.
        raise
    is_marked = spreadsheet.is_escaped(path) if spreadsheet_safe is None else spreadsheet_safe
    if is_marked and not is_parquet:
        for position, name in enumerate(table.column_names):
            table = table.set_column(position, name, spreadsheet.unescape(table[name]))
    named = columns or {role: role for role in PERSON_ROLES if role in table.column_names}
    if _KEY not in named:
        raise SchemaMismatch("customers: the column is missing", file=path, column=_KEY)
    pa = extras.require("io", "pyarrow")
    found = {}
    for role in PERSON_ROLES:
        if role in named:
            cells = _plain(table[named[role]])
            found[role] = _typed(cells, role, path, named[role])
    return _sorted(pa.table(found), path, named[_KEY])


def _typed(
    cells: pyarrow.ChunkedArray, role: str, path: str | PathLike[str], column: str
) -> pyarrow.ChunkedArray:
    """Make the cells of a file into a column of the schema."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    is_text = _is_text(cells.type)
    if role == _CONSENT:
        if pa.types.is_boolean(cells.type):
            return cells
        if not is_text and not pa.types.is_integer(cells.type):
            raise SchemaMismatch("customers: no consent is of this type", file=path, column=column)
        words = pc.utf8_lower(pc.utf8_trim_whitespace(cells.cast(pa.string())))
        words = pc.if_else(pc.equal(words, ""), pa.scalar(None, pa.string()), words)
        yes, no = (pc.is_in(words, pa.array(known)) for known in (_YES, _NO))
        known = pc.or_(pc.or_(yes, no), pc.is_null(words))
        if (position := pc.index(known, False).as_py()) >= 0:
            raise InvalidData(
                "customers: the consent is neither yes nor no",
                file=path,
                row=position + 1,
                column=column,
            )
        return pc.if_else(pc.is_null(words), pa.scalar(None, pa.bool_()), yes)
    if role == _KEY:
        if not is_text:
            return cells  # The check says which types a key may have.
        texts = cells.cast(pa.string())
        none = pc.or_(pc.equal(texts, ""), pc.equal(texts, _UNKNOWN))
        return pc.if_else(none, pa.scalar(None, pa.string()), texts)
    if not is_text:
        raise SchemaMismatch("customers: must be text", file=path, column=column, value=cells.type)
    texts = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _sorted(table: pyarrow.Table, path: str | PathLike[str], column: str) -> pyarrow.Table:
    """Sort by key; a key that is missing or stands twice is named by its row in the file."""
    pc = extras.require("io", "pyarrow.compute")
    keys = table[_KEY]
    if keys.null_count:
        row = pc.index(keys.is_null(), True).as_py() + 1
        raise InvalidData("customers: the key is missing", file=path, row=row, column=column)
    order = pc.sort_indices(table, sort_keys=[(_KEY, "ascending")])  # Stable.
    table = table.take(order)
    keys = table[_KEY]
    twice = pc.equal(keys.slice(0, max(len(keys) - 1, 0)), keys.slice(1))
    if pc.any(twice).as_py():
        rows = pc.filter(order.slice(1), twice.combine_chunks())
        row = pc.min(rows).as_py() + 1
        raise InvalidData("customers: the key stands twice", file=path, row=row, column=column)
    check_customers(table)
    return table


def _is_text(type_: pyarrow.DataType) -> bool:
    pa = extras.require("io", "pyarrow")
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return any(
        is_one(type_)
        for is_one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _is_list_of_text(type_: pyarrow.DataType) -> bool:
    pa = extras.require("io", "pyarrow")
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return is_list and _is_text(type_.value_type)


def _plain(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return the column without a dictionary, which not every function of Arrow reads."""
    pa = extras.require("io", "pyarrow")
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column
