"""Names that are attacks are shown as text, and nothing of them runs."""

from __future__ import annotations

import pytest

from browser.conftest import Visit
from browser.hostile_shop import NAMES
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]

# What a name would leave behind if it were read as markup: elements, never text.
_TRACES = """() => {
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) look(node.shadowRoot);
      const address = node.getAttribute('href') ?? node.getAttribute('xlink:href')
        ?? node.getAttribute('src') ?? '';
      if (address.includes('hostile.example') || address === 'x') found.push(node.outerHTML);
      if (node.tagName === 'SCRIPT' && node.textContent.includes('hostile')) {
        found.push(node.outerHTML);
      }
      if (node.classList && node.classList.contains('katex')) found.push(node.outerHTML);
      if (node.classList && node.classList.contains('stMarkdownColoredText')) {
        found.push(node.outerHTML);
      }
    }
  };
  look(document);
  return [window.hostile ?? 0, found.map((text) => text.slice(0, 200))];
}"""


def check(visitor: Visitor) -> None:
    """Check that no name did more than stand there."""
    ran, traces = visitor.page.evaluate(_TRACES)
    assert ran == 0
    assert not traces
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("view", PAGES)
def test_hostile_names_are_text_on_each_page(visit: Visit, view: str) -> None:
    visitor = visit("hostile").open(view)
    check(visitor)
    overflow = visitor.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not overflow


@pytest.mark.parametrize("name", ["category", "region", "payment_type"])
def test_hostile_names_are_text_in_the_filters(visit: Visit, name: str) -> None:
    """A list shows its names as they are, and each of them can be chosen, and is in the URL."""
    key = {"category": "category", "region": "region", "payment_type": "payment"}[name]
    visitor = visit("hostile").open(PAGES[0])
    visitor.find_option(name)
    check(visitor)
    visitor.page.keyboard.press("Escape")
    for hostile in NAMES:
        if len(hostile) > 1_000:
            continue
        visitor.open(PAGES[0], {key: [hostile]})
        assert visitor.query == {key: [hostile]}
        check(visitor)
