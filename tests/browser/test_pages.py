"""Each page opens on each source by its own address, nothing goes wrong, and no plot is empty."""

from __future__ import annotations

import pytest

from browser.conftest import SITES, Visit
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]

_MARKS = """(plot) => plot.querySelectorAll([
  '.bars .point path', '.scatterlayer .js-line', '.scatterlayer .point', '.scatterlayer .js-fill',
  '.heatmaplayer image', '.hm', '.treemaplayer path.surface', '.pielayer path.surface',
  '.waterfalllayer .point path', '.boxlayer path.box', '.choroplethlayer path.choroplethlayer',
  '.geo .choropleth path', '.maplibregl-canvas', '.mapboxgl-canvas', '.gl-container canvas',
  '.sunburstlayer path.surface', '.funnellayer path', '.sankey-node', '.parcoords', '.table'
].join(',')).length"""


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("view", PAGES)
def test_a_page_opens(visit: Visit, site: str, view: str) -> None:
    visitor = visit(site).open(view)
    visitor.says_nothing_went_wrong()
    visitor.shows_no_trace_of_markup()
    check_plots(visitor)


def check_plots(visitor: Visitor) -> None:
    """Check that each plot has marks and room."""
    for plot in visitor.plots.all():
        assert plot.evaluate(_MARKS) > 0, plot.evaluate("plot => plot.outerHTML.slice(0, 500)")
        box = plot.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] > 100
