"""WCAG 2 at the levels A and AA by axe-core, in both themes; the keyboard reaches everything."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from browser.conftest import Visit, skip_or_fail
from conftest import CHECKOUT
from ecommerce_analytics.dashboard import views

PAGES = [one.name for one in views.PAGES if one.group]
AXE = CHECKOUT / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

# Faults of Streamlit itself that cannot be mended from outside: the rule, the part of the page (the
# nearest `data-testid` of its own that is named so), and why.
UNAVOIDABLE = {
    ("list", "stSidebarNavItems"): "a menu with groups puts a div for each into its list",
    ("listitem", "stSidebarNavItems"): "the same: its items are not directly in the list",
}

# Pictures and gradients behind text hide its ground from axe, which then passes no judgement.
_PLAIN_GROUNDS = """() => {
  const style = document.createElement('style');
  style.textContent = '* { background-image: none !important; backdrop-filter: none !important }';
  document.head.appendChild(style);
  for (const node of document.querySelectorAll('*')) {
    if (node.shadowRoot) node.shadowRoot.appendChild(style.cloneNode(true));
  }
}"""
_RUN = """async (levels) => {
  const found = await axe.run(document, {
    runOnly: levels, resultTypes: ['violations'], elementRef: true
  });
  const parts = (node) => {
    const told = [];
    for (let one = node; one; one = one.parentElement ?? one.getRootNode().host) {
      if (one.dataset?.testid) told.push(one.dataset.testid);
    }
    return told;
  };
  return found.violations.flatMap((rule) => rule.nodes.map((node) => [
    rule.id, parts(node.element), node.target.flat(9).join(' '), node.html.slice(0, 160),
    node.failureSummary
  ]));
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the text of axe-core."""
    if not AXE.is_file():
        if not shutil.which("npm") and os.geteuid() != 0:
            skip_or_fail("no npm, and no root to install it: apt-get install npm")
        raise AssertionError(f"no {AXE}: make test-browser installs it")
    return Path(AXE).read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", PAGES)
def test_axe_finds_no_violation(visit: Visit, axe: str, view: str, scheme: str) -> None:
    visitor = visit("synthetic", scheme=scheme).open(view)
    visitor.page.evaluate(axe)
    visitor.page.evaluate(_PLAIN_GROUNDS)
    violations = [
        one
        for one in visitor.page.evaluate(_RUN, LEVELS)
        if not any(one[0] == rule and part in one[1][:3] for rule, part in UNAVOIDABLE)
    ]
    assert not violations, "\n".join(map(str, violations[:20]))


@pytest.mark.parametrize("view", PAGES)
def test_the_keyboard_reaches_filters_and_exports(visit: Visit, view: str) -> None:
    visitor = visit("synthetic").open(view).open_what_is_folded()
    wanted = set(
        visitor.page.locator('.st-key-filters, [class*="st-key-export-"]').evaluate_all(
            "nodes => nodes.map((node) => "
            "[...node.classList].find((name) => name.startsWith('st-key-')))"
        )
    )
    assert "st-key-filters" in wanted
    reached: set[str] = set()
    for _ in range(400):
        visitor.page.keyboard.press("Tab")
        told = visitor.page.evaluate(
            """() => {
              const chain = [];
              for (let node = document.activeElement; node; node = node.parentElement) {
                chain.push(...[...node.classList].filter((name) => name.startsWith('st-key-')));
              }
              return chain;
            }"""
        )
        reached |= set(told)
        if wanted <= reached:
            break
    assert wanted <= reached, wanted - reached
