"""Order exports of shops that do not exist, written after the documented lists of columns.

Shopify: Help Center, "Exporting orders". WooCommerce: extension Order/Customer/Coupon Export,
format "Default - One Row per Item".
"""

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path

Row = Mapping[str, object]

SHOPIFY_COLUMNS = (
    *("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at"),
    *("Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code"),
    *("Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name"),
    *("Lineitem price", "Lineitem compare at price", "Lineitem sku"),
    *("Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status"),
    *("Billing Name", "Billing Street", "Billing Address1", "Billing Address2"),
    *("Billing Company", "Billing City", "Billing Zip", "Billing Province", "Billing Country"),
    *("Billing Phone", "Shipping Name", "Shipping Street", "Shipping Address1"),
    *("Shipping Address2", "Shipping Company", "Shipping City", "Shipping Zip"),
    *("Shipping Province", "Shipping Country", "Shipping Phone", "Notes", "Note Attributes"),
    *("Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor"),
    *("Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level"),
    *("Source", "Lineitem discount", "Tax 1 Name", "Tax 1 Value", "Tax 2 Name", "Tax 2 Value"),
    *("Tax 3 Name", "Tax 3 Value", "Tax 4 Name", "Tax 4 Value", "Tax 5 Name", "Tax 5 Value"),
    *("Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name"),
    *("Payment ID", "Payment Terms Name", "Next Payment Due At", "Payment References"),
)

WOOCOMMERCE_COLUMNS = (
    *("order_id", "order_number", "order_number_formatted", "date", "status", "shipping_total"),
    *("shipping_tax_total", "fee_total", "fee_tax_total", "tax_total", "discount_total"),
    *("order_total", "refunded_total", "order_currency", "payment_method", "shipping_method"),
    *("customer_id", "billing_first_name", "billing_last_name", "billing_full_name"),
    *("billing_company", "vat_number", "billing_email", "billing_phone", "billing_address_1"),
    *("billing_address_2", "billing_postcode", "billing_city", "billing_state"),
    *("billing_state_code", "billing_country", "shipping_first_name", "shipping_last_name"),
    *("shipping_full_name", "shipping_address_1", "shipping_address_2", "shipping_postcode"),
    *("shipping_city", "shipping_state", "shipping_state_code", "shipping_country"),
    *("shipping_company", "customer_note", "item_id", "item_product_id", "item_name", "item_sku"),
    *("item_quantity", "item_subtotal", "item_subtotal_tax", "item_total", "item_total_tax"),
    *("item_refunded", "item_refunded_qty", "item_meta", "shipping_items", "fee_items"),
    *("tax_items", "coupon_items", "refunds", "order_notes", "download_permissions"),
)

# Which cells of a Shopify export stand on each row of an order, and not on the first alone.
_ON_EACH_ROW = ("Name", "Email", "Created at")


def shopify_order(name: str, items: Sequence[Row], **cells: object) -> list[dict[str, object]]:
    """Return the rows of an order; `items` are cells of a line item without `Lineitem`.

    Underscores in the names of `cells` stand for blanks. Subtotal and total are worked out where
    they are not told, taxes being put on top.
    """
    told = {key.replace("_", " "): value for key, value in cells.items()}
    order: dict[str, object] = {
        "Name": name,
        "Financial Status": "paid",
        "Currency": "USD",
        "Shipping": "0.00",
        "Taxes": "0.00",
        "Discount Amount": "0.00",
        "Created at": "2024-01-15 10:22:33 -0500",
        "Refunded Amount": "0.00",
        "Outstanding Balance": "0.00",
        "Payment Method": "Shopify Payments",
        "Source": "web",
        "Id": str(sum(map(ord, name)) + 5_000_000_000),
    }
    order |= told
    if "Subtotal" not in told:
        amounts = (Decimal(str(item["quantity"])) * Decimal(str(item["price"])) for item in items)
        order["Subtotal"] = sum(amounts, Decimal()) - Decimal(str(order["Discount Amount"]))
    if "Total" not in told:
        parts = ("Subtotal", "Shipping", "Taxes")
        order["Total"] = sum((Decimal(str(order[part])) for part in parts), Decimal())
    rows = []
    for position, item in enumerate(items or [{}]):
        row = dict(order) if position == 0 else {key: order.get(key) for key in _ON_EACH_ROW}
        line = {f"Lineitem {key}": value for key, value in item.items() if key != "Vendor"}
        rows.append(row | line | {"Vendor": item.get("Vendor", "")})
    return rows


