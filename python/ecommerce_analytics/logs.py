"""The log of the command line: events and numbers, no data.

An event is a word; what belongs to it are counts, seconds, names of files without their folders and
the static texts of errors. No key, name or other cell of an input is ever logged.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

__all__ = ["configure", "speaks_json"]

_LOGGER: Final = "ecommerce_analytics"


def configure(form: str, level: str | None) -> None:
    """Send the log of this package to standard error, and nowhere else.

    Parameters
    ----------
    form : {"text", "json"}
        A line of text for each event, or an object of JSON with `time` (UTC), `level`, `event` and
        what belongs to the event.
    level : {"debug", "info", "warning", "error", "off"}, optional
        The least level that is shown; by default off for text, info for json.
    """
    level = level or ("info" if form == "json" else "off")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(as_json=form == "json"))
    logger = logging.getLogger(_LOGGER)
    logger.handlers = [handler]
    logger.setLevel(logging.CRITICAL + 1 if level == "off" else level.upper())
    logger.propagate = False


def speaks_json() -> bool:
    """Tell whether standard error holds a log of JSON, which other words would spoil."""
    logger = logging.getLogger(_LOGGER)
    return logger.isEnabledFor(logging.ERROR) and any(
        isinstance(handler.formatter, _Formatter) and handler.formatter.as_json
        for handler in logger.handlers
    )


class _Formatter(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}
        fields = {
            name: value
            for name, value in getattr(record, "fields", {}).items()
            if value is not None
        }
        if self.as_json:
            return json.dumps(told | fields, ensure_ascii=True)
        shown = (f"{name}={json.dumps(value, ensure_ascii=True)}" for name, value in fields.items())
        return " ".join([*told.values(), *shown])
