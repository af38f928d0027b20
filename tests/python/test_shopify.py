"""Shopify's export of orders: a worked example, a plain reference, awkward files and errors."""

import hashlib
import json
import tempfile
import traceback
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import ecommerce_analytics as ea
from ecommerce_analytics.cli import app
from reference import order_export as reference
from shop_files import (
    NASTY_CELLS,
    SHOPIFY_COLUMNS,
    SHOPIFY_EXAMPLE,
    SHOPIFY_ITEMS,
    csv_text,
    shopify_order,
    shuffled,
    with_cell,
    write_shopify,
)

ZONE = {"time_zone": "America/New_York"}
MUG, BOWL, LAMP = SHOPIFY_ITEMS


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return write_shopify(tmp_path / "orders_export.csv", *SHOPIFY_EXAMPLE)


def load(folder: Path, *orders: Any, **options: Any) -> ea.datasets.Dataset:
    return ea.datasets.load_shopify(write_shopify(folder / "orders.csv", *orders), **ZONE | options)


def bridge(dataset: ea.datasets.Dataset) -> dict[str, Decimal]:
    table = ea.payments.revenue_bridge(dataset.transactions, dataset.payments).to_arrow()
    return dict(zip(table["step"].to_pylist(), table["amount"].to_pylist(), strict=True))


def kinds(dataset: ea.datasets.Dataset) -> dict[str, Decimal]:
    return {tally.name: tally.money for tally in dataset.report.kinds if tally.num_lines}


def groups(dataset: ea.datasets.Dataset, *by: str) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    table = ea.aggregate.group_by(dataset.transactions, by=list(by), measures=["tax"]).to_arrow()
    return {
        tuple(row[name] for name in by): (row["revenue"], row["tax"]) for row in table.to_pylist()
    }


def order_sums(dataset: ea.datasets.Dataset) -> dict[str, dict[str, Any]]:
    return {row["order"]: row for row in dataset.tables["orders"].to_pylist()}


def key_of(address: str) -> str:
    return "shopify-" + hashlib.sha256(address.encode()).hexdigest()[:16]


# --- the worked example of docs/methods/shops.md ---


def test_the_bridge_of_the_worked_example(example: Path) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    assert bridge(dataset) == {
        "gross": Decimal("160.0000"),  # 20 + 25, 60, 30, 25.
        "discount": Decimal("-4.5000"),
        "refund": Decimal("-45.0000"),  # 21.60 and 27.00, less taxes of 1.60 and 2.00.
        "shipping": Decimal("10.0000"),
        "fee": Decimal(0),
        "adjustment": Decimal(0),
        "net": Decimal("120.5000"),
        "tax": Decimal("8.8400"),  # 3.24 + 4.80 + 2.40 + 2.00 - 1.60 - 2.00.
        "billed": Decimal("129.3400"),
        "paid without a line": Decimal(0),
        "without a payment": Decimal(0),
        "difference": Decimal(0),
        "paid": Decimal("129.3400"),
    }
    assert dataset.parameters["orders"] == {
        "kept": 4,
        "untied": 0,
        "taxes_in_prices": 0,
        "shipping_discounted": 0,
        "refunded_above_total": 0,
        "refund_unknown": 0,
    }


def test_the_worked_example_by_sql_over_the_file(example: Path) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    with duckdb.connect() as database:
        goods, billed = database.execute(
            """
            SELECT sum(CAST("Lineitem quantity" AS INT) * CAST("Lineitem price" AS DECIMAL(9, 2))),
                   sum(CAST("Total" AS DECIMAL(9, 2)) - CAST("Refunded Amount" AS DECIMAL(9, 2)))
            FROM read_csv(?, all_varchar = true)
            WHERE "Name" NOT IN (SELECT "Name" FROM read_csv(?, all_varchar = true)
                                 WHERE "Financial Status" = 'voided')
            """,
            [str(example), str(example)],
        ).fetchall()[0]
    steps = bridge(dataset)
    assert (steps["gross"], steps["billed"]) == (goods, billed)


def test_the_report_of_the_worked_example(example: Path) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    report = dataset.report
    assert (dataset.name, dataset.currency, dataset.region) == ("shopify", "USD", "region")
    assert (report.num_orders, report.num_customers) == (4, 2)
    assert {rule.name: (rule.num_lines, rule.money) for rule in report.removed} == {
        "test order": (0, Decimal(0)),
        "never paid": (1, Decimal(60)),
    }
    assert (report.guests.num_lines, report.guests.money) == (3, Decimal(35))
    assert dataset.sources == {
        "orders_export.csv": hashlib.sha256(example.read_bytes()).hexdigest()
    }
    assert dataset.parameters["missing_columns"] == ["Customer ID"]


