"""WooCommerce's export of orders by its extension, in the format with one row per item."""

from __future__ import annotations

from functools import partial
from os import PathLike
from typing import Any

from .. import errors, extras
from ..civil_time import civil_times_of, instants_of
from ..transactions import DecimalMark
from .dataset import Dataset
from .order_export import Export, ExportColumn, Reading, read_export
from .source_lines import SourceTable

__all__ = ["load_woocommerce"]

_COLUMNS = {
    "order_key": ExportColumn("order_id", required=True),
    "created": ExportColumn("order_date", "date", kind="time", required=True, filled=True),
    "status": ExportColumn("status", required=True, filled=True),
    "currency": ExportColumn("order_currency", required=True, filled=True),
    "shipping": ExportColumn("shipping_total", kind="money"),
    "shipping_tax": ExportColumn("shipping_tax_total", kind="money"),
    "fee": ExportColumn("fee_total", kind="signed money"),
    "fee_tax": ExportColumn("fee_tax_total", kind="signed money"),
    "tax": ExportColumn("tax_total", kind="money", required=True),
    "discount": ExportColumn("discount_total", "cart_discount", kind="money"),
    "total": ExportColumn("order_total", kind="money", required=True, filled=True),
    "refunded": ExportColumn("refunded_total", kind="money"),
    "refunds": ExportColumn("refunds", "refund_items"),
    "payment_method": ExportColumn("payment_method"),
    "coupons": ExportColumn("coupon_items", "coupons"),
    "customer_id": ExportColumn("customer_id"),
    "billing_email": ExportColumn("billing_email"),
    "customer_email": ExportColumn("customer_email"),
    "full_name": ExportColumn("billing_full_name"),
    "first_name": ExportColumn("billing_first_name"),
    "last_name": ExportColumn("billing_last_name"),
    "billing_country": ExportColumn("billing_country"),
    "billing_state": ExportColumn("billing_state_code", "billing_state"),
    "shipping_country": ExportColumn("shipping_country"),
    "shipping_state": ExportColumn("shipping_state_code", "shipping_state"),
    "item_id": ExportColumn("item_id", of_order=False),
    "item": ExportColumn("item_name", of_order=False),
    "product_id": ExportColumn("item_product_id", of_order=False),
    "sku": ExportColumn("item_sku", of_order=False),
    "quantity": ExportColumn("item_quantity", kind="money", of_order=False, required=True),
    "item_subtotal": ExportColumn("item_subtotal", kind="money", of_order=False),
    "item_total": ExportColumn("item_total", kind="money", of_order=False, required=True),
    "item_tax": ExportColumn("item_total_tax", "item_tax", kind="money", of_order=False),
    "item_refunded": ExportColumn("item_refunded", kind="signed money", of_order=False),
    "item_returned": ExportColumn("item_refunded_qty", kind="signed money", of_order=False),
}
_DIMENSIONS = ("country", "discount_code", "payment_method", "status")

# What WooCommerce's own reports leave out unless told otherwise, and what never was an order.
_NO_SALE = ("auto-draft", "cancelled", "checkout-draft", "failed", "pending", "trash")

# Lists of records: `id:1|code:SUMMER|amount:5.00;id:2|…`, or the same as JSON.
_MACROS = r"""
    CREATE MACRO values_of(text, field) AS regexp_extract_all(
        replace(text, '\', ''), '(?:^|[|;{,])"?' || field || '"?:"?([^|;",}]+)', 1);
    CREATE MACRO codes_of(text) AS
        nullif(array_to_string(list_sort(values_of(text, 'code')), ', '), '');
"""

# A date with an offset is an instant, one without it the shop's clock.
_REFUND_DATES = r"""
    WITH told AS (
        SELECT order_key, row, unnest(values_of(refunds, 'date')) AS cell FROM orders),
    split AS (
        SELECT order_key, row, cell, regexp_extract(cell, '(Z|UTC|([+-][0-9]{2}):?([0-9]{2}))$',
                                               ['zone', 'hours', 'minutes']) AS offset_
        FROM told),
    parts AS (
        SELECT order_key, row, offset_, TRY_CAST(
                   trim(left(cell, length(cell) - length(offset_.zone))) AS TIMESTAMP) AS shown
        FROM split),
    timed AS (
        SELECT order_key, row, offset_.zone <> '' AS is_instant, epoch_us(shown)
               - coalesce(TRY_CAST(offset_.hours AS BIGINT) * 60
                          + TRY_CAST(left(offset_.hours, 1) || offset_.minutes AS BIGINT), 0)
                 * 60000000 AS time
        FROM parts WHERE isfinite(shown))
    SELECT order_key, row, is_instant, time FROM timed ORDER BY row
"""

