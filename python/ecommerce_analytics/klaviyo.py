"""Profiles for Klaviyo: whom we may write to, and what we know of them.

A row is a customer with an order, an e-mail address and consent. **Who is left out**, each charged
to the first of these that holds:

1. ``no_email``: the source tells no address of him;
2. ``invalid_email``: it is none: not one ``@`` with something on both sides, or blanks inside;
3. ``forgotten``: a customer of the same address was forgotten in the output folder;
4. ``no_consent``: his consent is no or not known, or a customer of the same address said no;
5. ``same_email``: another customer of the same address, with an order that is later (of equals the
   one with more orders, then more money, then the smaller key), has the row.

Addresses are the same if they are so without regard to capitals: Klaviyo has one profile for each.

**Columns**, after Klaviyo's help (*How to create and add subscribers to a new list*): ``Email`` is
the first, then ``First Name``, ``Last Name``, ``Country``, which Klaviyo knows by these names, and
what becomes custom properties, under the names of our tables. The first name is the name up to its
first blank, the last name the rest. There is no column of consent: all in the file have given it.
A run with a control group adds the property `GROUP` to every profile, so that a segment of Klaviyo
can leave out whom the lists leave alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from . import extras
from .errors import InvalidArgument

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FILE_NAME", "GROUP", "LEFT_OUT", "check", "num_with_order", "profiles"]

FILE_NAME: Final = "klaviyo_profiles.csv"

#: Property of a run with a control group: ``control`` or ``treatment``.
GROUP: Final = "holdout_group"

#: Why a customer with an order has no profile, the first reason first.
LEFT_OUT: Final = ("no_email", "invalid_email", "forgotten", "no_consent", "same_email")

# Columns of the tables of customers that become properties, and how they are called then.
_PROPERTIES: Final = {
    "segment": "segment",
    "tier": "tier",
    "recency_days": "recency_days",
    "frequency": "frequency",
    "monetary": "monetary",
    "r_score": "r_score",
    "f_score": "f_score",
    "m_score": "m_score",
    "cluster": "cluster",
    "name": "cluster_name",  # No table of results has names of persons.
    "churn_risk": "churn_risk",
    "risk_band": "churn_risk_band",
}

_ADDRESS: Final = r"\A[^@\s]+@[^@\s]+\z"


def check(customers: pyarrow.Table | None) -> None:
    """Make sure that a source can give profiles at all.

    Parameters
    ----------
    customers : pyarrow.Table or None
        `Dataset.customers`.

    Raises
    ------
    InvalidArgument
        It has no e-mail address, or tells nobody's consent.
    """
    for column, what in (("email", "e-mail addresses"), ("consent", "consent to e-mails")):
        known = customers is not None and column in customers.column_names
        if customers is None or not known or customers[column].null_count == len(customers):
            raise InvalidArgument(f"klaviyo: the source does not tell {what} of its customers")


def profiles(
    customers: pyarrow.Table,
    tables: Mapping[str, pyarrow.Table],
    *,
    forgotten: Collection[str] = (),
) -> tuple[pyarrow.Table, dict[str, int]]:
    """Make the profiles, and count who is left out.

    Parameters
    ----------
    customers : pyarrow.Table
        `Dataset.customers`, as `check` lets it pass.
    tables : mapping of str to pyarrow.Table
        Tables with a row per customer and the key in ``customer``; one must have ``recency_days``,
        ``frequency`` and ``monetary``. Others are not read.
    forgotten : collection of str, default=()
        Keys, as text, of those in `customers` who were forgotten: no profile has an address of
        theirs, under whatever key.

    Returns
    -------
    profiles : pyarrow.Table
        A row per profile by increasing key of the customer.
    left_out : dict of str to int
        Number of customers with an order by each reason of `LEFT_OUT`.

    Notes
    -----
    O(customers log customers) time, O(customers) memory.
    """
    duckdb = extras.require("io", "duckdb")
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("person", _persons(customers))
        database.register("forgotten", _keys(forgotten))
        columns: dict[str, str] = {}
        joins = []
        for number, table in enumerate(_tables_of_customers(tables)):
            name = f"of_customer_{number}"
            database.register(name, _with_text_key(table))
            if number:
                joins.append(f"LEFT JOIN {name} ON {name}.key = of_customer_0.key")
            for column, called in _PROPERTIES.items():
                if column in table.column_names and called not in columns:
                    columns[called] = f'{name}."{column}" AS "{called}"'
        selected = ", ".join(columns[name] for name in _PROPERTIES.values() if name in columns)
        database.execute(
            f"""
            CREATE TABLE known AS
            SELECT of_customer_0.key, of_customer_0.customer, person.* EXCLUDE (key),
                   lower(person.email) AS address, {selected}
            FROM of_customer_0 LEFT JOIN person ON person.key = of_customer_0.key
                 {" ".join(joins)}
            """
        )
        database.execute(_REASONS, [_ADDRESS])
        counts = dict(
            database.execute("SELECT reason, count(*) FROM judged GROUP BY reason").fetchall()
        )
        made: pyarrow.Table = database.sql(
            f"""
            SELECT email AS "Email",
                   nullif(split_part(name, ' ', 1), '') AS "First Name",
                   nullif(trim(substr(name, length(split_part(name, ' ', 1)) + 1)), '')
                     AS "Last Name",
                   country AS "Country", customer,
                   {", ".join(f'"{name}"' for name in _PROPERTIES.values() if name in columns)}
            FROM judged WHERE reason IS NULL ORDER BY customer
            """
        ).to_arrow_table()
    return made.replace_schema_metadata(None), {name: counts.get(name, 0) for name in LEFT_OUT}


def num_with_order(
    customers: pyarrow.Table,
    tables: Mapping[str, pyarrow.Table],
    *,
    forgotten: Collection[str] = (),
) -> tuple[int, int]:
    """Count who of the persons has an order, and who has none; the forgotten are neither.

    The parameters are those of `profiles`. If no one has an order, the keys of the persons are
    likely not those of the order lines. O(customers) time and memory.
    """
    pc = extras.require("io", "pyarrow.compute")
    keys = _text(customers["customer"])
    keys = keys.filter(pc.invert(pc.is_in(keys, _keys(forgotten)["key"])))
    with_order = _text(_tables_of_customers(tables)[0]["customer"])
    found = pc.sum(pc.is_in(keys, with_order)).as_py() or 0
    return found, len(keys) - found


_REASONS: Final = """
    CREATE TABLE judged AS
    WITH addressed AS (
        SELECT *, regexp_matches(email, ?) AS is_address, address IN (
            SELECT lower(email) FROM person JOIN forgotten USING (key)
            WHERE email IS NOT NULL) AS is_forgotten
        FROM known
    ), consenting AS (
        SELECT *, consent AND address NOT IN (
            SELECT lower(email) FROM person WHERE consent IS FALSE AND email IS NOT NULL) AS may
        FROM addressed
    ), ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY address, coalesce(may, FALSE)
            ORDER BY recency_days, frequency DESC, monetary DESC, customer) AS place
        FROM consenting
    )
    SELECT *, CASE WHEN email IS NULL THEN 'no_email'
                   WHEN NOT is_address THEN 'invalid_email'
                   WHEN is_forgotten THEN 'forgotten'
                   WHEN may IS NOT TRUE THEN 'no_consent'
                   WHEN place > 1 THEN 'same_email' END AS reason
    FROM ranked
