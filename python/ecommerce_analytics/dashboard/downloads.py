"""Tables as files to take away: the bytes of a CSV, Parquet or Excel file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from ecommerce_analytics import exports, workbook
from ecommerce_analytics.errors import InvalidArgument

if TYPE_CHECKING:
    from ecommerce_analytics.dashboard.shop import Shop

__all__ = ["FORMS", "about", "bytes_of"]

#: Forms of a file, by what its name ends with, and what it is called on the way.
FORMS: Final = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def about(shop: Shop) -> dict[str, str]:
    """Return what every file says of where it is from."""
    return {
        "source": shop.name,
        "is_synthetic": str(shop.is_synthetic).lower(),
        "currency": shop.currency or "",
        "as_of": shop.as_of,
    }


def bytes_of(table: Any, form: str, *, name: str, told: Mapping[str, str]) -> bytes:
    """Return a table as a file.

    Parameters
    ----------
    table
        Anything with `__arrow_c_stream__`.
    form : {"csv", "parquet", "xlsx"}
        A CSV file and a workbook hold no text, of a cell or a header, that a spreadsheet would run
        as a formula (see `spreadsheet`); a Parquet file holds text as it is.
    name : str
        Of the table: that of its sheet.
    told : mapping of str to str
        What is told of the table, as `about` returns it.

    Raises
    ------
    InvalidArgument
        There is no such form.
    """
    if form not in FORMS:
        raise InvalidArgument("dashboard: there is no such form of a file", value=form)
    read = pa.table(table)
    export = exports.labelled(exports.Export(read), told)
    with tempfile.TemporaryDirectory(prefix="ecommerce-analytics-") as folder:
        path = Path(folder) / f"table.{form}"
        if form == "csv":
            exports.write_csvs({path.name: export}, Path(folder), raw=False)
        elif form == "parquet":
            exports.write_parquet(export.table, path)
        else:
            facts = [(key, text) for key, text in told.items() if text]
            workbook.write(path, {name: export.table}, facts=facts, meanings=exports.meanings)
        return path.read_bytes()
