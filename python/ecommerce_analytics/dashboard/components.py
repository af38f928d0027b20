"""Pieces of a page: charts and tables with their exports, what a figure follows, empty states."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal, cast

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from ecommerce_analytics import kpi
from ecommerce_analytics.dashboard import downloads, state
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = [
    "NothingLeftError",
    "chart",
    "empty",
    "export",
    "failure",
    "heading",
    "scope",
    "table",
    "wait",
]

_ROWS_SHOWN: Final = 1_000
# Integers of these names tell things apart; no separators stand in them.
_NO_COUNTS: Final = frozenset(
    {"customer", "order", "product", "category", "seller", "region", "city", "row", "year", "hour"}
)

Follows = Literal["report window", "population", "full history"]


class NothingLeftError(Exception):
    """No order is left under the filters, so a page has nothing to show."""


def heading(title: str, shop: Shop, filters: Filters, follows: Follows) -> None:
    """Begin a page: its title, what the source is, what its figures follow, how many are left.

    Raises
    ------
    NothingLeftError
        If that is none; `View.run` says so in place of the page.
    """
    st.title(title)
    if shop.is_synthetic:
        st.warning("Synthetic data: drawn from models, not of any shop.", icon="⚗️")
    if not scope(shop, filters, follows):
        raise NothingLeftError


def scope(shop: Shop, filters: Filters, follows: Follows) -> int:
    """Say what figures follow, and how many orders and customers are left; return the orders."""
    shown = filters.population if follows == "population" else filters
    if follows == "full history":
        shown = Filters()
    total = shop.of_orders(kpi.summary, shown)
    written = state.formats(shop)
    orders, customers = (
        written.count(int(total["orders"][0])),
        written.count(int(total["customers"][0])),
    )
    with st.container(key=f"scope-{follows.replace(' ', '-')}"):
        st.caption(
            f"**{orders}** orders, **{customers}** known customers · follows the **{follows}** · "
            f"as of {shop.as_of} (exclusive)" + _not_followed(filters, shown)
        )
    return int(total["orders"][0])


def chart(
    figure: go.Figure,
    *,
    key: str,
    shop: Shop,
    data: Any,
    rule: str,
    alt: str,
    select: bool = False,
    config: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Show a figure with its rule, its as-of date and the exports of its data.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Of `charts`.
    key : str
        Unique; tests and style find the figure by it.
    data
        The table behind the figure: anything with `__arrow_c_stream__`.
    rule : str
        How the figures are counted.
    alt : str
        What the figure shows, for those who do not see it.
    select : bool, default=False
        A click on a point runs the page again.

    Returns
    -------
    list of dict
        The points chosen by clicks.
    """
    camera = {"format": "png", "filename": key, "scale": 2}
    options = {
        "displaylogo": False,
        "toImageButtonOptions": camera,
        "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
        **(config or {}),
    }
    figure.layout.separators = state.formats(shop).separators
    with st.container(key=f"panel-{key}"):
        event = st.plotly_chart(
            figure,
            theme=None,
            key=f"chart-{key}",
            on_select="rerun" if select else "ignore",
            selection_mode="points",
            config=options,
            alt=alt,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{rule} As of {shop.as_of}.", width="stretch")
            export(data, key=key, shop=shop)
    if not select:
        return []
    return list(cast(Any, event)["selection"]["points"])


def table(
    data: Any,
    *,
    key: str,
    shop: Shop,
    columns: Mapping[str, Any] | None = None,
    select: bool = False,
    rule: str = "",
) -> list[int]:
    """Show a table with its exports; of a long one the first rows, and all in the exports.

    Returns
    -------
    list of int
        The rows chosen by clicks, of these data: other data begin without a choice.
    """
    read = pa.table(data)
    first = read.slice(0, _ROWS_SHOWN)
    with st.container(key=f"table-{key}"):
        event = st.dataframe(
            first,
            key=_key_of_rows(key, first) if select else f"rows-{key}",
            hide_index=True,
            column_config={**_columns_of(read), **(columns or {})},
            on_select="rerun" if select else "ignore",
            selection_mode="single-row",
            width="stretch",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            written = state.formats(shop)
            num_rows = read.num_rows
            shown = (
                f"{written.count(min(num_rows, _ROWS_SHOWN))} of {written.count(num_rows)} rows."
            )
            st.caption(
                " ".join(filter(None, (shown, rule, f"As of {shop.as_of}."))), width="stretch"
            )
            export(read, key=key, shop=shop)
    if not select:
        return []
    return [row for row in cast(Any, event)["selection"]["rows"] if row < first.num_rows]


def export(data: Any, *, key: str, shop: Shop) -> None:
    """Offer a table as CSV, Parquet and XLSX; a file is made when it is asked for."""
    with st.popover("Export", icon=":material/download:", key=f"export-{key}"):
        for form, mime in downloads.FORMS.items():
            make: Callable[[], bytes] = partial(
                downloads.bytes_of,
                data,
                form,
                name=key.replace("-", "_"),
                told=downloads.about(shop),
            )
            st.download_button(
                form.upper(),
                data=make,
                file_name=f"{key}.{form}",
                mime=mime,
                key=f"download-{key}-{form}",
                on_click="ignore",
                type="tertiary",
            )


def failure(error: Exception) -> None:
    """Say what the library refused; a text of the data in its message stays a text."""
    st.error(escaped(error), icon=":material/error:")


@st.fragment(run_every=1.0)
def wait(is_made: Callable[[], bool], what: str) -> None:
    """Say what a thread is making, and run the page again when it is made."""
    if is_made():
        st.rerun()
    st.info(f"{what}, once for this source.", icon=":material/sync:")


def empty(words: str, what_to_do: str = "") -> None:
    """Say why there is nothing to show, and what would help; neither is read as Markdown."""
    words, what_to_do = escaped(words), escaped(what_to_do)
    st.info(words + (f" {what_to_do}" if what_to_do else ""), icon=":material/search_off:")


def _key_of_rows(key: str, rows: pa.Table) -> str:
    """Return the key of a table whose rows are chosen by clicks.

    The browser keeps a choice by the key, whatever the rows have become. So other rows get another
    key where a row is chosen, and keep theirs where none is: a new table takes long to draw.
    """
    told, digest = f"rows-of-{key}", _digest(rows)
    before, number = st.session_state.get(told, (digest, 0))
    chosen = st.session_state.get(f"rows-{key}-{number}")
    if digest != before and chosen is not None and chosen["selection"]["rows"]:
        number += 1
    st.session_state[told] = digest, number
    return f"rows-{key}-{number}"


def _digest(table: pa.Table) -> str:
    """Return what tells the rows of a table from others."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.blake2b(sink.getvalue(), digest_size=8).hexdigest()


def _columns_of(table: pa.Table) -> dict[str, Any]:
    """Return how columns are shown: words for their names, money to the cent, shares as percent."""
    shown = {}
    for field in table.schema:
        label = field.name.replace("_", " ").capitalize()
        if pa.types.is_decimal(field.type):
            shown[field.name] = st.column_config.NumberColumn(label, format="accounting")
        elif pa.types.is_integer(field.type) and field.name not in _NO_COUNTS:
            shown[field.name] = st.column_config.NumberColumn(label, format="localized")
        elif pa.types.is_floating(field.type) and field.name.endswith(("share", "rate")):
            shown[field.name] = st.column_config.NumberColumn(label, format="percent")
        else:
            shown[field.name] = st.column_config.Column(label)
    return shown


def _not_followed(filters: Filters, shown: Filters) -> str:
    """Name the filters that the figures do not follow."""
    titles = {
        "start": "period",
        "end": "period",
        "category": "category",
        "segment": "segment",
        "region": "region",
        "payment_type": "payment type",
    }
    left = dict.fromkeys(titles[name] for name in filters.names if name not in shown.names)
    return f" · not filtered by {', '.join(left)}" if left else ""
