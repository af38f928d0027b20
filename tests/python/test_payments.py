import random
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, rows_of
from reference import payments as reference
from reference.customer_history import NothingToAnalyzeError
from reference.payments import Payment

CASE = "payments/four_orders"


def four_orders() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def four_payments() -> list[Payment]:
    return [
        Payment(row["order"], row["payment_type"] or None, Decimal(row["amount"]), 1)
        for row in read_rows(CASE, "payments.csv")
    ]


def payments_of(payments: list[Payment], like_integers: bool = False) -> ea.Payments:
    return ea.Payments.from_arrow(
        pa.table(
            {
                "order": pa.array(
                    [one.order for one in payments], pa.int64() if like_integers else pa.string()
                ),
                "payment_type": pa.array([one.payment_type for one in payments], pa.string()),
                "amount": pa.array([one.amount for one in payments], pa.decimal128(20, 4)),
                "parts": pa.array([one.installments for one in payments], pa.int8()),
            }
        ),
        order="order",
        payment_type="payment_type",
        amount="amount",
        installments="parts",
    )


def test_the_bridge_matches_the_worked_example() -> None:
    bridge = ea.payments.revenue_bridge(four_orders(), payments_of(four_payments()))
    assert_rows_match(rows_of(bridge), expected_rows(CASE))


def test_by_type_matches_the_worked_example() -> None:
    table = ea.payments.by_type(payments_of(four_payments()))
    assert_rows_match(rows_of(table), expected_rows(CASE, "expected_by_type.csv"))
    assert (table.total_orders, table.orders_of_several_types) == (4, 2)
    assert table.total_paid == "182.2456"


def test_the_reference_matches_the_worked_example() -> None:
    rows = reference.revenue_bridge(input_lines(CASE), four_payments())
    assert_rows_match(rows, expected_rows(CASE))
    assert_rows_match(
        reference.by_type(four_payments()), expected_rows(CASE, "expected_by_type.csv")
    )


def test_by_type_of_orders_that_count() -> None:
    payments = payments_of(four_payments())
    table = ea.payments.by_type(payments, four_orders(), as_of="2024-02-01")
    assert rows_of(table) == [
        {
            "payment_type": "card",
            "payments": 2,
            "orders": 2,
            "customers": 2,
            "paid": Decimal(60),
            "share": pytest.approx(60 / 69.9),
        },
        {
            "payment_type": "voucher",
            "payments": 1,
            "orders": 1,
            "customers": 1,
            "paid": Decimal("9.9"),
            "share": pytest.approx(9.9 / 69.9),
        },
    ]


def test_a_selection_cuts_lines_and_payments() -> None:
    payments = payments_of(four_payments())
    vouchers = ea.Selection(payment_type=["voucher"], payments=payments)
    bridge = ea.payments.revenue_bridge(four_orders(), payments, selection=vouchers)
    steps = {row["step"]: row["amount"] for row in rows_of(bridge)}
    assert steps["net"] == steps["paid"] == Decimal("39.9")
    assert steps["paid without a line"] == steps["without a payment"] == steps["difference"] == 0
    assert bridge.selection == '{"payment_type": ["voucher"]}'
    (total,) = rows_of(ea.kpi.summary(four_orders(), selection=vouchers))
    assert (total["orders"], total["revenue_net"]) == (1, Decimal("39.9"))


@st.composite
def logs_and_payments(draw: st.DrawFn) -> tuple[OrderLog, datetime | None, list[Payment]]:
    log, as_of = draw(logs_and_moments())
    orders = sorted({line.order for line in log.lines}, key=str)
    strays = [max(orders) + 1] if isinstance(orders[0], int) else ["stray"]
    payments = draw(
        st.lists(
            st.builds(
                Payment,
                st.sampled_from([*orders, *strays]),
                st.sampled_from(["card", "boleto", None]),
                st.sampled_from(["0", "1", "2.5", "-1", "0.0001", "10"]).map(Decimal),
                st.sampled_from([None, 0, 1, 3]),
            ),
            min_size=1,
            max_size=12,
        )
    )
    return log, as_of, payments


