"""Figures equal those of the library, on all pages, under any filters."""

from __future__ import annotations

from datetime import date

import pytest

from browser.conftest import Visit
from browser.library import EVERYTHING, Choice, Library
from browser.raw_lines import RawLines
from browser.visitor import Visitor
from ecommerce_analytics import kpi
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]
NUM_CHOICES = 20


def check(
    visitor: Visitor, library: Library, choice: Choice, view: str, told: dict[str, str]
) -> None:
    """Compare each figure of the page that is open with the library's, and those of other pages.

    `told` holds what the pages before said, by the ids of the figures.
    """
    expected = library.figures(choice)
    for name, value in visitor.figures().items():
        wanted = expected.get(name, told.get(name, value))
        assert value == wanted, f"{name} on {view} under {choice}: {value} and not {wanted}"
        told[name] = value


@pytest.fixture(scope="module")
def pages_with_figures(context_of, site_of) -> list[str]:
    """Return the pages that show figures, the first one among them."""
    visitor = Visitor(context_of("light", 1440, "reduce", "").new_page(), site_of("synthetic"))
    visitor.open(PAGES[0])
    pages = [view for view in visitor.menu if visitor.go_to(view).figures()]
    visitor.page.close()
    assert pages[0] == PAGES[0]
    return pages


@pytest.mark.parametrize("site", ["olist", "online_retail", "hostile"])
def test_figures_are_those_of_the_library(visit: Visit, library_of, site: str) -> None:
    library = library_of(site)
    visitor = visit(site)
    for choice in (EVERYTHING, *library.choices(2, seed=5)):
        told: dict[str, str] = {}
        visitor.open(PAGES[0], choice.query)
        for view in visitor.menu:
            visitor.go_to(view)
            check(visitor, library, choice, view, told)
        assert set(told) & set(library.figures(choice))
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize(
    "choice",
    [
        Choice(start=date(2024, 1, 1), last=date(2024, 6, 30), category=("books", "toys")),
        Choice(segment=("Champions", "At Risk"), region=("SP", "RJ")),
        Choice(start=date(2023, 3, 15), payment_type=("voucher",), segment=("Loyal Customers",)),
    ],
    ids=str,
)
def test_the_main_figures_are_those_of_the_raw_rows(
    visit: Visit, library_of, raw_lines: RawLines, choice: Choice
) -> None:
    """SQL over the rows alone: were the library wrong, page and library would still agree."""
    expected = raw_lines.key_figures(choice)
    written = library_of("synthetic").formats
    units = {one.name: one.unit for one in kpi.dictionary()}
    visitor = visit("synthetic").open(PAGES[0], choice.query)
    shown = visitor.figures()
    assert {name: shown[name] for name in expected} == {
        name: written.by_unit(value, units[name]) for name, value in expected.items()
    }
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("number", range(NUM_CHOICES))
def test_pages_agree_under_filters(
    visit: Visit, library_of, pages_with_figures: list[str], number: int
) -> None:
    """One id is one figure: what a page shows is the library's, so it is every page's."""
    library = library_of("synthetic")
    choice = library.choices(NUM_CHOICES)[number]
    visitor = visit("synthetic").open(PAGES[0], choice.query)
    # The address says the keys in the order of their lists, whatever order they were asked for in.
    assert {name: sorted(told) for name, told in visitor.query.items()} == {
        name: sorted(told) for name, told in choice.query.items()
    }
    told: dict[str, str] = {}
    for view in pages_with_figures:
        visitor.go_to(view)
        check(visitor, library, choice, view, told)
    assert set(told) & set(library.figures(choice))
    visitor.says_nothing_went_wrong()
