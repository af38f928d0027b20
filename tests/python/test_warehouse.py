"""Tables in a real PostgreSQL: what they hold, and that nothing is ever half there."""

import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import output_folder, warehouse
from ecommerce_analytics.forget import forget
from ecommerce_analytics.run import num_stages, run
from postgresql_server import SUPERUSER, Server

TABLES = (
    "executive_metrics_summary",
    "key_figure_changes",
    "customer_rfm_segments",
    "rfm_segment_summary",
    "customer_value_tiers",
    "lorenz_curve",
    "customer_cohort_retention",
    "customer_clusters",
    "high_value_customers",
    "enhanced_customer_data",
    "geo_revenue",
    "category_revenue",
    "payment_types",
)
SCHEMA = "ecommerce_analytics"
_numbers = count()


@dataclass(frozen=True)
class Database:
    """A database of one test."""

    server: Server
    name: str
    url: str

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.server.connect(self.name) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def tables(self, schema: str = SCHEMA) -> set[str]:
        return {
            name
            for (name,) in self.query(
                f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"
            )
        }

    def state(self) -> dict[str, Any]:
        """Return all rows of all tables."""
        return {
            name: sorted(self.query(f'SELECT t::text FROM {SCHEMA}."{name}" t'))
            for name in self.tables()
        }


@pytest.fixture
def database(postgresql: Server) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    with postgresql.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield Database(postgresql, name, postgresql.url(name))
    with postgresql.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(60, 3)


@pytest.fixture(scope="module")
def other_shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(90, 4)


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sample(**columns: Any) -> pa.Table:
    return pa.table(columns or {"customer": ["ann"], "value": [1]})


def written(database: Database, tables: dict[str, pa.Table], schema: str = SCHEMA) -> None:
    with warehouse.replaced(warehouse.place_of(database.url, schema), list(tables)) as writing:
        for name, table in tables.items():
            writing.write(name, table)


# --- what the tables hold ---