@given(logs_and_payments())
def test_bridge_and_types_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None, list[Payment]],
) -> None:
    log, as_of, paid = drawn
    payments = payments_of(paid, isinstance(log.lines[0].order, int))
    assert rows_of(ea.payments.by_type(payments)) == reference.by_type(paid)
    if any(one.installments is not None for one in paid):
        numbers = rows_of(ea.payments.by_installments(payments))
        assert numbers == reference.by_installments(paid)
    try:
        expected = reference.revenue_bridge(log.lines, paid, as_of, log.purchases)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.payments.revenue_bridge(log.transactions(), payments, as_of=as_of)
        return
    bridge = ea.payments.revenue_bridge(log.transactions(), payments, as_of=as_of)
    assert rows_of(bridge) == expected
    revenue, without_payment = reference.revenue_by_type(log.lines, paid, as_of, log.purchases)
    table = ea.payments.revenue_by_type(log.transactions(), payments, as_of=as_of)
    assert rows_of(table) == revenue
    assert Decimal(table.revenue_without_payment) == without_payment
    (whole,) = rows_of(ea.kpi.summary(log.transactions(), as_of=as_of))
    assert sum((row["revenue"] for row in revenue), without_payment) == whole["revenue_net"]
    assert Decimal(table.total_revenue) == whole["revenue_net"]
    assert table.total_orders == whole["orders"]
    without = ea.payments.revenue_bridge(log.transactions(), as_of=as_of)
    assert rows_of(without) == expected[: without.num_rows]


@given(logs_and_payments(), st.randoms(use_true_random=False))
def test_no_order_of_rows_and_no_split_matters(
    drawn: tuple[OrderLog, datetime | None, list[Payment]], rng: random.Random
) -> None:
    log, _, paid = drawn
    like_integers = isinstance(log.lines[0].order, int)
    shuffled_lines, shuffled = list(log.lines), list(paid)
    rng.shuffle(shuffled_lines)
    rng.shuffle(shuffled)

    def answer(source: ea.Transactions | ea.CustomerHistory, rows: list[Payment]) -> object:
        payments = payments_of(rows, like_integers)
        try:
            bridge = ea.payments.revenue_bridge(source, payments)
        except ea.InvalidArgument as error:
            return error.text
        return [
            content_of(table)
            for table in (
                bridge,
                ea.payments.by_type(payments, source),
                ea.payments.by_installments(payments, source),
                ea.payments.revenue_by_type(source, payments),
            )
        ]

    whole = answer(log.transactions(), paid)
    assert answer(log.transactions(shuffled_lines), shuffled) == whole
    middle = len(shuffled_lines) // 2
    history = ea.CustomerHistory()
    for shard in (shuffled_lines[:middle], shuffled_lines[middle:]):
        if shard:
            history.add(log.transactions(shard))
    assert answer(history, shuffled) == whole


@given(logs_and_payments(), st.data())
def test_payments_of_a_selected_history_are_those_of_one_made_anew(
    drawn: tuple[OrderLog, datetime | None, list[Payment]], data: st.DataObject
) -> None:
    log, as_of, paid = drawn
    payments = payments_of(paid, isinstance(log.lines[0].order, int))
    types = data.draw(st.sets(st.sampled_from([one.payment_type for one in paid])))
    start = data.draw(st.sampled_from([None, *(line.time.date() for line in log.lines)]))
    selection = ea.Selection(payment_type=types, payments=payments, start=start)
    listed = ea.Selection(
        orders={one.order for one in paid if one.payment_type in types}, start=start
    )
    transactions = log.transactions()
    history = ea.CustomerHistory(as_of=as_of).add(transactions)
    later = ea.CustomerHistory(as_of=as_of).add(transactions)

    def answers(source: ea.CustomerHistory) -> object:
        try:
            return [
                rows_of(table)
                for table in (
                    ea.kpi.summary(source, period="month"),
                    ea.payments.revenue_bridge(source),
                    ea.payments.by_type(payments, source, period="week"),
                    ea.payments.revenue_by_type(source, payments),
                )
            ]
        except ea.InvalidArgument as error:
            return error.text

    made = answers(ea.CustomerHistory(as_of=as_of, selection=listed).add(transactions))
    for source in (history, history, later):
        assert answers(source.select(selection)) == made
    later.add(transactions)
    twice = ea.CustomerHistory(as_of=as_of, selection=listed).add(transactions).add(transactions)
    assert answers(later.select(selection)) == answers(twice)


