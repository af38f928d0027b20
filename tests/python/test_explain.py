"""Steps to a figure: they add up, and are those of independent queries."""

import json
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import ecommerce_analytics as ea
from conftest import data_dir
from ecommerce_analytics.cli import app
from ecommerce_analytics.explain import Explanation

MONTHS = ("2010-12", "2011-11", None)

# Written from the words of the rules, over cells of text.
ONLINE_RETAIL = """
    CREATE TABLE line AS
    SELECT CAST(Quantity AS INTEGER) AS quantity, CAST(UnitPrice AS DECIMAL(18, 4)) AS price,
           CAST(CAST(Quantity AS INTEGER) * CAST(UnitPrice AS DECIMAL(18, 4)) AS DECIMAL(38, 4))
               AS money,
           CustomerID AS customer, StockCode AS code, InvoiceNo AS invoice,
           InvoiceDate[1:7] AS month
    FROM read_csv('{path}', all_varchar = true)
"""
RULES = """CASE WHEN customer IS NULL THEN 'no customer'
    WHEN quantity <= 0 THEN 'quantity not positive'
    WHEN price <= 0 THEN 'price not positive' END"""
KINDS = """CASE WHEN code IN ('POST', 'DOT', 'C2') THEN 'shipping'
    WHEN code IN ('BANK CHARGES', 'AMAZONFEE', 'CRUK') THEN 'fee' WHEN code = 'D' THEN 'discount'
    WHEN code IN ('M', 'm', 'B', 'S', 'PADS') THEN 'adjustment'
    WHEN invoice LIKE 'C%' THEN 'refund' WHEN quantity > 0 AND price > 0 THEN 'sale'
    ELSE 'adjustment' END"""


def assert_adds_up(explanation: Explanation) -> None:
    by_step = {
        name: [step for step in explanation.steps if step.step == name]
        for name in ("read", "removed", "kept", "kind", "net")
    }
    [read], [kept], [net] = by_step["read"], by_step["kept"], by_step["net"]
    for value in ("num_lines", "money"):
        removed = sum(getattr(step, value) for step in by_step["removed"])
        assert getattr(read, value) - removed == getattr(kept, value) == getattr(net, value)
        assert sum(getattr(step, value) for step in by_step["kind"]) == getattr(net, value)


def groups(database: duckdb.DuckDBPyConnection, column: str, where: str) -> dict[str, object]:
    rows = database.sql(f"""
        SELECT {column}, count(*), sum(money) FROM line WHERE {where}
        GROUP BY ALL HAVING count(*) > 0
    """).fetchall()
    return {name: (count, money) for name, count, money in rows}


def told(explanation: Explanation, step: str) -> dict[str, object]:
    return {
        one.name: (one.num_lines, one.money)
        for one in explanation.steps
        if one.step == step and one.num_lines
    }


@pytest.mark.parametrize("cleaning", ["C", "E"])
def test_online_retail_is_explained_as_a_query_does(cleaning: str) -> None:
    path = data_dir() / "online_retail" / "online_retail.csv"
    dataset = ea.datasets.load_online_retail(path, cleaning=cleaning)  # type: ignore[arg-type]
    rule = RULES if cleaning == "C" else "CAST(NULL AS VARCHAR)"
    with duckdb.connect() as database:
        database.execute(ONLINE_RETAIL.format(path=path))
        for month in MONTHS:
            explanation = ea.explain.revenue(dataset, month=month)
            assert_adds_up(explanation)
            here = f"month = '{month}'" if month else "true"
            assert told(explanation, "read") == groups(database, "''", here)
            removed = groups(database, rule, f"{here} AND ({rule}) IS NOT NULL")
            assert told(explanation, "removed") == removed
            kept = f"{here} AND ({rule}) IS NULL"
            assert told(explanation, "kept") == groups(database, "''", kept)
            assert told(explanation, "kind") == groups(database, KINDS, kept)
            assert told(explanation, "net") == groups(database, "''", kept)
    whole = ea.explain.revenue(dataset).steps
    figures = {"C": "8911407.904", "E": "9747747.934"}
    assert (whole[0].num_lines, whole[-1].money) == (541909, Decimal(figures[cleaning]))


def test_olist_is_explained_as_a_query_does() -> None:
    folder = data_dir() / "olist"
    dataset = ea.datasets.load_olist(folder)
    with duckdb.connect() as database:
        for month in ("2017-11", "2016-11", None):
            explanation = ea.explain.revenue(dataset, month=month)
            assert_adds_up(explanation)
            [(count, money)] = database.sql(f"""
                SELECT count(*), coalesce(sum(CAST(price AS DECIMAL(18, 4))), 0)
                FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
                JOIN read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true)
                USING (order_id) WHERE {month is None} OR
                order_purchase_timestamp[1:7] = '{month}'
            """).fetchall()
            for step in (explanation.steps[0], explanation.steps[-1]):
                assert (step.num_lines, step.money) == (count, money)
    assert ea.explain.revenue(dataset, month="2017-11").steps[-1].money == Decimal("1010271.37")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-500, 500), st.integers(0, 3))))
