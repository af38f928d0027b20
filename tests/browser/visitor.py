"""A person at the dashboard: opens pages, waits until they are drawn, reads figures."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, WebSocket
from playwright.sync_api import TimeoutError as TimedOut
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from browser.servers import Site
from ecommerce_analytics.dashboard import views

PATIENCE_MS = 60_000

# Where a page's own address is not the root, Streamlit looks for its server below the page first.
_ASKED_BELOW_THE_PAGE = re.compile(r"^/[^/]+/_stcore/(health|host-config)$")

_IS_DRAWN = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  if (!app || app.dataset.testScriptState !== 'notRunning') return false;
  if (document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')) return false;
  if (document.querySelector('[data-stale=true]')) return false;
  const notes = [...document.querySelectorAll('[data-testid=stAlert]')];
  if (notes.some((note) => note.textContent.includes('once for this source'))) return false;
  const plots = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
  return plots.every((plot) => plot.querySelector('.js-plotly-plot .main-svg'));
}"""
# Two frames: what was told is painted.
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_FIGURES = """(nodes) => nodes.map((node) => [
  node.dataset.testid, node.dataset.value ?? node.textContent
])"""
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

# The mark of a figure whose custom data is this, as Plotly keeps it on its elements.
_MARK = """(panel, wanted) => {
  for (const mark of panel.querySelectorAll('.point, .choroplethlocation')) {
    const drawn = mark.closest('.trace').__data__[0].trace;
    const place = mark.__data__.i ?? mark.__data__.index;
    if (JSON.stringify(drawn.customdata?.[place]) === JSON.stringify(wanted)) {
      return mark.querySelector('path') ?? mark;
    }
  }
  return null;
}"""
# Of the grid that draws tables: the height of a row and of the head, and where a row is chosen.
_ROW_HEIGHT = 35
_ROW_MARKER = 16

LABELS = {
    "category": "Category",
    "segment": "Segment",
    "region": "Country or state",
    "payment_type": "Payment type",
}


def _page_of(address: str) -> str:
    return urlsplit(address).path.strip("/") or views.PAGES[0].name