def test_the_tables_are_those_of_the_files_with_their_types(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    stages: list[str] = []
    result = run(shop, tmp_path, to=database.url, parquet=True, xlsx=True, progress=stages.append)

    assert len(stages) == num_stages(xlsx=True, to=database.url)
    assert database.tables() == {*TABLES, "run"}
    assert result.manifest["database"] == {"schema": SCHEMA, "tables": [*TABLES, "run"]}
    for name in TABLES:
        table = pq.read_table(tmp_path / f"{name}.parquet")
        found = database.query(f"SELECT * FROM {SCHEMA}.{name}")
        assert found == [tuple(row.values()) for row in table.to_pylist()]
        assert table.num_rows > 0
    kinds = dict(
        database.query(
            "SELECT DISTINCT column_name, data_type || coalesce(' ' || numeric_precision || ',' ||"
            " numeric_scale, '') FROM information_schema.columns"
            " WHERE table_name IN ('customer_rfm_segments', 'executive_metrics_summary')"
        )
    )
    assert kinds["customer"] == kinds["segment"] == kinds["grain"] == "text"
    assert kinds["monetary"] == kinds["revenue_net"] == "numeric 38,4"
    assert kinds["frequency"] == kinds["orders"] == "bigint 64,0"
    assert kinds["recency_days"] == kinds["r_score"] == "integer 32,0"
    assert kinds["repeat_rate"].startswith("double precision")
    assert kinds["partial"] == "boolean"
    assert kinds["start"] == "date"


def test_a_reader_can_tell_what_he_sees(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    result = run(shop, tmp_path, to=database.url)
    ((source, as_of, version, sha, manifest, report, at),) = database.query(
        "SELECT source, as_of, version, run_json_sha256, manifest, ingest_report, written_at"
        f" FROM {SCHEMA}.run"
    )
    assert (source, version) == ("synthetic", ea.__version__)
    assert as_of == datetime.fromisoformat(result.manifest["as_of"])
    assert manifest == result.manifest == json.loads((tmp_path / "run.json").read_text())
    assert report == json.loads((tmp_path / "ingest_report.json").read_text())
    assert abs(time.time() - at.timestamp()) < 600
    assert sha == hashlib.sha256((tmp_path / "run.json").read_bytes()).hexdigest()

    table = f"'{SCHEMA}.customer_rfm_segments'::regclass"
    ((comment, of_column),) = database.query(
        f"SELECT obj_description({table}), col_description({table}, 2)"
    )
    lines = comment.splitlines()
    assert lines[0] == "Written by ecommerce-analytics run."
    assert {f"as_of: {result.manifest['as_of']}", "rules: default", "currency: BRL"} <= {*lines}
    assert of_column == "whole days of 24 hours from his last order to as_of"


def test_the_cutoff_of_the_churn_test_is_a_moment_but_in_a_csv_file(
    database: Database, tmp_path: Path
) -> None:
    shop = ea.datasets.make_synthetic(400, 3)
    run(shop, tmp_path, to=database.url, parquet=True, xlsx=True)
    text = (tmp_path / "churn_evaluation.csv").read_text().splitlines()[1].split(",")[1]
    cutoff = datetime.fromisoformat(text)
    assert text == f"{cutoff:%Y-%m-%d %H:%M:%S}"
    assert database.query(f"SELECT DISTINCT cutoff FROM {SCHEMA}.churn_evaluation") == [(cutoff,)]
    table = pq.read_table(tmp_path / "churn_evaluation.parquet")
    assert table.schema.field("cutoff").type == pa.timestamp("us")
    assert table.column("cutoff")[0].as_py() == cutoff
    book = openpyxl.load_workbook(tmp_path / "ecommerce_analytics.xlsx")
    assert book["churn_evaluation"]["B2"].value == cutoff


def test_hostile_names_and_texts_are_only_names_and_texts(database: Database) -> None:
    texts = [
        "",
        None,
        "a,b",
        'q"q',
        "'; DROP TABLE x; --",
        "\\.",
        "\\N",
        "a\nb\r\n",
        "é\t€😀",
        "%s",
    ]
    schema = 'we"ird; %s :x SCHEMA'
    table = sample(**{'co"l %(x)s': texts}).replace_schema_metadata({"rules": "100 % 'x' \\ :y"})
    for _ in range(2):
        written(database, {'ta"ble': table}, schema)
        found = database.query('SELECT * FROM "we""ird; %s :x SCHEMA"."ta""ble"')
        assert [text for (text,) in found] == texts
    ((comment,),) = database.query(
        'SELECT obj_description(\'"we""ird; %s :x SCHEMA"."ta""ble"\'::regclass)'
    )
    assert comment.endswith("rules: 100 % 'x' \\ :y")


def test_extremes_come_back_as_they_went(database: Database) -> None:
    columns = {
        "money": pa.array(
            [Decimal("9" * 34 + ".9999"), Decimal("-0.0001"), None], pa.decimal128(38, 4)
        ),
        "count": pa.array([2**63 - 1, -(2**63), None], pa.int64()),
        "big": pa.array([2**64 - 1, 0, None], pa.uint64()),
        "small": pa.array([255, 0, None], pa.uint8()),
        "middle": pa.array([2**32 - 1, 0, None], pa.uint32()),
        "rate": pa.array([1 / 3, 5e-324, None]),
        "flag": pa.array([True, False, None]),
        "day": pa.array([date(9999, 12, 31), date(1, 1, 1), None]),
        "time": pa.array(
            [datetime(9999, 12, 31, 23, 59, 59, 999_999), datetime(1, 1, 1), None],
            pa.timestamp("us"),
        ),
    }
    table = pa.table(columns)
    written(database, {"extremes": table})
    found = database.query(f"SELECT * FROM {SCHEMA}.extremes")
    assert found == [tuple(row.values()) for row in table.to_pylist()]


_CELLS = st.tuples(
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.decimals(-(10**30), 10**30, places=4),
    st.none() | st.dates(),
    st.none() | st.booleans(),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_CELLS, max_size=8))
def test_any_rows_come_back_as_they_went(database: Database, rows: list[tuple[Any, ...]]) -> None:
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.decimal128(38, 4), pa.date32(), pa.bool_())
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    arrays = [pa.array(list(c), kind) for c, kind in zip(columns, kinds, strict=True)]
    table = pa.table(dict(zip("abcdef", arrays, strict=True)))
    written(database, {"rows": table})
    assert database.query(f"SELECT * FROM {SCHEMA}.rows") == rows


# --- a later run ---


