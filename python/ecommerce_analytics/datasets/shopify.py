"""Shopify's export of orders: the CSV file that the admin of a shop writes."""

from __future__ import annotations

from functools import partial
from os import PathLike
from typing import Any

from .. import errors, extras
from ..transactions import DecimalMark
from .dataset import Dataset
from .order_export import Export, ExportColumn, Reading, read_export
from .source_lines import SourceTable

__all__ = ["load_shopify"]

_COLUMNS = {
    "order_key": ExportColumn("Name", required=True),
    "email": ExportColumn("Email", required=True),
    "customer_id": ExportColumn("Customer ID"),
    "status": ExportColumn("Financial Status", required=True),
    "currency": ExportColumn("Currency", required=True, filled=True),
    "subtotal": ExportColumn("Subtotal", kind="money", required=True, filled=True),
    "shipping": ExportColumn("Shipping", kind="money", required=True),
    "taxes": ExportColumn("Taxes", kind="money", required=True),
    "duties": ExportColumn("Duties", kind="money"),
    "total": ExportColumn("Total", kind="money", required=True, filled=True),
    "discount_code": ExportColumn("Discount Code"),
    "discount": ExportColumn("Discount Amount", kind="money", required=True),
    "refunded": ExportColumn("Refunded Amount", kind="money"),
    "outstanding": ExportColumn("Outstanding Balance", kind="signed money"),
    "created": ExportColumn("Created at", kind="time", required=True, filled=True),
    "cancelled": ExportColumn("Cancelled at", "Canceled at", kind="time"),
    "payment_method": ExportColumn("Payment Method"),
    "channel": ExportColumn("Source"),
    "accepts": ExportColumn("Accepts Marketing"),
    "id": ExportColumn("Id"),
    "billing_name": ExportColumn("Billing Name"),
    "billing_country": ExportColumn("Billing Country"),
    "billing_province": ExportColumn("Billing Province"),
    "shipping_name": ExportColumn("Shipping Name"),
    "shipping_country": ExportColumn("Shipping Country"),
    "shipping_province": ExportColumn("Shipping Province"),
    "quantity": ExportColumn("Lineitem quantity", kind="money", of_order=False, required=True),
    "item": ExportColumn("Lineitem name", of_order=False, required=True),
    "price": ExportColumn("Lineitem price", kind="money", of_order=False, required=True),
    "sku": ExportColumn("Lineitem sku", of_order=False),
    "item_discount": ExportColumn("Lineitem discount", kind="money", of_order=False),
    "vendor": ExportColumn("Vendor", of_order=False),
}
_DIMENSIONS = ("country", "channel", "discount_code", "payment_method", "status", "vendor")

# What an order's own cells say of its lines: which discount the subtotal shows, whether the prices
# contain the taxes, and whether the shipping cell is what was charged.
_SUMS = """
    CREATE TABLE sums AS
    WITH items AS (
        SELECT order_key, coalesce(sum(CAST(quantity * price AS DECIMAL(38, 4))), 0) AS goods,
               sum(coalesce(item_discount, 0)) AS item_discounts
        FROM cells GROUP BY order_key),
    filled AS (
        SELECT order_key, row, created, cancelled, subtotal, total, outstanding, goods,
               item_discounts, lower(status) AS state,
               coalesce(shipping, 0) AS shipping, coalesce(taxes, 0) AS taxes,
               coalesce(duties, 0) AS duties, coalesce(discount, 0) AS told,
               coalesce(refunded, 0) AS refunded
        FROM orders JOIN items USING (order_key)),
    discounted AS (
        SELECT *, goods - subtotal BETWEEN 0 AND told + item_discounts AS subtotal_ties,
               CASE WHEN subtotal_ties THEN goods - subtotal ELSE told END AS discount,
               greatest(told - discount, 0) AS beyond,
               subtotal + shipping + duties - total AS above
        FROM filled)
    SELECT *, taxes + duties AS tax, item_discounts <= discount AS has_item_discounts,
           CASE WHEN {may_exclude} AND above = -taxes THEN 'excluded'
                WHEN {may_include} AND above = 0 THEN 'included'
                WHEN {may_exclude} AND above = beyond - taxes THEN 'excluded, discounted'
                WHEN {may_include} AND above = beyond THEN 'included, discounted'
           END AS way,
           NOT (subtotal_ties AND way IS NOT NULL) AS untied,
           taxes > 0 AND coalesce(starts_with(way, 'included'), NOT {may_exclude})
               AS taxes_in_prices,
           shipping - CASE WHEN way LIKE '%discounted' THEN beyond ELSE 0 END AS charged,
           coalesce(state IN ('voided', 'expired') OR (cancelled IS NOT NULL
                    AND state IN ('pending', 'authorized') AND refunded = 0), false) AS is_unpaid
    FROM discounted
"""

