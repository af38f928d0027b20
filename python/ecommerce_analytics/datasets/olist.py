"""Olist: a Brazilian marketplace of 2016 to 2018, in nine CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, extras, files
from ..cutoff import Facts
from ..payments import Payments
from ..transactions import ColumnMapping, Transactions
from .dataset import Dataset
from .source_lines import SourceTable, read_again

if TYPE_CHECKING:
    import pyarrow

__all__ = ["load_olist"]


@dataclass(frozen=True)
class _File:
    """One file: its name, the columns that name a row, and what each column holds.

    A kind of value ends with a question mark where a cell may be empty.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


_FILES = {
    "order_items": _File(
        "olist_order_items_dataset.csv",
        ("order_id", "order_item_id"),
        {
            "order_id": "text",
            "order_item_id": "integer",
            "product_id": "text",
            "seller_id": "text",
            "price": "text",  # Read to the last digit by the ingest.
            "freight_value": "text",
        },
    ),
    "orders": _File(
        "olist_orders_dataset.csv",
        ("order_id",),
        {
            "order_id": "text",
            "customer_id": "text",
            "order_status": "text",
            "order_purchase_timestamp": "time",
            "order_approved_at": "time?",
            "order_delivered_carrier_date": "time?",
            "order_delivered_customer_date": "time?",
            "order_estimated_delivery_date": "time?",
        },
    ),
    "customers": _File(
        "olist_customers_dataset.csv",
        ("customer_id",),
        {
            "customer_id": "text",
            "customer_unique_id": "text",
            "customer_zip_code_prefix": "text",
            "customer_city": "text?",
            "customer_state": "text?",
        },
    ),
    "products": _File(
        "olist_products_dataset.csv",
        ("product_id",),
        {
            "product_id": "text",
            "product_category_name": "text?",
            "product_name_lenght": "integer?",  # Spelled so in the file.
            "product_description_lenght": "integer?",
            "product_photos_qty": "integer?",
            "product_weight_g": "integer?",
            "product_length_cm": "integer?",
            "product_height_cm": "integer?",
            "product_width_cm": "integer?",
        },
    ),
    "translation": _File(
        "product_category_name_translation.csv",
        ("product_category_name",),
        {"product_category_name": "text", "product_category_name_english": "text"},
    ),
    "sellers": _File(
        "olist_sellers_dataset.csv",
        ("seller_id",),
        {
            "seller_id": "text",
            "seller_zip_code_prefix": "text",
            "seller_city": "text?",
            "seller_state": "text?",
        },
    ),
    "payments": _File(
        "olist_order_payments_dataset.csv",
        ("order_id", "payment_sequential"),
        {
            "order_id": "text",
            "payment_sequential": "integer",
            "payment_type": "text",
            "payment_installments": "integer",
            "payment_value": "money",
        },
    ),
    "reviews": _File(
        "olist_order_reviews_dataset.csv",
        ("review_id", "order_id"),
        {
            "review_id": "text",
            "order_id": "text",
            "review_score": "integer",
            "review_comment_title": "text?",
            "review_comment_message": "text?",
            "review_creation_date": "time?",
            "review_answer_timestamp": "time?",
        },
    ),
    "geolocation": _File(
        "olist_geolocation_dataset.csv",
        (),
        {
            "geolocation_zip_code_prefix": "text",
            "geolocation_lat": "number",
            "geolocation_lng": "number",
            "geolocation_city": "text?",
            "geolocation_state": "text?",
        },
    ),
}


