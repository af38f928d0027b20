"""Each page opens on each source, by its own address, and says nothing went wrong."""

from __future__ import annotations

import pytest

from browser.conftest import SITES, Visit
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("view", PAGES)
def test_a_page_opens(visit: Visit, site: str, view: str) -> None:
    visitor = visit(site).open(view)
    visitor.says_nothing_went_wrong()