def test_a_later_run_replaces_the_rows_and_keeps_what_hangs_on_the_tables(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
) -> None:
    run(shop, tmp_path, to=database.url)
    database.query(f"CREATE VIEW best AS SELECT * FROM {SCHEMA}.customer_value_tiers")
    database.query(f"CREATE INDEX mine ON {SCHEMA}.customer_rfm_segments (customer)")
    database.query("DROP ROLE IF EXISTS reader")
    database.query("CREATE ROLE reader")
    database.query(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO reader")

    run(other_shop, tmp_path, to=database.url)

    assert database.query("SELECT count(*) FROM best") == [(90,)]
    assert database.query(f"SELECT count(*) FROM {SCHEMA}.run") == [(1,)]
    assert database.query(
        f"SELECT has_table_privilege('reader', '{SCHEMA}.geo_revenue', 'SELECT'),"
        f" to_regclass('{SCHEMA}.mine') IS NOT NULL"
    ) == [(True, True)]
    database.query("DROP OWNED BY reader")


def test_a_table_that_a_later_run_has_not_is_empty_and_says_why(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    run(shop, tmp_path, to=database.url)
    database.query(f"CREATE VIEW mine AS SELECT * FROM {SCHEMA}.geo_revenue")
    rows = database.query("SELECT * FROM mine")
    assert rows

    with database.server.connect(database.name) as reader, reader.transaction():
        assert reader.execute("SELECT * FROM mine").fetchall() == rows
        # While somebody reads the table, neither waits.
        result = run(replace(shop, region=None), tmp_path, to=database.url)

    assert "geo_revenue" not in result.manifest["database"]["tables"]
    assert not (tmp_path / "geo_revenue.csv").exists()
    assert database.query("SELECT * FROM mine") == []
    about = f"SELECT obj_description('{SCHEMA}.geo_revenue'::regclass)"
    assert database.query(about) == [
        ("Written by ecommerce-analytics run.\nempty: the source has no region",)
    ]
    # Still ours: the next run that has regions writes them.
    run(shop, tmp_path, to=database.url)
    assert database.query("SELECT * FROM mine") == rows
    ((comment,),) = database.query(about)
    assert "empty" not in comment


def test_a_column_whose_type_changes_keeps_its_place_and_its_index(database: Database) -> None:
    written(database, {"a": sample(customer=[7], orders=[1])})
    database.query(f"CREATE INDEX mine ON {SCHEMA}.a (customer)")
    written(database, {"a": sample(customer=["p-7"], orders=[2])})
    assert database.query(f"SELECT * FROM {SCHEMA}.a") == [("p-7", 2)]
    assert database.query(f"SELECT to_regclass('{SCHEMA}.mine') IS NOT NULL") == [(True,)]

    # A view of another column does not mind, one of this column is named.
    database.query(f"CREATE VIEW others AS SELECT orders FROM {SCHEMA}.a")
    written(database, {"a": sample(customer=[7], orders=[3])})
    assert database.query("SELECT * FROM others") == [(3,)]
    database.query(f"CREATE VIEW people AS SELECT customer FROM {SCHEMA}.a")
    before = database.state()
    with pytest.raises(ea.IOFailure, match="a view or index of yours is of a column") as caught:
        written(database, {"a": sample(customer=["p-7"], orders=[4])})
    assert 'view people depends on column "customer"' in str(caught.value)
    assert database.state() == before


def test_columns_come_and_go_in_place(database: Database) -> None:
    written(database, {"a": sample(x=[1], z=[5]), "b": sample(x=[1])})
    place = warehouse.place_of(database.url)
    with database.server.connect(database.name) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with reader.transaction():
            assert reader.execute(f"SELECT x FROM {SCHEMA}.b").fetchall() == [(1,)]
            with warehouse.replaced(place, ["a", "b"]) as writing:
                writing.write("a", sample(x=[7], y=["one"]), {"y": "a word"})
                writing.write("b", sample(x=[3]))
            # Whoever began before sees the old row, never none.
            assert reader.execute(f"SELECT count(*) FROM {SCHEMA}.a").fetchall() == [(1,)]
            assert reader.execute(f"SELECT x FROM {SCHEMA}.b").fetchall() == [(1,)]
    assert database.query(f"SELECT x, y FROM {SCHEMA}.a") == [(7, "one")]
    assert database.query(f"SELECT * FROM {SCHEMA}.b") == [(3,)]
    assert database.query(
        "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute"
        f" WHERE attrelid = '{SCHEMA}.a'::regclass AND attnum > 0 AND NOT attisdropped"
    ) == [("x", None), ("y", "a word")]

    database.query(f"CREATE VIEW mine AS SELECT * FROM {SCHEMA}.a")
    before = database.state()
    with pytest.raises(ea.IOFailure, match="a view or index of yours is of a column") as caught:
        written(database, {"b": sample(x=[4]), "a": sample(x=[1])})
    assert "view mine depends on column y" in str(caught.value)
    assert database.state() == before


@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE TABLE {SCHEMA}.run (mine text)",
        f"CREATE VIEW {SCHEMA}.geo_revenue AS SELECT 1 AS mine",
        f"CREATE TABLE {SCHEMA}.customer_rfm_segments (mine text);"
        f" COMMENT ON TABLE {SCHEMA}.customer_rfm_segments IS 'My own'",
    ],
)
def test_what_no_run_has_written_is_not_touched(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path, statement: str
) -> None:
    database.query(f"CREATE SCHEMA {SCHEMA}")
    database.query(statement)
    before = database.state()
    with pytest.raises(ea.IOFailure, match="a table that no run has written"):
        run(shop, tmp_path / "out", to=database.url)
    assert database.state() == before
    assert not (tmp_path / "out").exists()