# Of an item's refund the tax is the share that the refund has of the item; if that is more than
# was refunded in all, items tell nothing and the whole refund is shared out.
_SUMS = """
    CREATE TABLE items AS
    SELECT order_key, row, item_id, quantity, item_total,
           coalesce(sku, product_id, item) AS product,
           coalesce(item_subtotal, item_total) AS item_subtotal, coalesce(item_tax, 0) AS item_tax,
           abs(coalesce(item_refunded, 0)) AS item_refunded,
           abs(coalesce(item_returned, 0)) AS item_returned,
           share(coalesce(item_tax, 0), abs(coalesce(item_refunded, 0)), item_total)
               AS item_refunded_tax
    FROM cells WHERE item_total IS NOT NULL;

    CREATE TABLE sums AS
    WITH summed AS (
        SELECT order_key, sum(item_subtotal) AS goods, sum(item_subtotal - item_total) AS discount,
               sum(item_tax) AS items_tax, sum(item_refunded) AS items_refunded,
               sum(CASE WHEN item_refunded > 0 THEN item_refunded_tax ELSE 0 END)
                   AS items_refunded_tax
        FROM items GROUP BY order_key),
    filled AS (
        SELECT order_key, row, created, refunds, orders.total, orders.discount AS told,
               regexp_replace(lower(status), '^wc-', '') AS state,
               coalesce(shipping, 0) AS shipping, coalesce(shipping_tax, 0) AS shipping_tax,
               coalesce(fee, 0) AS fee, coalesce(fee_tax, 0) AS fee_tax,
               coalesce(tax, 0) AS tax,
               coalesce(refunded, items_refunded + items_refunded_tax, 0) AS refunded,
               coalesce(goods, 0) AS goods, coalesce(summed.discount, 0) AS discount,
               coalesce(items_tax, 0) AS items_tax, coalesce(items_refunded, 0) AS items_refunded,
               coalesce(items_refunded_tax, 0) AS items_refunded_tax
        FROM orders LEFT JOIN summed USING (order_key)),
    returned AS (
        SELECT *, items_refunded > 0 AND items_refunded + items_refunded_tax <= refunded
                  AND items_refunded_tax <= tax AS by_item,
               CASE WHEN by_item THEN items_refunded ELSE 0 END AS known_refund,
               CASE WHEN by_item THEN items_refunded_tax ELSE 0 END AS known_tax,
               refunded - known_refund - known_tax AS rest
        FROM filled)
    SELECT *, share(tax - known_tax, rest, total - known_refund - known_tax) AS rest_tax,
           total - goods + discount - shipping - fee - tax AS difference,
           difference <> 0 OR coalesce(told <> discount, false) OR items_refunded > refunded
               AS untied,
           greatest(latest, created) AS refund_time,
           refunded <> 0 AND latest IS NULL AS has_undated_refund,
           refunded <> 0 AND len(list_distinct(values_of(refunds, 'date'))) > 1
               AS has_several_refunds
    FROM returned LEFT JOIN refund_times USING (order_key)
"""

_VERDICTS = """
    CREATE TABLE verdicts AS
    SELECT order_key,
           CASE WHEN {is_other_currency} THEN 'currency ' || currency
                WHEN NOT {keep_unpaid} AND state IN {no_sale} THEN 'status ' || state END
               AS removed_by
    FROM orders JOIN sums USING (order_key)
"""

_LINES = """
    CREATE TABLE lines AS
    WITH parts AS (
        SELECT order_key, row, 0 AS part, 'sale' AS kind, item_subtotal AS amount,
               item_tax AS tax, quantity, product
        FROM items
        UNION ALL
        SELECT order_key, row, 1, 'discount', item_total - item_subtotal, 0, 0, product
        FROM items WHERE item_total <> item_subtotal
        UNION ALL
        SELECT order_key, row, 2, 'shipping', shipping, shipping_tax, 0, NULL
        FROM sums WHERE shipping <> 0 OR shipping_tax <> 0
        UNION ALL
        SELECT order_key, row, 3, 'fee', fee, fee_tax, 0, NULL
        FROM sums WHERE fee <> 0 OR fee_tax <> 0
        UNION ALL
        SELECT order_key, row, 4, 'adjustment', 0, tax - items_tax - shipping_tax - fee_tax, 0, NULL
        FROM sums WHERE tax <> items_tax + shipping_tax + fee_tax
        UNION ALL
        SELECT order_key, items.row, 5, 'refund', -item_refunded, -item_refunded_tax,
               -item_returned, product
        FROM items JOIN sums USING (order_key) WHERE by_item AND item_refunded > 0
        UNION ALL
        SELECT order_key, row, 6, 'refund', rest_tax - rest, -rest_tax, 0, NULL
        FROM sums WHERE rest <> 0)
    SELECT parts.row, part, order_key, customer, kind,
           CASE WHEN part >= 5 THEN refund_time ELSE sums.created END AS time,
           CAST(amount AS DECIMAL(38, 4)) AS amount, CAST(parts.tax AS DECIMAL(38, 4)) AS tax,
           CAST(quantity AS DECIMAL(38, 4)) AS quantity, product,
           coalesce(shipping_country, billing_country) AS country,
           nullif(concat_ws('-', coalesce(shipping_country, billing_country),
                            CASE WHEN shipping_country IS NULL THEN billing_state
                                 ELSE shipping_state END), '') AS region,
           codes_of(coupons) AS discount_code, payment_method, state AS status, orders.currency,
           removed_by
    FROM parts JOIN sums USING (order_key) JOIN orders USING (order_key)
         JOIN people USING (order_key) JOIN verdicts USING (order_key)
"""

