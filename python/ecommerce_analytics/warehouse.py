"""Result tables in a schema of a PostgreSQL database: all of one run, or all of the one before.

A table of an earlier run is emptied and filled again in one transaction: by deleting its rows, so
that readers neither wait nor see it empty, and views, grants and indexes stay. One that this run
does not write is left empty, and its comment says why. Columns that have come, gone or changed
their type are so in place. A table that no run has written is never touched: its name is an error.
An advisory lock of the database keeps a second writer out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import extras
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure

if TYPE_CHECKING:
    import pyarrow
    import sqlalchemy as sa

__all__ = [
    "DEFAULT_SCHEMA",
    "Place",
    "Writing",
    "check",
    "place_of",
    "replaced",
    "table_name",
    "without_customers",
]

DEFAULT_SCHEMA: Final = "ecommerce_analytics"
RUN_TABLE: Final = "run"
_CUSTOMER: Final = "customer"  # In every table with rows of customers.

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_MARK: Final = "Written by ecommerce-analytics run."  # Begins the comment of each of our tables.
_MAX_NAME: Final = 63  # Bytes; the server would cut a longer one, and find another schema.
_ROWS_AT_ONCE: Final = 65_536

# Seconds; what the URL says wins.
_CONNECTING: Final[Mapping[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,  # Milliseconds.
    "application_name": "ecommerce-analytics",
    "prepare_threshold": None,  # A pool between us and the server may not keep statements.
}
# What the URL says does not win: else the server would take our bytes for another encoding.
_ENCODING: Final = {"client_encoding": "utf8"}
_LOCK_TIMEOUT: Final = "10s"

# Beginnings of SQLSTATE, the longer one first.
_CAUSES: Final = {
    "42501": "warehouse: the user may not do this in the database",
    "53": "warehouse: the database is out of disk, memory or connections",
    "55P03": "warehouse: another session holds a table for too long",
    "2BP01": "warehouse: a view or index of yours is of a column that changes; drop it before",
    "57P": "warehouse: the connection to the database was lost",
    "08": "warehouse: the connection to the database was lost",
}
# Of one that hangs on a column; the first if it is dropped, the second if its type changes.
_DEPENDENT: Final = ("2BP01", "0A000")
# A failed connect brings no SQLSTATE, only words; these are there if the server has answered.
_ANSWERED: Final = re.compile(r"(?:FATAL|fe_sendauth): *(.*)")
_REFUSED: Final = "warehouse: the database refuses"
_UNREACHED: Final = "warehouse: the database cannot be reached"
_LOST: Final = "warehouse: the connection to the database was lost"
_UNKNOWN_END: Final = (
    "warehouse: the connection was lost at the last step; the database may hold the old tables or"
    " the new ones"
)


@dataclass(frozen=True)
class Place:
    """A schema of a database; made by `place_of`.

    Attributes
    ----------
    url : sqlalchemy.URL
        Where the database is, with what opens it; its text shows no password.
    schema : str
        Name of the schema.
    """

    url: sa.URL = field(repr=False)
    schema: str

    def __str__(self) -> str:
        """Name the place without a password."""
        host = self.url.host or str(self.url.query.get("host", ""))
        port = f":{self.url.port}" if self.url.port else ""
        user = f"{self.url.username}@" if self.url.username else ""
        return f"postgresql://{user}{host}{port}/{self.url.database or ''}"


def place_of(url: str, schema: str = DEFAULT_SCHEMA) -> Place:
    """Read the URL of a database, without connecting.

    Parameters
    ----------
    url : str
        ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``, with options of libpq after a ``?``.
        What is left out is looked up as libpq does: ``PGPASSWORD``, ``~/.pgpass``, ``PGSERVICE``.
        A special character of the password is written as ``%`` and its code, ``@`` as ``%40``.
    schema : str, default="ecommerce_analytics"
        Schema of the tables, of 1 to 63 bytes.

    Returns
    -------
    Place
        What `check` and `replaced` take.

    Raises
    ------
    InvalidArgument
        The URL is none, or one of another database; the schema's name is too long or empty. The
        text never repeats the URL, as it may hold a password.
    MissingExtra
        The extra `postgresql` is not installed.
    """
    sqlalchemy = extras.require("postgresql", "sqlalchemy")
    extras.require("postgresql", "psycopg")
    known = "warehouse: the URL must begin with postgresql://"
    try:
        parsed = sqlalchemy.make_url(url)
    except (ValueError, sqlalchemy.exc.ArgumentError):
        parsed = None
    if parsed is None:
        scheme = url.partition("://")[0] if "://" in url else ""
        if scheme in _SCHEMES:
            raise InvalidArgument(
                "warehouse: the URL is not postgresql://USER:PASSWORD@HOST:PORT/DATABASE; special"
                " characters of a password are written as % and their code"
            )
        raise InvalidArgument(known)
    if parsed.drivername not in _SCHEMES:
        raise InvalidArgument(known, value=f"{parsed.drivername}://")
    if "@" in (parsed.host or ""):
        raise InvalidArgument("warehouse: an @ of the user or the password is written as %40")
    if not 1 <= len(schema.encode()) <= _MAX_NAME or "\0" in schema:
        raise InvalidArgument("warehouse: a schema's name has 1 to 63 bytes", value=repr(schema))
    return Place(parsed.set(drivername="postgresql+psycopg"), schema)


def table_name(file_name: str) -> str:
    """Return the name of the table that holds what a file holds."""
    return Path(file_name).stem


def check(place: Place) -> dict[str, str]:
    """Connect, and find out whether the tables may be written; change nothing.

    Returns
    -------
    dict of str to str
        `server`: its version; `schema`: ``exists`` or ``will be made``.

    Raises
    ------
    IOFailure
        The database cannot be reached, refuses the user, or would refuse the tables.
    """
    sa = extras.require("postgresql", "sqlalchemy")
    with _connected(place) as (connection, _):
        row = connection.execute(
            sa.text(
                "SELECT current_setting('server_version') AS server, n.oid IS NOT NULL AS there,"
                " CASE WHEN n.oid IS NULL"
                " THEN has_database_privilege(current_database(), 'CREATE')"
                " ELSE has_schema_privilege(n.oid, 'CREATE')"
                " AND has_schema_privilege(n.oid, 'USAGE') END AS writable,"
                " current_setting('transaction_read_only')::boolean AS read_only"
                " FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = :schema"
            ),
            {"schema": place.schema},
        ).one()
    if row.read_only:
        raise IOFailure("warehouse: the database takes no changes, it is read only")
    if not row.writable:
        what = "the schema" if row.there else "the database, to make the schema"
        raise IOFailure(_CAUSES["42501"], value=f"no right to create in {what} {place.schema}")
    return {"server": row.server, "schema": "exists" if row.there else "will be made"}


@contextmanager
def replaced(
    place: Place, names: Collection[str], reasons: Mapping[str, str] | None = None
) -> Iterator[Writing]:
    """Give what writes tables; when the block ends well, they are those of the schema.

    Parameters
    ----------
    place : Place
        The schema, made if it is absent.
    names : collection of str
        Names of all tables that may ever be ours in it. Those of an earlier run that are not
        written now are left without a row.
    reasons : mapping of str to str, optional
        Why a table is not written, for the comment of an empty one.

    Yields
    ------
    Writing
        Writes a table at a time.

    Raises
    ------
    IOFailure
        The database cannot be reached, refuses what is asked or is lost, another run is writing
        to the schema, or a table that no run has written has one of the names. Then, as after any
        error in the block, the schema is as it was; only if the connection is lost while the
        server commits, nobody knows, and the text says so.
    InvalidData
        A text holds the character of code 0, which PostgreSQL has not.
    """
    sa = extras.require("postgresql", "sqlalchemy")
    with _connected(place) as (connection, ending):
        _lock(connection, place)
        if not sa.inspect(connection).has_schema(place.schema):
            connection.execute(sa.schema.CreateSchema(place.schema))
        writing = Writing(connection, place.schema, _tables_of_a_run(connection, place, names))
        yield writing
        writing.empty_the_others(reasons or {})
        ending.append("commit")
        connection.commit()


def without_customers(
    place: Place,
    customers: Collection[str],
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    after_sha256: str,
) -> dict[str, int]:
    """Delete all rows of customers from the tables of a run, and tell what `run.json` says then.

    Parameters
    ----------
    place : Place
        The schema.
    customers : collection of str
        What stands for them in the columns `customer`.
    before, after : mapping
        What `run.json` says of the run before, with the names of its tables, and after.
    after_sha256 : str
        SHA-256 of the file `run.json` after.

    Returns
    -------
    dict of str to int
        Rows deleted from each table that had some.

    Raises
    ------
    IOFailure
        As `replaced`; also if the tables are of another run than `before`. Then no row is deleted.
    """
    sa = extras.require("postgresql", "sqlalchemy")
    postgresql = extras.require("postgresql", "sqlalchemy.dialects.postgresql")
    keys = [one for one in customers if "\0" not in one]  # No text of PostgreSQL has it.
    with _connected(place) as (connection, ending):
        _lock(connection, place)
        ours = _tables_of_a_run(connection, place, before["database"]["tables"])
        run = sa.Table(
            RUN_TABLE,
            sa.MetaData(),
            sa.Column("manifest", postgresql.JSONB),
            sa.Column("run_json_sha256", sa.Text),
            schema=place.schema,
        )
        found = connection.scalars(sa.select(run.c.manifest)).all() if RUN_TABLE in ours else []
        if [_of_the_run(one) for one in found] != [_of_the_run(before)]:
            message = "warehouse: the tables are of another run than the files"
            raise IOFailure(message, value=place.schema)
        rows = {}
        for name in ours:
            columns = sa.inspect(connection).get_columns(name, place.schema)
            if _CUSTOMER not in {column["name"] for column in columns}:
                continue
            table = sa.Table(name, sa.MetaData(), sa.Column(_CUSTOMER), schema=place.schema)
            is_one = sa.cast(table.c[_CUSTOMER], sa.Text) == sa.any_(
                sa.literal(keys, postgresql.ARRAY(sa.Text))
            )
            rows[name] = connection.execute(table.delete().where(is_one)).rowcount
        connection.execute(run.update().values(manifest=dict(after), run_json_sha256=after_sha256))
        ending.append("commit")
        connection.commit()
    return {name: count for name, count in rows.items() if count}


class Writing:
    """An open transaction that writes tables; given by `replaced`."""

    def __init__(self, connection: sa.Connection, schema: str, earlier: Collection[str]) -> None:
        self._connection = connection
        self._schema = schema
        self._earlier = set(earlier)
        self._written: set[str] = set()

    def write(
        self, name: str, table: pyarrow.Table, meanings: Mapping[str, str] | None = None
    ) -> None:
        """Write a table in the place of that of an earlier run.

        Parameters
        ----------
        name : str
            Name of the table.
        table : pyarrow.Table
            Its rows; its metadata becomes the table's comment.
        meanings : mapping of str to str, optional
            Comments of columns.
        """
        sa = extras.require("postgresql", "sqlalchemy")
        columns = [
            sa.Column(field.name, _type_of(field.type), comment=(meanings or {}).get(field.name))
            for field in table.schema
        ]
        told = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
        self._prepare(name, columns, told)
        self._copy(name, table)

    def write_run(
        self, manifest: Mapping[str, Any], manifest_sha256: str, report: Mapping[str, Any]
    ) -> None:
        """Write the one row that tells which run the tables are of."""
        sa = extras.require("postgresql", "sqlalchemy")
        jsonb = extras.require("postgresql", "sqlalchemy.dialects.postgresql").JSONB
        values = {
            "source": (sa.Text(), manifest["source"]),
            "is_synthetic": (sa.Boolean(), manifest["is_synthetic"]),
            "currency": (sa.Text(), manifest["currency"]),
            "cleaning": (sa.Text(), manifest["cleaning"]),
            "as_of": (sa.DateTime(), sa.text("CAST(:as_of AS timestamp)")),
            "version": (sa.Text(), manifest["versions"]["ecommerce_analytics"]),
            "run_json_sha256": (sa.Text(), manifest_sha256),
            "manifest": (jsonb(), dict(manifest)),
            "ingest_report": (jsonb(), dict(report)),
            "written_at": (sa.DateTime(timezone=True), sa.func.now()),
        }
        columns = [sa.Column(name, kind) for name, (kind, _) in values.items()]
        table = self._prepare(RUN_TABLE, columns, {})
        row = {name: value for name, (_, value) in values.items()}
        self._connection.execute(table.insert().values(row), {"as_of": manifest["as_of"]})

    def empty_the_others(self, reasons: Mapping[str, str]) -> None:
        """Delete the rows of what an earlier run has written and this one has not.

        Not the tables: views of yours hang on them, and to drop one waits for its readers.
        """
        sa = extras.require("postgresql", "sqlalchemy")
        for name in sorted(self._earlier - self._written):
            why = reasons.get(name, "this run has not written it")
            comment = f"{_MARK}\nempty: {why}"
            table = sa.Table(name, sa.MetaData(), schema=self._schema, comment=comment)
            self._connection.execute(table.delete())
            self._connection.execute(sa.schema.SetTableComment(table))

    def _prepare(self, name: str, columns: list[sa.Column[Any]], told: Mapping[str, str]) -> Any:
        """Make an empty table, of the one that is there if an earlier run has written it."""
        sa = extras.require("postgresql", "sqlalchemy")
        comment = "\n".join([_MARK, *(f"{key}: {text}" for key, text in told.items())])
        table = sa.Table(name, sa.MetaData(), *columns, schema=self._schema, comment=comment)
        self._written.add(name)
        if name not in self._earlier:
            table.create(self._connection, checkfirst=False)
            return table
        self._connection.execute(table.delete())
        changed = self._bring_columns_to(table)
        self._connection.execute(sa.schema.SetTableComment(table))
        for column in table.columns:
            if column.name in changed and column.comment:
                self._connection.execute(sa.schema.SetColumnComment(column))
        return table

    def _bring_columns_to(self, table: Any) -> set[str]:
        """Alter the columns of a table without rows; return the names of those new or changed.

        A column whose type changes keeps its place and its indexes.
        """
        sa = extras.require("postgresql", "sqlalchemy")
        sql = extras.require("postgresql", "psycopg.sql")
        dialect = self._connection.dialect
        found = {
            column["name"]: column["type"].compile(dialect)
            for column in sa.inspect(self._connection).get_columns(table.name, self._schema)
        }
        wanted = {column.name: column.type.compile(dialect) for column in table.columns}
        alterations = {
            "DROP COLUMN {name}": found.keys() - wanted.keys(),
            "ALTER COLUMN {name} TYPE {kind} USING NULL": {
                name for name in found.keys() & wanted.keys() if found[name] != wanted[name]
            },
            "ADD COLUMN {name} {kind}": wanted.keys() - found.keys(),
        }
        changes = [
            sql.SQL(change).format(name=sql.Identifier(name), kind=sql.SQL(wanted.get(name, "")))
            for change, names in alterations.items()
            for name in dict.fromkeys([*found, *wanted])
            if name in names
        ]
        if changes:
            with self._driver.cursor() as cursor:
                cursor.execute(
                    sql.SQL("ALTER TABLE {} {}").format(
                        sql.Identifier(self._schema, table.name), sql.SQL(", ").join(changes)
                    )
                )
        return {name for name, kind in wanted.items() if found.get(name) != kind}

    @property
    def _driver(self) -> Any:
        """The connection of psycopg, in the same transaction."""
        return self._connection.connection.driver_connection

    def _copy(self, name: str, table: pyarrow.Table) -> None:
        """Send the rows as CSV, in which a text stands in quotes and a null does not."""
        pa = extras.require("io", "pyarrow")
        pc = extras.require("io", "pyarrow.compute")
        csv = extras.require("io", "pyarrow.csv")
        sql = extras.require("postgresql", "psycopg.sql")
        for column in table.schema:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                zeros = pc.match_substring(table.column(column.name), "\0")
                if pc.any(zeros).as_py():
                    row = zeros.combine_chunks().index(True).as_py() + 1
                    message = "warehouse: PostgreSQL has no text with the character of code 0"
                    raise InvalidData(message, row=row, column=column.name)
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
            sql.Identifier(self._schema, name),
            sql.SQL(", ").join(map(sql.Identifier, table.column_names)),
        )
        options = csv.WriteOptions(include_header=False)
        with self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
                sink = pa.BufferOutputStream()
                csv.write_csv(batch, sink, options)
                copy.write(sink.getvalue().to_pybytes())


def _lock(connection: sa.Connection, place: Place) -> None:
    """Keep other writers out of the schema until the transaction ends."""
    sa = extras.require("postgresql", "sqlalchemy")
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    connection.execute(sa.text("SET LOCAL standard_conforming_strings = on"))
    is_ours = connection.scalar(
        sa.text("SELECT pg_catalog.pg_try_advisory_xact_lock(:key)"),
        {"key": _lock_of(place.schema)},
    )
    if not is_ours:
        raise IOFailure("warehouse: another run is writing to the schema", value=place.schema)


def _of_the_run(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `run.json` says of a run and what forgetting customers does not change."""
    pseudonyms = manifest.get("privacy", {}).get("pseudonym_key_check")
    told = {name: value for name, value in manifest.items() if name not in ("outputs", "privacy")}
    return told | {"outputs": sorted(manifest.get("outputs", ())), "privacy": pseudonyms}


