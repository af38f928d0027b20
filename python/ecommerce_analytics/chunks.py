"""Order lines in chunks, of which only one stands in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import index
from typing import TYPE_CHECKING, Any

from ecommerce_analytics.errors import Error, InvalidArgument, InvalidData, IOFailure
from ecommerce_analytics.extras import require
from ecommerce_analytics.transactions import ArrowStreamable, Transactions

if TYPE_CHECKING:
    import pyarrow


def read_chunks(
    stream: ArrowStreamable, *, chunk_rows: int = 1_000_000, **mapping: Any
) -> Iterator[Transactions]:
    """Read a stream of order lines chunk by chunk.

    Feed them to `analyze`, or one by one to `CustomerHistory.add`: a table larger than memory is
    analysed that way. Cleaning that needs the whole source cannot be done here.

    Parameters
    ----------
    stream
        Anything with `__arrow_c_stream__`, such as a `pyarrow.RecordBatchReader`, a DuckDB relation
        or `pyarrow.parquet.ParquetFile(path).iter_batches()` wrapped in a reader. It is read as the
        chunks are asked for.
    chunk_rows : int, default=1_000_000
        Rows of a chunk at most; at least 1.
    **mapping
        As of `Transactions.from_arrow`.

    Yields
    ------
    Transactions
        At least one. Rows of messages count from the start of the stream.

    Raises
    ------
    InvalidArgument
        If `chunk_rows` is less than 1.
    InvalidData
        If there are no rows: the stream was read before.
    IOFailure
        If the stream breaks off.

    Examples
    --------
    >>> import ecommerce_analytics as ea, pyarrow as pa
    >>> lines = pa.table({"who": ["ann", "bob"], "nr": ["A1", "B1"],
    ...                   "day": ["2026-01-05", "2026-01-09"], "paid": ["19.90", "5.10"]})
    >>> chunks = ea.read_chunks(lines, chunk_rows=1,
    ...                         customer="who", order="nr", timestamp="day", amount="paid")
    >>> ea.analyze(chunks, kpi=True).kpi["orders"].tolist()
    [2]
    """
    if index(chunk_rows) < 1:
        raise InvalidArgument("read_chunks: chunk_rows must be at least 1", value=str(chunk_rows))
    return _chunks(stream, chunk_rows, mapping)


def _chunks(
    stream: ArrowStreamable, chunk_rows: int, mapping: dict[str, Any]
) -> Iterator[Transactions]:
    pa = require("io", "pyarrow")
    with _broken_stream(pa):
        reader = pa.RecordBatchReader.from_stream(stream)
    num_rows_before = 0
    for table in _tables(pa, reader, chunk_rows):
        try:
            yield Transactions.from_arrow(table, **mapping)
        except Error as error:
            if error.row is not None and mapping.get("source_row") is None:
                error.row += num_rows_before
            raise
        num_rows_before += table.num_rows
    if num_rows_before == 0:
        raise InvalidData(
            "read_chunks: there are no rows: the table is empty, or its stream was read before"
        )


def _tables(pa: Any, reader: pyarrow.RecordBatchReader, chunk_rows: int) -> Iterator[pyarrow.Table]:
    """Yield tables of `chunk_rows` rows, the last one shorter."""
    waiting: list[Any] = []
    num_waiting = 0
    while True:
        with _broken_stream(pa):
            batch = next(reader, None)
        if batch is None:
            break
        while batch.num_rows > 0:
            part = batch.slice(0, chunk_rows - num_waiting)
            batch = batch.slice(part.num_rows)
            waiting.append(part)
            num_waiting += part.num_rows
            if num_waiting == chunk_rows:
                yield pa.Table.from_batches(waiting)
                waiting, num_waiting = [], 0
    if num_waiting:
        yield pa.Table.from_batches(waiting)


@contextmanager
def _broken_stream(pa: Any) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        words = str(error).partition("\n")[0]
        raise IOFailure("read_chunks: the stream cannot be read", value=words) from error
