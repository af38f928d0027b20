"""Results that were written to files, as the tables that they were: nothing is computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import extras
from ecommerce_analytics.table import Table

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics import _core

__all__ = ["table_of"]

_FORMATS: Final = {
    "string": "U",
    "int64": "l",
    "int32": "i",
    "uint8": "C",
    "double": "g",
    "bool": "b",
    "date32[day]": "tdD",
    "decimal128(38, 4)": "d:38,4",
}


def table_of(
    schema: pyarrow.Schema,
    read: Callable[[], pyarrow.Table],
    *,
    metadata: Mapping[str, str] | None = None,
) -> Table:
    """Make a table of a file, whose rows are read when somebody asks for them.

    Parameters
    ----------
    schema : pyarrow.Schema
        Columns, and in its metadata what is true of the whole table.
    read : callable
        Returns the rows; called once at most.
    metadata : mapping of str to str, optional
        What is true of the whole table beside that.

    Returns
    -------
    Table
        Of the same types as the one that was written; text that was a moment is text again.
    """
    return Table(cast("_core.Table", _Rows(schema, read, metadata or {})))


class _Rows:
    """What `Table` asks of a native table, answered by Arrow."""

    def __init__(
        self,
        schema: pyarrow.Schema,
        read: Callable[[], pyarrow.Table],
        metadata: Mapping[str, str],
    ) -> None:
        told = schema.metadata or {}
        self.metadata = {key.decode(): text.decode() for key, text in told.items()} | {**metadata}
        self.formats = [(one.name, _FORMATS.get(str(one.type), "U")) for one in schema]
        self._read = read
        self._table: pyarrow.Table | None = None

    @property
    def num_rows(self) -> int:
        rows: int = self._rows().num_rows
        return rows

    def column(self, name: str) -> tuple[Any, npt.NDArray[np.bool_] | None]:
        pa = extras.require("io", "pyarrow")
        chunks = self._rows().column(name)
        format_ = dict(self.formats)[name]
        valid = None
        if chunks.null_count:
            valid = np.asarray(chunks.is_valid().to_numpy())
        if format_ == "U":
            return chunks.cast(pa.string()).to_pylist(), valid
        column = chunks.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # Of no rows.
            column = (
                pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], chunks.type)
            )
        if format_ == "d:38,4":
            if not len(column):
                return np.zeros(0, dtype="V16"), valid
            values = np.frombuffer(column.buffers()[1], dtype="V16")
            return values[column.offset : column.offset + len(column)], valid
        if valid is not None:
            absent = pa.array([0], pa.int32()).cast(column.type)[0]
            column = column.fill_null(absent)
        return column.to_numpy(zero_copy_only=False).copy(), valid

    def __arrow_c_schema__(self) -> object:
        return self._rows().schema.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        batch = self._rows().combine_chunks().to_batches()[0]
        made: tuple[object, object] = batch.__arrow_c_array__(requested_schema)
        return made

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._rows().__arrow_c_stream__(requested_schema)

    def _rows(self) -> pyarrow.Table:
        if self._table is None:
            self._table = self._read()
        return self._table
