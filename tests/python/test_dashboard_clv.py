"""The page Customer lifetime value: figures of the library, and words where there are none."""

from collections.abc import Iterator
from functools import cache

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from dashboard_pages import opened
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.charts import clv as charts
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.formats import Formats


@cache
def dataset() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(num_customers=600)


@pytest.fixture(autouse=True)
def own_source() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


def page_of(shown: ea.datasets.Dataset) -> AppTest:
    """Open the page of a shop."""
    launch.use(Source(lambda: shown))
    return opened("clv")


def test_the_page_shows_the_tables_of_the_library() -> None:
    app = page_of(dataset())
    expected = ea.clv.evaluate(dataset().transactions)
    totals, rivals, customers, parameters = (
        pa.Table.from_pandas(one.value) for one in app.dataframe
    )
    assert expected.backtest.totals is not None
    assert totals["model"].to_pylist() == expected.backtest.totals["model"].tolist()
    assert expected.backtest.rivals is not None
    assert rivals["rmse"].to_pylist() == expected.backtest.rivals["rmse"].tolist()
    words = " ".join(one.value for one in app.markdown)
    assert escaped(f"BG/NBD: {expected.backtest.totals.metadata['why']}.") in words
    assert expected.prediction.customers is not None
    best = sorted(expected.prediction.customers["clv"].tolist(), reverse=True)
    assert customers["clv"].to_pylist() == best
    assert parameters["parameter"].to_pylist() == ["r", "alpha", "a", "b", "p", "q", "gamma"]
    assert {"lower", "upper", "standard_error"} <= set(parameters.column_names)


def test_too_few_customers_are_told_in_words() -> None:
    app = page_of(ea.datasets.make_synthetic(num_customers=40))
    words = " ".join(one.value for one in app.info)
    assert "No value is told" in words
    assert "too few customers" in words
    assert not app.dataframe


def test_the_figure_has_intervals_and_a_baseline() -> None:
    table = ea.clv.backtest(dataset().transactions, "2024-07-01").by_frequency
    figure = charts.by_frequency(table, formats=Formats("en_US", "EUR"))
    assert [one.name for one in figure.data] == ["happened", "model", "own past rate"]
    read = pa.table(table).to_pydict()
    assert list(figure.data[0].y) == read["actual"]
    upper = [y + up for y, up in zip(figure.data[1].y, figure.data[1].error_y.array, strict=True)]
    assert upper == pytest.approx(read["upper"])


def test_the_weeks_have_an_interval_a_baseline_and_both_models() -> None:
    table = ea.clv.tracking(dataset().transactions, "2024-07-01")
    read = pa.table(table).to_pydict()
    num_weeks, first = len(read["week"]) // 2, read["span"].index("holdout")
    for added_up, actual, upper in (
        (False, "actual", "upper"),
        (True, "actual_total", "total_upper"),
    ):
        figure = charts.tracking(table, added_up=added_up, formats=Formats("en_US", "EUR"))
        names = ["95 % of BG/NBD", "happened", "BG/NBD", "Pareto/NBD", "constant rate"]
        assert [one.name for one in figure.data[1:]] == names
        shown = num_weeks if added_up else num_weeks - 1  # The last week is shorter.
        assert list(figure.data[2].y) == read[actual][:shown]
        assert list(figure.data[0].y) == read[upper][:shown]
        assert [one["x0"] for one in figure.layout.shapes] == [read["week"][first]]