def woocommerce_order(
    number: int, items: Sequence[Row], **cells: object
) -> list[dict[str, object]]:
    """Return the rows of an order; `items` are cells of an item without `item_`.

    Discount, tax and total are worked out where they are not told.
    """

    def added(part: str) -> Decimal:
        return sum((Decimal(str(item.get(part) or 0)) for item in items), Decimal())

    order: dict[str, object] = {
        "order_id": number,
        "order_number": number,
        "date": "2024-01-15 10:22:33",
        "status": "completed",
        "shipping_total": "0.00",
        "shipping_tax_total": "0.00",
        "fee_total": "0.00",
        "fee_tax_total": "0.00",
        "discount_total": added("subtotal") - added("total"),
        "refunded_total": "0.00",
        "order_currency": "EUR",
        "payment_method": "stripe",
        "customer_id": "0",
    }
    order |= cells
    if "tax_total" not in cells:
        order["tax_total"] = added("total_tax") + sum(
            (Decimal(str(order[part])) for part in ("shipping_tax_total", "fee_tax_total")),
            Decimal(),
        )
    if "order_total" not in cells:
        order["order_total"] = added("total") + sum(
            (Decimal(str(order[part])) for part in ("shipping_total", "fee_total", "tax_total")),
            Decimal(),
        )
    return [order | {f"item_{key}": value for key, value in item.items()} for item in items or [{}]]