def test_tables_of_others_stay(database: Database) -> None:
    database.query(f"CREATE SCHEMA {SCHEMA}")
    database.query(f"CREATE TABLE {SCHEMA}.notes AS SELECT 'mine' AS text")
    written(database, {"a": sample()})
    assert database.query(f"SELECT text FROM {SCHEMA}.notes") == [("mine",)]


# --- readers and writers at the same time ---


def test_a_reader_sees_the_old_tables_or_the_new_ones(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
) -> None:
    run(shop, tmp_path, to=database.url)
    seen: list[tuple[Any, ...]] = []
    failures: list[BaseException] = []
    done = threading.Event()
    query = f"""
        SELECT (SELECT manifest #>> '{{parameters,source,num_customers}}' FROM {SCHEMA}.run),
               (SELECT count(*) FROM {SCHEMA}.customer_rfm_segments),
               (SELECT count(*) FROM {SCHEMA}.customer_value_tiers)
    """

    def read() -> None:
        try:
            with psycopg.connect(database.url) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                while not done.is_set():
                    with connection.transaction():
                        first = connection.execute(query).fetchall()
                        assert connection.execute(query).fetchall() == first
                    seen.extend(first)
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    tables = {
        one: pq.read_table(
            run(dataset, tmp_path / one, parquet=True).output / "customer_rfm_segments.parquet"
        )
        for one, dataset in (("60", shop), ("90", other_shop))
    }
    place = warehouse.place_of(database.url)
    for number in range(20):
        size = ("60", "90")[number % 2]
        manifest = json.loads((tmp_path / size / "run.json").read_text())
        # All that a run may write, so that nothing is taken for left over.
        with warehouse.replaced(
            place, ["customer_rfm_segments", "customer_value_tiers", "run"]
        ) as writing:
            for name in ("customer_rfm_segments", "customer_value_tiers"):
                writing.write(name, tables[size])
            writing.write_run(manifest, "", {})
    done.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert set(seen) == {("60", 60, 60), ("90", 90, 90)}


def test_a_reader_does_not_wait(database: Database) -> None:
    written(database, {"a": sample(x=[1])})
    with warehouse.replaced(warehouse.place_of(database.url), ["a"]) as writing:
        writing.write("a", sample(x=[2]))
        with database.server.connect(database.name) as reader:
            reader.execute("SET statement_timeout = '2s'")
            assert reader.execute(f"SELECT x FROM {SCHEMA}.a").fetchall() == [(1,)]
    assert database.query(f"SELECT x FROM {SCHEMA}.a") == [(2,)]


def test_a_second_writer_is_an_error_at_once(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    with warehouse.replaced(warehouse.place_of(database.url), ["a"]) as writing:
        writing.write("a", sample(x=[1]))
        with pytest.raises(ea.IOFailure, match="another run is writing to the schema"):
            run(shop, tmp_path / "out", to=database.url)
        assert not (tmp_path / "out").exists()
        # Into another schema it may.
        run(shop, tmp_path / "out", to=database.url, to_schema="other")
    assert database.query(f"SELECT x FROM {SCHEMA}.a") == [(1,)]
    assert database.tables("other") == {*TABLES, "run"}


def test_a_table_that_is_held_is_not_waited_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "_LOCK_TIMEOUT", "200ms")
    written(database, {"a": sample(x=[1])})
    with database.server.connect(database.name) as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {SCHEMA}.a IN SHARE MODE")
        with pytest.raises(ea.IOFailure, match="another session holds a table for too long"):
            written(database, {"a": sample(x=[2])})
    assert database.query(f"SELECT x FROM {SCHEMA}.a") == [(1,)]