def _tables_of_a_run(
    connection: sa.Connection, place: Place, names: Collection[str]
) -> Collection[str]:
    """Return which of our names an earlier run has written; refuse those of others."""
    sa = extras.require("postgresql", "sqlalchemy")
    found = connection.execute(
        sa.text(
            "SELECT relname, relkind = 'r' AND starts_with("
            "coalesce(obj_description(c.oid, 'pg_class'), ''), :mark) AS ours"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = :schema AND relname = ANY(:names)"
        ),
        {"mark": _MARK, "schema": place.schema, "names": list(names)},
    ).all()
    for row in found:
        if not row.ours:
            message = "warehouse: a table that no run has written has the name of one of a run"
            raise IOFailure(message, value=f"{place.schema}.{row.relname}")
    return [row.relname for row in found]


def _type_of(kind: pyarrow.DataType) -> Any:
    """Return the column type that holds all values of an Arrow type."""
    pa = extras.require("io", "pyarrow")
    sa = extras.require("postgresql", "sqlalchemy")
    types = pa.types
    if types.is_boolean(kind):
        return sa.Boolean()
    if types.is_integer(kind):
        if types.is_uint64(kind):
            return sa.Numeric(20, 0)
        return (
            sa.BigInteger()
            if kind.bit_width >= 32 + types.is_signed_integer(kind)
            else (sa.Integer())
        )
    if types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if types.is_floating(kind):
        return sa.Double()
    if types.is_date(kind):
        return sa.Date()
    if types.is_timestamp(kind):
        return sa.DateTime()
    return sa.Text()