class Visitor:
    """One tab of a browser at one site.

    Attributes
    ----------
    faults : list of str
        Errors on the console, exceptions of scripts, requests that leave the machine, dialogs.
    """

    def __init__(self, page: Page, site: Site, patience: float = PATIENCE_MS / 1000) -> None:
        self.page = page
        self.site = site
        self.faults: list[str] = []
        self.num_runs = 0
        self._is_running = False
        self._patience = patience
        page.set_default_timeout(1000 * patience)
        page.on("websocket", self._listen)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("request", self._see_request)
        page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))

    def open(self, view: str, query: Mapping[str, Sequence[str]] | None = None) -> Visitor:
        """Open a page by its own address."""
        name = "" if view == views.PAGES[0].name else view
        before = self.num_runs
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        self.page.goto(f"{self.site.url}/{name}{asked}", wait_until="commit")
        return self.settle(before)

    @property
    def menu(self) -> dict[str, Locator]:
        """The links of the menu, by the names of their pages."""
        links = self.page.get_by_test_id("stSidebarNavLink").all()
        told = {_page_of(link.evaluate("node => node.href")): link for link in links}
        return told or {views.PAGES[0].name: self.page.locator("body")}

    @property
    def view(self) -> str:
        """Name of the page that is open."""
        return _page_of(self.page.url)

    def go_to(self, view: str) -> Visitor:
        """Go to a page by the menu, if another one is open."""
        if self.view != view:
            with self.rerun():
                self.menu[view].click()
                self.page.wait_for_url(lambda address: _page_of(address) == view)
        return self

    def choose(self, name: str, *labels: str) -> None:
        """Choose in a list of the filters, by the keyboard."""
        for label in labels:
            option = self.find_option(name, label)
            with self.rerun():
                option.click()
        self.page.keyboard.press("Escape")

    def find_option(self, name: str, label: str = "") -> Locator:
        """Open a list of the filters, type into it, and return what it offers of that name."""
        box = self.filters.get_by_role("combobox", name=LABELS[name], exact=True)
        offered = self.page.get_by_role("option", name=label or None, exact=bool(label)).first
        for _ in range(10):  # A list that is still moving into sight closes again.
            self.page.keyboard.press("Escape")  # An open list hides the others.
            box.scroll_into_view_if_needed()
            box.click()
            box.fill(label)
            with suppress(TimedOut):
                offered.wait_for(timeout=2_000)
                return offered
        raise AssertionError(f"{LABELS[name]} does not offer {label}")

    def type_period(self, first: date, last: date) -> None:
        """Type the period, digit by digit."""
        fields = self.filters.get_by_role("spinbutton")
        with self.rerun():
            for number, day in enumerate((first, last)):
                fields.nth(3 * number).click()
                self.page.keyboard.type(f"{day:%Y%m%d}", delay=20)
            self.filters.get_by_role("heading", name="Filters").click()

    def click_mark(self, key: str, custom_data: Any) -> Visitor:
        """Click the bar, point or region of a figure whose custom data is this, at its centre."""
        panel = self.page.locator(f".st-key-panel-{key}")
        mark = panel.evaluate_handle(_MARK, custom_data).as_element()
        assert mark, f"{key} has no mark of {custom_data}"
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        assert box
        where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(*where)
        panel.locator(".hoverlayer .hovertext").first.wait_for()  # Else Plotly sees no click.
        with self.rerun():
            self.page.mouse.click(*where)
        return self

    def click_row(self, key: str, row: int) -> Visitor:
        """Choose a row of a table, from 0, that is in sight without scrolling in it."""
        grid = self.page.locator(f".st-key-table-{key}").get_by_test_id("stDataFrame")
        grid.scroll_into_view_if_needed()
        with self.rerun():
            grid.click(position={"x": _ROW_MARKER, "y": (row + 1.5) * _ROW_HEIGHT})
        return self

    def take_away(self, key: str, folder: Path, forms: Sequence[str]) -> dict[str, Path]:
        """Export a table in some forms."""
        self.page.locator(f".st-key-export-{key} button").first.click()
        files = {}
        for form in forms:
            with self.page.expect_download() as waiting:
                self.page.locator(f".st-key-download-{key}-{form} button").click()
            assert waiting.value.suggested_filename == f"{key}.{form}"
            files[form] = folder / f"{key}.{form}"
            waiting.value.save_as(files[form])
        self.page.keyboard.press("Escape")
        return files

    def open_what_is_folded(self) -> Visitor:
        """Open each part of the page that a click unfolds."""
        for fold in self.page.get_by_test_id("stMain").locator("details > summary").all():
            if not fold.evaluate("node => node.parentElement.open"):
                fold.click()
        return self

    @property
    def filters(self) -> Locator:
        """The filters of the sidebar."""
        return self.page.locator(".st-key-filters")

    def settle(self, after: int) -> Visitor:
        """Wait until more runs than `after` have ended and all of it is drawn."""
        until = time.monotonic() + self._patience
        while True:
            while self.num_runs <= after or self._is_running:
                if time.monotonic() > until:
                    raise AssertionError(f"no end of the run: {self.page.url}")
                self.page.wait_for_timeout(15)  # Lets the messages come in.
            self.page.wait_for_function(_IS_DRAWN)
            self.page.evaluate(_PAINTED)
            if not self._is_running:
                return self

    @contextmanager
    def rerun(self) -> Iterator[None]:
        """Wait, at the end of the block, for the run that the block brought about."""
        before = self.num_runs
        yield
        self.settle(before)

    def figures(self) -> dict[str, str]:
        """Return what the figures of the page say, by their ids."""
        told: dict[str, str] = {}
        for name, value in self.page.locator('[data-testid^="figure-"]').evaluate_all(_FIGURES):
            name = name.removeprefix("figure-")
            assert told.setdefault(name, value) == value, f"{name}: {told[name]} and {value}"
        return told

    @property
    def query(self) -> dict[str, list[str]]:
        """What the address says after the question mark."""
        return parse_qs(urlsplit(self.page.url).query)

    @property
    def plots(self) -> Locator:
        """The figures that Plotly drew."""
        return self.page.locator(".js-plotly-plot")

    def says_nothing_went_wrong(self) -> None:
        """Fail if there is an exception on the page, or a fault was seen."""
        boxes = self.page.locator('[data-testid="stException"]').all_inner_texts()
        assert not boxes, boxes
        assert not self.faults, self.faults

    def shows_no_trace_of_markup(self) -> None:
        """Fail if a hostile name became more than text, here or in a frame."""
        for frame in self.page.frames:
            ran, traces = frame.evaluate(_TRACES)
            assert ran == 0
            assert not traces

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._receive)

    def _receive(self, payload: Any) -> None:
        if not isinstance(payload, bytes):
            return
        message = ForwardMsg()
        message.ParseFromString(payload)
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            # A fragment may run by the clock: that is no answer to what a person did.
            is_whole = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            self.num_runs += is_whole
        elif kind == "session_status_changed":
            self._is_running = message.session_status_changed.script_is_running
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.faults.append(message.delta.new_element.exception.message)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "assert"):
            return
        path = urlsplit(message.location.get("url", "")).path
        if "404" in message.text and _ASKED_BELOW_THE_PAGE.match(path):
            return
        self.faults.append(f"console: {message.text} ({path})")

    def _see_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.faults.append(f"left the machine: {request.url[:200]}")
