"""Figures equal those of the library, on all pages, under any filters."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.library import EVERYTHING, Choice, Library
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]
NUM_CHOICES = 20


def check(visitor: Visitor, library: Library, choice: Choice, view: str) -> dict[str, str]:
    """Compare each figure of the page that is open with the library's."""
    expected = library.figures(choice)
    shown = visitor.figures()
    unknown = set(shown) - set(expected)
    assert not unknown, f"{view}: browser/library.py does not know what {unknown} are"
    wrong = {
        name: (value, expected[name]) for name, value in shown.items() if value != expected[name]
    }
    assert not wrong, f"{view} under {choice}: shown, and the library's: {wrong}"
    return shown


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
    seen: set[str] = set()
    for choice in (EVERYTHING, *library.choices(2, seed=5)):
        visitor.open(PAGES[0], choice.query)
        for view in visitor.menu:
            visitor.go_to(view)
            seen |= set(check(visitor, library, choice, view))
    assert seen
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("number", range(NUM_CHOICES))
def test_pages_agree_under_filters(
    visit: Visit, library_of, pages_with_figures: list[str], number: int
) -> None:
    """One id is one figure: what a page shows is the library's, so it is every page's."""
    library = library_of("synthetic")
    choice = library.choices(NUM_CHOICES)[number]
    visitor = visit("synthetic").open(PAGES[0], choice.query)
    assert visitor.query == choice.query
    for view in pages_with_figures:
        visitor.go_to(view)
        assert check(visitor, library, choice, view)
    visitor.says_nothing_went_wrong()
