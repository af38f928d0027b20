"""WooCommerce's export of orders: a worked example, a plain reference, awkward files and errors."""

import hashlib
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
    WOOCOMMERCE_COLUMNS,
    WOOCOMMERCE_EXAMPLE,
    WOOCOMMERCE_ITEMS,
    csv_text,
    shuffled,
    with_cell,
    woocommerce_order,
    write_woocommerce,
)

MUG, BOWL = WOOCOMMERCE_ITEMS


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return write_woocommerce(tmp_path / "orders.csv", *WOOCOMMERCE_EXAMPLE)


def load(folder: Path, *orders: Any, **options: Any) -> ea.datasets.Dataset:
    path = write_woocommerce(folder / "orders.csv", *orders)
    return ea.datasets.load_woocommerce(path, **options)


def bridge(dataset: ea.datasets.Dataset) -> dict[str, Decimal]:
    table = ea.payments.revenue_bridge(dataset.transactions, dataset.payments).to_arrow()
    return dict(zip(table["step"].to_pylist(), table["amount"].to_pylist(), strict=True))


def groups(dataset: ea.datasets.Dataset, *by: str) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    table = ea.aggregate.group_by(dataset.transactions, by=list(by), measures=["tax"]).to_arrow()
    return {
        tuple(row[name] for name in by): (row["revenue"], row["tax"]) for row in table.to_pylist()
    }


def order_sums(dataset: ea.datasets.Dataset) -> dict[str, dict[str, Any]]:
    return {row["order"]: row for row in dataset.tables["orders"].to_pylist()}


def order_counts(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("kept", "untied", "refunded_above_total", "refund_unknown"), 0) | counts


def key_of(address: str) -> str:
    return "woocommerce-" + hashlib.sha256(address.encode()).hexdigest()[:16]


# --- the worked example ---


def test_the_bridge_of_the_worked_example(example: Path) -> None:
    dataset = ea.datasets.load_woocommerce(example)
    assert bridge(dataset) == {
        "gross": Decimal("140.0000"),  # 45, 45, 25, 25.
        "discount": Decimal("-4.0000"),
        "refund": Decimal("-34.0000"),  # A mug of 9.00, and 30.00 less a tax of 5.00.
        "shipping": Decimal("5.0000"),
        "fee": Decimal("2.0000"),
        "adjustment": Decimal(0),
        "net": Decimal("109.0000"),
        "tax": Decimal("21.8000"),  # 9.60 + 9.00 + 5.00 + 5.00 - 1.80 - 5.00.
        "billed": Decimal("130.8000"),
        "paid without a line": Decimal(0),
        "without a payment": Decimal(0),
        "difference": Decimal(0),
        "paid": Decimal("130.8000"),
    }
    assert dataset.parameters["orders"] == order_counts(kept=4)
    assert dataset.currency == "EUR"


def test_the_worked_example_by_sql_over_the_file(example: Path) -> None:
    with duckdb.connect() as database:
        gross, billed = database.execute(
            """
            WITH source AS (
                FROM read_csv(?, all_varchar = true) WHERE status <> 'failed'),
            orders AS (
                SELECT DISTINCT order_id, CAST(order_total AS DECIMAL(9, 2))
                                          - CAST(refunded_total AS DECIMAL(9, 2)) AS billed
                FROM source)
            SELECT (SELECT sum(CAST(item_subtotal AS DECIMAL(9, 2))) FROM source),
                   (SELECT sum(billed) FROM orders)
            """,
            [str(example)],
        ).fetchall()[0]
    steps = bridge(ea.datasets.load_woocommerce(example))
    assert (steps["gross"], steps["billed"]) == (gross, billed)


def test_an_order_of_a_guest_belongs_to_the_user_of_its_address(example: Path) -> None:
    dataset = ea.datasets.load_woocommerce(example)
    assert dataset.customers is not None
    names = ["customer", "email", "name", "consent", "country", "former_keys"]
    people = [
        ("7", "ann@example.com", "Ann Archer", None, "FR", [key_of("ann@example.com")]),
        (key_of("bob@example.com"), "bob@example.com", "Bob Baker", None, "AT", []),
        (key_of("eve@example.com"), "eve@example.com", None, None, None, []),
    ]
    assert dataset.customers.to_pylist() == [
        dict(zip(names, person, strict=True)) for person in sorted(people)
    ]
    scores = ea.rfm.score(dataset.transactions)
    assert dict(zip(scores["customer"].tolist(), scores["frequency"].tolist(), strict=True)) == {
        "7": 2,
        key_of("bob@example.com"): 1,
    }
    assert dataset.report.guests.num_lines == 1