def load_olist(directory: str | PathLike[str]) -> Dataset:
    """Load the Olist data set from its CSV files.

    The lines are those of ``olist_order_items_dataset.csv``, of all statuses: ``amount`` is the
    price of the item, ``freight`` a measure. The customer is ``customer_unique_id``, the person
    (``customer_id`` is another one for each order). Dimensions: ``product``, ``category`` (in
    English, in its own language where the translation lacks it), ``region`` and ``city`` of the
    customer, ``seller``, ``seller_state``, ``status`` of the order, and its ``delivery``: ``late``
    if it came to the customer after the estimated day, ``on_time``, or unknown if it has not come;
    ``delivery_days``, whole days from the order to the customer, and ``review_score`` (1 to 5) of
    its last review by the time of the answer, of equal times that of the greater key. Both are
    integers, null where there is none, and like the status were known later than the order: they
    say how orders fared, and none of these dimensions enters the features of a model. The time of
    a line is that of its order.

    ``facts`` has what became known of orders, each from its own moment on: ``delivery_delay_days``
    (days from the estimated day to the coming, below 0 if early; known when it came),
    ``review_score`` (of each review, when it was answered), and of the time of the order
    ``freight_share`` (freight / (items + freight)), ``installments`` (the most of its payments) and
    ``paid_by_card``, ``paid_by_boleto``, ``paid_by_voucher`` (share of the money paid so).

    Each line finds at most one order, customer, product and seller: keys that stand twice and
    lines whose order, customer, product or seller is missing are errors, so no join can multiply
    or lose money.

    Parameters
    ----------
    directory : str or path-like
        Folder of the files under their original names; ``olist_geolocation_dataset.csv`` may
        be missing.

    Returns
    -------
    Dataset
        ``customers``: one row per person of the orders table, with or without items, with his
        ``orders`` (int64) and the ``region`` and ``city`` of the first (ties: the order with the
        smallest key). ``tables``: ``orders``, ``customers``, ``products`` (with ``category`` as
        above), ``sellers``, ``payments``, ``reviews`` and, if it is there, ``geolocation``, as
        in the files.

    Raises
    ------
    IOFailure
        A file is absent, empty or no UTF-8.
    SchemaMismatch
        A column is missing, or a row has another number of cells.
    InvalidData
        A cell cannot be read or is empty where it must not, a key stands twice, or a line has
        no order, customer, product or seller; with file, row, column and value.

    Notes
    -----
    O(rows log rows) time, O(rows) memory.
    """
    folder = Path(directory)
    found = _read_files(folder)
    read = found.tables
    with errors.in_file(folder / _FILES["order_items"].name):
        transactions = Transactions.from_arrow(found.lines, **found.mapping)
    with errors.in_file(folder / _FILES["payments"].name):
        payments = Payments.from_arrow(
            read["payments"],
            order="order_id",
            payment_type="payment_type",
            amount="payment_value",
            installments="payment_installments",
            currency="BRL",
        )
    return Dataset(
        name="olist",
        transactions=transactions,
        customers=_people(read["orders"], found.customers),
        currency="BRL",
        payments=payments,
        facts=_facts(read, found.lines),
        region="region",
        tables={
            name: found.products if name == "products" else table
            for name, table in read.items()
            if name not in ("order_items", "translation")
        },
        sources=found.sources,
        source_lines=read_again(partial(_read_files, folder), found.sources),
    )


@dataclass(frozen=True)
class _Source(SourceTable):
    """The files, and the lines that were made of them.

    `tables` are the files; `customers` has a row per row of the orders; `products` have their
    category.
    """

    tables: Mapping[str, pyarrow.Table]
    customers: pyarrow.Table
    products: pyarrow.Table