_PAYMENTS = """
    CREATE TABLE payments AS
    WITH paid AS (
        SELECT order_key, payment_method AS payment_type, state, sums.total, sums.refunded
        FROM sums JOIN orders USING (order_key) JOIN verdicts USING (order_key)
        WHERE removed_by IS NULL),
    records AS (
        SELECT order_key, payment_type, total AS amount FROM paid
        WHERE state IN ('processing', 'completed', 'refunded')
        UNION ALL
        SELECT order_key, payment_type, -refunded FROM paid)
    SELECT order_key, payment_type, CAST(amount AS DECIMAL(38, 4)) AS amount
    FROM records WHERE amount <> 0
"""

_ORDER_SUMS = """
    CREATE TABLE order_sums AS
    SELECT order_key AS "order", sums.created AS time, state AS status, orders.currency, goods,
           sums.discount, sums.shipping, sums.fee, sums.tax, sums.total, sums.refunded,
           CAST(difference AS DECIMAL(38, 4)) AS difference, untied,
           sums.refunded > sums.total AS refunded_above_total,
           state = 'refunded' AND sums.refunded = 0 AND sums.total > 0 AS refund_unknown
    FROM sums JOIN orders USING (order_key) JOIN verdicts USING (order_key)
    WHERE removed_by IS NULL
"""

_HINDSIGHT = {
    "refunds without a day stand at that of their order": (
        "sums JOIN verdicts USING (order_key) WHERE has_undated_refund AND removed_by IS NULL"
    ),
    "several refunds of an order stand at the day of the latest": (
        "sums JOIN verdicts USING (order_key)"
        " WHERE has_several_refunds AND NOT has_undated_refund AND removed_by IS NULL"
    ),
    "orders are left out by the status that they have in the file": (
        "verdicts WHERE starts_with(removed_by, 'status ')"
    ),
}


def load_woocommerce(
    path: str | PathLike[str],
    *,
    time_zone: str | None = None,
    currency: str | None = None,
    keep_unpaid: bool = False,
    delimiter: str = ",",
    encoding: str = "utf-8",
    decimal: DecimalMark = ".",
) -> Dataset:
    """Load WooCommerce's export of orders, a CSV file with one row per item.

    WooCommerce itself exports no lines. The file is that of its extension Order/Customer/Coupon
    Export, format "Default - One Row per Item"; other plugins write the same names. Rows belong to
    the order that ``order_id`` says, wherever they stand, and repeat its cells. The lines of an
    order are its items before coupons (sale), what coupons took off each (discount), shipping,
    fees, and what was refunded, less its taxes (refund, by item as far as the file says so). All
    amounts are without taxes, which are the measure ``tax``. So the lines of an order and their
    tax add up to ``order_total`` less ``refunded_total``; orders of which the file itself says
    otherwise are marked and counted. docs/methods/shops.md has every rule.

    The customer is ``customer_id``, the registered user; an order without one belongs to the user
    who has the same address, else to a hash of it, and without an address to a guest. Dimensions:
    ``product`` (SKU, else id, else name), ``region`` (country and state), ``country``,
    ``discount_code``, ``payment_method``, ``status``.

    Parameters
    ----------
    path : str or path-like
        The file.
    time_zone : str, optional
        IANA name of the shop's zone, for a file whose times have an offset. The extension writes
        the shop's own clock.
    currency : str, optional
        The one to choose if orders have several; the others are left out and counted.
    keep_unpaid : bool, default=False
        Whether orders come in that are pending, failed, cancelled, drafts or in the trash. Else
        each is charged to a rule of its own, such as ``status failed``.
    delimiter, encoding, decimal : str
        How the file is written: what stands between cells, a Python codec, and ``.`` or ``,``
        before decimals.

    Returns
    -------
    Dataset
        ``customers``: one row per person of the file, orders left out included: `customer`,
        `email`, `name`, `consent` (null: the export does not tell) and `country`, each of the
        latest order that has it. ``payments``: totals of the orders that are processing, completed
        or refunded, and refunds below 0, by ``payment_method``. ``tables["orders"]``: one row per
        order that is kept, with its sums. ``parameters``: how many of these do not tie.
        ``hindsight``: if there are refunds without a day or several of one order, orders that were
        left out by their status, or orders whose customer is told by a later one.

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
        An option is none, or times or dates of refunds have an offset and no zone is told.
    MoneyOverflow
        An amount leaves 64 bits of 1/10,000.

    Notes
    -----
    O(rows log rows) time, O(rows) memory. Nothing depends on the order of the rows.
    """
    reading = Reading(time_zone, currency, delimiter, encoding, decimal)
    arguments = (path, reading, keep_unpaid)
    with extras.require("io", "duckdb").connect() as database:
        export, rules = _prepare(database, *arguments)
        return export.to_dataset(
            dimensions=_DIMENSIONS,
            rules=rules,
            hindsight=_HINDSIGHT,
            parameters={"keep_unpaid": True} if keep_unpaid else {},
            read=partial(_read, *arguments),
        )


