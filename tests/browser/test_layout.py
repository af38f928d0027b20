"""Pages on a phone and a tablet: nothing scrolls sideways; and nothing moves unasked."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]
PHONE, TABLET = 390, 820

# Things that reach beyond the right edge, but for those inside something that scrolls by itself.
_TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const told = [];
  if (document.documentElement.scrollWidth > window.innerWidth) told.push('the document');
  if (main.scrollWidth > main.clientWidth) told.push('the page');
  return told;
}"""
_FITS = f"() => ({_TOO_WIDE})().length === 0"


@pytest.mark.parametrize("view", PAGES)
def test_nothing_scrolls_sideways(visit: Visit, view: str) -> None:
    visitor = visit("synthetic", width=PHONE).open(view)
    assert visitor.page.evaluate(_TOO_WIDE) == []
    visitor.page.set_viewport_size({"width": TABLET, "height": 1000})
    visitor.page.wait_for_function(_FITS)
    visitor.says_nothing_went_wrong()


def test_figures_count_up_only_where_motion_is_welcome(visit: Visit) -> None:
    """With reduced motion nothing moves; else figures count up, and end at the same text."""
    still = visit("synthetic").open(PAGES[0])
    still.choose("segment", "Champions")  # A card that changes is what would move.
    moving = still.page.evaluate(
        """() => {
          const inside = (root) => [...root.querySelectorAll('*')].flatMap(
            (node) => [node, ...(node.shadowRoot ? inside(node.shadowRoot) : [])]);
          return inside(document).filter((node) => {
            const style = getComputedStyle(node);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0.01;
          }).map((node) => node.outerHTML.slice(0, 120));
        }"""
    )
    assert not moving, moving
    shown = still.figures()
    lively = visit("synthetic", motion="no-preference").open(PAGES[0], {"segment": ["Champions"]})
    node = lively.page.get_by_test_id("figure-revenue_net")
    node.filter(has_text=shown["revenue_net"]).wait_for()
    assert lively.figures() == shown
