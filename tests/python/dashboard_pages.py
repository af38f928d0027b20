"""Pages of the dashboard, opened as a visitor opens them, without a browser."""

import time
from pathlib import Path
from typing import Final

from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import views

APP: Final = str(Path(ea.__file__).parent / "dashboard" / "app.py")
_SECONDS: Final = 300
# What a page says while a thread makes an answer.
_MAKING: Final = ("being computed", "being fitted")


def opened(page: str = views.PAGES[0].name, **query: str | list[str]) -> AppTest:
    """Open a page by its name, the first one if none is told, and wait for its answers."""
    app = AppTest.from_file(APP, default_timeout=_SECONDS)
    app.query_params.update(query)
    app.run()
    return turned_to(app, page)


def turned_to(app: AppTest, page: str) -> AppTest:
    """Turn to another page of an open dashboard, and wait for its answers."""
    path = "" if page == views.PAGES[0].name else page
    [app._page_hash] = [
        key for key, one in app._registered_pages.items() if one["url_pathname"] == path
    ]
    return _waited(app.run())


def paths_of(app: AppTest) -> set[str]:
    """Return the paths of the pages that a visitor can choose from."""
    return {one["url_pathname"] for one in app._registered_pages.values()}


def _waited(app: AppTest) -> AppTest:
    end = time.monotonic() + _SECONDS
    while any(words in one.value for one in app.info for words in _MAKING):
        assert time.monotonic() < end, "an answer did not come"
        time.sleep(0.2)
        app.run()
    assert not app.exception
    return app
