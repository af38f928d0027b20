"""The page Report, and the narrative on the control tower."""

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from ecommerce_analytics import report
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.formats import Formats

APP = str(Path(ea.__file__).parent / "dashboard" / "app.py")
TIMEOUT = 120


@pytest.fixture(autouse=True)
def served() -> Iterator[Source]:
    source = Source(lambda: ea.datasets.make_synthetic(60))
    launch.use(source)
    yield source
    launch.use(Source(ea.datasets.make_synthetic))


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=TIMEOUT)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page == "tower":  # The page that opens by itself.
        assert not app.exception
        return app
    [found] = [h for h, one in app._registered_pages.items() if one["url_pathname"] == page]
    app._page_hash = found
    app.run()
    assert not app.exception
    return app


def built(app: AppTest) -> AppTest:
    app.button(key="build-report").click().run()
    assert not app.exception
    return app


def preview_of(app: AppTest) -> str:
    [frame] = app.get("iframe")
    proto: Any = frame.proto
    kind, _, content = proto.src.partition(",")
    assert kind == "data:text/html;charset=utf-8;base64"
    return base64.b64decode(content).decode()


def test_a_report_is_built_when_asked_for_and_shows_what_the_library_makes() -> None:
    app = opened("report")
    assert not app.get("iframe")
    assert "no report of these filters" in app.info[0].value
    app = built(app)
    shop = launch.served().shop()
    findings = report.gather(shop, EVERYTHING)
    document = report.compose(findings, Formats("en_US", shop.currency))
    assert preview_of(app) == report.render(document, "html").decode()
    names = [one.proto.id for one in app.get("download_button")]
    for form in report.FORMS:
        assert any(f"download-report-{form}" in name for name in names)


def test_other_filters_ask_for_another_report() -> None:
    app = built(opened("report"))
    first = preview_of(app)
    app.multiselect(key="filter-category").set_value(["books"]).run()
    assert not app.exception
    assert not app.get("iframe")
    second = preview_of(built(app))
    assert "Chosen category" in second
    assert second != first


def test_the_narrative_is_that_of_the_filters() -> None:
    app = opened("tower", **{"from": "2024-01-01", "to": "2024-12-31"})
    shop = launch.served().shop()
    filters = Filters(start=date(2024, 1, 1), end=date(2025, 1, 1))
    sentences = report.narrative_of(shop, filters, Formats("en_US", shop.currency))
    shown = [one.value for one in app.markdown]
    for number, sentence in enumerate(sentences, start=1):
        [found] = [one for one in shown if one.startswith(f"{number}\\. ")]
        words = "".join(piece.text for piece in sentence.pieces if piece.figure is None)
        assert words.split()[0] in found
    table = report.figures_of(sentences)
    assert table.num_rows == sum(len(sentence.figures) for sentence in sentences)
    assert set(table.column("sentence").to_pylist()) == set(range(1, len(sentences) + 1))
    assert table.num_rows in [len(one.value) for one in app.dataframe]


def test_without_the_library_for_pdf_the_page_says_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    app = built(opened("report"))
    assert any("ecommerce-analytics[report]" in one.value for one in app.caption)
    names = [one.proto.id for one in app.get("download_button")]
    assert not any("download-report-pdf" in name for name in names)
    assert any("download-report-html" in name for name in names)


def test_payments_are_the_same_figures_on_the_tower_in_the_report_and_in_the_library() -> None:
    shop = Shop(ea.datasets.make_synthetic(200))
    chosen = Filters(start=date(2024, 1, 1), payment_type=shop.payment_types[:2])
    wanted = ea.payments.revenue_by_type(shop.history(chosen), shop.dataset.payments)
    told = report.gather(shop, chosen).payments
    assert told is not None
    assert told.to_arrow().equals(wanted.to_arrow())
    [sentence] = [
        one
        for one in report.narrative_of(shop, chosen, Formats("en-US", shop.currency))
        if one.topic == "payments"
    ]
    best = max(zip(wanted.decimals("revenue"), wanted["payment_type"].tolist(), strict=True))
    assert [one.value for one in sentence.figures[:2]] == [best[1], best[0]]


def test_what_was_paid_is_called_so() -> None:
    shop = Shop(ea.datasets.make_synthetic(200))
    changes = shop.of_orders(ea.kpi.changes, EVERYTHING, period="month")
    paid = shop.of_payments(ea.payments.by_type, EVERYTHING)
    [sentence] = [
        one for one in ea.narrative.tell(changes, payments=paid) if one.topic == "payments"
    ]
    assert "freight and all included" in sentence.text
