"""Take pictures of the dashboard's pages, into docs/screenshots/.

Each page at the widths of a phone, a tablet and a desk, in both themes, of the synthetic shop, and
of Online Retail where its file is found: ECOMMERCE_ANALYTICS_DATA, or ../shared/data.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / "tests"), str(CHECKOUT / "tests" / "python")]

from browser.conftest import CHROMIUM, FLAGS  # noqa: E402
from browser.servers import served  # noqa: E402
from browser.visitor import Visitor  # noqa: E402

from ecommerce_analytics import datasets  # noqa: E402

WIDTHS = {"phone": 390, "tablet": 820, "desk": 1440}
SCHEMES = ("light", "dark")
MAX_HEIGHT = 7_000
NUM_COLOURS = 256


def sources(wanted: list[str]) -> dict[str, list[str]]:
    """Return the commands of the sources that may be shown, by their names."""
    told = os.environ.get("ECOMMERCE_ANALYTICS_DATA")
    folder = Path(told) if told else CHECKOUT.parent / "shared" / "data"
    file = folder / "online_retail" / "online_retail.csv"
    commands = {"synthetic": [], "online_retail": ["online-retail", str(file)]}
    if not file.is_file():
        print(f"no {file}: pictures of the synthetic shop alone")
        del commands["online_retail"]
    return {name: command for name, command in commands.items() if name in wanted}


def grow(page: Page, width: int) -> None:
    """Make the window as high as the page, which scrolls in a frame of its own."""
    height = 0
    for _ in range(6):  # What was out of sight is drawn, and may be higher.
        needed = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        if needed <= height:
            return
        height = min(max(needed, 700), MAX_HEIGHT)
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        page.wait_for_load_state("networkidle")


def save(png: bytes, path: Path) -> int:
    """Write a picture with few colours; return its bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.quantize(
        NUM_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    picture.save(path, optimize=True)
    return path.stat().st_size


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=CHECKOUT / "docs" / "screenshots")
    parser.add_argument("--source", nargs="*", default=["synthetic", "online_retail"])
    parser.add_argument("--page", nargs="*", help="by default all")
    parser.add_argument("--scheme", nargs="*", choices=SCHEMES, default=list(SCHEMES))
    parser.add_argument("--width", nargs="*", choices=WIDTHS, default=list(WIDTHS))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    total = 0
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for name, command in sources(arguments.source).items():
            start = ["-m", "ecommerce_analytics", "dashboard", *command, "--no-browser"]
            with served(
                name, start, lambda: datasets.make_synthetic(50), Path(scratch) / name
            ) as site:
                for scheme in arguments.scheme:
                    context = browser.new_context(
                        color_scheme=scheme, reduced_motion="reduce", locale="en-US"
                    )
                    for label in arguments.width:
                        visitor = Visitor(context.new_page(), site)
                        visitor.page.set_viewport_size({"width": WIDTHS[label], "height": 1000})
                        visitor.open("tower")
                        for view in list(visitor.menu):
                            if arguments.page and view not in arguments.page:
                                continue
                            visitor.page.set_viewport_size({"width": WIDTHS[label], "height": 1000})
                            visitor.open(view)
                            grow(visitor.page, WIDTHS[label])
                            path = arguments.output / f"{name}-{view}-{label}-{scheme}.png"
                            total += save(visitor.page.screenshot(animations="disabled"), path)
                        visitor.page.close()
                    context.close()
        browser.close()
    print(f"{total / 1e6:.1f} MB in {arguments.output}")


if __name__ == "__main__":
    main()