def _read_files(folder: Path) -> _Source:
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    sources = {
        name: files.SourceFile(folder / file.name)
        for name, file in _FILES.items()
        if name != "geolocation" or (folder / file.name).exists()
    }
    read = {name: _read(source, _FILES[name]) for name, source in sources.items()}
    items, orders, sellers = read["order_items"], read["orders"], read["sellers"]

    def match(lines: str, column: str, table: str) -> pyarrow.Array:
        """Return which row of `table` each of `lines` belongs to."""
        rows = pc.index_in(read[lines][column], read[table][column])
        if rows.null_count:
            row = int(np.flatnonzero(rows.is_null())[0])
            raise errors.InvalidData(
                f"there is no such {column} in {_FILES[table].name}",
                file=folder / _FILES[lines].name,
                row=row + 1,
                column=column,
                value=read[lines][column][row].as_py(),
            )
        return rows

    customers = read["customers"].take(match("orders", "customer_id", "customers"))
    order_rows = match("order_items", "order_id", "orders")
    product_rows = match("order_items", "product_id", "products")
    seller_rows = match("order_items", "seller_id", "sellers")

    names = read["products"]["product_category_name"]
    translation = read["translation"]
    english = translation["product_category_name_english"].take(
        pc.index_in(names, translation["product_category_name"])
    )
    products = read["products"].append_column("category", pc.coalesce(english, names))

    lines = pa.table(
        {
            "row": pa.array(np.arange(1, len(items) + 1)),
            "order_id": items["order_id"],
            "customer_unique_id": customers["customer_unique_id"].take(order_rows),
            "order_purchase_timestamp": orders["order_purchase_timestamp"].take(order_rows),
            "price": items["price"],
            "freight_value": items["freight_value"],
            "product_id": items["product_id"],
            "category": products["category"].take(product_rows),
            "customer_state": customers["customer_state"].take(order_rows),
            "customer_city": customers["customer_city"].take(order_rows),
            "seller_id": items["seller_id"],
            "seller_state": sellers["seller_state"].take(seller_rows),
            "order_status": orders["order_status"].take(order_rows),
            "delivery": _deliveries(orders).take(order_rows),
            "delivery_days": _delivery_days(orders).take(order_rows),
            "review_score": _scores(orders, read["reviews"]).take(order_rows),
        }
    )
    mapping: ColumnMapping = {
        "customer": "customer_unique_id",
        "order": "order_id",
        "timestamp": "order_purchase_timestamp",
        "amount": "price",
        "product": "product_id",
        "category": "category",
        "region": "customer_state",
        "measures": {"freight": "freight_value"},
        "dimensions": {
            "city": "customer_city",
            "seller": "seller_id",
            "seller_state": "seller_state",
            "status": "order_status",
            "delivery": "delivery",
            "delivery_days": "delivery_days",
            "review_score": "review_score",
        },
        "currency": "BRL",
        "source_row": "row",
    }
    return _Source(
        lines=lines,
        mapping=mapping,
        sources={source.name: source.sha256 for source in sources.values()},
        tables=read,
        customers=customers,
        products=products,
    )


def _read(path: files.SourceFile, file: _File) -> pyarrow.Table:
    """Read one file; check that needed cells are there and that no key stands twice."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "money": pa.decimal128(38, 4),
        "time": pa.timestamp("us"),
    }
    table = files.read_csv(path, columns=list(file.columns))
    for column, kind in file.columns.items():
        if not kind.endswith("?") and table[column].null_count:
            row = int(np.flatnonzero(table[column].is_null())[0])
            raise errors.InvalidData("the cell is empty", file=path, row=row + 1, column=column)
    kinds = {column: kind.removesuffix("?") for column, kind in file.columns.items()}
    typed = {column: types[kind] for column, kind in kinds.items() if kind in types}
    table = files.parse_columns(table, typed, file=path)

    if file.key:
        key = pc.binary_join_element_wise(*(table[name].cast("string") for name in file.key), " ")
        if pc.count_distinct(key).as_py() < len(key):
            codes = key.combine_chunks().dictionary_encode().indices
            first_rows = np.unique(codes, return_index=True)[1]
            row = int(np.setdiff1d(np.arange(len(key)), first_rows)[0])
            raise errors.InvalidData(
                "the key stands twice",
                file=path,
                row=row + 1,
                column=", ".join(file.key),
                value=key[row].as_py(),
            )
    return table


def _deliveries(orders: pyarrow.Table) -> pyarrow.Array:
    """Tell of each order whether it came after the estimated day; null if it has not come."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    came, estimated = (
        orders[f"order_{name}_date"].cast(pa.date32(), safe=False)
        for name in ("delivered_customer", "estimated_delivery")
    )
    return pc.if_else(pc.greater(came, estimated), "late", "on_time")


def _delivery_days(orders: pyarrow.Table) -> pyarrow.Array:
    """Count the days from each order to its coming; null if it has not come, or came before."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    ordered, came = (
        orders[name].cast(pa.date32(), safe=False)
        for name in ("order_purchase_timestamp", "order_delivered_customer_date")
    )
    days = pc.days_between(ordered, came)
    return pc.if_else(pc.greater_equal(days, 0), days, None)


def _scores(orders: pyarrow.Table, reviews: pyarrow.Table) -> pyarrow.Array:
    """Return the score of the last review of each order; null without one."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    answer = "review_answer_timestamp"
    never = pa.scalar(0, pa.timestamp("us"))
    answered = pc.fill_null(reviews[answer], never)
    last = (
        reviews.set_column(reviews.column_names.index(answer), answer, answered)
        .sort_by([(name, "ascending") for name in ("order_id", answer, "review_id")])
        .group_by("order_id", use_threads=False)
        .aggregate([("review_score", "last")])
    )
    return last["review_score_last"].take(pc.index_in(orders["order_id"], last["order_id"]))


