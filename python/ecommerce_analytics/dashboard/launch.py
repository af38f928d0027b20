"""Serving the dashboard: one source for all who open it, on this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ecommerce_analytics import extras
from ecommerce_analytics.dashboard import theme
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.datasets.dataset import Dataset

__all__ = ["Source", "serve", "served", "use"]

_APP: Final = Path(__file__).with_name("app.py")


@dataclass
class Source:
    """What the dashboard shows to everyone: how it is loaded, and the shop it became.

    Attributes
    ----------
    load : callable
        Reads the data set.
    """

    load: Callable[[], Dataset]
    _shop: Shop | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_ready(self) -> bool:
        """True if the shop is prepared."""
        return self._shop is not None

    def shop(self) -> Shop:
        """Return the prepared shop; the first who asks prepares it, and others wait."""
        with self._lock:
            if self._shop is None:
                self._shop = Shop(self.load())
            return self._shop


_source: Source | None = None


def use(source: Source) -> None:
    """Show this source from now on."""
    global _source
    _source = source


def served() -> Source:
    """Return the source that is shown; a synthetic shop if none was told."""
    global _source
    if _source is None:
        from ecommerce_analytics import datasets

        _source = Source(datasets.make_synthetic)
    return _source


def serve(
    source: Source, *, host: str = "127.0.0.1", port: int = 8501, browser: bool = True
) -> None:
    """Serve the dashboard until it is interrupted.

    Parameters
    ----------
    source : Source
        What it shows.
    host, port
        Where it listens.
    browser : bool, default=True
        Open it in a browser.

    Raises
    ------
    MissingExtra
        The extra `dashboard` is not installed.
    """
    for module in ("plotly", "babel", "pyarrow"):
        extras.require("dashboard", module)
    bootstrap = extras.require("dashboard", "streamlit.web.bootstrap")
    use(source)
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": not browser,
        "server.enableStaticServing": True,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        **theme.options_of_streamlit(),
    }
    # The first visitor finds it loaded, or on its way.
    threading.Thread(target=_prepare, args=(source,), daemon=True).start()
    bootstrap.load_config_options(flag_options={k.replace(".", "_"): v for k, v in options.items()})
    bootstrap.run(str(_APP), False, [], {})


def _prepare(source: Source) -> None:
    with contextlib.suppress(Exception):
        source.shop()
