"""The page Report, and the narrative on the control tower."""

import base64
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from dashboard_pages import opened
from ecommerce_analytics import report
from ecommerce_analytics.dashboard import key_figures, launch
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.formats import ABSENT, Formats


@pytest.fixture(autouse=True)
def served() -> Iterator[Source]:
    source = Source(lambda: ea.datasets.make_synthetic(60))
    launch.use(source)
    yield source
    launch.use(Source(ea.datasets.make_synthetic))


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


def shop_without_refunds() -> Shop:
    lines = ea.Transactions.from_arrays(
        customer=["ann", "bob", "ann", "cid"],
        order=["A1", "B1", "A2", "C1"],
        timestamp=["2024-01-01", "2024-01-31", "2024-02-10", "2024-03-31"],
        amount=["10.00", "5.00", "18.00", "7.00"],
        category=["tea", "tea", "pot", "pot"],
    )
    return Shop(ea.datasets.Dataset(name="shop", transactions=lines))


def test_what_the_source_does_not_tell_is_absent_and_not_zero() -> None:
    shop = shop_without_refunds()
    names = ("revenue_net", "return_rate_money", "guest_share", "items", "freight")
    made = {one.id: one for one in key_figures.cards_of(names, shop, EVERYTHING)}
    assert made["return_rate_money"].value == ABSENT
    assert made["return_rate_money"].note == "the source tells no refunds"
    assert made["guest_share"].note == "the source tells no guests"
    assert made["items"].value == made["freight"].value == ABSENT
    assert made["revenue_net"].number == 40.0
    assert "guest_share" in report.gather(shop, EVERYTHING).untold


def test_cards_say_what_they_compare_with() -> None:
    shop = shop_without_refunds()
    (last,) = key_figures.cards_of(("revenue_net",), shop, EVERYTHING)
    assert last.change.startswith("last month ")
    chosen = Filters(start=date(2024, 2, 1), end=date(2024, 3, 1))
    (card,) = key_figures.cards_of(("revenue_net",), shop, chosen)
    assert card.note == "against Jan 3, 2024 to Jan 31, 2024"
    assert len(card.spark) == 2  # Months before the window too.
    first = Filters(start=date(2024, 1, 1), end=date(2024, 2, 1))
    (card,) = key_figures.cards_of(("revenue_net",), shop, first)
    assert card.note == "nothing to compare with: the data begin on Jan 1, 2024"


def test_the_retention_rate_says_its_base() -> None:
    shop = shop_without_refunds()
    card = key_figures.retention_of(shop, Filters(category=("pot",)))
    assert "order of the chosen category in the month after" in card.definition
    assert "all customers of these cohorts" in card.formula
    assert card.note.startswith("of all new customers, whatever they first bought")
    assert card.number is not None
    assert card.spark == []  # Cohorts of fewer than 30 customers.
    assert "chosen category" not in key_figures.retention_of(shop, EVERYTHING).definition


def test_no_growth_is_told_of_a_month_after_next_to_no_orders() -> None:
    days = ["2023-01-15", "2023-02-03", *["2023-03-09"] * 30, *["2024-02-01"] * 5]
    days += [*["2024-03-01"] * 5, "2024-04-02"]
    lines = ea.Transactions.from_arrays(
        customer=[f"c{row}" for row in range(len(days))],
        order=list(range(len(days))),
        timestamp=days,
        amount=["10.00"] * len(days),
    )
    launch.use(Source(lambda: ea.datasets.Dataset(name="shop", transactions=lines)))
    app = opened("trends")
    assert any("Left out are 1 whose month a year before" in one.value for one in app.caption)
