import random
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, rows_of
from reference import orders as reference
from reference.customer_history import NothingToAnalyzeError, sort_key
from reference.selection import Cut
from test_selection import logs_and_cuts, selection_of

CASE = "orders/three_customers"
SORTS = ("time", "revenue", "number", "days_since_previous", "order")
CUSTOMER_SORTS = ("customer", "orders", "revenue", "first_order", "last_order")


def three_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the unknown key as None, which a list of text shows as a word."""
    return [
        {name: None if value == "unknown" else value for name, value in row.items()} for row in rows
    ]


def test_lists_match_the_worked_example() -> None:
    transactions = three_customers()
    orders = ea.orders.list_orders(transactions, region="region")
    assert_rows_match(rows_of(orders), expected_rows(CASE))
    assert (orders.as_of, orders.total_orders) == ("2024-02-02 00:00:00", 6)
    lines = ea.orders.list_lines(transactions)
    assert_rows_match(rows_of(lines), expected_rows(CASE, "expected_lines.csv"))
    assert (lines.total_lines, lines.total_revenue) == (9, "185.4000")
    customers = ea.orders.list_customers(transactions)
    assert_rows_match(rows_of(customers), expected_rows(CASE, "expected_customers.csv"))
    assert customers.total_customers == 2


def test_the_reference_matches_the_worked_example() -> None:
    lines = input_lines(CASE)
    assert_rows_match(reference.list_orders(lines), plain(expected_rows(CASE)))
    expected = plain(expected_rows(CASE, "expected_lines.csv"))
    assert_rows_match(reference.list_lines(lines), expected)
    rows = reference.list_customers(lines)
    assert_rows_match(rows, expected_rows(CASE, "expected_customers.csv"))


@given(
    logs_and_cuts(),
    st.sampled_from(SORTS),
    st.booleans(),
    st.sampled_from([None, 0, 1, 3, 100]),
    st.booleans(),
)
def test_orders_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None, Cut],
    sort: Any,
    descending: bool,
    limit: int | None,
    only_some: bool,
) -> None:
    log, as_of, cut = drawn
    customers = None
    if only_some:
        customers = frozenset(sorted({line.customer for line in log.lines}, key=sort_key)[1:])
    told: dict[str, Any] = {
        "as_of": as_of,
        "selection": selection_of(cut),
        "customers": customers,
        "region": "region",
    }
    try:
        wanted = reference.list_orders(log.lines, as_of, log.purchases, cut, customers)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.orders.list_orders(log.transactions(), **told)
        return
    table = ea.orders.list_orders(log.transactions(), **told)
    assert plain(rows_of(table)) == wanted

    some = ea.orders.list_orders(
        log.transactions(), sort=sort, descending=descending, limit=limit, **told
    )
    assert some.total_orders == len(wanted)
    by_key = sorted(wanted, key=lambda row: sort_key(row["order"]))
    if sort == "order":
        ordered = by_key[::-1] if descending else by_key
    else:
        there = [row for row in by_key if row[sort] is not None]
        missing = [row for row in by_key if row[sort] is None]
        ordered = sorted(there, key=lambda row: row[sort], reverse=descending) + missing
    assert plain(rows_of(some)) == ordered[:limit]


@given(logs_and_cuts(), st.sampled_from([None, 0, 1, 3, 100]), st.booleans())
def test_lines_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None, Cut], limit: int | None, descending: bool
) -> None:
    log, as_of, cut = drawn
    told: dict[str, Any] = {"as_of": as_of, "selection": selection_of(cut)}
    wanted = reference.list_lines(log.lines, as_of, log.purchases, cut)
    try:
        table = ea.orders.list_lines(log.transactions(), **told)
    except ea.InvalidArgument:
        # What matches a dimension is asked of a history, which needs a purchase.
        with pytest.raises(NothingToAnalyzeError):
            reference.list_orders(log.lines, as_of, log.purchases, cut)
        assert cut.line_regions is not None or cut.regions is not None
        return
    assert plain(rows_of(table)) == wanted
    assert table.total_lines == len(wanted)
    assert Decimal(table.total_revenue) == sum(row["amount"] for row in wanted)
    some = ea.orders.list_lines(log.transactions(), limit=limit, descending=descending, **told)
    if not descending:
        assert plain(rows_of(some)) == wanted[:limit]
    else:
        late_first = sorted(wanted, key=lambda row: row["time"], reverse=True)
        assert plain(rows_of(some)) == late_first[:limit]


@given(logs_and_cuts(), st.sampled_from(CUSTOMER_SORTS), st.booleans(), st.sampled_from([None, 2]))
def test_customers_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None, Cut], sort: Any, descending: bool, limit: int | None
) -> None:
    log, as_of, cut = drawn
    told: dict[str, Any] = {"as_of": as_of, "selection": selection_of(cut)}
    try:
        wanted = reference.list_customers(log.lines, as_of, log.purchases, cut)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.orders.list_customers(log.transactions(), **told)
        return
    table = ea.orders.list_customers(
        log.transactions(), sort=sort, descending=descending, limit=limit, **told
    )
    if sort == "customer":
        ordered = wanted[::-1] if descending else wanted
    else:
        ordered = sorted(wanted, key=lambda row: row[sort], reverse=descending)
    assert rows_of(table) == ordered[:limit]
    assert table.total_customers == len(wanted)
    # The same customers and money as the scores of this selection.
    scores = ea.rfm.score(log.transactions(), **told)
    assert [(row["customer"], row["orders"], row["revenue"]) for row in wanted] == [
        (row["customer"], row["frequency"], row["monetary"]) for row in rows_of(scores)
    ]


@given(logs_and_moments(), st.randoms(use_true_random=False))
def test_no_order_of_rows_and_no_split_matters(
    drawn: tuple[OrderLog, datetime | None], rng: random.Random
) -> None:
    log, as_of = drawn
    lines = list(log.lines)
    rng.shuffle(lines)
    shuffled = log.transactions(lines)
    told: dict[str, Any] = {"as_of": as_of, "descending": True, "limit": 5}
    assert content_of(ea.orders.list_lines(shuffled, **told)) == content_of(
        ea.orders.list_lines(log.transactions(), **told)
    )
    history = ea.CustomerHistory(as_of=as_of)
    for part in (lines[:3], lines[3:]):
        if part:
            history.add(log.transactions(part))
    for call in (ea.orders.list_orders, ea.orders.list_customers):
        try:
            whole = call(log.transactions(), sort="revenue", **told)
        except ea.InvalidArgument:
            with pytest.raises(ea.InvalidArgument):
                call(history, sort="revenue", **told)
            continue
        assert content_of(call(history, sort="revenue", **told)) == content_of(whole)


def test_lines_of_some_orders_and_kinds() -> None:
    table = ea.orders.list_lines(three_customers(), orders=["a1", "b2", "none such"])
    assert Counter(table["order"].tolist()) == {"a1": 3, "b2": 1}
    refunds = ea.orders.list_lines(three_customers(), kinds=["refund"])
    assert refunds["order"].tolist() == ["c0", "a1"]
    window = ea.Selection(start="2024-01-15", end="2024-01-20", customers=["bia"], orders=["b1"])
    assert ea.orders.list_lines(three_customers(), selection=window)["order"].tolist() == ["b1"]
    assert ea.orders.list_lines(three_customers(), orders=[]).num_rows == 0


def test_measures_dimensions_and_items() -> None:
    rows = ea.Transactions.from_arrays(
        customer=[1, 1],
        order=[7, 7],
        timestamp=["2024-01-01", "2024-01-01"],
        amount=["5", "3"],
        quantity=["2", "1.5"],
        category=["toys", "books"],
        measures={"freight": ["0.5", "0.25"]},
    )
    (order,) = rows_of(ea.orders.list_orders(rows))
    assert (order["items"], order["revenue"]) == (Decimal("3.5"), Decimal(8))
    lines = rows_of(ea.orders.list_lines(rows))
    assert [tuple(row.values())[5:] for row in lines] == [
        (Decimal("1.5"), "books", Decimal("0.25")),
        (Decimal(2), "toys", Decimal("0.5")),
    ]
    assert lines[0]["time"] == datetime(2024, 1, 1)
    frame = ea.orders.list_orders(rows).to_pandas()
    assert frame["time"].tolist() == [datetime(2024, 1, 1)]


def test_what_is_refused() -> None:
    rows = three_customers()
    for call in (ea.orders.list_orders, ea.orders.list_customers):
        with pytest.raises(ea.InvalidArgument, match=r"^orders: sort must be"):
            call(rows, sort="luck")  # type: ignore[arg-type]
        with pytest.raises(ea.InvalidArgument, match=r"^orders: limit must be 0 or more"):
            call(rows, limit=-1)
        with pytest.raises(ea.InvalidArgument, match=r"as_of must be after the first order|line b"):
            call(rows, as_of="2024-01-01")
    with pytest.raises(ea.InvalidArgument, match=r"^orders: no such kind of line"):
        ea.orders.list_lines(rows, kinds=["gift"])
    with pytest.raises(ea.SchemaMismatch, match=r"^orders: integer and text keys"):
        ea.orders.list_lines(rows, orders=[7])
    with pytest.raises(ea.SchemaMismatch, match=r"^orders: integer and text keys"):
        ea.orders.list_orders(rows, customers=[7])
    with pytest.raises(ea.InvalidArgument, match=r"^orders: the history keeps no such dimension"):
        ea.orders.list_orders(ea.CustomerHistory().add(rows), region="region")
    with pytest.raises(TypeError):
        ea.orders.list_lines(ea.CustomerHistory())  # type: ignore[arg-type]
    clash = ea.Transactions.from_arrays(
        customer=["a"],
        order=["1"],
        timestamp=["2024-01-01"],
        amount=["1"],
        dimensions={"time": ["late"]},
    )
    with pytest.raises(ea.InvalidArgument, match=r"^orders: two columns of one name"):
        ea.orders.list_lines(clash)


def test_online_retail_against_sql() -> None:
    path = known_copy("online_retail/online_retail.csv")
    transactions = ea.datasets.load_online_retail(path, cleaning="C").transactions
    kept = f"""(SELECT InvoiceNo, CustomerID, strptime(InvoiceDate, '%Y-%m-%d %H:%M:%S') AS at,
        Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(18, 4) AS money
        FROM read_csv('{path}', all_varchar=true)
        WHERE CustomerID IS NOT NULL AND Quantity::INT > 0 AND UnitPrice::DECIMAL(18, 4) > 0)"""
    wanted = duckdb.sql(
        f"""SELECT InvoiceNo, sum(money)::DECIMAL(18, 4), count(*) FROM {kept} GROUP BY 1
        ORDER BY 2 DESC, 1 LIMIT 20"""
    ).fetchall()
    table = ea.orders.list_orders(transactions, sort="revenue", descending=True, limit=20)
    rows = rows_of(table)
    assert [(row["order"], row["revenue"], row["lines"]) for row in rows] == wanted
    assert table.total_orders == 18_532
    (last,) = rows_of(
        ea.orders.list_orders(transactions, customers=[12347], descending=True, limit=1)
    )
    assert last["number"] == 7
