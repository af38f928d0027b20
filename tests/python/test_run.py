"""The main job as a function: its files say what the library says, and appear all or not at all."""

import csv
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import customer_lists
from ecommerce_analytics.cli.run import print_summary
from ecommerce_analytics.datasets.synthetic import synthetic_lines
from ecommerce_analytics.run import RunResult, num_stages, run

CSV_FILES = (
    "executive_metrics_summary.csv",
    "key_figure_changes.csv",
    "customer_rfm_segments.csv",
    "rfm_segment_summary.csv",
    "customer_value_tiers.csv",
    "lorenz_curve.csv",
    "customer_cohort_retention.csv",
    "customer_clusters.csv",
    "churn_risk.csv",
    "churn_evaluation.csv",
    *customer_lists.FILES,
    "geo_revenue.csv",
    "category_revenue.csv",
    "payment_types.csv",
)
HEATMAP = "customer_cohort_heatmap.png"
ALL_FILES = (*CSV_FILES, HEATMAP, "ingest_report.json", "run.json")
KPI_COLUMNS = (
    "period,start,end,partial,revenue_gross,revenue_net,orders,customers,average_order_value,"
    "repeat_customers,repeat_rate,guest_orders,guest_revenue_net,guest_share,revenue_refunds,"
    "revenue_discount,revenue_shipping,revenue_fees,revenue_adjustments,freight,tax,"
    "new_customers,returning_customers,customer_orders,orders_per_customer,sale_lines,"
    "refund_lines,return_rate_money,return_rate_lines,items,items_per_order"
)
FEATURES = (
    "tenure_days,mean_days_between_orders,is_one_order,average_order_value,orders_90d,order_days,"
    "recency_over_gap,is_one_order_day,gap_trend,is_trend_known,recent_order_days,"
    "peak_season_share,lines_per_order,return_rate_money,return_rate_lines,discount_share,items,"
    "unique_products,unique_categories,median_line_items,median_product_buyers,region"
)
REASONS = "reason_1,reason_2,reason_3"
RFM_COLUMNS = "customer,recency_days,frequency,monetary,r_score,f_score,m_score,segment"
COHORT_COLUMNS = (
    "cohort,period,size,eligible,value,rate,lower,upper,observable,partial,can_grow,left_truncated"
)


@pytest.fixture(scope="module")
def lines() -> dict[str, np.ndarray]:
    return synthetic_lines(400, 3)


@pytest.fixture(scope="module")
def shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(400, 3)