# A test order is paid by the gateway that Shopify calls bogus.
_VERDICTS = """
    CREATE TABLE verdicts AS
    SELECT order_key,
           CASE WHEN {is_other_currency} THEN 'currency ' || currency
                WHEN contains(lower(payment_method), 'bogus') THEN 'test order'
                WHEN is_unpaid AND NOT {keep_unpaid} THEN 'never paid' END AS removed_by
    FROM orders JOIN sums USING (order_key)
"""

_LINES = """
    CREATE TABLE lines AS
    WITH returns AS (
        SELECT *, CASE WHEN is_unpaid AND {keep_unpaid} THEN total ELSE refunded END AS returned,
               share(tax, returned, total) AS returned_tax
        FROM sums),
    parts AS (
        SELECT order_key, row, 0 AS part, 'sale' AS kind,
               CAST(quantity * price AS DECIMAL(38, 4)) AS amount, 0 AS tax, quantity,
               coalesce(sku, item) AS product, vendor
        FROM cells WHERE quantity IS NOT NULL
        UNION ALL
        SELECT order_key, cells.row, 1, 'discount', -item_discount, 0, 0,
               coalesce(sku, item), vendor
        FROM cells JOIN sums USING (order_key) WHERE has_item_discounts AND item_discount > 0
        UNION ALL
        SELECT order_key, row, 2, 'discount',
               CASE WHEN has_item_discounts THEN item_discounts ELSE 0 END - discount, 0, 0,
               NULL, NULL
        FROM sums WHERE discount <> CASE WHEN has_item_discounts THEN item_discounts ELSE 0 END
        UNION ALL
        SELECT order_key, row, 3, 'shipping', charged, 0, 0, NULL, NULL
        FROM sums WHERE charged <> 0
        UNION ALL
        SELECT order_key, row, 4, 'adjustment', CASE WHEN taxes_in_prices THEN -taxes ELSE 0 END,
               tax, 0, NULL, NULL
        FROM sums WHERE tax <> 0
        UNION ALL
        SELECT order_key, row, 5, 'refund', returned_tax - returned, -returned_tax, 0, NULL, NULL
        FROM returns WHERE returned <> 0)
    SELECT parts.row, part, order_key, customer, kind,
           CASE WHEN part = 5 THEN greatest(sums.cancelled, sums.created) ELSE sums.created END
               AS time,
           CAST(amount AS DECIMAL(38, 4)) AS amount, CAST(parts.tax AS DECIMAL(38, 4)) AS tax,
           CAST(parts.quantity AS DECIMAL(38, 4)) AS quantity, product, parts.vendor,
           coalesce(shipping_country, billing_country) AS country,
           nullif(concat_ws('-', coalesce(shipping_country, billing_country),
                            CASE WHEN shipping_country IS NULL THEN billing_province
                                 ELSE shipping_province END), '') AS region,
           channel, discount_code, methods_of(payment_method) AS payment_method,
           state AS status, orders.currency, removed_by
    FROM parts JOIN sums USING (order_key) JOIN orders USING (order_key)
         JOIN people USING (order_key) JOIN verdicts USING (order_key)
"""

