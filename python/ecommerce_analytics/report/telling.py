"""The narrative of a shop, with numbers as people read them, and the table of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ecommerce_analytics import aggregate, extras, geo_aggregate, kpi, narrative, payments, rfm
from ecommerce_analytics.formats import Formats
from ecommerce_analytics.formats import printable as written_out

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics.dashboard.shop import Filters, Shop
    from ecommerce_analytics.table import Table

__all__ = ["figures_of", "narrative_of", "printable", "tables_of", "writer_of"]


def tables_of(shop: Shop, filters: Filters) -> dict[str, Any]:
    """Ask a shop for what its narrative is made of: the arguments of `narrative.tell` by name.

    Segments and concentration are those of the population; changes are of all days under
    the other filters, so that those of the report window are judged by what came before it; all
    else is of the report window.
    """
    region = shop.region
    has_window = filters.start is not None or filters.end is not None
    return {
        "changes": shop.of_orders(kpi.changes, filters.without("start", "end"), period="month"),
        "window": shop.of_orders(kpi.changes, filters) if has_window else None,
        "total": shop.of_orders(kpi.summary, filters),
        "segments": shop.of_segments(rfm.summarize, filters),
        "concentration": shop.of_customers(rfm.concentration, filters),
        "categories": (
            shop.of_lines(aggregate.group_by, filters, by=("category",))
            if shop.has_category
            else None
        ),
        "regions": (
            None
            if region is None
            else shop.of_orders(geo_aggregate.by_region, filters, region=region)
        ),
        "payments": _payments(shop, filters) if shop.payment_types else None,
    }


def _payments(shop: Shop, filters: Filters) -> Table:
    """Return the net revenue by payment type; what was paid, if files of a run tell only that."""
    if shop.knows(payments.revenue_by_type):
        return shop.revenue_by_payment_type(filters)
    paid: Table = shop.of_payments(payments.by_type, filters)
    return paid


def narrative_of(shop: Shop, filters: Filters, formats: Formats) -> tuple[narrative.Sentence, ...]:
    """Tell what a shop did under the filters, with numbers as `formats` writes them."""
    return narrative.tell(**tables_of(shop, filters), write=writer_of(formats))


def writer_of(formats: Formats) -> narrative.Writer:
    """Return what writes the figures of a narrative."""

    def write(figure: narrative.Figure) -> str:
        value, unit = figure.value, figure.unit
        if isinstance(value, str) or unit == "name":
            return printable(str(value))
        if isinstance(value, date):
            return formats.month(value) if unit == "month" else formats.day(value)
        if unit == "change":
            return formats.change(value)
        if unit == "change_size":
            return f"±{formats.share(value)}"
        if unit == "points":
            return formats.points(value)
        if unit == "points_size":
            return f"±{formats.points(value)[1:]}"  # Its sign is that of what is never below 0.
        if unit == "coefficient":
            return formats.number(value)
        return formats.by_unit(value, unit)

    return write


def figures_of(sentences: Sequence[narrative.Sentence]) -> pyarrow.Table:
    """Return the figures behind sentences, a row each, as the sentences write them."""
    pa = extras.require("report", "pyarrow")
    rows = [
        {
            "sentence": number,
            "figure": piece.figure.name,
            "value": piece.text,
            "unit": piece.figure.unit,
            "period": piece.figure.period,
            "rule": piece.figure.rule,
            "as_of": piece.figure.as_of,
        }
        for number, sentence in enumerate(sentences, start=1)
        for piece in sentence.pieces
        if piece.figure is not None
    ]
    names = ("figure", "value", "unit", "period", "rule", "as_of")
    schema = pa.schema([("sentence", pa.int64()), *((name, pa.string()) for name in names)])
    table: pyarrow.Table = pa.Table.from_pylist(rows, schema)
    return table


def printable(name: object) -> str:
    """Return a name of the data as text that can do no harm to what stands around it.

    Line breaks and characters that no one sees, among them those that turn the direction of what
    follows, stand there as their codes.
    """
    return written_out("unknown" if name is None else str(name))