"""


def _persons(customers: pyarrow.Table) -> pyarrow.Table:
    """Return the columns of the schema with the key as text; what is not there is null."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    columns: dict[str, Any] = {"key": _text(customers["customer"])}
    for name in ("email", "name", "country"):
        if name in customers.column_names:
            cells = pc.utf8_trim_whitespace(_text(customers[name]))
            columns[name] = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
        else:
            columns[name] = pa.nulls(len(customers), pa.string())
    columns["consent"] = customers["consent"]
    return pa.table(columns)


def _keys(keys: Collection[str]) -> pyarrow.Table:
    pa = extras.require("io", "pyarrow")
    return pa.table({"key": pa.array(sorted(keys), pa.string())})


def _tables_of_customers(tables: Mapping[str, pyarrow.Table]) -> list[pyarrow.Table]:
    """Return those with a row per customer, the one of all customers with an order first."""
    found = [table for table in tables.values() if "customer" in table.column_names]
    # The ranking by churn risk has the recency too, of those who ordered of late.
    return sorted(
        found, key=lambda table: ("recency_days" not in table.column_names, -table.num_rows)
    )


def _with_text_key(table: pyarrow.Table) -> pyarrow.Table:
    return table.append_column("key", _text(table["customer"]))


def _text(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return keys or words as text: a customer is the same in text and in numbers."""
    pa = extras.require("io", "pyarrow")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())