_PAYMENTS = """
    CREATE TABLE payments AS
    WITH paid AS (
        SELECT order_key, methods_of(payment_method) AS payment_type, state, sums.refunded,
               sums.total - coalesce(sums.outstanding, 0) AS paid, sums.outstanding
        FROM sums JOIN orders USING (order_key) JOIN verdicts USING (order_key)
        WHERE removed_by IS NULL),
    records AS (
        SELECT order_key, payment_type, paid AS amount FROM paid
        WHERE state IN ('paid', 'partially_refunded', 'refunded')
              OR (state = 'partially_paid' AND outstanding IS NOT NULL)
        UNION ALL
        SELECT order_key, payment_type, -refunded FROM paid)
    SELECT order_key, payment_type, CAST(amount AS DECIMAL(38, 4)) AS amount
    FROM records WHERE amount <> 0
"""

_ORDER_SUMS = """
    CREATE TABLE order_sums AS
    SELECT order_key AS "order", sums.created AS time, state AS status, orders.currency, goods,
           sums.discount, charged AS shipping, sums.tax, sums.total, sums.refunded,
           CAST(sums.total - goods + sums.discount - charged - sums.duties
                - CASE WHEN taxes_in_prices THEN 0 ELSE sums.taxes END AS DECIMAL(38, 4))
               AS difference,
           untied, taxes_in_prices, beyond > 0 AS shipping_discounted,
           sums.refunded > sums.total AS refunded_above_total,
           coalesce(state IN ('refunded', 'partially_refunded'), false) AND sums.refunded = 0
               AND sums.total > 0
               AS refund_unknown
    FROM sums JOIN orders USING (order_key) JOIN verdicts USING (order_key)
    WHERE removed_by IS NULL
"""

_HINDSIGHT = {
    "refunds stand at the day of their order or of its cancellation": (
        "lines WHERE part = 5 AND removed_by IS NULL"
    ),
    "orders are left out if they were never paid": "verdicts WHERE removed_by = 'never paid'",
}


def load_shopify(
    path: str | PathLike[str],
    *,
    time_zone: str | None = None,
    currency: str | None = None,
    taxes_included: bool | None = None,
    keep_unpaid: bool = False,
    delimiter: str = ",",
    encoding: str = "utf-8",
    decimal: DecimalMark = ".",
) -> Dataset:
    """Load Shopify's export of orders, a CSV file with one row per line item.

    Rows belong to the order that ``Name`` says, wherever they stand; the cells of an order stand
    on one of its rows or on several. The lines of an order are its items (sale), what the subtotal
    shows as taken off (discount), what was charged for shipping, one adjustment that carries the
    measure ``tax`` (and takes it out of prices that contain it), and ``Refunded Amount``, less its
    share of the taxes (refund). So the lines of an order and their tax add up to ``Total`` less
    ``Refunded Amount``; orders of which the file itself says otherwise are marked and counted.
    docs/methods/shops.md has every rule.

    The customer is ``Customer ID`` where the file has one, else a hash of the address in
    ``Email``; an order without both is a guest's. Dimensions: ``product`` (SKU, else name),
    ``region`` (country and province), ``country``, ``channel`` (``Source``), ``discount_code``,
    ``payment_method``, ``status``, ``vendor``.

    Parameters
    ----------
    path : str or path-like
        The file.
    time_zone : str, optional
        IANA name of a zone, to whose clock times are taken by their offset. None: as they are
        shown, which is on the clock of the shop's zone.
    currency : str, optional
        The one to choose if orders have several; the others are left out and counted.
    taxes_included : bool, optional
        Whether prices contain the taxes. None: as the total of each order says.
    keep_unpaid : bool, default=False
        Whether orders that were voided, have expired or were cancelled before they were paid come
        in, with a refund of all. Else they are charged to the rule ``never paid``.
    delimiter, encoding, decimal : str
        How the file is written, if a spreadsheet saved it again: what stands between cells, a
        Python codec, and ``.`` or ``,`` before decimals.

    Returns
    -------
    Dataset
        ``customers``: one row per person of the file, orders left out included: `customer`,
        `email`, `name`, `consent` (bool, null if it was never told) and `country`, each of the
        latest order that has it. ``payments``: total less outstanding balance of the orders that
        were paid, and refunds below 0, by ``Payment Method``. ``tables["orders"]``: one row per
        order that is kept, with its sums. ``parameters``: how many of these do not tie.
        ``hindsight``: if there are refunds, of which the file tells no day, orders that were left
        out as never paid, or orders whose customer is told by a later one.

    Raises
    ------
    IOFailure
        The file is absent, empty or not in that encoding.
    SchemaMismatch
        It is no such export: a column is missing or stands twice; or a row has another number of
        cells.
    InvalidData
        A cell cannot be read or is missing, two rows of an order have two values in a column of
        orders, or there are two currencies and none is chosen; with row and column.
    InvalidArgument
        An option is none.
    MoneyOverflow
        An amount leaves 64 bits of 1/10,000.

    Notes
    -----
    O(rows log rows) time, O(rows) memory. Nothing depends on the order of the rows.
    """
    if taxes_included not in (None, True, False):
        message = "shopify: taxes_included must be True, False or None"
        raise errors.InvalidArgument(message, value=taxes_included)
    reading = Reading(time_zone, currency, delimiter, encoding, decimal)
    arguments = (path, reading, taxes_included, keep_unpaid)
    with extras.require("io", "duckdb").connect() as database:
        export, rules = _prepare(database, *arguments)
        return export.to_dataset(
            dimensions=_DIMENSIONS,
            rules=rules,
            hindsight=_HINDSIGHT,
            parameters={
                name: value
                for name, value in [
                    ("taxes_included", taxes_included),
                    ("keep_unpaid", keep_unpaid or None),
                ]
                if value is not None
            },
            read=partial(_read, *arguments),
        )