def _facts(read: Mapping[str, pyarrow.Table], lines: pyarrow.Table) -> Facts:
    """Return what became known of orders, in one table: order, known_at, name, value."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    orders = read["orders"]

    def days(name: str) -> pyarrow.Array:
        return orders[name].cast(pa.date32(), safe=False)

    def told(order: Any, known_at: Any, name: str, value: Any) -> pyarrow.Table:
        columns = {"order": order, "known_at": known_at, "value": value.cast(pa.float64())}
        table = pa.table(columns).drop_null()
        return table.append_column("name", pa.array([name] * len(table), pa.string()))

    def placed(order: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
        """Return when orders were placed; null for one that is not there."""
        return orders["order_purchase_timestamp"].take(pc.index_in(order, orders["order_id"]))

    came, estimated = days("order_delivered_customer_date"), days("order_estimated_delivery_date")
    known = orders["order_delivered_customer_date"]
    reviews = read["reviews"]
    answered = reviews["review_answer_timestamp"]
    tables = [
        told(orders["order_id"], known, "delivery_delay_days", pc.days_between(estimated, came)),
        told(reviews["order_id"], answered, "review_score", reviews["review_score"]),
    ]

    money = pa.table(
        {
            "order": lines["order_id"],
            "price": lines["price"].cast(pa.float64()),
            "freight": lines["freight_value"].cast(pa.float64()),
        }
    )
    sums = money.group_by("order", use_threads=False).aggregate(
        [("price", "sum"), ("freight", "sum")]
    )
    total = pc.add(sums["price_sum"], sums["freight_sum"])
    share = pc.if_else(pc.greater(total, 0), pc.divide(sums["freight_sum"], total), None)
    tables.append(told(sums["order"], placed(sums["order"]), "freight_share", share))

    payments = read["payments"]
    paid = payments["payment_value"].cast(pa.float64())
    kinds = {"card": ["credit_card", "debit_card"], "boleto": ["boleto"], "voucher": ["voucher"]}
    by_kind = {
        kind: pc.multiply(
            paid, pc.is_in(payments["payment_type"], pa.array(types)).cast(pa.float64())
        )
        for kind, types in kinds.items()
    }
    columns = {"order": payments["order_id"], "paid": paid, **by_kind}
    columns["installments"] = payments["payment_installments"]
    paid_sums = (
        pa.table(columns)
        .group_by("order", use_threads=False)
        .aggregate([(name, "sum") for name in ("paid", *kinds)] + [("installments", "max")])
    )
    when, total = placed(paid_sums["order"]), paid_sums["paid_sum"]
    most = paid_sums["installments_max"]
    tables.append(told(paid_sums["order"], when, "installments", most))
    for kind in kinds:
        part = pc.if_else(pc.greater(total, 0), pc.divide(paid_sums[f"{kind}_sum"], total), None)
        tables.append(told(paid_sums["order"], when, f"paid_by_{kind}", part))
    return Facts.from_arrow(
        pa.concat_tables(tables), order="order", known_at="known_at", name="name", value="value"
    )


def _people(orders: pyarrow.Table, customers: pyarrow.Table) -> pyarrow.Table:
    """Sum the orders up by person; row i of `customers` belongs to row i of `orders`."""
    pa = extras.require("io", "pyarrow")
    by_order = pa.table(
        {
            "customer": customers["customer_unique_id"],
            "first_order": orders["order_purchase_timestamp"],
            "order": orders["order_id"],
            "region": customers["customer_state"],
            "city": customers["customer_city"],
        }
    ).sort_by([(name, "ascending") for name in ("customer", "first_order", "order")])
    first = [(name, "first") for name in ("first_order", "region", "city")]
    # Keeps the order of the rows, which several threads would not.
    people = by_order.group_by("customer", use_threads=False).aggregate(
        [*first, ("order", "count")]
    )
    # Of many rows the groups come in no order.
    named = people.rename_columns(["customer", "first_order", "region", "city", "orders"])
    return named.sort_by("customer")
