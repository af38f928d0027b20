import gc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from order_logs import OrderLog, content_of, order_logs

MAPPING = {"customer": "customer", "order": "order", "timestamp": "timestamp", "amount": "amount"}


def one_customer(num_rows: int) -> pa.Table:
    return pa.table(
        {
            "customer": ["ann"] * num_rows,
            "order": [f"o{row % 11}" for row in range(num_rows)],
            "timestamp": ["2026-01-05"] * num_rows,
            "amount": pa.array([Decimal(row) for row in range(num_rows)], pa.decimal128(9, 0)),
        }
    )


@given(order_logs(with_purchase=True), st.integers(1, 9), st.integers(1, 9))
def test_chunks_say_what_the_whole_says(log: OrderLog, chunk_rows: int, batch_rows: int) -> None:
    table = log.table()
    batches = table.to_batches(max_chunksize=batch_rows)
    chunks = list(
        ea.read_chunks(
            pa.RecordBatchReader.from_batches(table.schema, batches),
            chunk_rows=chunk_rows,
            purchases=log.purchases,
            kind="kind" if "kind" in table.column_names else None,
            region="region",
            **MAPPING,
        )
    )
    assert [chunk.num_rows for chunk in chunks[:-1]] == [chunk_rows] * (len(chunks) - 1)
    assert sum(chunk.num_rows for chunk in chunks) == table.num_rows
    found = ea.analyze(chunks, kpi=True, geo=True)
    whole = ea.analyze(log.transactions(), kpi=True, geo=True)
    for ours, theirs in ((found.kpi, whole.kpi), (found.geo, whole.geo)):
        assert ours is not None
        assert theirs is not None
        assert content_of(ours) == content_of(theirs)


def test_a_stream_is_read_as_chunks_are_asked_for() -> None:
    table = one_customer(30)
    read: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.to_batches(max_chunksize=10):
            read.append(batch.num_rows)
            yield batch

    chunks = ea.read_chunks(
        pa.RecordBatchReader.from_batches(table.schema, batches()), chunk_rows=10, **MAPPING
    )
    assert read == []
    next(chunks)
    assert len(read) == 1
    assert [chunk.num_rows for chunk in chunks] == [10, 10]
    gc.collect()


def test_a_parquet_file_and_a_query(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pq.write_table(one_customer(1_000), path, row_group_size=100)
    file = pq.ParquetFile(path)
    reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(70))
    from_file = ea.analyze(ea.read_chunks(reader, chunk_rows=64, **MAPPING), kpi=True).kpi
    query = duckdb.connect().sql(f"FROM '{path}'")
    from_query = ea.analyze(ea.read_chunks(query, chunk_rows=300, **MAPPING), kpi=True).kpi
    assert from_file is not None
    assert from_query is not None
    assert content_of(from_file) == content_of(from_query)
    assert from_file.decimals("revenue_net") == [Decimal(sum(range(1_000)))]


class TestErrors:
    def test_rows_count_from_the_start_of_the_stream(self) -> None:
        table = one_customer(25).set_column(
            3, "amount", pa.array([*(["1.5"] * 17), "ten", *(["1"] * 7)])
        )
        chunks = ea.read_chunks(table, chunk_rows=10, **MAPPING)
        next(chunks)
        with pytest.raises(ea.InvalidData) as caught:
            next(chunks)
        assert (caught.value.row, caught.value.column, caught.value.value) == (18, "amount", "ten")

    @pytest.mark.parametrize("chunk_rows", [0, -1])
    def test_chunks_of_no_rows(self, chunk_rows: int) -> None:
        with pytest.raises(ea.InvalidArgument, match="chunk_rows must be at least 1"):
            ea.read_chunks(one_customer(3), chunk_rows=chunk_rows, **MAPPING)

    def test_a_stream_that_was_read(self) -> None:
        reader = one_customer(3).to_reader()
        list(ea.read_chunks(reader, **MAPPING))
        with pytest.raises(ea.InvalidData, match="its stream was read before"):
            list(ea.read_chunks(reader, **MAPPING))

    def test_a_stream_that_breaks_off(self) -> None:
        table = one_customer(20)

        def batches() -> Iterator[pa.RecordBatch]:
            yield table.to_batches(max_chunksize=10)[0]
            raise OSError("the cable was cut")

        reader = pa.RecordBatchReader.from_batches(table.schema, batches())
        chunks = ea.read_chunks(reader, chunk_rows=10, **MAPPING)
        assert next(chunks).num_rows == 10
        with pytest.raises(ea.IOFailure, match="the stream cannot be read"):
            next(chunks)

    def test_an_order_of_two_customers_in_two_chunks(self) -> None:
        table = pa.table(
            {
                "customer": ["ann", "bob"],
                "order": ["A", "A"],
                "timestamp": ["2026-01-05"] * 2,
                "amount": ["1", "1"],
            }
        )
        options: dict[str, Any] = {"chunk_rows": 1, **MAPPING}
        with pytest.raises(ea.InvalidData, match="an order with lines of two customers"):
            ea.analyze(ea.read_chunks(table, **options), kpi=True)