@pytest.fixture(scope="module")
def result(shop: ea.datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(shop, tmp_path_factory.mktemp("run") / "out")


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def assert_cells_say(cells: dict[str, str], row: dict[str, Any]) -> None:
    assert list(cells) == list(row)
    for column, value in row.items():
        cell = cells[column]
        if value is None:
            assert cell == "", column
        elif isinstance(value, bool):
            assert cell == str(value).lower(), column
        elif isinstance(value, float):
            assert float(cell) == value, column
        elif isinstance(value, Decimal):
            assert cell == f"{value:.4f}", column
        elif isinstance(value, date):
            assert cell == value.isoformat(), column
        else:
            assert cell == str(value), column


def assert_file_says(path: Path, rows: list[dict[str, Any]]) -> None:
    cells = read_rows(path)
    assert len(cells) == len(rows)
    for got, wanted in zip(cells, rows, strict=True):
        assert_cells_say(got, wanted)


def rows_of(table: ea.Table, **labels: str) -> list[dict[str, Any]]:
    label = {"source": "synthetic"}
    return [labels | row | label for row in table.to_arrow().to_pylist()]


# --- what the files say ---


def test_the_files_are_there_and_no_others(result: RunResult) -> None:
    assert result.files == ALL_FILES
    assert {path.name for path in result.output.iterdir()} == set(ALL_FILES)
    assert result.skipped == {}


def test_the_columns_are_those_promised(result: RunResult) -> None:
    header = {
        name: (result.output / name).read_text(encoding="utf-8").partition("\n")[0]
        for name in CSV_FILES
    }
    promised = {
        "executive_metrics_summary.csv": "grain," + KPI_COLUMNS,
        "key_figure_changes.csv": "period,start,end,partial,previous_start,previous_end,"
        "comparable,kpi,value,previous,change,change_share",
        "customer_rfm_segments.csv": RFM_COLUMNS,
        "rfm_segment_summary.csv": "segment,customers,customer_share,revenue,revenue_share,"
        "mean_recency_days,median_recency_days,mean_frequency,median_frequency,mean_monetary,"
        "median_monetary,average_order_value,strategy",
        "customer_value_tiers.csv": "customer,monetary,tier,to_next_tier",
        "lorenz_curve.csv": "customers,customer_share,revenue,revenue_share",
        "customer_cohort_retention.csv": "measure," + COHORT_COLUMNS,
        "geo_revenue.csv": "region,orders,customers,lines,revenue,average_order_value,freight,"
        "freight_share,share,rank,cumulative_share",
        "category_revenue.csv": "category,lines,orders,customers,revenue,quantity,"
        "average_order_value",
        "payment_types.csv": "payment_type,payments,orders,customers,paid,share",
        "customer_clusters.csv": "customer,cluster,name,distance",
        "churn_risk.csv": "customer,churn_risk,rank,risk_decile,risk_band,recency_days,frequency,"
        f"monetary,{FEATURES}",
        "churn_evaluation.csv": "model,cutoff,horizon_days,customers,positives,base_rate,roc_auc,"
        "roc_auc_lower,roc_auc_upper,roc_auc_difference,roc_auc_difference_lower,"
        "roc_auc_difference_upper,pr_auc,pr_auc_lower,pr_auc_upper,log_loss,log_loss_lower,"
        "log_loss_upper,brier,brier_lower,brier_upper,top_decile_lift,top_decile_lift_lower,"
        "top_decile_lift_upper,greatest_lift",
        "churn_predictions.csv": "customer,churn_risk,rank,risk_decile,risk_band," + REASONS,
        **dict.fromkeys(
            ("high_risk_customers.csv", "high_value_customers.csv", "high_value_at_risk.csv"),
            "customer,segment,tier,recency_days,frequency,monetary,churn_risk,risk_band,"
            f"{REASONS},clv,clv_lower,clv_upper,high_value_by",
        ),
        "enhanced_customer_data.csv": f"{RFM_COLUMNS},tier,cluster,cluster_name,{FEATURES},"
        f"churn_risk,rank,risk_decile,risk_band,{REASONS},probability_alive,expected_purchases,"
        "purchases_lower,purchases_upper,probability_of_purchase,expected_value,clv,clv_lower,"
        "clv_upper,next_order,next_order_lower,next_order_upper,days_overdue,high_value_by",
    }
    # Nobody bought any of it: each row says so.
    assert header == {name: columns + ",source" for name, columns in promised.items()}


def test_the_files_hold_what_the_library_returns(
    shop: ea.datasets.Dataset, result: RunResult
) -> None:
    tx, out = shop.transactions, result.output
    segments = ea.rfm.segment(ea.rfm.score(tx))

    assert_file_says(
        out / "executive_metrics_summary.csv",
        rows_of(ea.kpi.summary(tx), grain="total")
        + rows_of(ea.kpi.summary(tx, period="month"), grain="month"),
    )
    assert_file_says(out / "customer_rfm_segments.csv", rows_of(segments))
    assert_file_says(out / "rfm_segment_summary.csv", rows_of(ea.rfm.summarize(segments)))
    assert_file_says(out / "customer_value_tiers.csv", rows_of(ea.rfm.tiers(ea.rfm.score(tx))))
    assert_file_says(
        out / "customer_cohort_retention.csv",
        [
            row
            for measure in ("customers", "orders", "revenue")
            for row in rows_of(ea.cohort.retention(tx, measure=measure), measure=measure)
        ],
    )
    assert_file_says(out / "geo_revenue.csv", rows_of(ea.geo_aggregate.by_region(tx)))
    changes = ea.kpi.changes(tx, period="month")
    assert_file_says(out / "key_figure_changes.csv", rows_of(changes))
    assert_file_says(out / "lorenz_curve.csv", rows_of(ea.rfm.lorenz(ea.rfm.score(tx))))
    groups = ea.aggregate.group_by(tx, by=["category"])
    assert_file_says(out / "category_revenue.csv", rows_of(groups))
    assert shop.payments is not None
    paid = ea.payments.by_type(shop.payments, tx)
    assert_file_says(out / "payment_types.csv", rows_of(paid))
    assert_file_says(
        out / "customer_clusters.csv", rows_of(ea.customer_clusters.fit(ea.rfm.score(tx)))
    )
    risk = ea.churn.rank(tx)
    assert risk.ranking is not None
    assert risk.evaluation is not None
    assert_file_says(out / "churn_risk.csv", rows_of(risk.ranking))
    assert_file_says(out / "churn_evaluation.csv", rows_of(risk.evaluation))
    report = read_json(out / "ingest_report.json")
    assert report.pop("source") == "synthetic"
    assert report.pop("is_synthetic") is True
    assert report == shop.report.to_dict()


def test_the_result_holds_the_tables_that_were_written(result: RunResult) -> None:
    assert_file_says(result.output / "customer_rfm_segments.csv", rows_of(result.segments))
    assert_file_says(result.output / "rfm_segment_summary.csv", rows_of(result.segment_summary))
    assert_file_says(result.output / "customer_value_tiers.csv", rows_of(result.tiers))
    assert result.regions is not None
    assert_file_says(result.output / "geo_revenue.csv", rows_of(result.regions))
    assert_file_says(result.output / "customer_clusters.csv", rows_of(result.clusters))
    assert list(result.cohorts) == ["customers", "orders", "revenue"]
    assert read_json(result.output / "run.json") == result.manifest


def test_files_are_utf8_with_line_feeds_and_without_nan(result: RunResult) -> None:
    for name, content in contents_of(result.output).items():
        if name == HEATMAP:
            assert content.startswith(b"\x89PNG")
            continue
        text = content.decode("utf-8")
        assert "\r" not in text, name
        assert text.endswith("\n"), name
        assert not {"nan", "NaN", "None", "null", "inf"} & set(
            text.replace("\n", ",").split(",")
        ), name


def test_totals_are_those_of_an_independent_query(
    lines: dict[str, np.ndarray], result: RunResult
) -> None:
    out = result.output
    with duckdb.connect() as db:
        db.register("line", pd.DataFrame(lines))
        for name in CSV_FILES:
            view = name.removesuffix(".csv")
            db.execute(f"CREATE VIEW {view} AS FROM read_csv('{out / name}', all_varchar=true)")
        figures = """
            sum(CAST(revenue_net AS DECIMAL(38, 4))), sum(CAST(revenue_gross AS DECIMAL(38, 4))),
            sum(CAST(orders AS BIGINT))
        """
        from_lines = db.sql("""
            SELECT sum(amount) / 100, sum(amount) FILTER (kind = 'sale') / 100,
                   count(DISTINCT "order"), count(DISTINCT nullif(customer, '')) FROM line
        """).fetchall()[0]
        total, by_month = (
            db.sql(
                f"SELECT {figures} FROM executive_metrics_summary WHERE grain = '{grain}'"
            ).fetchall()[0]
            for grain in ("total", "month")
        )
        assert tuple(map(float, total)) == pytest.approx(from_lines[:3], rel=1e-12)
        assert by_month == total

        money, customers = db.sql("""
            SELECT sum(CAST(monetary AS DECIMAL(38, 4))), count(*) FROM customer_rfm_segments
        """).fetchall()[0]
        guests = db.sql("SELECT sum(amount) FROM line WHERE customer = ''").fetchall()[0][0]
        assert money * 100 == total[0] * 100 - int(guests)
        assert customers == from_lines[3] == 400
        assert db.sql("""
            SELECT sum(CAST(revenue AS DECIMAL(38, 4))), sum(CAST(customers AS BIGINT))
            FROM rfm_segment_summary
        """).fetchall()[0] == (money, customers)

        for measure, per_order in (
            ("customers", "DISTINCT customer"),
            ("orders", 'DISTINCT "order"'),
        ):
            assert (
                db.sql(f"""
                SELECT cohort, CAST(period AS INTEGER), CAST(value AS BIGINT)
                FROM customer_cohort_retention WHERE measure = '{measure}' AND value <> '0'
                EXCEPT
                SELECT first::DATE::VARCHAR, date_diff('month', first, month), count({per_order})
                FROM (SELECT *, min(month) OVER (PARTITION BY customer) AS first
                      FROM (SELECT *, date_trunc('month', timestamp) AS month
                            FROM line WHERE kind = 'sale' AND customer <> ''))
                GROUP BY first, month
            """).fetchall()
                == []
            )
        cohort_money = db.sql("""
            SELECT sum(CAST(value AS DECIMAL(38, 4))) FROM customer_cohort_retention
            WHERE measure = 'revenue'
        """).fetchall()[0][0]
        assert cohort_money == money

        assert (
            db.sql("""
            SELECT region, CAST(orders AS BIGINT), CAST(customers AS BIGINT),
                   CAST(CAST(revenue AS DECIMAL(38, 4)) * 100 AS BIGINT) FROM geo_revenue
            EXCEPT
            SELECT region, count(DISTINCT "order"), count(DISTINCT nullif(customer, '')),
                   CAST(sum(amount) AS BIGINT) FROM line GROUP BY region
        """).fetchall()
            == []
        )
        num_regions = db.sql("SELECT count(DISTINCT region) FROM line").fetchall()
        assert db.sql("SELECT count(*) FROM geo_revenue").fetchall() == num_regions


def test_run_json_tells_source_parameters_versions_and_hashes(result: RunResult) -> None:
    manifest = read_json(result.output / "run.json")

    assert manifest["source"] == "synthetic"
    assert manifest["is_synthetic"] is True
    assert manifest["inputs"] == {}
    assert manifest["cleaning"] is None
    assert manifest["currency"] == "BRL"
    assert manifest["as_of"].startswith("2025-01-01")
    assert manifest["parameters"]["rules"] == "default"
    assert manifest["parameters"]["period"] == "month"
    assert manifest["parameters"]["source"]["num_customers"] == 400
    assert manifest["parameters"]["source"]["random_state"] == 3
    assert set(manifest["versions"]) == {
        *("ecommerce_analytics", "duckdb", "matplotlib", "numpy", "pyarrow")
    }
    assert manifest["versions"]["duckdb"] == duckdb.__version__
    assert manifest["skipped"] == {}
    contents = contents_of(result.output)
    assert manifest["outputs"] == {
        name: sha256(contents[name]) for name in ALL_FILES if name != "run.json"
    }
    # Neither place nor time: the same input gives the same bytes anywhere.
    assert str(result.output.parent) not in (result.output / "run.json").read_text()


def test_run_json_tells_tiers_and_concentration(
    result: RunResult, shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    manifest = read_json(result.output / "run.json")
    rows = read_rows(result.output / "customer_value_tiers.csv")
    assert manifest["tiers"] == {"Platinum": 20, "Gold": 60, "Silver": 120, "Bronze": 200}
    for tier, size in manifest["tiers"].items():
        assert sum(row["tier"] == tier for row in rows) == size

    money = sorted((Decimal(row["monetary"]) for row in rows), reverse=True)
    told = manifest["concentration"]
    assert [(row["top_share"], row["customers"]) for row in told["top"]] == [
        (0.01, 4),
        (0.1, 40),
        (0.2, 80),
    ]
    for row in told["top"]:
        assert Decimal(row["revenue"]) == sum(money[: row["customers"]])
        assert row["revenue_share"] == pytest.approx(
            float(sum(money[: row["customers"]]) / sum(money)), rel=1e-15
        )
    ranked = sum(rank * value for rank, value in enumerate(reversed(money), start=1))
    gini = 2 * ranked / (400 * sum(money)) - Decimal(401) / 400
    assert told["gini"] == pytest.approx(float(gini), rel=1e-12)
    assert told["num_negative"] == 0

    clusters = manifest["clusters"]
    found = read_rows(result.output / "customer_clusters.csv")
    assert sum(clusters["sizes"].values()) == len(found) == 400
    for number, (name, size) in enumerate(clusters["sizes"].items()):
        members = {row["cluster"] for row in found if row["name"] == name}
        assert members == {str(number)}
        assert sum(row["name"] == name for row in found) == size
    assert clusters["curve"] == result.cluster_curve.to_arrow().to_pylist()
    assert [row["n_clusters"] for row in clusters["curve"]] == list(range(2, 11))
    # Fewer starts than those of the clusters themselves may find a worse place, never a better one.
    assert clusters["curve"][2]["inertia"] >= clusters["inertia"] * (1 - 1e-12)
    inertias = [row["inertia"] for row in clusters["curve"]]
    assert inertias == sorted(inertias, reverse=True)
    assert clusters["inertia"] == pytest.approx(
        sum(float(row["distance"]) ** 2 for row in found), rel=1e-9
    )
    best = max(clusters["curve"], key=lambda row: row["silhouette"])
    assert clusters["best_by_silhouette"] == best["n_clusters"]

    guests = ea.Transactions.from_arrays(
        customer=[None], order=["G1"], timestamp=["2026-01-05"], amount=["8.00"]
    )
    manifest = dict(run(replace(shop, transactions=guests, region=None), tmp_path).manifest)
    assert manifest["tiers"] == {"Platinum": 0, "Gold": 0, "Silver": 0, "Bronze": 0}
    assert manifest["concentration"]["gini"] == "undefined"
    assert [row["revenue_share"] for row in manifest["concentration"]["top"]] == [None] * 3


def test_money_keeps_every_digit(tmp_path: Path) -> None:
    amounts = [Decimal("900719925474099.2001"), Decimal("0.0001"), Decimal("3.3333")]
    table = pa.table(
        {
            "customer": ["a,b", 'c"d', "é\n"],
            "order": [1, 2, 3],
            "timestamp": ["2024-01-01", "2024-01-02", "2024-02-03"],
            "amount": pa.array(amounts, pa.decimal128(38, 4)),
        }
    )
    tx = ea.Transactions.from_arrow(
        table, customer="customer", order="order", timestamp="timestamp", amount="amount"
    )
    out = run(ea.datasets.Dataset(name="shop", transactions=tx), tmp_path).output

    rows = read_rows(out / "customer_rfm_segments.csv")
    assert {row["customer"]: row["monetary"] for row in rows} == {
        "a,b": "900719925474099.2001",
        'c"d': "0.0001",
        "é\n": "3.3333",
    }
    total = read_rows(out / "executive_metrics_summary.csv")[0]
    assert total["revenue_net"] == "900719925474102.5335"
    values = {
        (row["measure"], row["cohort"], row["period"]): row["value"]
        for row in read_rows(out / "customer_cohort_retention.csv")
    }
    assert values["customers", "2024-01-01", "0"] == "2"
    assert values["revenue", "2024-01-01", "0"] == "900719925474099.2002"
    assert values["revenue", "2024-01-01", "1"] == "0.0000"
    assert values["revenue", "2024-02-01", "1"] == ""


def test_a_source_without_region_has_no_regions_and_says_why(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    run(shop, tmp_path)
    result = run(replace(shop, region=None), tmp_path)

    assert result.regions is None
    # The file of the earlier run is gone: it would belong to no run.json.
    assert not (tmp_path / "geo_revenue.csv").exists()
    manifest = read_json(tmp_path / "run.json")
    assert manifest["skipped"] == {"geo_revenue.csv": "the source has no region"}
    assert "geo_revenue.csv" not in manifest["outputs"]


def test_run_json_tells_how_the_churn_ranking_did(result: RunResult) -> None:
    told = read_json(result.output / "run.json")["churn"]
    rows = read_rows(result.output / "churn_evaluation.csv")
    models = ["logistic", "constant", "recency", "frequency", "bg_nbd"]
    assert [row["model"] for row in rows] == models
    for row, wanted in zip(told["evaluation"], rows, strict=True):
        assert_cells_say({k: v for k, v in wanted.items() if k != "source"}, row)
    # Tested later than it was trained, and each window of labels has ended before the test.
    assert told["horizon_days"] == 90
    assert len(told["training_cutoffs"]) >= 1
    [test] = {row["cutoff"] for row in rows}
    for cutoff in told["training_cutoffs"]:
        assert np.datetime64(cutoff) + np.timedelta64(90, "D") <= np.datetime64(test)


def test_a_churn_ranking_says_what_its_source_knew_too_early(
    shop: ea.datasets.Dataset, result: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_json(result.output / "run.json")["churn"]["hindsight"] is None
    known = "refunds stand at the day of their order"
    told = run(replace(shop, hindsight=known), tmp_path, parquet=True)
    assert read_json(tmp_path / "run.json")["churn"]["hindsight"] == known
    for name in told.files:
        if name.endswith(".parquet"):
            metadata = pq.read_schema(tmp_path / name).metadata
            is_of_churn = name.startswith(("churn_", "high_", "enhanced_"))
            assert metadata.get(b"hindsight") == (known.encode() if is_of_churn else None)
    for one, is_said in ((result, False), (told, True)):
        print_summary(shop, one)
        screen = " ".join(capsys.readouterr().out.split())
        assert (f"knows more than its day did: {known}" in screen) == is_said


def test_no_churn_ranking_after_the_end_of_the_data(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    result = run(shop, tmp_path, as_of="2030-01-01")
    assert "churn_risk.csv" not in result.files
    assert result.skipped["churn_risk.csv"].startswith("the data end at ")
    assert read_json(tmp_path / "run.json")["skipped"] == result.skipped


def test_too_little_data_for_a_churn_ranking_has_no_files_and_says_why(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    run(shop, tmp_path)
    result = run(ea.datasets.make_synthetic(30), tmp_path)

    assert result.churn.ranking is None
    assert {path.name for path in tmp_path.iterdir()} == set(result.files)
    assert not {"churn_risk.csv", "churn_evaluation.csv"} & set(result.files)
    manifest = read_json(tmp_path / "run.json")
    assert manifest["skipped"]["churn_risk.csv"] == result.churn.reason
    assert manifest["skipped"]["churn_evaluation.csv"] == result.churn.reason
    assert "customers" in str(result.churn.reason)
    assert "churn" not in manifest


def test_options_reach_the_analyses(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    result = run(shop, tmp_path, as_of="2024-07-01 12:00", rules="ten", period="quarter")
    tx = shop.transactions

    as_of = "2024-07-01 12:00"
    segments = ea.rfm.segment(ea.rfm.score(tx, as_of=as_of), rules="ten")
    assert rows_of(result.segments) == rows_of(segments)
    assert rows_of(result.periods) == rows_of(ea.kpi.summary(tx, as_of=as_of, period="quarter"))
    assert rows_of(result.cohorts["orders"]) == rows_of(
        ea.cohort.retention(tx, as_of=as_of, period="quarter", measure="orders")
    )
    grains = {row["grain"] for row in read_rows(tmp_path / "executive_metrics_summary.csv")}
    assert grains == {"total", "quarter"}
    manifest = read_json(tmp_path / "run.json")
    assert manifest["as_of"].startswith("2024-07-01 12:00")
    assert manifest["parameters"]["rules"] == "ten"


# --- the same input, the same bytes ---


def test_two_runs_and_any_number_of_threads_give_the_same_bytes(
    shop: ea.datasets.Dataset, result: RunResult, tmp_path: Path
) -> None:
    expected = contents_of(result.output)
    for num_threads in (None, 1, 2, 3, 8):
        out = run(shop, tmp_path / str(num_threads), num_threads=num_threads).output
        assert contents_of(out) == expected


def test_shuffled_rows_give_the_same_bytes(
    result: RunResult, shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    lines = shop.tables["lines"]
    roles = "customer order timestamp amount quantity kind product category region".split()
    tx = ea.Transactions.from_arrow(
        lines.take(np.random.default_rng(0).permutation(lines.num_rows)),
        **{role: role for role in roles},
        measures=["freight", "cost"],
        currency="BRL",
    )
    out = run(replace(shop, transactions=tx), tmp_path).output
    assert contents_of(out) == contents_of(result.output)


# --- all or nothing ---


@pytest.fixture
def old(shop: ea.datasets.Dataset, tmp_path: Path) -> Iterator[Path]:
    """A folder with the files of an earlier run, of other options, and one file of the user."""
    out = tmp_path / "out"
    run(shop, out, rules="six")
    (out / "notes.txt").write_text("mine")
    yield out
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "options",
    [
        {"rules": "seven"},
        {"as_of": "1999-01-01"},
        {"as_of": "soon"},
        {"period": "fortnight"},
        {"confidence": 1.0},
        {"num_threads": -1},
    ],
)
def test_a_bad_option_leaves_the_old_files(
    shop: ea.datasets.Dataset, old: Path, options: dict[str, Any]
) -> None:
    before = contents_of(old)
    with pytest.raises(ea.InvalidArgument):
        run(shop, old, **options)
    assert contents_of(old) == before

    new = old.parent / "a" / "b"
    with pytest.raises(ea.InvalidArgument):
        run(shop, new, **options)
    assert not new.parent.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_stops_a_run_midway_leaves_the_old_files(
    shop: ea.datasets.Dataset,
    old: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    before = contents_of(old)

    def stop(*_: object, **__: object) -> None:
        raise error

    for target in ("rfm.score", "geo_aggregate.by_region", "exports.write_json", "exports.sha256"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ecommerce_analytics.run.{target}", stop)
            with pytest.raises(error):
                run(shop, old)
        assert contents_of(old) == before


def test_two_runs_at_once_do_not_mix(shop: ea.datasets.Dataset, old: Path) -> None:
    before = contents_of(old)
    other = os.open(old, os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ea.IOFailure, match="another run is writing") as caught:
            run(shop, old)
    finally:
        os.close(other)
    assert caught.value.file == str(old)
    assert contents_of(old) == before


def test_a_folder_that_cannot_be_is_an_error(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for output in (file, file / "below", Path("/proc/no-such-folder")):
        with pytest.raises(ea.IOFailure):
            run(shop, output)
    assert contents_of(tmp_path) == {"file": b"mine"}

    (tmp_path / "out" / "geo_revenue.csv").mkdir(parents=True)
    with pytest.raises(ea.IOFailure, match="a folder stands where a file goes"):
        run(shop, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["geo_revenue.csv"]


def test_a_folder_without_permission_is_an_error(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("root may write anywhere")
    with pytest.raises(ea.IOFailure):
        run(shop, tmp_path)


def test_stages_are_told_in_order(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    stages: list[str] = []
    run(shop, tmp_path, progress=stages.append)
    assert stages == [
        "reading histories",
        "key figures",
        "segments",
        "cohorts",
        "clusters",
        "churn",
        "customer lifetime value",
        "lists",
        "regions",
        "writing files",
    ]
    assert len(stages) == num_stages()


# --- spreadsheets and Parquet ---


def test_text_that_a_spreadsheet_would_run_is_marked_and_numbers_are_not(tmp_path: Path) -> None:
    keys = ["=1+1", "+x", "-y", "@z", "'q", "\tt", "\rr", "ann", "1-2"]
    tx = ea.Transactions.from_arrays(
        customer=[*keys, "ann"],
        order=list(range(10)),
        timestamp=["2024-01-01"] * 9 + ["2024-02-01"],
        amount=["5.00"] * 9 + ["-7.00"],
        region=["=SUM(A1)"] * 10,
    )
    shop = ea.datasets.Dataset(name="shop", transactions=tx, region="region")
    for raw in (False, True):
        out = run(shop, tmp_path, raw=raw).output
        assert read_json(out / "run.json")["spreadsheet_safe"] is not raw
        marked = {key: key if raw or key in ("ann", "1-2") else f"'{key}" for key in keys}
        for name in ("customer_rfm_segments.csv", "customer_value_tiers.csv"):
            assert {row["customer"] for row in read_rows(out / name)} == set(marked.values())
        [region] = read_rows(out / "geo_revenue.csv")
        assert region["region"] == ("=SUM(A1)" if raw else "'=SUM(A1)")
        rows = read_rows(out / "customer_rfm_segments.csv")
        assert {row["customer"]: row["monetary"] for row in rows}["ann"] == "-2.0000"
        cohorts = read_rows(out / "customer_cohort_retention.csv")
        assert "-7.0000" in {row["value"] for row in cohorts}


def test_parquet_files_hold_the_tables_with_their_types(
    shop: ea.datasets.Dataset, result: RunResult, tmp_path: Path
) -> None:
    with_parquet = run(shop, tmp_path, parquet=True)
    expected = contents_of(result.output)
    found = contents_of(tmp_path)
    manifest = json.loads(found.pop("run.json"))
    assert manifest["outputs"] == {name: sha256(content) for name, content in found.items()}
    assert {name: found[name] for name in CSV_FILES} == {n: expected[n] for n in CSV_FILES}
    names = [name.replace(".csv", ".parquet") for name in CSV_FILES]
    assert set(names) <= set(found)
    segments = pq.read_table(tmp_path / "customer_rfm_segments.parquet")
    assert segments.drop_columns("source").equals(with_parquet.segments.to_arrow())
    for name in names:
        table = pq.read_table(tmp_path / name)
        rows = read_rows(tmp_path / name.replace(".parquet", ".csv"))
        assert table.num_rows == len(rows)
        assert table.column_names == list(rows[0])
        told = table.schema.metadata
        assert told[b"source"] == b"synthetic"
        assert told[b"is_synthetic"] == b"true"
        assert told[b"as_of"].decode() == manifest["as_of"]
    cohorts = pq.read_table(tmp_path / "customer_cohort_retention.parquet")
    assert cohorts.schema.field("value").type == pa.decimal128(38, 4)
    rows = read_rows(tmp_path / "customer_cohort_retention.csv")
    assert [None if row["value"] == "" else Decimal(row["value"]) for row in rows] == (
        cohorts["value"].to_pylist()
    )
    # A run without them takes the old ones away.
    run(shop, tmp_path)
    assert set(contents_of(tmp_path)) == set(ALL_FILES)
