"""The filters: each by its widget, in the URL, across pages, reset, back."""

from __future__ import annotations

from datetime import date

import pytest

from browser.conftest import Visit
from browser.library import EVERYTHING, Choice, Library
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views

FIRST = views.PAGES[0].name
IN_MENU = [one.name for one in views.PAGES if one.group]
ALL_KINDS = Choice(
    start=date(2023, 7, 1),
    last=date(2024, 6, 30),
    category=("books", "toys"),
    segment=("Champions", "Loyal Customers"),
    region=("SP", "RJ"),
    payment_type=("credit_card",),
)


def says(visitor: Visitor, library: Library, choice: Choice) -> None:
    """Check the figures of the first page, and that the address tells the choice."""
    assert visitor.query == choice.query
    expected = library.figures(choice)
    shown = {name: told for name, told in visitor.figures().items() if name in expected}
    assert len(shown) > 5
    assert shown == {name: expected[name] for name in shown}


@pytest.mark.parametrize("name", ["category", "segment", "region", "payment_type"])
def test_a_filter_is_chosen_from_its_list(visit: Visit, library_of, name: str) -> None:
    library = library_of("synthetic")
    key = getattr(ALL_KINDS, name)[0]
    visitor = visit("synthetic").open(FIRST)
    with visitor.rerun():
        visitor.choose(name, str(key))
    says(visitor, library, Choice(**{name: (key,)}))


def test_a_period_is_typed(visit: Visit, library_of) -> None:
    visitor = visit("synthetic").open(FIRST)
    visitor.type_period(ALL_KINDS.start, ALL_KINDS.last)
    says(visitor, library_of("synthetic"), Choice(start=ALL_KINDS.start, last=ALL_KINDS.last))


def test_filters_hold_across_pages_and_a_reload_and_are_reset(visit: Visit, library_of) -> None:
    library = library_of("synthetic")
    visitor = visit("synthetic").open(FIRST, ALL_KINDS.query)
    says(visitor, library, ALL_KINDS)
    for view in [*list(visitor.menu)[1:], FIRST]:
        visitor.go_to(view)
        told = {name: visitor.query.get(name) for name in ALL_KINDS.query}
        assert told == ALL_KINDS.query, view
    says(visitor, library, ALL_KINDS)
    before = visitor.num_runs
    visitor.page.reload(wait_until="commit")
    visitor.settle(before)
    says(visitor, library, ALL_KINDS)
    with visitor.rerun():
        visitor.page.get_by_role("button", name="Reset filters").click()
    says(visitor, library, EVERYTHING)
    visitor.says_nothing_went_wrong()


@pytest.mark.skipif(len(IN_MENU) < 2, reason="there is one page")
def test_the_way_back_leads_to_the_page_before_with_the_same_filters(
    visit: Visit, library_of
) -> None:
    choice = Choice(category=("books",))
    visitor = visit("synthetic").open(FIRST, choice.query)
    visitor.go_to(IN_MENU[1])
    there = visitor.page.url
    with visitor.rerun():
        visitor.page.go_back(wait_until="commit")
    says(visitor, library_of("synthetic"), choice)
    with visitor.rerun():
        visitor.page.go_forward(wait_until="commit")
    assert visitor.page.url == there
    visitor.says_nothing_went_wrong()


def test_what_a_source_does_not_have_is_told_and_left_out(visit: Visit, library_of) -> None:
    query = {"category": ["no <b>such</b> thing", "books"], "from": ["yesterday"]}
    visitor = visit("synthetic").open(FIRST, query)
    told = visitor.filters.get_by_test_id("stAlert").inner_text()
    assert "no <b>such</b> thing" in told
    assert "yesterday" in told
    says(visitor, library_of("synthetic"), Choice(category=("books",)))
    visitor.says_nothing_went_wrong()