def _read(*arguments: Any) -> SourceTable:
    with extras.require("io", "duckdb").connect() as database:
        export, rules = _prepare(database, *arguments)
        return export.source_table(dimensions=_DIMENSIONS, rules=rules)


def _prepare(
    database: Any,
    path: str | PathLike[str],
    reading: Reading,
    taxes_included: bool | None,
    keep_unpaid: bool,
) -> tuple[Export, list[str]]:
    """Make the tables of an export; return it and the rules that remove lines of it."""
    export = read_export("shopify", path, _COLUMNS, reading, database, shows_clock=True)
    export.refuse(
        "SELECT row, quantity FROM cells WHERE quantity <> round(quantity)",
        "quantity",
        "a quantity is not whole",
    )
    export.refuse(
        "SELECT row, price FROM cells"
        " WHERE CAST(quantity AS DOUBLE) * CAST(price AS DOUBLE) > 922e12",
        "price",
        "the amount of a line is too large, at the price",
        errors.MoneyOverflow,
    )
    export.refuse(
        "SELECT row, item FROM cells WHERE (quantity IS NULL) <> (price IS NULL)",
        "item",
        "an item has a price without a quantity, or a quantity without a price",
    )
    others = export.other_currencies()
    choices = {
        "may_exclude": str(taxes_included is not True),
        "may_include": str(taxes_included is not False),
        "keep_unpaid": str(bool(keep_unpaid)),
        "is_other_currency": f"currency <> '{reading.currency}'" if reading.currency else "false",
    }
    database.execute(_SUMS.format(**choices))
    database.execute(_VERDICTS.format(**choices))
    export.tell_people_apart(
        customer_id="customer_id",
        email="email",
        name="coalesce(billing_name, shipping_name)",
        country="coalesce(billing_country, shipping_country)",
        consent="CASE lower(accepts) WHEN 'yes' THEN true WHEN 'true' THEN true"
        " WHEN 'no' THEN false WHEN 'false' THEN false END",
    )
    for query in (_LINES, _PAYMENTS, _ORDER_SUMS):
        database.execute(query.format(**choices))
    return export, [*(f"currency {code}" for code in others), "test order", "never paid"]