def test_people_are_told_apart_by_address(example: Path) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    assert dataset.customers is not None
    people = [
        (key_of("ann@example.com"), "ann@example.com", "Ann Archer", False, "US", []),
        (key_of("bob@example.com"), "bob@example.com", "Bob", False, "CA", []),
        (key_of("eve@example.com"), "eve@example.com", None, None, None, []),
    ]
    columns = ["customer", "email", "name", "consent", "country", "former_keys"]
    assert dataset.customers.to_pylist() == [
        dict(zip(columns, person, strict=True)) for person in sorted(people)
    ]
    assert str(dataset.customers.schema.field("consent").type) == "bool"
    assert ea.rfm.score(dataset.transactions)["customer"].tolist() == sorted(
        [key_of("ann@example.com"), key_of("bob@example.com")]
    )


def test_times_become_those_of_the_shop_and_a_refund_that_of_the_cancellation(
    example: Path,
) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    by_day = ea.aggregate.group_by(dataset.transactions, by=["kind"], period="day").to_arrow()
    days = [(row["kind"], row["period"], row["revenue"]) for row in by_day.to_pylist()]
    assert ("sale", "2024-01-20", Decimal("90.0000")) in days  # 23:30 -0500 and 04:30 UTC.
    assert ("refund", "2024-01-20", Decimal("-20.0000")) in days
    assert ("refund", "2024-02-03", Decimal("-25.0000")) in days
    times = {name: row["time"].isoformat() for name, row in order_sums(dataset).items()}
    assert times["#1002"] == "2024-01-21T04:30:00+00:00"


def test_dimensions(example: Path) -> None:
    transactions = ea.datasets.load_shopify(example, **ZONE).transactions
    assert set(transactions.dimension_names) == {
        *("product", "region", "country", "channel", "discount_code", "payment_method"),
        *("status", "vendor"),
    }
    assert transactions.measure_names == ("tax",)
    by = ea.aggregate.group_by(transactions, by=["product", "vendor"]).to_arrow().to_pylist()
    found = {(row["product"], row["vendor"]): (row["revenue"], row["quantity"]) for row in by}
    assert found[("MUG-B", "Clay")] == (Decimal(50), Decimal(5))
    assert found[("Bowl", "Clay")] == (Decimal(50), Decimal(2))
    regions = ea.aggregate.group_by(transactions, by=["region", "channel"]).to_arrow().to_pylist()
    assert [(row["region"], row["channel"]) for row in regions] == [
        ("CA-ON", "web"),
        ("US-NY", "web"),
        ("unknown", "pos"),
        ("unknown", "web"),
    ]


def test_payments(example: Path) -> None:
    dataset = ea.datasets.load_shopify(example, **ZONE)
    assert dataset.payments is not None
    table = ea.payments.by_type(dataset.payments).to_arrow()
    assert dict(zip(table["payment_type"].to_pylist(), table["paid"].to_pylist(), strict=True)) == {
        "Shopify Payments": Decimal("48.7400"),
        "Shopify Payments + gift_card": Decimal("80.6000"),  # 64.80 - 21.60 and 37.40.
    }


# --- nothing depends on where a row stands ---


def results(dataset: ea.datasets.Dataset) -> list[Any]:
    assert dataset.customers is not None
    return [
        ea.rfm.score(dataset.transactions).to_arrow(),
        ea.kpi.summary(dataset.transactions, period="month").to_arrow(),
        ea.payments.revenue_bridge(dataset.transactions, dataset.payments).to_arrow(),
        dataset.customers,
        dataset.tables["orders"],
        dataset.report,
        dataset.parameters,
    ]


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_rows_give_the_same(example: Path, tmp_path: Path, seed: int) -> None:
    other = shuffled(example, tmp_path / "shuffled.csv", seed)
    assert other.read_bytes() != example.read_bytes()
    ours, theirs = (ea.datasets.load_shopify(path, **ZONE) for path in (example, other))
    assert results(ours) == results(theirs)


def test_cells_of_an_order_may_stand_on_any_of_its_rows(tmp_path: Path) -> None:
    [first, second] = shopify_order("#1", [MUG, BOWL], Email="a@b.c", Taxes="1.00")
    second |= {name: first.pop(name) for name in ("Total", "Subtotal", "Financial Status")}
    dataset = load(tmp_path, [first, second], shopify_order("#2", [LAMP]))
    assert order_sums(dataset)["#1"]["total"] == Decimal(46)
    assert dataset.parameters["orders"] == order_counts(kept=2)


def order_counts(**counts: int) -> dict[str, int]:
    names = (
        *("kept", "untied", "taxes_in_prices", "shipping_discounted", "refunded_above_total"),
        "refund_unknown",
    )
    return dict.fromkeys(names, 0) | counts


# --- against the plain reference ---


def money(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda cents: Decimal(cents) / 100)


