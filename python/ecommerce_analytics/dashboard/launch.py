"""Serving the dashboard: one source for all who open it, on this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Final

from ecommerce_analytics import extras
from ecommerce_analytics.dashboard import theme, uploads
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.errors import InvalidArgument

__all__ = ["Source", "serve", "served", "use"]

_APP: Final = Path(__file__).with_name("app.py")


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
    InvalidArgument
        The port is taken, or this machine has no such address.
    """
    for module in ("plotly", "babel", "pyarrow"):
        extras.require("dashboard", module)
    bootstrap = extras.require("dashboard", "streamlit.web.bootstrap")
    _require_free(host, port)
    use(source)
    options = {
        "server.address": host,
        "server.port": port,
        "server.headless": not browser,
        "server.maxUploadSize": uploads.MAX_MEGABYTES,
        "server.enableStaticServing": True,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",  # A traceback is for the log, not for visitors.
        **theme.options_of_streamlit(),
    }
    # The first visitor finds it loaded, or on its way.
    first = threading.Thread(target=_prepare, args=(source,), daemon=True)
    first.start()
    bootstrap.load_config_options(flag_options={k.replace(".", "_"): v for k, v in options.items()})
    bootstrap.run(str(_APP), False, [], {})
    if first.is_alive():  # It may be within a native call, which the end of Python would tear.
        sys.stdout.flush()
        os._exit(0)


def _require_free(host: str, port: int) -> None:
    """Refuse an address where nothing can listen, before anything is loaded."""
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        message = "dashboard: nothing can listen there; choose another by --port or --host"
        reason = f"{host}:{port}, {(error.strerror or str(error)).lower()}"
        raise InvalidArgument(message, value=reason) from error


def _prepare(source: Source) -> None:
    with contextlib.suppress(Exception):
        source.shop()
