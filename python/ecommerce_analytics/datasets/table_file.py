"""Any file of order lines whose columns somebody names: CSV, Parquet or Excel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from .. import errors, files
from ..transactions import (
    ColumnMapping,
    Transactions,
    choice_of,
    mapped_columns,
    read_csv_lines,
    read_parquet_lines,
)
from .customers import read_customers
from .dataset import Dataset
from .source_lines import SourceTable, read_again

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FileFormat", "format_of", "load_table", "read_table"]

FileFormat: TypeAlias = Literal["csv", "parquet", "xlsx"]

_FORMATS = {name: name for name in get_args(FileFormat)}
_SUFFIXES = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
_OF_CSV = ("delimiter", "encoding", "spreadsheet_safe")
_KEYS = ("customer", "order", "product", "category", "region", "kind", "currency_column")


def format_of(path: str | PathLike[str]) -> FileFormat:
    """Tell the format by the end of the name.

    Raises
    ------
    InvalidArgument
        It is none of .csv, .txt, .tsv, .parquet and .xlsx.
    """
    found = _SUFFIXES.get(Path(path).suffix.lower())
    if found is None:
        known = ", ".join(_SUFFIXES)
        raise errors.InvalidArgument(f"load_table: the name must end in {known}", value=str(path))
    return cast(FileFormat, found)


def read_table(
    path: str | PathLike[str],
    *,
    file_format: FileFormat | None = None,
    sheet: str | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> pyarrow.Table:
    """Read all columns of a file of order lines as they are, to look at them.

    Parameters
    ----------
    path : str or path-like
        The file.
    file_format : {"csv", "parquet", "xlsx"}, optional
        By default as the end of the name says.
    sheet : str, optional
        Of a workbook; by default its only one with rows.
    delimiter, encoding : str
        Of a CSV file, whose columns all come as text.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    Error
        As the readers of `ecommerce_analytics.files`; `InvalidArgument` if the workbook has several
        sheets and none is told, or no such sheet.
    """
    kind = choice_of("file_format", _FORMATS, file_format or format_of(path))
    if kind == "csv":
        return files.read_csv(path, delimiter=delimiter, encoding=encoding)
    if kind == "parquet":
        return files.read_parquet(path)
    return _sheet_of(path, sheet, ())


def load_table(
    path: str | PathLike[str],
    mapping: Mapping[str, Any],
    *,
    file_format: FileFormat | None = None,
    sheet: str | None = None,
    customers: str | PathLike[str] | None = None,
    customer_columns: Mapping[str, str] | None = None,
    **reading: Any,
) -> Dataset:
    """Load a file of order lines with columns of any names.

    Parameters
    ----------
    path : str or path-like
        The file.
    mapping : mapping
        Which column is what, by the roles of `Transactions.from_arrow`: ``customer``, ``order``,
        ``timestamp``, ``amount``, …, ``measures``, ``dimensions``.
    file_format : {"csv", "parquet", "xlsx"}, optional
        By default as the end of the name says.
    sheet : str, optional
        Of a workbook; by default its only one with rows. Columns of keys are read as text.
    customers : str or path-like, optional
        A CSV or Parquet file of persons, for `read_customers`.
    customer_columns : mapping of str to str, optional
        Which column of it is what; by default those that are called so.
    **reading
        The other options of `Transactions.from_csv` (for CSV) or `from_arrow`: ``currency``,
        ``decimal``, ``time_zone``, ``delimiter``, ….

    Returns
    -------
    Dataset
        ``name`` is the format, ``region`` is told where the mapping has one, ``parameters`` are the
        mapping and the options.

    Raises
    ------
    Error
        As `Transactions.from_csv`, `read_table` and `read_customers`.

    Notes
    -----
    O(rows) expected time and memory.
    """
    kind = cast(FileFormat, choice_of("file_format", _FORMATS, file_format or format_of(path)))
    told = {name: value for name, value in reading.items() if value is not None}
    read = partial(_read, path, kind, sheet, dict(mapping), told)
    with errors.in_file(path):
        found = read()
        transactions = Transactions.from_arrow(found.lines, **found.mapping)
    sources = dict(found.sources)
    persons = None
    if customers is not None:
        file = files.SourceFile(customers)
        options = {name: told[name] for name in _OF_CSV if name in told}
        persons = read_customers(file, columns=customer_columns, **options)
        is_taken = file.name in sources
        sources[f"{file.name} (customers)" if is_taken else file.name] = file.sha256
    return Dataset(
        name=kind,
        transactions=transactions,
        customers=persons,
        currency=transactions.currency,
        region="region" if "region" in mapping else None,
        sources=sources,
        parameters={"map": dict(mapping)} | told | ({"sheet": sheet} if sheet else {}),
        source_lines=read_again(read, found.sources),
    )


def _read(
    path: str | PathLike[str],
    kind: FileFormat,
    sheet: str | None,
    roles: Mapping[str, Any],
    told: Mapping[str, Any],
) -> SourceTable:
    file = files.SourceFile.of(path)
    others = {name: value for name, value in told.items() if name not in _OF_CSV}
    mapping = cast(ColumnMapping, {**roles, **others})
    if kind == "csv":
        options = {name: told[name] for name in _OF_CSV if name in told}
        lines = read_csv_lines(file, mapping, **options)
    elif kind == "parquet":
        lines = read_parquet_lines(file, mapping)
    else:
        keys = [str(roles[role]) for role in _KEYS if roles.get(role)]
        named = roles.get("dimensions", ())
        keys += [*(named.values() if isinstance(named, Mapping) else named)]
        lines = _sheet_of(file, sheet, keys)
        files.require_columns(lines.column_names, mapped_columns(mapping), file)
        lines = lines.select(mapped_columns(mapping))
    return SourceTable(lines, mapping, {file.name: file.sha256})


def _sheet_of(
    path: str | PathLike[str], sheet: str | None, text: tuple[str, ...] | list[str]
) -> pyarrow.Table:
    sheets = files.read_xlsx(path, text=text)
    if sheet is None and len(sheets) > 1:
        raise errors.InvalidArgument(
            "load_table: the workbook has several sheets: choose one", value=", ".join(sheets)
        )
    if sheet is not None and sheet not in sheets:
        raise errors.InvalidArgument("load_table: the workbook has no such sheet", value=sheet)
    return sheets[sheet] if sheet is not None else next(iter(sheets.values()))