def test_one_address_of_two_users(tmp_path: Path) -> None:
    dataset = load(
        tmp_path,
        woocommerce_order(1, [BOWL], customer_id="7", billing_email="a@b.c"),
        woocommerce_order(
            *(2, [BOWL]), customer_id="8", billing_email="A@b.c", date="2024-02-01 10:00:00"
        ),
        woocommerce_order(3, [BOWL], billing_email="a@b.c"),
        woocommerce_order(4, [BOWL], customer_id="7", billing_email="z@b.c", date="2024-03-01"),
    )
    scores = ea.rfm.score(dataset.transactions)
    assert scores["customer"].tolist() == ["7", "8"]
    assert scores["frequency"].tolist() == [2, 2]
    assert dataset.customers is not None
    assert dataset.customers["email"].to_pylist() == ["z@b.c", "a@b.c"]
    both = sorted([key_of("a@b.c"), key_of("z@b.c")])
    assert dataset.customers["former_keys"].to_pylist() == [both, [key_of("a@b.c")]]


def test_dimensions_and_times(example: Path) -> None:
    dataset = ea.datasets.load_woocommerce(example)
    assert set(dataset.transactions.dimension_names) == {
        *("product", "region", "country", "discount_code", "payment_method", "status"),
    }
    assert groups(dataset, "kind", "product")[("sale", "502")] == (Decimal(100), Decimal(20))
    assert groups(dataset, "kind", "product")[("refund", "MUG-B")] == (
        Decimal(-9),
        Decimal("-1.8"),
    )
    assert groups(dataset, "region").keys() == {("DE-BE",), ("AT",), ("FR",), ("unknown",)}
    assert ("FRIEND, SPRING",) in groups(dataset, "discount_code")
    assert groups(dataset, "status").keys() == {("completed",), ("processing",), ("refunded",)}
    days = ea.aggregate.group_by(dataset.transactions, by=["kind"], period="day").to_arrow()
    refunds = [(r["period"], r["revenue"]) for r in days.to_pylist() if r["kind"] == "refund"]
    # The one says when it was made; the other is dated like its order.
    assert refunds == [("2024-02-01", Decimal(-25)), ("2024-02-03", Decimal(-9))]
    assert order_sums(dataset)["1003"]["time"] == datetime(2024, 1, 21, 4, 30)


def test_payments(example: Path) -> None:
    dataset = ea.datasets.load_woocommerce(example)
    assert dataset.payments is not None
    table = ea.payments.by_type(dataset.payments).to_arrow()
    assert dict(zip(table["payment_type"].to_pylist(), table["paid"].to_pylist(), strict=True)) == {
        "cod": Decimal(30),
        "paypal": Decimal("43.2000"),
        "stripe": Decimal("57.6000"),
    }


# --- nothing depends on where a row stands ---


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_rows_give_the_same(example: Path, tmp_path: Path, seed: int) -> None:
    def results(path: Path) -> list[Any]:
        dataset = ea.datasets.load_woocommerce(path)
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

    other = shuffled(example, tmp_path / "shuffled.csv", seed)
    assert other.read_bytes() != example.read_bytes()
    assert results(other) == results(example)


# --- against the plain reference ---


def money(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda cents: Decimal(cents) / 100)


