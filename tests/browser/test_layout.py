"""Pages on a phone, a tablet and a desk: nothing scrolls sideways, no plot is empty."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]
PHONE, TABLET, DESK = 390, 820, 1440

# Elements that reach beyond the right edge, but for those inside something that scrolls by itself.
_TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const told = [];
  if (document.documentElement.scrollWidth > window.innerWidth) told.push('the document');
  if (main.scrollWidth > main.clientWidth) told.push('the page');
  return told;
}"""
_MARKS = """(plot) => plot.querySelectorAll([
  '.bars .point path', '.scatterlayer .js-line', '.scatterlayer .point', '.scatterlayer .js-fill',
  '.heatmaplayer image', '.hm', '.treemaplayer path.surface', '.pielayer path.surface',
  '.waterfalllayer .point path', '.boxlayer path.box', '.choroplethlayer path.choroplethlayer',
  '.geo .choropleth path', '.maplibregl-canvas', '.mapboxgl-canvas', '.gl-container canvas',
  '.sunburstlayer path.surface', '.funnellayer path', '.sankey-node', '.parcoords', '.table'
].join(',')).length"""


@pytest.mark.parametrize("width", [PHONE, TABLET])
@pytest.mark.parametrize("view", PAGES)
def test_nothing_scrolls_sideways(visit: Visit, view: str, width: int) -> None:
    visitor = visit("synthetic", width=width).open(view)
    assert visitor.page.evaluate(_TOO_WIDE) == []
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("site", ["synthetic", "olist", "online_retail"])
@pytest.mark.parametrize("view", PAGES)
def test_no_plot_is_empty(visit: Visit, site: str, view: str) -> None:
    visitor = visit(site).open(view)
    check_plots(visitor)


def check_plots(visitor: Visitor) -> None:
    """Check that each plot has marks, and that no words on its axes lie over each other."""
    for plot in visitor.plots.all():
        assert plot.evaluate(_MARKS) > 0, plot.evaluate("plot => plot.outerHTML.slice(0, 500)")
        box = plot.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] > 100


def test_figures_count_up_only_where_motion_is_welcome(visit: Visit) -> None:
    """With reduced motion nothing moves; else figures count up, and end at the same text."""
    still = visit("synthetic").open(PAGES[0])
    names = ("animationName", "transitionProperty")
    moving = still.page.evaluate(
        """() => [...document.querySelectorAll('*')].filter((node) => {
          const style = getComputedStyle(node);
          return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0.01
        }).map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert not moving, names
    shown = still.figures()
    lively = visit("synthetic", motion="no-preference").open(PAGES[0])
    node = lively.page.get_by_test_id("figure-revenue_net")
    node.filter(has_text=shown["revenue_net"]).wait_for()
    assert lively.figures() == shown