class TestErrors:
    def test_no_payment_of_a_type(self) -> None:
        with pytest.raises(ea.InvalidArgument, match="payments: no payment of this type: pix"):
            ea.Selection(payment_type=["pix"], payments=payments_of(four_payments()))

    def test_half_a_payment_filter(self) -> None:
        with pytest.raises(ea.InvalidArgument, match="payment_type and payments go together"):
            ea.Selection(payment_type=["card"])

    def test_keys_of_another_kind(self) -> None:
        payments = ea.Payments.from_arrays(order=[1], payment_type=["card"], amount=["1"])
        with pytest.raises(ea.SchemaMismatch, match="integer and text keys"):
            ea.payments.revenue_bridge(four_orders(), payments)
        with pytest.raises(ea.SchemaMismatch, match="integer and text keys"):
            ea.payments.by_type(payments, four_orders())

    def test_two_currencies(self) -> None:
        payments = ea.Payments.from_arrays(
            order=["A1"], payment_type=["card"], amount=["1"], currency="EUR"
        )
        lines = ea.Transactions.from_arrays(
            customer=["ana"], order=["A1"], timestamp=["2024-01-01"], amount=["1"], currency="BRL"
        )
        with pytest.raises(ea.SchemaMismatch, match="payments: two currencies: EUR, BRL"):
            ea.payments.revenue_bridge(lines, payments)

    def test_a_payment_without_an_order(self) -> None:
        with pytest.raises(ea.InvalidData, match="an order is missing") as caught:
            ea.Payments.from_arrays(
                order=["A1", None], payment_type=["card", "card"], amount=["1", "2"]
            )
        assert (caught.value.row, caught.value.column) == (2, "order")

    def test_money_that_is_no_number(self) -> None:
        with pytest.raises(ea.InvalidData) as caught:
            ea.Payments.from_arrays(order=["A1"], payment_type=["card"], amount=["ten"])
        assert (caught.value.row, caught.value.column, caught.value.value) == (1, "amount", "ten")

    def test_arrays_of_other_lengths(self) -> None:
        with pytest.raises(ea.SchemaMismatch, match="another length") as caught:
            ea.Payments.from_arrays(order=["A1"], payment_type=["card", "card"], amount=["1"])
        assert caught.value.column == "payment_type"

    def test_options_of_lines_without_lines(self) -> None:
        with pytest.raises(ea.InvalidArgument, match="need transactions"):
            ea.payments.by_type(payments_of(four_payments()), as_of="2024-01-01")

    def test_instalments_that_were_not_told(self) -> None:
        payments = ea.Payments.from_arrays(order=["A"], payment_type=["card"], amount=["1"])
        assert not payments.has_installments
        with pytest.raises(ea.SchemaMismatch, match="read without instalments"):
            ea.payments.by_installments(payments)
        with pytest.raises(ea.InvalidArgument, match="need transactions"):
            ea.payments.by_installments(payments, as_of="2024-01-01")
        with pytest.raises(ea.SchemaMismatch, match="must be integers") as caught:
            ea.Payments.from_arrays(
                order=["A"], payment_type=["card"], amount=["1"], installments=["three"]
            )
        assert caught.value.value == "installments"

    def test_no_payments(self) -> None:
        with pytest.raises(TypeError, match="needs Payments"):
            ea.payments.by_type(four_orders())  # type: ignore[arg-type]