@st.composite
def drawn_order(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an order; many of them tie, and refunds are of items, of all, or of neither."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        total = draw(money(3_000))
        tax = draw(st.sampled_from([total / 5, Decimal("0.07"), Decimal(0)]))
        items.append(
            {
                "quantity": draw(st.integers(1, 3)),
                "subtotal": total + draw(st.sampled_from([Decimal(0), Decimal("1.50")])),
                "total": total,
                "total_tax": tax,
                "refunded": draw(st.sampled_from([Decimal(0), Decimal(0), total, total / 2])),
            }
        )
    cells = {
        "shipping_total": draw(money(900)),
        "shipping_tax_total": draw(money(90)),
        "fee_total": draw(st.sampled_from([Decimal(0), Decimal("1.00"), Decimal("-0.50")])),
        "fee_tax_total": draw(st.sampled_from([Decimal(0), Decimal("0.20")])),
    }
    back = sum(
        (item["refunded"] + item["total_tax"] for item in items if item["refunded"]), Decimal(0)
    )
    tax = sum(item["total_tax"] for item in items) + draw(st.sampled_from([0, Decimal("0.01")]))
    tax += cells["shipping_tax_total"] + cells["fee_tax_total"]
    total = sum(item["total"] for item in items) + cells["shipping_total"] + cells["fee_total"]
    total = max(total + tax + draw(st.sampled_from([0, 0, Decimal("0.01")])), Decimal(0))
    refunded = draw(st.sampled_from(["", Decimal(0), back, back / 2, back + 1, total, total + 1]))
    more = {"tax_total": tax, "order_total": total, "refunded_total": refunded}
    return {"items": items, **cells, **more}


@settings(max_examples=50)
@given(drawn=st.lists(drawn_order(), min_size=1, max_size=8))
def test_lines_are_those_of_the_reference(drawn: list[dict[str, Any]]) -> None:
    orders = []
    for number, order in enumerate(drawn):
        items = [{"name": f"item {n}"} | item for n, item in enumerate(order.pop("items"))]
        # The state is another one in each order: groups by region are groups by order.
        place = {"shipping_country": "US", "shipping_state_code": f"P{number}"}
        orders.append(woocommerce_order(number, items, **order | place))
    with tempfile.TemporaryDirectory() as folder:
        # Without any purchase there are no groups.
        dataset = load(Path(folder), *orders, woocommerce_order(99, [BOWL]))
    found = groups(dataset, "region", "kind")
    for number, rows in enumerate(orders):
        lines, ties = reference.woocommerce_lines(rows)
        assert order_sums(dataset)[str(number)]["untied"] is not ties
        own = {kind: both for (region, kind), both in found.items() if region == f"US-P{number}"}
        assert {kind: both for kind, both in own.items() if any(both)} == reference.by_kind(lines)
        if ties and rows[0]["refunded_total"] != "":
            total = rows[0]["order_total"] - rows[0]["refunded_total"]
            assert sum(amount + tax for _, amount, tax in lines) == total


# --- awkward orders ---


def test_what_is_refunded_beside_the_items(tmp_path: Path) -> None:
    # A bowl of 25.00 with 5.00 of tax and 6.00 of shipping with 1.20: the bowl and half of the
    # shipping go back, which is half of the rest, taxes and all.
    order = woocommerce_order(
        *(1, [BOWL | {"refunded": "25.00", "refunded_qty": "1"}]),
        shipping_total="6.00",
        shipping_tax_total="1.20",
        refunded_total="33.60",
    )
    assert groups(load(tmp_path, order), "kind", "product") == {
        ("sale", "502"): (Decimal(25), Decimal(5)),
        ("shipping", "unknown"): (Decimal(6), Decimal("1.20")),
        ("refund", "502"): (Decimal(-25), Decimal(-5)),
        ("refund", "unknown"): (Decimal(-3), Decimal("-0.60")),
    }


def test_an_order_that_does_not_add_up_is_counted(tmp_path: Path) -> None:
    dataset = load(
        tmp_path,
        woocommerce_order(1, [BOWL], order_total="30.01"),
        woocommerce_order(2, [BOWL], discount_total="3.00"),
        woocommerce_order(3, [BOWL], refunded_total="31.00"),
    )
    assert dataset.parameters["orders"] == order_counts(kept=3, untied=2, refunded_above_total=1)
    assert bridge(dataset)["difference"] == Decimal("0.0100")
    assert order_sums(dataset)["1"]["difference"] == Decimal("0.0100")


def test_statuses_that_are_no_sale(tmp_path: Path) -> None:
    states = ["completed", "on-hold", "pending", "wc-cancelled", "failed", "checkout-draft"]
    orders = [
        woocommerce_order(number, [BOWL], status=state) for number, state in enumerate(states)
    ]
    dataset = load(tmp_path, *orders)
    assert {rule.name: rule.money for rule in dataset.report.removed} == {
        f"status {state}": Decimal(25)
        for state in ("pending", "cancelled", "failed", "checkout-draft")
    }
    assert bridge(dataset)["without a payment"] == Decimal(-30)  # On hold: nothing came yet.
    kept = load(tmp_path, *orders, keep_unpaid=True)
    assert (kept.report.removed, kept.report.kept.num_lines) == ((), 6)
    assert kept.parameters["keep_unpaid"] is True


def test_what_a_file_tells_of_the_past_that_was_known_later_is_said(tmp_path: Path) -> None:
    def refunded(refunds: str) -> Any:
        return woocommerce_order(2, [BOWL], refunded_total="6.00", refunds=refunds)

    plain = woocommerce_order(1, [MUG])
    assert load(tmp_path, plain).hindsight is None
    dated = "id:5|date:2024-03-01 09:00:00|amount:3.00"
    assert load(tmp_path, plain, refunded(dated)).hindsight is None

    undated = "refunds without a day stand at that of their order"
    assert load(tmp_path, plain, refunded("")).hindsight == undated
    several = "several refunds of an order stand at the day of the latest"
    two = f"{dated};id:6|date:2024-02-01 09:00:00|amount:3.00"
    assert load(tmp_path, plain, refunded(two)).hindsight == several

    failed = woocommerce_order(3, [BOWL], status="failed")
    left_out = "orders are left out by the status that they have in the file"
    assert load(tmp_path, plain, failed).hindsight == left_out
    assert load(tmp_path, plain, failed, refunded("")).hindsight == f"{undated}; {left_out}"
    assert load(tmp_path, plain, failed, keep_unpaid=True).hindsight is None

    address = {"billing_email": "ann@example.com"}
    guest = woocommerce_order(4, [BOWL], **address, date="2024-01-01 10:00:00")
    user = woocommerce_order(5, [BOWL], **address, customer_id="7", date="2024-02-01 10:00:00")
    named = "orders without an id belong to the customer of a later order with their address"
    assert load(tmp_path, guest, user).hindsight == named
    assert (
        load(
            tmp_path, user, woocommerce_order(4, [BOWL], **address, date="2024-03-01 10:00:00")
        ).hindsight
        is None
    )


def test_two_currencies(tmp_path: Path) -> None:
    orders = [
        woocommerce_order(1, [BOWL]),
        woocommerce_order(2, [BOWL], order_currency="USD"),
    ]
    with pytest.raises(ea.InvalidData, match="choose one by the option currency: EUR, USD"):
        load(tmp_path, *orders)
    dataset = load(tmp_path, *orders, currency="USD")
    assert dataset.currency == "USD"
    assert [(rule.name, rule.num_lines) for rule in dataset.report.removed] == [("currency EUR", 1)]


def test_coupons_as_json(tmp_path: Path) -> None:
    coupons = '[{"id":1,"code":"SPRING","amount":"1.00"},{"id":2,"code":"FRIEND"}]'
    dataset = load(tmp_path, woocommerce_order(1, [MUG], coupon_items=coupons))
    assert ("FRIEND, SPRING",) in groups(dataset, "discount_code")


def test_pieces_may_be_parts(tmp_path: Path) -> None:
    dataset = load(tmp_path, woocommerce_order(1, [BOWL | {"quantity": "1.5"}]))
    table = ea.aggregate.group_by(dataset.transactions, by=["product"]).to_arrow()
    assert table["quantity"].to_pylist() == [Decimal("1.5")]


# --- awkward files ---


def test_an_older_export(tmp_path: Path) -> None:
    columns = [
        *("order_id", "order_date", "status", "shipping_total", "tax_total", "order_total"),
        *("order_currency", "customer_id", "billing_email", "item_name", "item_quantity"),
        *("item_tax", "item_total"),
    ]
    text = (
        ",".join(columns)
        + "\n1,2024-01-15 10:22:33,completed,5.00,5.00,35.00,EUR,0,a@b.c,Bowl,1,5.00,25.00\n"
    )
    path = tmp_path / "old.csv"
    path.write_text(text)
    dataset = ea.datasets.load_woocommerce(path)
    assert bridge(dataset)["billed"] == Decimal(35)
    assert dataset.parameters["orders"] == order_counts(kept=1)
    missing: Any = dataset.parameters["missing_columns"]
    assert {"item_subtotal", "refunded_total", "payment_method"} <= set(missing)


def test_times_with_an_offset_want_a_zone(tmp_path: Path) -> None:
    order = woocommerce_order(1, [BOWL], date="2024-01-15T10:22:33+01:00")
    with pytest.raises(ea.InvalidArgument, match="woocommerce: the times have an offset"):
        load(tmp_path, order)
    dataset = load(tmp_path, order, time_zone="Europe/Berlin")
    assert ea.kpi.summary(dataset.transactions, period="day").to_arrow()["period"].to_pylist() == [
        "2024-01-15"
    ]


def refund_days(dataset: ea.datasets.Dataset) -> list[str]:
    """Return the days of refunds by the shop's clock."""
    rows = ea.aggregate.group_by(dataset.transactions, by=["kind"], period="day").to_arrow()
    return [row["period"] for row in rows.to_pylist() if row["kind"] == "refund"]


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2024-03-10 01:30:00", "2024-03-10"),  # The shop's clock.
        ("2024-03-10T01:30:00+0000", "2024-03-09"),
        ("2024-03-10 01:30:00 +00:00", "2024-03-09"),
        ("2024-03-10T01:30:00Z", "2024-03-09"),
        ("2024-03-09T20:30:00-05:30", "2024-03-09"),
        ("2024-03-09 20:30:00-0830", "2024-03-10"),
        ("2024-03-10 02:30:00", "2024-03-10"),  # The clock leaves it out.
        ("2024-03-10", "2024-03-10"),
        ("2024-03-10 00:30:00;id:3|date:2024-03-09 23:30:00", "2024-03-10"),
        ("2024-03-11 00:30:00 -0400;id:3|date:2024-03-11 00:29:00", "2024-03-11"),
        ("2023-01-01 00:00:00", "2024-01-15"),  # Before the order.
        ("soon", "2024-01-15"),
    ],
)
@pytest.mark.parametrize("placed", ["2024-01-15 10:22:33", "2024-01-15T15:22:33+0000"])
def test_a_refund_has_its_day_whether_times_have_an_offset_or_not(
    placed: str, told: str, day: str, tmp_path: Path
) -> None:
    order = woocommerce_order(
        *(1, [BOWL]), date=placed, refunded_total="6.00", refunds=f"id:2|date:{told}|amount:6.00"
    )
    assert refund_days(load(tmp_path, order, time_zone="America/New_York")) == [day]