def csv_text(columns: Sequence[str], rows: Iterable[Row], delimiter: str = ",") -> str:
    """Return a file with these columns; cells that are not told are empty."""
    text = StringIO()
    writer = csv.DictWriter(
        text, columns, restval="", extrasaction="raise", delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_shopify(path: Path, *orders: Sequence[Row]) -> Path:
    """Write orders into an export of all documented columns."""
    rows = [row for order in orders for row in order]
    extra = [key for row in rows for key in row if key not in SHOPIFY_COLUMNS]
    columns = (*SHOPIFY_COLUMNS, *dict.fromkeys(extra))
    path.write_text(csv_text(columns, rows), encoding="utf-8")
    return path


def write_woocommerce(path: Path, *orders: Sequence[Row]) -> Path:
    """Write orders into an export of all documented columns."""
    rows = [row for order in orders for row in order]
    path.write_text(csv_text(WOOCOMMERCE_COLUMNS, rows), encoding="utf-8")
    return path


def shuffled(path: Path, target: Path, seed: int = 0) -> Path:
    """Write the rows of a file in another order, as a spreadsheet that sorts them may."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    random.Random(seed).shuffle(rows)
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return target


# What a hand, a spreadsheet or a broken tool may put into a cell.
NASTY_CELLS = (
    *("", " ", "0", "-1", "1.00005", "1e3", "1e40", "99999999999999999999", "922337203685477.5807"),
    *("922337203685477.5808", "nan", "inf", "12,50", "$5.00", "0x10", "NULL", "'", '"', ";", "\n"),
    *("=1+1", "yes", "maybe", "paid", "voided", "refunded", "USD", "usd", "EUR", "Ω", "a\u0301"),
    *("2024-01-15 10:22:33 -0500", "2024-01-15", "2024-13-45 99:99:99 -0500", "0001-01-01"),
    *("9999-12-31 23:59:59 +0000", "-99999-01-01", "#1001", "1001", "ann@example.com", "x" * 5_000),
    *("date:2024-99-99 99:99:99", "code:", "{}", "[]", "id:1|date:9999-12-31 23:59:59", "%s{}"),
)


def with_cell(path: Path, row: int, column: int, cell: str) -> None:
    """Put a text into a cell of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    rows[1 + row % (len(rows) - 1)][column % len(rows[0])] = cell
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


# The worked example of both shops: five orders, the last of which was never paid.

_SHOPIFY_MUG = {
    "quantity": 2,
    "name": "Mug - blue",
    "price": "10.00",
    "sku": "MUG-B",
    "Vendor": "Clay",
}
_SHOPIFY_BOWL = {"quantity": 1, "name": "Bowl", "price": "25.00", "Vendor": "Clay"}
_SHOPIFY_LAMP = {
    "quantity": 1,
    "name": "Lamp",
    "price": "60.00",
    "sku": "_SHOPIFY_LAMP",
    "Vendor": "Light",
}
SHOPIFY_ITEMS = (_SHOPIFY_MUG, _SHOPIFY_BOWL, _SHOPIFY_LAMP)
SHOPIFY_EXAMPLE = [
    shopify_order(
        "#1001",
        [_SHOPIFY_MUG, _SHOPIFY_BOWL],
        Email="Ann@Example.com",
        Accepts_Marketing="yes",
        Discount_Code="WELCOME10",
        Discount_Amount="4.50",
        Shipping="5.00",
        Taxes="3.24",
        Billing_Name="Ann Archer",
        Billing_Country="US",
        Shipping_Country="US",
        Shipping_Province="NY",
        Notes='leave it\nwith the "neighbour", please',
    ),
    shopify_order(
        "#1002",
        [_SHOPIFY_LAMP],
        Email="bob@example.com",
        Accepts_Marketing="no",
        Financial_Status="partially_refunded",
        Taxes="4.80",
        Refunded_Amount="21.60",
        Billing_Name="Bob",
        Billing_Country="CA",
        Billing_Province="ON",
        Payment_Method="gift_card + Shopify Payments",
        Created_at="2024-01-20 23:30:00 -0500",
    ),
    shopify_order(
        "#1003",
        [_SHOPIFY_MUG | {"quantity": 3}],
        Shipping="5.00",
        Taxes="2.40",
        Source="pos",
        Payment_Method="Shopify Payments + gift_card",
        Created_at="2024-01-21 04:30:00 UTC",
    ),
    shopify_order(
        "#1004",
        [_SHOPIFY_BOWL],
        Email=" ann@example.com ",
        Accepts_Marketing="no",
        Financial_Status="refunded",
        Taxes="2.00",
        Refunded_Amount="27.00",
        Cancelled_at="2024-02-03 09:00:00 -0500",
        Created_at="2024-02-01 09:00:00 -0500",
    ),
    shopify_order("#1005", [_SHOPIFY_LAMP], Email="eve@example.com", Financial_Status="voided"),
]

# Two mugs at 10.00, of which a coupon takes 2.00 in all; tax of a fifth.
_WOOCOMMERCE_MUG = {
    "id": 11,
    "product_id": 501,
    "name": "Mug",
    "sku": "MUG-B",
    "quantity": 2,
    "subtotal": "20.00",
    "total": "18.00",
    "total_tax": "3.60",
}
_WOOCOMMERCE_BOWL = {
    "id": 12,
    "product_id": 502,
    "name": "Bowl",
    "quantity": 1,
    "subtotal": "25.00",
    "total": "25.00",
    "total_tax": "5.00",
}
WOOCOMMERCE_ITEMS = (_WOOCOMMERCE_MUG, _WOOCOMMERCE_BOWL)
WOOCOMMERCE_EXAMPLE = [
    woocommerce_order(
        *(1001, [_WOOCOMMERCE_MUG, _WOOCOMMERCE_BOWL]),
        customer_id="7",
        billing_email="Ann@Example.com",
        billing_full_name="Ann Archer",
        billing_country="DE",
        shipping_country="DE",
        shipping_state_code="BE",
        shipping_total="5.00",
        shipping_tax_total="1.00",
        coupon_items="id:1|code:SPRING|amount:1.00;id:2|code:FRIEND|amount:1.00",
        customer_note='leave it\nwith the "neighbour", please',
    ),
    woocommerce_order(
        *(1002, [_WOOCOMMERCE_MUG | {"refunded": "9.00", "refunded_qty": "-1"}, _WOOCOMMERCE_BOWL]),
        status="processing",
        billing_email="bob@example.com",
        billing_first_name="Bob",
        billing_last_name="Baker",
        billing_country="AT",
        fee_total="2.00",
        fee_tax_total="0.40",
        refunded_total="10.80",  # 9.00 and its tax of 1.80.
        refunds=r"id:9|date:2024-02-03 09\:00\:00|amount:10.80|reason:broken",
        payment_method="paypal",
    ),
    woocommerce_order(1003, [_WOOCOMMERCE_BOWL], date="2024-01-21 04:30:00", payment_method="cod"),
    woocommerce_order(
        *(1004, [_WOOCOMMERCE_BOWL]),
        status="wc-refunded",
        billing_email=" ann@example.com ",
        billing_country="FR",
        refunded_total="30.00",
        date="2024-02-01 09:00:00",
    ),
    woocommerce_order(1005, [_WOOCOMMERCE_MUG], status="failed", billing_email="eve@example.com"),
]