def test_months_add_up_to_the_whole(rows: list[tuple[int, int, int]]) -> None:
    import pyarrow as pa

    rows = [*rows, (0, 100, 3)]
    rules = ("zero", "one", "two", None)
    month_of = [f"2024-{1 + day // 10:02}" for day, _, _ in rows]
    table = pa.table(
        {
            "c": ["ann"] * len(rows),
            "o": list(range(len(rows))),
            "t": [f"{m}-{1 + day % 10:02}" for m, (day, _, _) in zip(month_of, rows, strict=True)],
            "a": pa.array([amount for _, amount, _ in rows], pa.int64()),
            "r": pa.array([rules[rule] for _, _, rule in rows], pa.string()),
        }
    )
    named = {"customer": "c", "order": "o", "timestamp": "t", "amount": "a", "removed_by": "r"}
    for cleaning_rules in (rules[:3], ()):
        tx = ea.Transactions.from_arrow(
            table, **named, integer_unit="major", cleaning_rules=[r for r in cleaning_rules if r]
        )
        dataset = ea.datasets.Dataset(name="x", transactions=tx)
        whole = ea.explain.revenue(dataset)
        months = [ea.explain.revenue(dataset, month=one.month) for one in tx.report.months]
        assert [one.month for one in months] == sorted(set(month_of))
        for steps in zip(whole.steps, *(one.steps for one in months), strict=True):
            assert len({(step.step, step.name) for step in steps}) == 1
            assert steps[0].num_lines == sum(step.num_lines for step in steps[1:])
            assert steps[0].money == sum(step.money for step in steps[1:])
        for one, rule in product(months, rules[:3]):
            amounts = [
                amount
                for (_, amount, why), month in zip(rows, month_of, strict=True)
                if month == one.month and rules[why] == rule
            ]
            found = [s for s in one.steps if (s.step, s.name) == ("removed", rule)]
            assert [(s.num_lines, s.money) for s in found if s.num_lines] == (
                [(len(amounts), Decimal(sum(amounts)))] if amounts else []
            )


def test_a_month_without_lines_has_the_same_steps() -> None:
    shop = ea.datasets.make_synthetic(20)
    whole, empty = ea.explain.revenue(shop), ea.explain.revenue(shop, month="1999-01")
    assert [(s.step, s.name) for s in whole.steps] == [(s.step, s.name) for s in empty.steps]
    assert {(step.num_lines, step.money) for step in empty.steps} == {(0, Decimal(0))}
    assert_adds_up(empty)


@pytest.mark.parametrize("month", ["2011", "2011-13", "2011-1", "november", "2011-11-01", 201111])
def test_what_is_no_month_is_refused(month: object) -> None:
    with pytest.raises(ea.InvalidArgument, match="month must be"):
        ea.explain.revenue(ea.datasets.make_synthetic(5), month=month)  # type: ignore[arg-type]


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    arguments = ["explain", "revenue", "synthetic", "--num-customers", "50", "--month", "2024-03"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    explanation = ea.explain.revenue(ea.datasets.make_synthetic(50), month="2024-03")
    assert shown.stdout.startswith("SYNTHETIC DATA")
    for step in explanation.steps:
        assert f"{step.num_lines:,}" in shown.stdout
        assert f"{step.money:,.2f}" in shown.stdout
    printed = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(printed.stdout) == explanation.to_dict()

    wrong = ["explain", "revenue", "olist", str(tmp_path / "absent"), "--month", "may"]
    refused = CliRunner().invoke(app, wrong)
    assert refused.exit_code == 1
    assert "month must be such as 2011-11: may" in refused.stderr


def test_narrowing_ends_at_the_revenue_of_the_selection() -> None:
    shop = ea.datasets.make_synthetic(num_customers=200, random_state=3)
    whole = ea.explain.revenue(shop)
    window = {"start": "2024-03-01", "end": "2024-06-01"}
    stages = [
        ("period", ea.Selection(**window)),
        ("category", ea.Selection(**window, category=["books", "toys"])),
    ]
    tables = [
        (name, ea.aggregate.group_by(shop.transactions, selection=one)) for name, one in stages
    ]
    told = ea.explain.narrow(whole, tables)

    assert told.steps[: len(whole.steps)] == whole.steps
    period, category, selected = told.steps[len(whole.steps) :]
    assert [(step.step, step.name) for step in (period, category, selected)] == [
        ("filtered", "period"),
        ("filtered", "category"),
        ("selected", ""),
    ]
    assert (
        selected.money
        == ea.kpi.summary(shop.transactions, selection=stages[-1][1]).decimals("revenue_net")[0]
    )
    net = whole.steps[-1]
    assert net.money - period.money - category.money == selected.money
    assert net.num_lines - period.num_lines - category.num_lines == selected.num_lines
    assert ea.explain.narrow(whole, []) == whole
    by_category = ea.aggregate.group_by(shop.transactions, by=["category"])
    with pytest.raises(ea.InvalidArgument, match="a stage must have one row"):
        ea.explain.narrow(whole, [("category", by_category)])


def test_steps_are_a_table_to_the_last_digit() -> None:
    steps = ea.explain.revenue(ea.datasets.make_synthetic(num_customers=50)).steps
    table = ea.explain.revenue(ea.datasets.make_synthetic(num_customers=50)).to_arrow()
    assert table.column("money").to_pylist() == [step.money for step in steps]
    assert table.column("num_lines").to_pylist() == [step.num_lines for step in steps]
    assert table.column("step").to_pylist() == [step.step for step in steps]