def _lock_of(schema: str) -> int:
    """Return the number of the advisory lock of a schema, the same in all versions."""
    digest = hashlib.sha256(f"ecommerce-analytics {schema}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


@contextmanager
def _connected(place: Place) -> Iterator[tuple[sa.Connection, list[str]]]:
    """Connect and begin; roll back what was not committed; make errors ours.

    The second thing given is where the block says that it is at its last step.
    """
    sa = extras.require("postgresql", "sqlalchemy")
    psycopg = extras.require("postgresql", "psycopg")
    arguments = {name: _CONNECTING[name] for name in _CONNECTING.keys() - place.url.query.keys()}
    engine = sa.create_engine(
        place.url,
        poolclass=sa.NullPool,
        connect_args=arguments | _ENCODING,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
    )
    try:
        connection = engine.connect()
    except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
        # Not chained: a text of the driver may repeat what it was given.
        raise _failure(error, place, _UNREACHED) from None
    ending: list[str] = []
    try:
        yield connection, ending
    except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
        lost = _UNKNOWN_END if ending else _LOST
        raise _failure(error, place, _REFUSED, lost) from None
    finally:
        with suppress(sa.exc.SQLAlchemyError, psycopg.Error):
            connection.rollback()
        with suppress(sa.exc.SQLAlchemyError, psycopg.Error):
            connection.close()


def _failure(error: Exception, place: Place, otherwise: str, lost: str = _UNREACHED) -> IOFailure:
    """Make an error of the library of one of the driver, without a row's values or a password."""
    psycopg = extras.require("postgresql", "psycopg")
    cause = getattr(error, "orig", None) or error
    state: str | None = getattr(cause, "sqlstate", None)
    words: str | None = None
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        # Its context would show a row, its detail names what depends on a table.
        words = cause.diag.message_primary
        if state in _DEPENDENT and cause.diag.message_detail:
            words = cause.diag.message_detail
            state = _DEPENDENT[0]
    elif isinstance(cause, psycopg.Error):
        words = str(cause)
    words = " ".join((words or type(cause).__name__).split())
    password = place.url.password
    if password:
        words = words.replace(str(password), "***")
    text = otherwise
    if otherwise == _UNREACHED and (answer := _ANSWERED.search(words)):
        text, words = _REFUSED, answer[1]
    if state is None and otherwise != _UNREACHED and isinstance(cause, psycopg.OperationalError):
        text = lost
    for beginning, told in _CAUSES.items():
        if state is not None and state.startswith(beginning):
            text = lost if told == _LOST else told
            break
    return IOFailure(text, value=words)