def test_a_refund_with_an_offset_wants_a_zone(tmp_path: Path) -> None:
    order = woocommerce_order(
        *(1, [BOWL]), refunded_total="6.00", refunds="id:2|date:2024-03-10T01:30:00+0000"
    )
    with pytest.raises(ea.InvalidArgument, match="dates of refunds have an offset") as caught:
        load(tmp_path, order)
    assert caught.value.column == "refunds"
    far = woocommerce_order(1, [BOWL], refunds="id:2|date:9999-12-31T01:30:00+0000")
    with pytest.raises(ea.InvalidData, match="outside the years 1900 to 2099") as refused:
        load(tmp_path, far, time_zone="Europe/Berlin")
    assert (refused.value.row, refused.value.column) == (1, "refunds")


def test_a_refund_without_an_amount_is_counted_and_told(tmp_path: Path) -> None:
    columns = [name for name in WOOCOMMERCE_COLUMNS if "refund" not in name]
    rows = [
        {name: value for name, value in row.items() if name in columns}
        for row in (
            *woocommerce_order(1, [BOWL], status="refunded"),
            *woocommerce_order(2, [BOWL]),
        )
    ]
    path = tmp_path / "orders.csv"
    path.write_text(csv_text(columns, rows))
    orders = ea.datasets.load_woocommerce(path).parameters["orders"]
    assert orders == order_counts(kept=2, refund_unknown=1)
    done = CliRunner().invoke(
        app, ["run", "woocommerce", str(path), "--output", str(tmp_path / "out")]
    )
    text = " ".join(done.output.split())
    assert "1 of 2 orders are refunded by their status and tell no amount" in text
    assert "no column refunded_total, refunds, item_refunded, item_refunded_qty" in text


