"""What is installed: this package, Python, the libraries of each extra, time zone data."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ecommerce_analytics import _core, civil_time

__all__ = ["EXTRAS", "Library", "facts", "libraries", "lines", "missing_of"]

# The extras of pyproject.toml: the name of each library on PyPI, and of its module.
EXTRAS: Final[Mapping[str, Mapping[str, str]]] = {
    "io": {
        "duckdb": "duckdb",
        "faker": "faker",
        "matplotlib": "matplotlib",
        "pyarrow": "pyarrow",
        "pydantic-settings": "pydantic_settings",
        "python-calamine": "python_calamine",
        "rich": "rich",
        "typer": "typer",
        "tzdata": "tzdata",
        "xlsxwriter": "xlsxwriter",
    },
    "dashboard": {
        "babel": "babel",
        "plotly": "plotly",
        "squarify": "squarify",
        "statsmodels": "statsmodels",
        "streamlit": "streamlit",
    },
    "report": {"babel": "babel", "weasyprint": "weasyprint"},
    "sklearn": {"scikit-learn": "sklearn"},
    "survival": {"statsmodels": "statsmodels"},
    "postgresql": {"psycopg": "psycopg", "sqlalchemy": "sqlalchemy"},
    "pandas": {"pandas": "pandas", "pyarrow": "pyarrow"},
    "polars": {"polars": "polars"},
}


@dataclass(frozen=True)
class Library:
    """A library of an extra.

    Attributes
    ----------
    extra, name : str
        The extra, and the library's name on PyPI.
    version : str or None
        What is installed; none if it is not.
    trouble : str or None
        Why it is installed and cannot be imported.
    """

    extra: str
    name: str
    version: str | None
    trouble: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether it can be used."""
        return self.version is not None and self.trouble is None


def libraries() -> list[Library]:
    """Import every library of every extra, and tell how that went."""
    return [
        _library(extra, name, module)
        for extra, modules in EXTRAS.items()
        for name, module in modules.items()
    ]


def missing_of(extra: str, found: list[Library]) -> list[Library]:
    """Return the libraries of an extra that cannot be used."""
    return [library for library in found if library.extra == extra and not library.is_well]


def facts() -> dict[str, str]:
    """Return versions, the processor's path and the time zone data, each as one line."""
    zones = civil_time.time_zone_data()
    return {
        "ecommerce-analytics": _core.__version__,
        "Python": f"{platform.python_version()}, {platform.platform()}",
        "numpy": importlib.metadata.version("numpy"),
        "processor path": _core.processor_path(),
        "time zone data": "none; the extra [io] brings them"
        if zones is None
        else f"{zones['version']} of {zones['source']}",
    }


def lines(found: list[Library]) -> Iterator[str]:
    """Say all of it in lines of text; a missing extra with what brings it."""
    for name, text in facts().items():
        yield f"{name}: {text}"
    for extra in EXTRAS:
        there = [one for one in found if one.extra == extra and one.is_well]
        if there:
            yield f"[{extra}]: {', '.join(f'{one.name} {one.version}' for one in there)}"
        missing = missing_of(extra, found)
        for one in missing:
            if one.trouble is not None:
                yield f"[{extra}]: {one.name} {one.version} cannot be imported: {one.trouble}"
        absent = [one.name for one in missing if one.version is None]
        if absent:
            yield (
                f"[{extra}]: not there: {', '.join(absent)};"
                f' pip install "ecommerce-analytics[{extra}]" brings it'
            )


def _library(extra: str, name: str, module: str) -> Library:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Library(extra, name, None)
    try:
        importlib.import_module(module)
    except Exception as error:  # What a broken library raises is up to it.
        return Library(extra, name, version, " ".join(str(error).split()) or type(error).__name__)
    return Library(extra, name, version)
