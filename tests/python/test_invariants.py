"""What must hold for any copy of a data set, whether its figures are known or not."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import ecommerce_analytics as ea
from conftest import data_dir
from order_logs import rows_of
from shop_files import (
    SHOPIFY_EXAMPLE,
    WOOCOMMERCE_EXAMPLE,
    write_shopify,
    write_woocommerce,
)


def in_a_file(load: Callable[[Path], ea.datasets.Dataset]) -> ea.datasets.Dataset:
    with TemporaryDirectory() as folder:
        return load(Path(folder) / "orders.csv")


LOADERS: dict[str, Callable[[], ea.datasets.Dataset]] = {
    "olist": lambda: ea.datasets.load_olist(data_dir() / "olist"),
    "online_retail": lambda: ea.datasets.load_online_retail(
        data_dir() / "online_retail" / "online_retail.csv"
    ),
    "cdnow": lambda: ea.datasets.load_cdnow(data_dir() / "cdnow" / "CDNOW_master.txt"),
    "shopify": lambda: in_a_file(
        lambda path: ea.datasets.load_shopify(
            write_shopify(path, *SHOPIFY_EXAMPLE), time_zone="America/New_York"
        )
    ),
    "woocommerce": lambda: in_a_file(
        lambda path: ea.datasets.load_woocommerce(write_woocommerce(path, *WOOCOMMERCE_EXAMPLE))
    ),
    "synthetic": lambda: ea.datasets.make_synthetic(num_customers=800, random_state=7),
}


@pytest.fixture(scope="module", params=LOADERS, ids=str)
def dataset(request: pytest.FixtureRequest) -> ea.datasets.Dataset:
    return LOADERS[request.param]()


def total_of(dataset: ea.datasets.Dataset, **options: Any) -> dict[str, Any]:
    (row,) = rows_of(ea.kpi.summary(dataset.transactions, **options))
    return row


def test_every_line_is_kept_or_charged(dataset: ea.datasets.Dataset) -> None:
    report = dataset.report
    parts = [report.kept, *report.removed]
    assert report.read.num_lines == sum(part.num_lines for part in parts)
    assert report.read.money == sum(part.money for part in parts)
    assert report.kept.money == sum(kind.money for kind in report.kinds)
    assert report.kept.money == total_of(dataset)["revenue_net"]


@pytest.mark.parametrize("period", ["week", "month", "year"])
def test_periods_add_up(dataset: ea.datasets.Dataset, period: Any) -> None:
    total = total_of(dataset)
    rows = rows_of(ea.kpi.summary(dataset.transactions, period=period))
    for column in ("revenue_net", "revenue_gross", "orders", "guest_orders", "new_customers"):
        assert sum(row[column] for row in rows) == total[column]
    assert all(row["customers"] <= total["customers"] for row in rows)


def test_scores_are_of_the_customers_with_an_order(dataset: ea.datasets.Dataset) -> None:
    scores = ea.rfm.score(dataset.transactions)
    total = total_of(dataset)
    assert scores.num_rows == total["customers"]
    assert int(scores["frequency"].sum()) == total["orders"] - total["guest_orders"]
    for column in ("r_score", "f_score", "m_score"):
        assert scores[column].min() >= 1
        assert scores[column].max() <= 5
    assert sum(ea.rfm.summarize(ea.rfm.segment(scores))["customers"]) == scores.num_rows
    assert sum(ea.rfm.tiers(scores).tier_sizes) == scores.num_rows


def test_cohorts_hold_every_customer_once(dataset: ea.datasets.Dataset) -> None:
    cohorts = ea.cohort.retention(dataset.transactions)
    sizes = {row["cohort"]: row["size"] for row in rows_of(cohorts)}
    assert sum(sizes.values()) == total_of(dataset)["customers"]
    for row in rows_of(cohorts):
        assert (row["value"] is None) == (not row["observable"])
        assert row["value"] is None or 0 <= row["value"] <= row["size"]
        assert row["rate"] is None or 0 <= row["rate"] <= 1


def test_regions_add_up_to_the_whole(dataset: ea.datasets.Dataset) -> None:
    if dataset.region is None:
        pytest.skip(f"{dataset.name} has no region")
    regions = rows_of(ea.geo_aggregate.by_region(dataset.transactions, region=dataset.region))
    total = total_of(dataset)
    assert sum(row["revenue"] for row in regions) == total["revenue_net"]
    assert sum(row["orders"] for row in regions) == total["orders"]
    assert sum(row["customers"] for row in regions) >= total["customers"]
    assert sorted(row["rank"] for row in regions)[0] == 1


def test_groups_add_up_to_the_whole(dataset: ea.datasets.Dataset) -> None:
    groups = rows_of(ea.aggregate.group_by(dataset.transactions, by=["kind"], period="month"))
    assert sum(row["lines"] for row in groups) == dataset.report.kept.num_lines
    assert sum(row["revenue"] for row in groups) == dataset.report.kept.money


def test_the_bridge_ends_at_what_was_paid(dataset: ea.datasets.Dataset) -> None:
    bridge = rows_of(ea.payments.revenue_bridge(dataset.transactions, dataset.payments))
    steps = {row["step"]: row["amount"] for row in bridge}
    assert steps["net"] == dataset.report.kept.money
    if dataset.payments is not None:
        by_type = ea.payments.by_type(dataset.payments)
        assert steps["paid"] == Decimal(by_type.total_paid) == bridge[-1]["running"]