# --- what goes wrong ---


def silent_port() -> Iterator[int]:
    """Give the port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("password", "refuses: password authentication failed for user"),
        ("no password", "refuses: no password supplied"),
        ("user", "refuses: password authentication failed for user"),
        ("database", 'refuses: database "nowhere" does not exist'),
        ("rights", 'refuses: permission denied for database "closed"'),
        ("port", "cannot be reached: .*refused"),
        ("host", "cannot be reached: .*no-such-host.invalid"),
        ("option", "cannot be reached: .*invalid connection option"),
        ("silence", "cannot be reached: .*timeout"),
    ],
)
def test_a_database_that_is_not_reached_leaves_everything_as_it_was(
    shop: ea.datasets.Dataset, postgresql: Server, tmp_path: Path, trouble: str, words: str
) -> None:
    secret = "s3cret-%41"
    silence = silent_port()
    url = {
        "password": lambda: postgresql.url(password=secret),
        "user": lambda: postgresql.url(user="nobody_here", password=secret),
        "no password": lambda: postgresql.url().replace(f":{postgresql.password}", ""),
        "database": lambda: postgresql.url("nowhere"),
        "rights": lambda: postgresql.url("closed", "stranger", secret),
        "port": lambda: f"postgresql://someone:{secret}@127.0.0.1:1/shop",
        "host": lambda: f"postgresql://someone:{secret}@no-such-host.invalid/shop",
        "option": lambda: f"postgresql://someone:{secret}@127.0.0.1/shop?colour=blue",
        "silence": lambda: (
            f"postgresql://someone:{secret}@127.0.0.1:{next(silence)}/shop?connect_timeout=2"
        ),
    }[trouble]()
    with postgresql.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS closed")
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 's3cret-A'")
        connection.execute("CREATE DATABASE closed")
        connection.execute("REVOKE ALL ON DATABASE closed FROM public")
    run(shop, tmp_path / "out")
    before = contents_of(tmp_path / "out")
    started = time.monotonic()
    with pytest.raises(ea.IOFailure, match=f"warehouse: the database {words}") as caught:
        run(shop, tmp_path / "out", to=url)
    assert time.monotonic() - started < 8
    silence.close()
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    for hidden in ("s3cret", postgresql.password):
        assert hidden not in told
    assert "\n" not in str(caught.value)
    assert contents_of(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///s3cret.db", "must begin with postgresql://: sqlite://"),
        ("mysql://me:s3cret@host/shop", "must begin with postgresql://: mysql://"),
        ("postgresql+psycopg2://me:s3cret@host/shop", "must begin with postgresql://"),
        ("s3cret", "must begin with postgresql://"),
        ("", "must begin with postgresql://"),
        ("postgresql://me:s3cret@host:port/shop", "the URL is not postgresql://USER"),
        ("postgresql://me:s3@cret@host/shop", "an @ of the user or the password is written as %40"),
    ],
)
def test_a_url_that_is_none_is_an_error_without_it(url: str, words: str) -> None:
    with pytest.raises(ea.InvalidArgument) as caught:
        warehouse.place_of(url)
    assert words in str(caught.value)
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in told
    assert "cret@" not in told


@pytest.mark.parametrize("schema", ["", "x" * 64, "é" * 32, "a\0b"])
def test_a_schema_that_cannot_be_is_an_error(schema: str) -> None:
    with pytest.raises(ea.InvalidArgument, match="a schema's name has 1 to 63 bytes"):
        warehouse.place_of("postgresql://host/shop", schema)


def test_a_place_never_shows_its_password() -> None:
    place = warehouse.place_of("postgres://me:s3cret@host:5433/shop?sslpassword=s3cret2")
    assert str(place) == "postgresql://me@host:5433/shop"
    assert "s3cret" not in repr(place) + str(place)


def test_who_may_not_write_learns_it_before_the_work(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    database.query("DROP ROLE IF EXISTS guest")
    database.query("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    url = database.server.url(database.name, "guest", "guest")
    stages: list[str] = []
    with pytest.raises(ea.IOFailure, match="the user may not do this in the database"):
        run(shop, tmp_path / "out", to=url, progress=stages.append)
    assert stages == ["reaching the database"]

    # May make tables in a schema that is there, but not touch those of another owner.
    written(database, {"geo_revenue": sample()})
    database.query(f"GRANT ALL ON SCHEMA {SCHEMA} TO guest")
    before = database.state()
    with pytest.raises(ea.IOFailure, match="the user may not do this in the database"):
        run(shop, tmp_path / "out", to=url)
    assert database.state() == before
    assert not (tmp_path / "out").exists()

    database.query(f"DROP TABLE {SCHEMA}.geo_revenue")
    run(shop, tmp_path / "out", to=url)
    assert database.tables() == {*TABLES, "run"}
    database.query("DROP OWNED BY guest")

    database.query(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    with pytest.raises(ea.IOFailure, match="read only"):
        run(shop, tmp_path / "out", to=database.url)


TERMINATE = "PERFORM pg_terminate_backend(pg_backend_pid());"
FULL = "RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100';"


@pytest.mark.parametrize(
    ("body", "timing", "words"),
    [
        (TERMINATE, "TRIGGER stop BEFORE INSERT", "the connection to the database was lost"),
        (FULL, "TRIGGER stop BEFORE INSERT", "out of disk, memory or connections"),
        (
            TERMINATE,
            "CONSTRAINT TRIGGER stop AFTER INSERT",
            "the connection was lost at the last step",
        ),
        (
            "RAISE EXCEPTION 'not today';",
            "TRIGGER stop BEFORE INSERT",
            "the database refuses: not today",
        ),
    ],
)
def test_what_ends_a_transaction_midway_leaves_the_old_tables_and_the_old_files(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
    body: str,
    timing: str,
    words: str,
) -> None:
    out = tmp_path / "out"
    run(shop, out, to=database.url)
    deferred = "DEFERRABLE INITIALLY DEFERRED" if "CONSTRAINT" in timing else ""
    database.query(
        f"CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.rank = 5 THEN {body} END IF; RETURN NEW; END $$"
    )
    database.query(
        f"CREATE {timing} ON {SCHEMA}.geo_revenue {deferred} FOR EACH ROW EXECUTE FUNCTION stop()"
    )
    tables, files = database.state(), contents_of(out)

    with pytest.raises(ea.IOFailure, match=words) as caught:
        run(other_shop, out, to=database.url)

    told = "".join(traceback.format_exception(caught.value))
    assert database.server.password not in told
    assert "synthetic-customer" not in told
    assert database.state() == tables
    assert contents_of(out) == files
    # And the next run goes well.
    database.query(f"DROP TRIGGER stop ON {SCHEMA}.geo_revenue")
    run(other_shop, out, to=database.url)
    assert database.state() != tables


def test_a_session_that_is_ended_from_outside_is_a_lost_connection(database: Database) -> None:
    written(database, {"a": sample(x=[1])})
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    def end_it() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for (pid,) in database.query(waiting):
                database.query(f"SELECT pg_terminate_backend({pid})")
                return
            time.sleep(0.02)

    with database.server.connect(database.name) as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {SCHEMA}.a IN SHARE MODE")
        ending = threading.Thread(target=end_it)
        ending.start()
        with pytest.raises(ea.IOFailure, match="the connection to the database was lost"):
            written(database, {"a": sample(x=[2])})
        ending.join()
    assert database.query(f"SELECT x FROM {SCHEMA}.a") == [(1,)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_stops_the_block_leaves_the_old_tables(
    database: Database, error: type[BaseException]
) -> None:
    written(database, {"a": sample(x=[1])})
    place = warehouse.place_of(database.url)

    def stopped() -> None:
        with warehouse.replaced(place, ["a", "b"]) as writing:
            writing.write("a", sample(x=[2]))
            writing.write("b", sample(x=[2]))
            raise error

    with pytest.raises(error):
        stopped()
    assert database.tables() == {"a"}
    assert database.query(f"SELECT x FROM {SCHEMA}.a") == [(1,)]


def test_a_text_that_the_database_has_not_is_an_error_with_its_place(
    database: Database, postgresql: Server
) -> None:
    with pytest.raises(ea.InvalidData, match="the character of code 0") as caught:
        written(database, {"a": sample(customer=["ann", "b\0b"])})
    assert (caught.value.row, caught.value.column) == (2, "customer")
    assert database.tables() == set()

    with postgresql.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    latin = Database(postgresql, "latin", postgresql.url("latin"))
    written(latin, {"a": sample(x=["é"])})
    with pytest.raises(ea.IOFailure, match="the database refuses: character with byte sequence"):
        written(latin, {"a": sample(x=["€"])})
    assert latin.query(f"SELECT x FROM {SCHEMA}.a") == [("é",)]
    with postgresql.connect() as connection:
        connection.execute("DROP DATABASE latin WITH (FORCE)")


# --- the files and the database ---


def test_an_error_of_the_files_leaves_the_old_tables(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    run(shop, out, to=database.url)
    tables, files = database.state(), contents_of(out)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    for target in ("exports.write_json", "heatmap.write_png", "output_folder.sync"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ecommerce_analytics.run.{target}", full)
            with pytest.raises(ea.IOFailure, match="No space left"):
                run(other_shop, out, to=database.url)
        assert (database.state(), contents_of(out)) == (tables, files)


def test_if_the_folders_cannot_be_exchanged_the_tables_are_ahead_until_the_next_run(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    run(shop, out, to=database.url)
    files = contents_of(out)

    def broken(*_: object) -> None:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as patch:
        patch.setattr(output_folder, "_publish", broken)
        with pytest.raises(ea.IOFailure):
            run(other_shop, out, to=database.url)
    assert contents_of(out) == files
    ahead = database.query(f"SELECT run_json_sha256 FROM {SCHEMA}.run")
    assert database.query(f"SELECT count(*) FROM {SCHEMA}.customer_rfm_segments") == [(90,)]

    run(other_shop, out, to=database.url)
    assert database.query(f"SELECT run_json_sha256 FROM {SCHEMA}.run") == ahead
    assert contents_of(out) != files


# --- forgetting ---


def forgotten(
    database: Database, shop: ea.datasets.Dataset, folder: Path, key: str | None = None
) -> tuple[str, list[str]]:
    """Run, and return a customer, and the names of the tables with rows of his."""
    run(shop, folder, to=database.url, pseudonym_key=key)
    customer = "synthetic-customer-21"
    name = customer if key is None else ea.privacy.pseudonym(customer, key)
    tables = [
        table
        for table in TABLES
        if database.query(
            f"SELECT 1 FROM {SCHEMA}.{table} t WHERE to_jsonb(t) ->> 'customer' = '{name}'"
        )
    ]
    assert len(tables) >= 3
    return customer, tables


@pytest.mark.parametrize("key", [None, "not to be seen by anyone"])
def test_to_forget_somebody_reaches_the_tables_too(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path, key: str | None
) -> None:
    out = tmp_path / "out"
    customer, tables = forgotten(database, shop, out, key)
    name = customer if key is None else ea.privacy.pseudonym(customer, key)
    before = database.state()

    result = forget(out, [customer], pseudonym_key=key, to=database.url)

    assert result.tables == dict.fromkeys(tables, 1)
    after = database.state()
    for table in (*TABLES, "run"):
        if table != "run":
            kept = [row for row in before[table] if name not in str(row)]
            assert after[table] == kept
    ((sha, manifest, report),) = database.query(
        f"SELECT run_json_sha256, manifest, ingest_report FROM {SCHEMA}.run"
    )
    assert sha == hashlib.sha256((out / "run.json").read_bytes()).hexdigest()
    assert manifest == json.loads((out / "run.json").read_text())
    assert manifest["privacy"]["num_forgotten"] == 1
    assert report == json.loads((out / "ingest_report.json").read_text())
    # Once more changes nothing, and the next run has him nowhere either.
    assert forget(out, [customer], pseudonym_key=key, to=database.url).tables == {}
    assert database.state() == after
    run(shop, out, to=database.url, pseudonym_key=key)
    assert not any(name in str(rows) for rows in database.state().values())


def test_who_was_forgotten_in_the_files_alone_is_in_the_tables_until_they_are_told(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    customer, tables = forgotten(database, shop, tmp_path)
    before = database.state()
    forget(tmp_path, [customer])
    assert database.state() == before
    assert forget(tmp_path, [customer], to=database.url).tables == dict.fromkeys(tables, 1)
    assert customer not in str(database.state())


def test_whom_a_database_cannot_forget_the_files_keep(
    shop: ea.datasets.Dataset,
    other_shop: ea.datasets.Dataset,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    run(shop, out)
    with pytest.raises(ea.InvalidArgument, match="the run of the folder wrote into no database"):
        forget(out, ["synthetic-customer-21"], to=database.url)
    customer, _ = forgotten(database, shop, out)
    tables, files = database.state(), contents_of(out)

    def refused(words: str, **options: Any) -> None:
        with pytest.raises(ea.IOFailure, match=words):
            forget(out, [customer], **{"to": database.url} | options)
        assert contents_of(out) == files

    refused("refuses: password authentication", to=database.server.url(database.name, password="x"))
    refused("the tables are of another run than the files: other", to_schema="other")
    with warehouse.replaced(warehouse.place_of(database.url), ["a"]):
        refused("another run is writing to the schema")
    database.query(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not today'; END $$"
    )
    database.query(
        f"CREATE TRIGGER stop BEFORE UPDATE ON {SCHEMA}.run FOR EACH ROW EXECUTE FUNCTION stop()"
    )
    refused("the database refuses: not today")
    database.query(f"DROP TRIGGER stop ON {SCHEMA}.run")
    assert database.state() == tables
    run(other_shop, tmp_path / "other", to=database.url)
    refused("the tables are of another run than the files")
    run(shop, out, to=database.url)

    # If the folders cannot be exchanged after it, the tables are ahead; once more mends it.
    def broken(*_: object) -> None:
        raise OSError(5, os.strerror(5))

    with monkeypatch.context() as patch:
        patch.setattr(output_folder, "_publish", broken)
        refused("Input/output error")
    assert customer not in str(database.state())
    forget(out, [customer], to=database.url)
    sha = hashlib.sha256((out / "run.json").read_bytes()).hexdigest()
    assert database.query(f"SELECT run_json_sha256 FROM {SCHEMA}.run") == [(sha,)]


# --- the command line ---


def test_the_command_forgets_in_the_tables_too(
    shop: ea.datasets.Dataset, database: Database, tmp_path: Path
) -> None:
    customer, _ = forgotten(database, shop, tmp_path / "out")
    done = command("forget", customer, "--output", str(tmp_path / "out"), "--to", database.url)
    assert done.returncode == 0, done.stderr
    assert "  table customer_rfm_segments: 1 rows removed" in done.stdout
    assert customer not in str(database.state())
    assert database.server.password not in done.stdout + done.stderr


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecommerce_analytics", *arguments],
        env=os.environ | {"PYTHONPATH": str(Path(ea.__file__).parents[1])} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_password_is_nowhere(database: Database, tmp_path: Path) -> None:
    password = database.server.password
    small = ("run", "synthetic", "--num-customers", "20", "--output", str(tmp_path / "out"))
    done = command("--log-level", "debug", *small, "--to", database.url, "--schema", "mine")
    assert done.returncode == 0, done.stderr
    assert "Tables in schema mine of the database:" in done.stdout
    assert database.tables("mine") == {*TABLES, "run"}
    told = done.stdout + done.stderr

    wrong = database.url.replace(password, password + "x")
    for form in ("text", "json"):
        failed = command("--log-format", form, "--log-level", "debug", *small, "--to", wrong)
        assert failed.returncode == 1
        told += failed.stdout + failed.stderr
    assert "password authentication failed" in told
    usage = command(*small, "--to", f"mysql://me:{password}@host/shop")
    assert usage.returncode == 1
    told += usage.stdout + usage.stderr
    shown = command("settings", ECOMMERCE_ANALYTICS_TO=database.url)
    assert "*****" in shown.stdout
    told += shown.stdout + shown.stderr
    told += "".join(
        path.read_bytes().decode("latin-1") for path in sorted((tmp_path / "out").iterdir())
    )
    assert password not in told

    # What the setting says is used.
    from_setting = command(*small, ECOMMERCE_ANALYTICS_TO=wrong)
    assert from_setting.returncode == 1
    without = database.url.replace(f":{password}@", "@")
    assert command(*small, "--to", without, PGPASSWORD=password).returncode == 0


def test_no_message_of_a_library_reaches_a_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        written(database, {"a": sample(x=[1])})
    assert database.server.password not in caplog.text


def test_the_user_of_the_server_is_not_one_of_the_system(postgresql: Server) -> None:
    assert psycopg.conninfo.conninfo_to_dict(postgresql.url())["user"] == SUPERUSER
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgresql.url(password="wrong"))
