"""Libraries that only a part of the package needs."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ecommerce_analytics.errors import MissingExtra


def require(extra: str, module: str, *others: str) -> ModuleType:
    """Import `module`, or say which extra, or which of several, brings it.

    Raises
    ------
    MissingExtra
        If the module is not installed, or a library of the system that it loads is missing.
    """
    try:
        return import_module(module)
    except ImportError as error:
        named = " or ".join(f'"ecommerce-analytics[{one}]"' for one in (extra, *others))
        raise MissingExtra(f"{module} is not installed; pip install {named} brings it") from error
    except OSError as error:  # What `dlopen` says: pip brings Pango to no machine.
        raise MissingExtra(
            f"{module} is installed, but a library of the system that it needs is not: {error}"
        ) from error
