"""Time the dashboard in a browser: a changed filter, a cold start, a prepared source.

For each page a filter is changed by its widget, and the time runs from the click to two moments.
At the first the figures in sight are the new ones: the cards, and the line that says how many
orders and customers are left. At the second all of the page is, its charts and tables, also those
below the window. Filters change between values that were not asked for before, as an answer is
remembered.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import BrowserContext, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "tests"), str(CHECKOUT / "tests" / "python")]

from browser.conftest import CHROMIUM, FLAGS  # noqa: E402
from browser.servers import Site, served  # noqa: E402
from browser.visitor import Visitor  # noqa: E402

from ecommerce_analytics import datasets  # noqa: E402
from ecommerce_analytics.dashboard import launch  # noqa: E402

NUM_CUSTOMERS = 86_000  # About 1,000,000 orders.
# Watches from the click on, inside the page, so that the driver's own time is not counted: until
# the cards and the line of what is left say the new figures, and until all of the page is drawn.
_WATCH = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const isDrawn = () => app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
    && !document.querySelector('[data-testid=stSpinner]');
  const isInSight = (one) => one.getBoundingClientRect().top < window.innerHeight;
  const cards = [...app.querySelectorAll('*')].filter((one) => one.shadowRoot && isInSight(one));
  window.latency = null;
  window.answered = false;
  document.addEventListener('pointerup', () => {
    const start = performance.now();
    let told = start, changed = start;
    // Inside its canvas a table keeps rows for screen readers, filled 200 ms after the drawn ones.
    const isDrawing = (one) => !one.target.closest?.('canvas');
    const isTelling = (one) => one.type === 'characterData' && isInSight(one.target.parentElement)
      && one.target.parentElement.closest('[class*=st-key-scope-]');
    const seen = new MutationObserver((ones) => {
      if (ones.some(isDrawing)) changed = performance.now();
      if (ones.some(isTelling)) told = performance.now();
    });
    const watched = {subtree: true, childList: true, attributes: true, characterData: true};
    seen.observe(app, watched);
    const figures = new MutationObserver(() => { told = changed = performance.now(); });
    cards.forEach((one) => figures.observe(one.shadowRoot, watched));
    const look = () => {
      // Nothing moved for a while after the answer: what was shown last is the end.
      if (window.answered && isDrawn() && performance.now() - changed > 400) {
        seen.disconnect();
        figures.disconnect();
        window.latency = [told - start, changed - start];
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  }, {once: true, capture: true});
}"""


def change(visitor: Visitor, name: str, label: str) -> tuple[float, float]:
    """Choose one more in a list of filters; return the milliseconds to the figures, and to all."""
    option = visitor.find_option(name, label)
    visitor.page.evaluate(_WATCH)
    with visitor.rerun():
        option.click()
    visitor.page.evaluate("window.answered = true")
    visitor.page.wait_for_function("window.latency !== null")
    told, changed = visitor.page.evaluate("window.latency")
    return float(told), float(changed)


def told(name: str, values: list[tuple[float, float]]) -> str:
    figures, whole = zip(*values, strict=True)
    high = quantiles(whole, n=20)[-1] if len(whole) > 1 else whole[0]
    return (
        f"{name:<16} {len(whole):>3} changes   figures, median {median(figures):5.0f} ms"
        f"   whole page, median {median(whole):5.0f} ms   95th percentile {high:5.0f} ms"
    )


def first_page(context: BrowserContext, site: Site) -> float:
    visitor = Visitor(context.new_page(), site, patience=300.0)
    begun = time.perf_counter()
    visitor.open("tower")
    seconds = time.perf_counter() - begun
    visitor.page.close()
    return seconds


def prepared(context: BrowserContext, customers: int, scratch: Path) -> tuple[float, list[float]]:
    """Return the seconds to the first page of a folder of `run`: from nothing, and later."""
    folder = scratch / "run"
    program = [sys.executable, "-m", "ecommerce_analytics"]
    run = ["run", "synthetic", "--num-customers", str(customers), "--output", str(folder)]
    subprocess.run([*program, *run], check=True, stdout=subprocess.DEVNULL)
    begun = time.perf_counter()
    start = ["-m", "ecommerce_analytics", "dashboard", str(folder), "--no-browser"]
    with served("kept", start, lambda: datasets.make_synthetic(50), scratch / "kept.log") as site:
        first_page(context, site)
        cold = time.perf_counter() - begun
        return cold, [first_page(context, site) for _ in range(5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=NUM_CUSTOMERS)
    parser.add_argument("--changes", type=int, default=16)
    parser.add_argument("--page", nargs="*", help="by default all; none: the first page alone")
    parser.add_argument("--port", type=int, help="serve the shop itself, and time nothing")
    options = parser.parse_args()
    if options.port is not None:
        source = launch.Source(lambda: datasets.make_synthetic(options.customers))
        launch.serve(source, port=options.port, browser=False)
        return
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(
            viewport={"width": 1440, "height": 1000}, locale="en-US", reduced_motion="reduce"
        )
        cold, warm = prepared(context, options.customers, Path(scratch))
        print(f"first page of a folder of a run, from nothing: {cold:.1f} s (goal 5 s)")
        print(f"first page of a folder of a run, warm: {median(warm):.2f} s (goal 1 s)")
        start = [__file__, "--customers", str(options.customers)]
        with served(
            "bench", start, lambda: datasets.make_synthetic(50), Path(scratch) / "log"
        ) as site:
            drawn = first_page(context, site)
            print(f"first page, with the drawing of {options.customers:,} customers: {drawn:.1f} s")
            warm = [first_page(context, site) for _ in range(5)]
            print(f"first page, warm: {median(warm):.2f} s (goal 1 s)", flush=True)
            visitor = Visitor(context.new_page(), site).open("tower")
            pages = [view for view in visitor.menu if options.page is None or view in options.page]
            for view in pages:
                visitor.open(view)
                values = []
                for number, (name, label) in enumerate(choices(visitor)):
                    if number >= options.changes:
                        break
                    values.append(change(visitor, name, label))
                print(told(view, values), flush=True)
        browser.close()


def choices(visitor: Visitor) -> list[tuple[str, str]]:
    """Return changes that each make filters that were not asked for: states, then categories."""
    told = []
    for name in ("region", "category"):
        visitor.find_option(name)
        # The list draws the rows in sight alone; the first of them chooses all.
        labels = visitor.page.get_by_role("option").all_inner_texts()
        told += [(name, label.strip()) for label in labels if label.strip() != "Select all"]
        visitor.page.keyboard.press("Escape")
    return told


if __name__ == "__main__":
    main()