READ = (
    *("order_id", "date", "status", "shipping_total", "shipping_tax_total", "fee_total"),
    *("tax_total", "discount_total", "order_total", "refunded_total", "order_currency"),
    *("customer_id", "billing_email", "billing_full_name", "item_quantity", "item_subtotal"),
    *("item_total", "item_total_tax", "item_refunded", "item_refunded_qty", "coupon_items"),
    *("refunds", "payment_method", "shipping_state_code", "item_sku"),
)


@pytest.mark.parametrize(
    ("orders", "kind", "message"),
    [
        (
            [woocommerce_order(1, [BOWL]), woocommerce_order(1, [MUG], status="failed")],
            ea.InvalidData,
            'two values here; the other is row: 1 .*row 2, column "status"',
        ),
        (
            [woocommerce_order(1, [BOWL | {"total": ""}], discount_total="0.00")],
            ea.InvalidData,
            "a quantity without a total",
        ),
        (
            [woocommerce_order(1, [BOWL], date="15/01/2024")],
            ea.InvalidData,
            'no date and time .*row 1, column "order_date"',
        ),
        (
            [woocommerce_order(1, [BOWL], status="")],
            ea.InvalidData,
            'no row of the order has this cell .*row 1, column "status"',
        ),
        (
            [woocommerce_order(1, [BOWL], order_total="much")],
            ea.InvalidData,
            'at most 4 decimals: much .*row 1, column "order_total"',
        ),
        (
            [woocommerce_order(1, [BOWL], order_total=10**18)],
            ea.MoneyOverflow,
            'too large: 1000000000000000000.* row 1, column "order_total"',
        ),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, orders: Any, kind: type[ea.Error], message: str) -> None:
    with pytest.raises(kind, match=message):
        load(tmp_path, *orders)


def test_an_export_with_a_row_per_order_is_none(tmp_path: Path) -> None:
    columns = [name for name in WOOCOMMERCE_COLUMNS if not name.startswith("item_")]
    row = {
        name: value for name, value in woocommerce_order(1, [BOWL])[0].items() if name in columns
    }
    path = tmp_path / "orders.csv"
    path.write_text(csv_text([*columns, "line_items"], [row]))
    with pytest.raises(ea.SchemaMismatch, match=r'a row per item.*column "item_quantity"'):
        ea.datasets.load_woocommerce(path)


@settings(max_examples=60)
@given(
    spoilt=st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from([WOOCOMMERCE_COLUMNS.index(name) for name in READ]),
            st.sampled_from(NASTY_CELLS),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_spoilt_cell_is_read_or_refused(spoilt: list[tuple[int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_woocommerce(Path(folder) / "orders.csv", *WOOCOMMERCE_EXAMPLE)
        for row, column, cell in spoilt:
            with_cell(path, row, column, cell)
        refused = ""
        try:
            report = ea.datasets.load_woocommerce(path).report
            parts = [report.kept, *report.removed]
            assert report.read.money == sum(part.money for part in parts)
        except ea.Error as error:
            refused = str(error).lower()
        assert "@example.com" not in refused


def test_no_error_repeats_an_address(example: Path) -> None:
    text = example.read_text()
    for spoilt in (text.replace("\n1002,", "\n1002,more,", 1), text.partition("\n")[2]):
        example.write_text(spoilt)
        with pytest.raises(ea.Error) as refused:
            ea.datasets.load_woocommerce(example)
        shown = "".join(traceback.format_exception(refused.value)).lower()
        assert "@example.com" not in shown
        assert "archer" not in shown


def test_run_woocommerce(example: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    done = CliRunner().invoke(app, ["run", "woocommerce", str(example), "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert "woocommerce, as of 2024-02-04" in done.output
    for file in output.iterdir():
        text = file.read_bytes().lower()
        assert b"example.com" not in text
        assert b"archer" not in text
    explained = CliRunner().invoke(app, ["explain", "revenue", "woocommerce", str(example)])
    assert "removed: status failed" in explained.output
    assert "109.00" in explained.output
