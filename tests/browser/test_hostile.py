"""Names that are attacks are shown as text by the filters, and can be chosen."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.hostile_shop import NAMES
from ecommerce_analytics.dashboard import views

FIRST = views.PAGES[0].name
SHORT = [name for name in NAMES if len(name) < 1_000]  # A longer one is too much for an address.


@pytest.mark.parametrize("name", ["category", "region", "payment_type"])
def test_hostile_names_are_text_in_the_filters(visit: Visit, name: str) -> None:
    key = name.removesuffix("_type")
    visitor = visit("hostile").open(FIRST)
    visitor.find_option(name)
    visitor.shows_no_trace_of_markup()
    visitor.open(FIRST, {key: SHORT})
    assert sorted(visitor.query[key]) == sorted(SHORT)
    visitor.shows_no_trace_of_markup()
    visitor.says_nothing_went_wrong()


def test_hostile_names_in_the_address_are_text(visit: Visit) -> None:
    """A link can be sent by anyone: what it asks for in vain is told as text."""
    visitor = visit("hostile").open(FIRST, {"category": [f"no {name}" for name in SHORT]})
    assert "no <script>" in visitor.filters.get_by_test_id("stAlert").inner_text()
    visitor.shows_no_trace_of_markup()
    visitor.says_nothing_went_wrong()
