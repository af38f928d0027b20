"""What the browser tests share: servers, one browser, visitors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from browser import hostile_shop
from browser.library import Library
from browser.raw_lines import RawLines
from browser.servers import Site, served
from browser.visitor import Visitor
from conftest import data_dir
from ecommerce_analytics import datasets
from ecommerce_analytics.datasets.online_retail import Cleaning

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SITES = ("synthetic", "olist", "online_retail", "hostile")

Visit = Callable[..., Visitor]


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test for a tool that is missing; where ``CI`` is set, all tools must be there."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def site_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Return how a site is had by its name: the first who asks starts it."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> Site:
            log = tmp_path_factory.mktemp(name) / "server.log"
            arguments, load = _SOURCES[name]()
            return stack.enter_context(served(name, arguments, load, log))

        yield start


def _command(*source: str) -> list[str]:
    return ["-m", "ecommerce_analytics", "dashboard", *source, "--no-browser"]


def _olist() -> tuple[list[str], Callable[[], Any]]:
    folder = data_dir() / "olist"
    return _command("olist", str(folder)), partial(datasets.load_olist, folder)


def _online_retail(cleaning: Cleaning = "E") -> tuple[list[str], Callable[[], Any]]:
    file = data_dir() / "online_retail" / "online_retail.csv"
    return (
        _command("online-retail", str(file), "--cleaning", cleaning),
        partial(datasets.load_online_retail, file, cleaning=cleaning),
    )


_SOURCES: dict[str, Callable[[], tuple[list[str], Callable[[], Any]]]] = {
    "synthetic": lambda: (_command(), datasets.make_synthetic),
    "olist": _olist,
    "online_retail": _online_retail,
    "online_retail_C": partial(_online_retail, "C"),
    "hostile": lambda: (["-m", "browser.hostile_shop"], hostile_shop.load),
}


@pytest.fixture(scope="session")
def library_of(site_of: Callable[[str], Site]) -> Callable[[str], Library]:
    """Return what the library says of a site's data."""
    return cache(lambda name: Library(site_of(name).dataset))


@pytest.fixture(scope="session")
def raw_lines(site_of: Callable[[str], Site]) -> RawLines:
    """Return what SQL says of the rows of the synthetic shop."""
    tables = site_of("synthetic").dataset.tables
    return RawLines(tables["lines"], tables["payments"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the one browser of the run."""
    if not CHROMIUM.exists():
        skip_or_fail(f"no {CHROMIUM}: tools/setup.sh apt chromium")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)) as one,
    ):
        yield one


@pytest.fixture(scope="session")
def context_of(browser: Browser) -> Callable[..., BrowserContext]:
    """Return how a context is had: of one kind there is one, whose cache later tabs use."""

    @cache
    def make(scheme: str, width: int, motion: str, _person: str) -> BrowserContext:
        return browser.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme=scheme,
            reduced_motion=motion,
            locale="en-US",
            accept_downloads=True,
        )

    return make


@pytest.fixture
def visit(
    context_of: Callable[..., BrowserContext], site_of: Callable[[str], Site]
) -> Iterator[Visit]:
    """Return how a tab is had: ``visit(site, scheme=, width=, motion=, person=)``."""
    with ExitStack() as stack:

        def arrive(
            site: str,
            *,
            scheme: str = "light",
            width: int = 1440,
            motion: str = "reduce",
            person: str = "",
        ) -> Visitor:
            where = site_of(site)
            page = context_of(scheme, width, motion, person).new_page()
            stack.callback(page.close)
            return Visitor(page, where)

        yield arrive