def _read(*arguments: Any) -> SourceTable:
    with extras.require("io", "duckdb").connect() as database:
        export, rules = _prepare(database, *arguments)
        return export.source_table(dimensions=_DIMENSIONS, rules=rules)


def _prepare(
    database: Any, path: str | PathLike[str], reading: Reading, keep_unpaid: bool
) -> tuple[Export, list[str]]:
    """Make the tables of an export; return it and the rules that remove lines of it."""
    export = read_export("woocommerce", path, _COLUMNS, reading, database, shows_clock=False)
    export.refuse(
        "SELECT row, item FROM cells WHERE (quantity IS NULL) <> (item_total IS NULL)",
        "item",
        "an item has a total without a quantity, or a quantity without a total",
    )
    others = export.other_currencies()
    choices = {
        "keep_unpaid": str(bool(keep_unpaid)),
        "is_other_currency": f"currency <> '{reading.currency}'" if reading.currency else "false",
        "no_sale": str(_NO_SALE),
    }
    database.execute(_MACROS)
    _date_refunds(export)
    export.tell_people_apart(
        customer_id="nullif(customer_id, '0')",
        email="coalesce(billing_email, customer_email)",
        name="coalesce(full_name, nullif(concat_ws(' ', first_name, last_name), ''))",
        country="coalesce(billing_country, shipping_country)",
        consent="CAST(NULL AS BOOLEAN)",
    )
    for query in (_SUMS, _VERDICTS, _LINES, _PAYMENTS, _ORDER_SUMS):
        database.execute(query.format(**choices))
    found = database.execute("""
        SELECT DISTINCT state FROM sums JOIN verdicts USING (order_key)
        WHERE removed_by = 'status ' || state
    """).fetchall()
    states = {state for (state,) in found}
    rules = [
        *(f"currency {code}" for code in others),
        *(f"status {name}" for name in _NO_SALE if name in states),
    ]
    return export, rules


def _date_refunds(export: Export) -> None:
    """Make the table ``refund_times`` (`order_key`, `latest`), as times of the orders are told."""
    pa = extras.require("io", "pyarrow")
    found = export.database.sql(_REFUND_DATES).to_arrow_table()
    times = found["time"].to_numpy().copy()
    is_instant = found["is_instant"].to_numpy(zero_copy_only=False)
    is_other = is_instant != export.has_instants
    if is_other.any():
        zone = export.reading.time_zone
        if zone is None:
            raise errors.InvalidArgument(
                "woocommerce: dates of refunds have an offset: tell the shop's zone by time_zone,"
                " such as Europe/Berlin",
                file=export.file,
                column=export.columns["refunds"].name,
            )
        change = instants_of if export.has_instants else civil_times_of
        times[is_other], is_known = change(times[is_other], zone)
        if not is_known.all():
            raise errors.InvalidData(
                "woocommerce: the date of a refund is outside the years 1900 to 2099",
                file=export.file,
                row=int(found["row"].to_numpy()[is_other][~is_known][0]),
                column=export.columns["refunds"].name,
            )
    dates = pa.table({"order_key": found["order_key"], "time": times})
    export.database.register("refund_dates", dates)
    export.database.execute("""
        CREATE TABLE refund_times AS
        SELECT order_key, max(time) AS latest FROM refund_dates GROUP BY order_key
    """)