@st.composite
def drawn_order(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an order; most of them tie, by one of the ways that there are."""
    items = draw(
        st.lists(
            st.fixed_dictionaries(
                {"quantity": st.integers(0, 4), "price": money(5_000), "discount": money(200)}
            ),
            min_size=1,
            max_size=3,
        )
    )
    goods = sum((item["quantity"] * item["price"] for item in items), Decimal(0))
    told, shipping = draw(money(800)), draw(money(900))
    taxes, duties = draw(money(999)), draw(money(100))
    taken = sum((item["discount"] for item in items), Decimal(0))
    off = draw(st.sampled_from([told, told + taken, taken, Decimal(0)]))
    subtotal = max(goods - off, Decimal(0))
    total = subtotal + duties + draw(st.sampled_from([shipping, max(shipping - told, Decimal(0))]))
    total += draw(st.sampled_from([taxes, Decimal(0), Decimal("0.01")]))
    return {
        "items": items,
        "Subtotal": subtotal,
        "Shipping": shipping,
        "Taxes": taxes,
        "Duties": duties,
        "Total": total,
        "Discount Amount": told,
        "Refunded Amount": draw(
            st.sampled_from([Decimal(0), total, total / 2, total + 1]).map(
                lambda amount: amount.quantize(Decimal("0.01"))
            )
        ),
    }


@settings(max_examples=50)
@given(drawn=st.lists(drawn_order(), min_size=1, max_size=8))
def test_lines_are_those_of_the_reference(drawn: list[dict[str, Any]]) -> None:
    orders = []
    for number, order in enumerate(drawn):
        items = [{"name": f"item {n}"} | item for n, item in enumerate(order.pop("items"))]
        # The province is another one in each order: groups by region are groups by order.
        place = {"Shipping Country": "US", "Shipping Province": f"P{number}"}
        orders.append(shopify_order(f"#{number}", items, **order | place))
    with tempfile.TemporaryDirectory() as folder:
        # Without any purchase there are no groups.
        dataset = load(Path(folder), *orders, shopify_order("#all", [BOWL]))
    found = groups(dataset, "region", "kind")
    untied = 0
    for number, rows in enumerate(orders):
        lines, ties = reference.shopify_lines(rows)
        untied += not ties
        assert order_sums(dataset)[f"#{number}"]["untied"] is not ties
        own = {kind: both for (region, kind), both in found.items() if region == f"US-P{number}"}
        assert {kind: both for kind, both in own.items() if any(both)} == reference.by_kind(lines)
        if ties:
            first = rows[0]
            total = Decimal(str(first["Total"])) - Decimal(str(first["Refunded Amount"]))
            assert sum(amount + tax for _, amount, tax in lines) == total
    counts: Any = dataset.parameters["orders"]
    assert counts["untied"] == untied


# --- awkward orders ---


def test_taxes_that_prices_contain_are_no_revenue(tmp_path: Path) -> None:
    order = shopify_order("#1", [BOWL], Taxes="3.99", Total="25.00", Currency="GBP")
    dataset = load(tmp_path, order)
    assert kinds(dataset) == {"sale": Decimal(25), "adjustment": Decimal("-3.99")}
    assert bridge(dataset)["billed"] == Decimal(25)
    assert dataset.parameters["orders"] == order_counts(kept=1, taxes_in_prices=1)
    told = load(tmp_path, order, taxes_included=True)
    assert bridge(told) == bridge(dataset)
    assert told.parameters["taxes_included"] is True
    # Told otherwise, the order does not tie, and the bridge shows by how much.
    denied = load(tmp_path, order, taxes_included=False)
    assert denied.parameters["orders"] == order_counts(kept=1, untied=1)
    assert bridge(denied)["difference"] == Decimal("-3.99")


def test_a_discount_on_an_order_belongs_to_no_product(tmp_path: Path) -> None:
    dataset = load(tmp_path, shopify_order("#1", [MUG, BOWL], Discount_Amount="9.00"))
    assert groups(dataset, "kind", "product") == {
        ("sale", "MUG-B"): (Decimal(20), Decimal(0)),
        ("sale", "Bowl"): (Decimal(25), Decimal(0)),
        ("discount", "unknown"): (Decimal(-9), Decimal(0)),
    }


@pytest.mark.parametrize(("told", "rest"), [("9.00", -5), ("5.00", -5)])
def test_a_discount_on_an_item_counts_once(tmp_path: Path, told: str, rest: int) -> None:
    # The subtotal shows 9 of 45 taken off: 4 on the mugs, told within the discount or beside it.
    items = [MUG | {"discount": "4.00"}, BOWL | {"discount": "0.00"}]
    dataset = load(tmp_path, shopify_order("#1", items, Discount_Amount=told, Subtotal="36.00"))
    found = groups(dataset, "kind", "product")
    assert found[("discount", "MUG-B")] == (Decimal(-4), Decimal(0))
    assert found[("discount", "unknown")] == (Decimal(rest), Decimal(0))
    assert dataset.parameters["orders"] == order_counts(kept=1)


@pytest.mark.parametrize(("shipping", "total"), [("0.00", "25.00"), ("6.00", "25.00")])
def test_a_discount_on_shipping_lowers_shipping(tmp_path: Path, shipping: str, total: str) -> None:
    order = shopify_order(
        *("#1", [BOWL]),
        **{"Discount Amount": "6.00", "Discount Code": "FREESHIP"},
        Subtotal="25.00",
        Shipping=shipping,
        Total=total,
    )
    dataset = load(tmp_path, order)
    assert kinds(dataset) == {"sale": Decimal(25)}
    assert dataset.parameters["orders"] == order_counts(kept=1, shipping_discounted=1)


def test_an_order_that_does_not_add_up_is_counted(tmp_path: Path) -> None:
    dataset = load(tmp_path, shopify_order("#1", [BOWL], Total="27.50"), shopify_order("#2", [MUG]))
    sums = order_sums(dataset)
    assert {name: row["untied"] for name, row in sums.items()} == {"#1": True, "#2": False}
    assert sums["#1"]["difference"] == Decimal("2.5000")
    assert bridge(dataset)["difference"] == Decimal("2.5000")
    assert dataset.parameters["orders"] == order_counts(kept=2, untied=1)


def test_a_refund_above_the_total_is_kept_and_counted(tmp_path: Path) -> None:
    order = shopify_order("#1", [BOWL], Taxes="2.00", Refunded_Amount="30.00")
    dataset = load(tmp_path, order)
    assert groups(dataset, "kind")[("refund",)] == (Decimal(-28), Decimal(-2))
    assert dataset.parameters["orders"] == order_counts(kept=1, refunded_above_total=1)


def test_the_taxes_of_a_partial_refund_are_rounded_to_even(tmp_path: Path) -> None:
    # 0.01 of tax in 8.00: a refund of 0.04 holds 0.00005, of 0.12 0.00015.
    def tax(refunded: str) -> Decimal:
        item = {"quantity": 1, "name": "Pen", "price": "7.99"}
        order = shopify_order("#1", [item], Taxes="0.01", Refunded_Amount=refunded)
        return groups(load(tmp_path, order), "kind")[("refund",)][1]

    assert [tax("0.04"), tax("0.12")] == [Decimal(0), Decimal("-0.0002")]


def test_orders_that_were_never_paid_are_left_out_and_counted(tmp_path: Path) -> None:
    orders = [
        shopify_order("#1", [BOWL]),
        shopify_order("#2", [LAMP], Financial_Status="expired"),
        shopify_order(
            *("#3", [LAMP]),
            **{"Financial Status": "pending", "Cancelled at": "2024-01-18 08:00:00 -0500"},
        ),
        shopify_order("#4", [MUG], Financial_Status="pending", Outstanding_Balance="20.00"),
        shopify_order("#5", [MUG], Payment_Method="(for testing) Bogus Gateway"),
    ]
    dataset = load(tmp_path, *orders)
    assert {rule.name: rule.money for rule in dataset.report.removed} == {
        "test order": Decimal(20),
        "never paid": Decimal(120),
    }
    assert bridge(dataset)["net"] == Decimal(45)
    assert bridge(dataset)["without a payment"] == Decimal(-20)  # The pending one counts as sold.
    kept = load(tmp_path, *orders, keep_unpaid=True)
    assert kinds(kept) == {"sale": Decimal(165), "refund": Decimal(-120)}
    assert [order_sums(kept)[name]["status"] for name in ("#2", "#3")] == ["expired", "pending"]


def test_a_file_of_orders_that_were_never_paid_has_no_purchase(tmp_path: Path) -> None:
    dataset = load(tmp_path, shopify_order("#1", [LAMP], Financial_Status="voided"))
    assert (dataset.report.kept.num_lines, dataset.report.read.num_lines) == (0, 1)
    with pytest.raises(ea.InvalidArgument, match="there is no line"):
        ea.rfm.score(dataset.transactions)


def test_what_a_file_tells_of_the_past_that_was_known_later_is_said(tmp_path: Path) -> None:
    plain = shopify_order("#1", [MUG], Email="ann@example.com")
    assert load(tmp_path, plain).hindsight is None

    refunds = "refunds stand at the day of their order or of its cancellation"
    refund = shopify_order("#2", [LAMP], Email="bob@example.com", Refunded_Amount="20.00")
    whole = load(tmp_path, plain, refund)
    assert whole.hindsight == refunds
    # The file of the same evening, when nobody had refunded anything, tells another money.
    before = load(tmp_path, plain, shopify_order("#2", [LAMP], Email="bob@example.com"))
    seen, known = (
        ea.cutoff.features(one.transactions, "2024-01-16").decimals("monetary")
        for one in (whole, before)
    )
    assert sum(map(Decimal, map(str, known))) - sum(map(Decimal, map(str, seen))) == 20

    voided = shopify_order("#3", [BOWL], Financial_Status="voided")
    left_out = "orders are left out if they were never paid"
    assert load(tmp_path, plain, voided).hindsight == left_out
    assert load(tmp_path, plain, refund, voided).hindsight == f"{refunds}; {left_out}"
    assert load(tmp_path, plain, voided, keep_unpaid=True).hindsight == refunds


def test_a_customer_who_is_told_by_a_later_order_is_said(tmp_path: Path) -> None:
    first = {"Email": "ann@example.com", "Customer_ID": ""}
    second = {"Email": "ann@example.com", "Customer_ID": "7"}
    days = ("2024-01-15 10:00:00 -0500", "2024-02-15 10:00:00 -0500")
    for own, other, hindsight in (
        (
            first,
            second,
            "orders without an id belong to the customer of a later order with their address",
        ),
        (second, first, None),
    ):
        data = load(
            tmp_path,
            shopify_order("#1", [MUG], **own, Created_at=days[0]),
            shopify_order("#2", [MUG], **other, Created_at=days[1]),
        )
        assert data.hindsight == hindsight


def test_payments_of_orders_that_are_not_paid_in_full(tmp_path: Path) -> None:
    dataset = load(
        tmp_path,
        shopify_order("#1", [BOWL], Financial_Status="partially_paid", Outstanding_Balance="5.00"),
        shopify_order("#2", [BOWL], Financial_Status="partially_paid", Outstanding_Balance=""),
        shopify_order("#3", [BOWL], Financial_Status="authorized"),
    )
    assert bridge(dataset)["paid"] == Decimal(20)
    assert load(tmp_path, shopify_order("#3", [BOWL], Financial_Status="pending")).payments is None


def test_two_currencies(tmp_path: Path) -> None:
    orders = [
        shopify_order("#1", [BOWL]),
        shopify_order("#2", [LAMP], Currency="EUR"),
        shopify_order("#3", [MUG], Currency="EUR", Shipping="2.00"),
    ]
    with pytest.raises(ea.InvalidData, match="choose one") as refused:
        load(tmp_path, *orders)
    assert (refused.value.value, refused.value.column, refused.value.row) == (
        "EUR, USD",
        "Currency",
        2,
    )
    dataset = load(tmp_path, *orders, currency="USD")
    assert (dataset.currency, bridge(dataset)["net"]) == ("USD", Decimal(25))
    removed = {rule.name: (rule.num_lines, rule.money) for rule in dataset.report.removed}
    assert removed["currency EUR"] == (3, Decimal(82))
    assert dataset.parameters["currency"] == "USD"
    with pytest.raises(ea.InvalidData, match="no order is in CHF; there are: EUR, USD"):
        load(tmp_path, *orders, currency="CHF")


def test_an_id_of_the_customer_is_his_key(tmp_path: Path) -> None:
    ids = {"Customer ID": "77"}
    dataset = load(
        tmp_path,
        shopify_order("#1", [BOWL], Email="ann@x.org", **ids),
        shopify_order("#2", [BOWL], Email="ANN@x.org"),
        shopify_order("#3", [BOWL], Email="bob@x.org"),
        shopify_order("#4", [BOWL], **ids),
    )
    scores = ea.rfm.score(dataset.transactions)
    assert dict(zip(scores["customer"].tolist(), scores["frequency"].tolist(), strict=True)) == {
        "77": 3,
        key_of("bob@x.org"): 1,
    }


# --- awkward files ---


def test_an_old_export_lacks_columns(tmp_path: Path) -> None:
    old = SHOPIFY_COLUMNS[: SHOPIFY_COLUMNS.index("Payment Method")]
    rows = [
        {name: value for name, value in row.items() if name in old}
        for row in shopify_order("#1", [MUG, BOWL], Email="a@b.c")
    ]
    path = tmp_path / "old.csv"
    path.write_text(csv_text(old, rows))
    dataset = ea.datasets.load_shopify(path, **ZONE)
    assert bridge(dataset)["net"] == Decimal(45)
    assert dataset.parameters["missing_columns"] == [
        *("Customer ID", "Duties", "Refunded Amount", "Outstanding Balance", "Payment Method"),
        *("Source", "Id", "Lineitem discount", "Vendor"),
    ]


def test_a_file_that_a_spreadsheet_saved_again(example: Path, tmp_path: Path) -> None:
    rows = [
        {
            name: str(value).replace(".", ",") if name in MONEY_COLUMNS else value
            for name, value in row.items()
        }
        for order in SHOPIFY_EXAMPLE
        for row in order
    ]
    text = csv_text(SHOPIFY_COLUMNS, rows, delimiter=";").replace("\n", "\r\n")
    blank = ";" * (len(SHOPIFY_COLUMNS) - 1) + "\r\n"
    path = tmp_path / "orders_export.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (text + blank + "\r\n").encode())
    dataset = ea.datasets.load_shopify(path, delimiter=";", decimal=",", **ZONE)
    assert dataset.parameters["blank_rows"] == 1
    assert dataset.parameters["delimiter"] == ";"
    plain = write_shopify(tmp_path / "plain.csv", *SHOPIFY_EXAMPLE)
    assert results(dataset)[:6] == results(ea.datasets.load_shopify(plain, **ZONE))[:6]


MONEY_COLUMNS = (
    *("Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Refunded Amount"),
    *("Outstanding Balance", "Lineitem price"),
)


def test_headers_in_another_case_and_more_columns(tmp_path: Path) -> None:
    text = csv_text(SHOPIFY_COLUMNS, shopify_order("#1", [BOWL])).replace(
        "Lineitem sku", "LINEITEM SKU"
    )
    text = text.replace("Cancelled at", "Canceled at", 1).replace("\n", ",more\n")
    (tmp_path / "orders.csv").write_text(text)
    dataset = ea.datasets.load_shopify(tmp_path / "orders.csv", **ZONE)
    assert dataset.parameters["missing_columns"] == ["Customer ID"]


def test_without_a_zone_the_clock_is_the_one_that_is_shown(tmp_path: Path) -> None:
    summer, winter = "2024-07-15 23:22:33 -0400", "2024-01-15 10:22:33 -0500"
    orders = [
        shopify_order("#1", [BOWL], Created_at=summer),
        shopify_order("#2", [BOWL], Created_at=winter),
    ]
    shown = order_sums(load(tmp_path, *orders, time_zone=None))
    assert shown["#1"]["time"] == datetime(2024, 7, 15, 23, 22, 33)
    assert shown["#2"]["time"] == datetime(2024, 1, 15, 10, 22, 33)
    # The shop's own zone has that clock; another one has its own.
    assert order_sums(load(tmp_path, *orders, **ZONE)).keys() == shown.keys()
    same = load(tmp_path, *orders, **ZONE).transactions
    assert (
        ea.kpi.summary(same, period="day").to_arrow()
        == ea.kpi.summary(
            load(tmp_path, *orders, time_zone=None).transactions, period="day"
        ).to_arrow()
    )
    far = load(tmp_path, *orders, time_zone="Asia/Tokyo").transactions
    assert ea.kpi.summary(far, period="day")["start"].astype(str).tolist()[-1] == "2024-07-16"


def test_civil_times_need_no_zone(tmp_path: Path) -> None:
    orders = [shopify_order("#1", [BOWL], Created_at="2024-01-15 10:22:33")]
    dataset = load(tmp_path, *orders, time_zone=None)
    assert order_sums(dataset)["#1"]["time"] == datetime(2024, 1, 15, 10, 22, 33)


def test_an_order_without_an_item_and_an_item_that_is_free(tmp_path: Path) -> None:
    gift = {"quantity": 1, "name": "Sticker", "price": "0.00"}
    dataset = load(
        tmp_path,
        shopify_order("#1", [], Shipping="5.00"),
        shopify_order("#2", [BOWL, gift]),
    )
    assert kinds(dataset) == {"sale": Decimal(25), "shipping": Decimal(5)}
    assert dataset.report.num_orders == 2


def test_a_large_amount_is_exact(tmp_path: Path) -> None:
    item = {"quantity": 900_000, "name": "Ship", "price": "999999999.99"}
    dataset = load(tmp_path, shopify_order("#1", [item]))
    assert bridge(dataset)["net"] == Decimal("899999999991000.0000")


# --- errors ---

ONE = ("#1", [MUG, BOWL])
READ = (
    *("Name", "Email", "Financial Status", "Accepts Marketing", "Currency", "Subtotal", "Shipping"),
    *("Taxes", "Total", "Discount Code", "Discount Amount", "Created at", "Lineitem quantity"),
    *("Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem discount", "Duties", "Id"),
    *("Cancelled at", "Payment Method", "Refunded Amount", "Outstanding Balance", "Vendor"),
)


@pytest.mark.parametrize(
    ("orders", "options", "kind", "message"),
    [
        ([shopify_order(*ONE)], {"currency": "usd"}, ea.InvalidArgument, "currency must be"),
        ([shopify_order(*ONE)], {"taxes_included": "yes"}, ea.InvalidArgument, "taxes_included"),
        ([shopify_order(*ONE)], {"decimal": ";"}, ea.InvalidArgument, "decimal must be"),
        ([shopify_order(*ONE)], {"time_zone": "Nowhere"}, ea.InvalidArgument, "Nowhere"),
        (
            [
                shopify_order("#1", [MUG]),
                shopify_order("#2", [MUG]),
                shopify_order("#1", [MUG], Total="9.00"),
            ],
            {},
            ea.InvalidData,
            'two values here; the other is row: 1 .*row 3, column "Total"',
        ),
        (
            [shopify_order("#1", [MUG], Email="a@b.c"), shopify_order("#1", [MUG], Email="d@e.f")],
            {},
            ea.InvalidData,
            'the other is row: 1 .*row 2, column "Email"',
        ),
        (
            [shopify_order("#1", [MUG])[:1], shopify_order("#2", [MUG, BOWL])[1:]],
            {},
            ea.InvalidData,
            'no row of the order has this cell .*row 2, column "Currency"',
        ),
        (
            [shopify_order("#1", [MUG]), [{"Total": "5.00"}]],
            {},
            ea.InvalidData,
            'the row has no order .*row 2, column "Name"',
        ),
        ([[{"Notes": "x"}]], {}, ea.InvalidData, "the file has no order"),
        (
            [shopify_order("#1", [MUG], Total="12,50")],
            {},
            ea.InvalidData,
            'no decimal number with at most 4 decimals: 12,50 .*row 1, column "Total"',
        ),
        (
            [shopify_order("#1", [MUG], Total="20.00")],
            {"decimal": ","},
            ea.InvalidData,
            "a point in a number",
        ),
        (
            [shopify_order("#1", [MUG], Taxes="-1.00", Total="1")],
            {},
            ea.InvalidData,
            "the amount is below 0: -1",
        ),
        (
            [shopify_order("#1", [MUG | {"quantity": "1.5"}])],
            {},
            ea.InvalidData,
            "a quantity is not whole: 1.5",
        ),
        (
            [shopify_order("#1", [MUG | {"quantity": ""}], Subtotal="1", Total="1")],
            {},
            ea.InvalidData,
            "a price without a quantity",
        ),
        (
            [shopify_order("#1", [MUG], Created_at="15.01.2024 10:22 -0500")],
            {},
            ea.InvalidData,
            'no date and time .*row 1, column "Created at"',
        ),
        (
            [shopify_order("#1", [MUG]), shopify_order("#2", [MUG], Created_at="2024-01-15 10:22")],
            {},
            ea.InvalidData,
            'times with and without an offset.*row 2, column "Created at"',
        ),
        (
            [shopify_order("#1", [MUG]), shopify_order("#2", [MUG], Currency="dollars")],
            {},
            ea.InvalidData,
            'not three capital letters.*: dollars .*row 2, column "Currency"',
        ),
        (
            [shopify_order("#1", [MUG], Total="99999999999999999999")],
            {},
            ea.MoneyOverflow,
            'the number is too large.*row 1, column "Total"',
        ),
        (
            [shopify_order("#1", [MUG | {"quantity": 10**9, "price": 10**9}], Subtotal=1)],
            {},
            ea.MoneyOverflow,
            'row 1, column "Lineitem price"',
        ),
    ],
)
def test_what_is_refused(
    tmp_path: Path, orders: Any, options: Any, kind: type[ea.Error], message: str
) -> None:
    with pytest.raises(kind, match=message):
        load(tmp_path, *orders, **options)


def test_a_file_that_is_no_such_export(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer,order\nann@example.com,1\n")
    with pytest.raises(ea.SchemaMismatch, match=r'this is no export of orders.*column "Name"'):
        ea.datasets.load_shopify(path, **ZONE)
    with pytest.raises(ea.IOFailure):
        ea.datasets.load_shopify(tmp_path / "absent.csv", **ZONE)
    path.write_text("Name,Name\n1,2\n")
    with pytest.raises(ea.SchemaMismatch, match=r'a column stands twice.*column "Name"'):
        ea.datasets.load_shopify(path, **ZONE)
    path.write_text(csv_text(SHOPIFY_COLUMNS, []))
    with pytest.raises(ea.InvalidData, match="no row"):
        ea.datasets.load_shopify(path, **ZONE)


@pytest.mark.parametrize("column", ["Name", "Email", "Total", "Lineitem price", "Currency"])
def test_a_required_column_is_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "orders.csv"
    row = {name: value for name, value in SHOPIFY_EXAMPLE[0][0].items() if name != column}
    path.write_text(csv_text([name for name in SHOPIFY_COLUMNS if name != column], [row]))
    with pytest.raises(ea.SchemaMismatch, match=f'column "{column}"'):
        ea.datasets.load_shopify(path, **ZONE)


@settings(max_examples=60)
@given(
    spoilt=st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from([SHOPIFY_COLUMNS.index(name) for name in READ]),
            st.sampled_from(NASTY_CELLS),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_spoilt_cell_is_read_or_refused(spoilt: list[tuple[int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_shopify(Path(folder) / "orders.csv", *SHOPIFY_EXAMPLE)
        for row, column, cell in spoilt:
            with_cell(path, row, column, cell)
        refused = ""
        try:
            report = ea.datasets.load_shopify(path, **ZONE).report
            parts = [report.kept, *report.removed]
            assert report.read.money == sum(part.money for part in parts)
        except ea.Error as error:
            refused = str(error).lower()
        assert "@example.com" not in refused


# --- addresses stay where they are ---


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("#1002,", "#1002,more,", 1),  # One cell too many.
        lambda text: text.replace("bob@example.com,", "", 1),  # One too few.
        lambda text: text.replace("25.00", "bob@example.com", 1),
        lambda text: text.replace("USD", "bob@example.com", 1),
        lambda text: text.replace('"leave', 'le"ave', 1),
        lambda text: text.replace("\n#1002", "\n\n#1002", 1),
        lambda text: text.partition("\n")[2],  # No header.
    ],
)
def test_no_error_repeats_an_address(example: Path, spoil: Any) -> None:
    text = example.read_text()
    example.write_text(spoil(text))
    assert example.read_text() != text
    with pytest.raises(ea.Error) as refused:
        ea.datasets.load_shopify(example, **ZONE)
    shown = "".join(traceback.format_exception(refused.value)).lower()
    assert "@example.com" not in shown
    assert "archer" not in shown


def test_run_shopify(example: Path, tmp_path: Path) -> None:
    other = tmp_path / "sorted" / "orders_export.csv"
    other.parent.mkdir()
    shuffled(example, other)
    outputs = []
    for path in (example, other):
        output = path.parent / "out"
        arguments = [str(path), "--time-zone", "America/New_York"]
        done = CliRunner().invoke(app, ["run", "shopify", *arguments, "--output", str(output)])
        assert done.exit_code == 0, done.output
        assert "Revenue, net" in done.output
        outputs.append(output)
        written = [file.read_bytes().lower() for file in output.iterdir()]
        assert all(b"example.com" not in text and b"archer" not in text for text in written)
        assert "example.com" not in done.output.lower()
        explained = CliRunner().invoke(app, ["explain", "revenue", "shopify", *arguments])
        assert "never paid" in explained.output
        assert "120.50" in explained.output
    ours, theirs = ({file.name: file.read_bytes() for file in out.iterdir()} for out in outputs)
    manifests = [json.loads(files.pop("run.json")) for files in (ours, theirs)]
    assert ours == theirs
    assert manifests[0]["parameters"]["source"]["orders"] == order_counts(kept=4)


def test_the_screen_tells_of_orders_that_do_not_add_up(tmp_path: Path) -> None:
    path = write_shopify(tmp_path / "orders.csv", shopify_order("#1", [BOWL], Total="27.50"))
    arguments = ["--time-zone", "UTC", "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["run", "shopify", str(path), *arguments])
    assert done.exit_code == 0
    assert "1 of 1 orders do not add up to their total" in done.output


def test_refunds_without_an_amount_are_counted_and_told(tmp_path: Path) -> None:
    columns = [name for name in SHOPIFY_COLUMNS if name != "Refunded Amount"]
    orders = [
        shopify_order(f"#{number}", [BOWL], Financial_Status=status)
        for number, status in enumerate(("paid", "refunded", "Partially_refunded", "pending"))
    ]
    rows = [{k: v for k, v in row.items() if k in columns} for order in orders for row in order]
    path = tmp_path / "orders.csv"
    path.write_text(csv_text(columns, rows))
    counts = order_counts(kept=4, refund_unknown=2)
    assert ea.datasets.load_shopify(path, **ZONE).parameters["orders"] == counts
    arguments = [str(path), "--time-zone", "UTC", "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["run", "shopify", *arguments])
    text = " ".join(done.output.split())
    assert "2 of 4 orders are refunded by their status and tell no amount" in text
    assert "the file has no column Refunded Amount" in text


def test_only_columns_that_are_used_are_read(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    read_csv = ea.files.read_csv

    def read(*arguments: Any, **options: Any) -> Any:
        tables.append(read_csv(*arguments, **options))
        return tables[-1]

    monkeypatch.setattr(ea.files, "read_csv", read)
    ea.datasets.load_shopify(example, **ZONE)
    [table] = tables
    assert len(table.column_names) == 31  # Of the 32 columns the file has no `Customer ID`.
    assert not {"Billing Phone", "Shipping Street", "Notes"} & set(table.column_names)