class TestOlist:
    """Figures of the original files; the same from DuckDB."""

    @pytest.fixture(scope="class")
    @staticmethod
    def olist() -> ea.datasets.Dataset:
        return ea.datasets.load_olist(known_copy("olist"))

    def test_by_type(self, olist: ea.datasets.Dataset) -> None:
        assert olist.payments is not None
        rows = rows_of(ea.payments.by_type(olist.payments))
        assert {row["payment_type"]: (row["payments"], row["paid"]) for row in rows} == {
            "boleto": (19_784, Decimal("2869361.27")),
            "credit_card": (76_795, Decimal("12542084.19")),
            "debit_card": (1_529, Decimal("217989.79")),
            "not_defined": (3, Decimal(0)),
            "voucher": (5_775, Decimal("379436.87")),
        }
        assert ea.payments.by_type(olist.payments).orders_of_several_types == 2_246

    def test_by_type_and_month_is_a_query(self, olist: ea.datasets.Dataset) -> None:
        assert olist.payments is not None
        folder = known_copy("olist")
        wanted = (
            duckdb.connect()
            .execute(
                f"""
                WITH orders AS (
                  SELECT order_id, customer_unique_id AS customer,
                    strftime(order_purchase_timestamp::TIMESTAMP, '%Y-%m') AS month
                  FROM read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true) AS o
                  JOIN read_csv('{folder}/olist_customers_dataset.csv', all_varchar = true) AS c
                    USING (customer_id)
                  WHERE order_id IN (
                    SELECT order_id
                    FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)))
                SELECT payment_type, month, count(*), count(DISTINCT order_id),
                  count(DISTINCT customer), sum(payment_value::DECIMAL(18, 2))
                FROM read_csv('{folder}/olist_order_payments_dataset.csv', all_varchar = true)
                JOIN orders USING (order_id) GROUP BY ALL ORDER BY ALL
                """
            )
            .fetchall()
        )
        table = ea.payments.by_type(olist.payments, olist.transactions, period="month")
        columns = ("payment_type", "period", "payments", "orders", "customers", "paid")
        assert [tuple(row[name] for name in columns) for row in rows_of(table)] == wanted

    def test_instalments_are_a_query(self, olist: ea.datasets.Dataset) -> None:
        assert olist.payments is not None
        wanted = (
            duckdb.connect()
            .execute(
                f"""
                SELECT payment_installments::INTEGER AS installments, count(*),
                  count(DISTINCT order_id), sum(payment_value::DECIMAL(18, 2))
                FROM read_csv('{known_copy("olist")}/olist_order_payments_dataset.csv',
                              all_varchar = true)
                GROUP BY ALL ORDER BY ALL
                """
            )
            .fetchall()
        )
        table = ea.payments.by_installments(olist.payments)
        columns = ("installments", "payments", "orders", "paid")
        assert [tuple(row[name] for name in columns) for row in rows_of(table)] == wanted

    def test_revenue_by_type_is_all_revenue(self, olist: ea.datasets.Dataset) -> None:
        assert olist.payments is not None
        table = ea.payments.revenue_by_type(olist.transactions, olist.payments)
        without = Decimal(table.revenue_without_payment)
        assert table.orders_without_payment == 1
        money = sum((row["revenue"] for row in rows_of(table)), without)
        assert money == Decimal("13591643.70")
        # Orders paid in one way alone bring their revenue to that way: a query.
        ((alone,),) = (
            duckdb.connect()
            .execute(
                f"""
                WITH paid AS (
                  SELECT order_id, payment_type, sum(payment_value::DECIMAL(18, 2)) AS paid
                  FROM read_csv('{known_copy("olist")}/olist_order_payments_dataset.csv',
                                all_varchar = true) GROUP BY ALL HAVING paid > 0),
                shares AS (SELECT *, paid / sum(paid) OVER (PARTITION BY order_id) AS s FROM paid)
                SELECT sum(price::DECIMAL(18, 2) * s)
                FROM read_csv('{known_copy("olist")}/olist_order_items_dataset.csv',
                              all_varchar = true)
                JOIN shares USING (order_id) WHERE payment_type = 'voucher'
                """
            )
            .fetchall()
        )
        (voucher,) = [row for row in rows_of(table) if row["payment_type"] == "voucher"]
        assert float(voucher["revenue"]) == pytest.approx(alone, rel=1e-6)

    def test_the_bridge_ends_at_what_was_paid(self, olist: ea.datasets.Dataset) -> None:
        bridge = ea.payments.revenue_bridge(olist.transactions, olist.payments)
        steps = {row["step"]: row for row in rows_of(bridge)}
        assert steps["net"]["amount"] == Decimal("13591643.70")
        assert steps["freight"]["amount"] == Decimal("2251909.54")
        assert steps["billed"]["amount"] == Decimal("15843553.24")
        assert steps["paid without a line"]["amount"] == Decimal("162591.95")
        assert steps["paid without a line"]["orders"] == 775
        assert steps["without a payment"]["orders"] == 1
        assert steps["paid"]["amount"] == Decimal("16008872.12")
        assert steps["paid"]["orders"] == 99_440

    def test_the_difference_is_that_of_a_query(self, olist: ea.datasets.Dataset) -> None:
        folder = known_copy("olist")
        ((orders, difference),) = (
            duckdb.connect()
            .execute(
                f"""
                WITH paid AS (
                  SELECT order_id, sum(payment_value::DECIMAL(18, 2)) AS paid
                  FROM read_csv('{folder}/olist_order_payments_dataset.csv', all_varchar = true)
                  GROUP BY order_id),
                billed AS (
                  SELECT order_id,
                    sum(price::DECIMAL(18, 2) + freight_value::DECIMAL(18, 2)) AS billed
                  FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
                  GROUP BY order_id)
                SELECT count(*) FILTER (paid <> billed), sum(paid - billed)
                FROM paid JOIN billed USING (order_id)
                """
            )
            .fetchall()
        )
        bridge = ea.payments.revenue_bridge(olist.transactions, olist.payments)
        (row,) = [row for row in rows_of(bridge) if row["step"] == "difference"]
        assert (row["orders"], row["amount"]) == (orders, difference)

    def test_choosing_a_type_chooses_the_orders_that_have_it(
        self, olist: ea.datasets.Dataset
    ) -> None:
        vouchers = ea.Selection(payment_type=["voucher"], payments=olist.payments)
        folder = known_copy("olist")
        ((orders, revenue),) = (
            duckdb.connect()
            .execute(
                f"""
                SELECT count(DISTINCT order_id), sum(price::DECIMAL(18, 2))
                FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
                WHERE order_id IN (
                  SELECT order_id
                  FROM read_csv('{folder}/olist_order_payments_dataset.csv', all_varchar = true)
                  WHERE payment_type = 'voucher')
                """
            )
            .fetchall()
        )
        (total,) = rows_of(ea.kpi.summary(olist.transactions, selection=vouchers))
        assert (total["orders"], total["revenue_net"]) == (orders, revenue)
