"""A file of one's own: its first rows, what its columns are, what came of it, and its use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.data_page import ingest, mapping_form
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.uploads import DELIMITERS, MAX_MEGABYTES, Upload
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.datasets import suggest_mapping
from ecommerce_analytics.errors import Error

if TYPE_CHECKING:
    from ecommerce_analytics.datasets.dataset import Dataset

__all__ = ["show"]

_LOADED: Final = "upload-loaded"
_ENCODINGS: Final = ("utf-8", "latin-1", "windows-1252", "utf-16")
_ROWS: Final = 20
_MAPPED: Final = "Order lines, by their columns"
_TITLES: Final = {
    "shopify": "Shopify's export of orders",
    "woocommerce": "WooCommerce's export of orders",
}


def show() -> None:
    """Show the way from a file to a shop that this visitor alone sees."""
    sent = st.file_uploader(
        f"Order lines as CSV, Parquet or Excel file, at most {MAX_MEGABYTES} MB",
        type=["csv", "txt", "tsv", "parquet", "xlsx"],
        key="upload-file",
        help="The file stays in this session's memory: nobody else sees it, and it is gone with"
        " the session.",
    )
    if sent is None:
        st.session_state.pop(_LOADED, None)
        return
    upload = Upload(sent.name, sent.getvalue())
    st.caption(f"**{escaped(upload.name)}** · {upload.file_format} · {len(upload.data):,} bytes")
    try:
        reading = _reading(upload)
        table = upload.table(**reading)
        suggested = suggest_mapping(table)
    except Error as error:
        components.failure(error)
        return
    st.subheader("First rows")
    st.dataframe(table.slice(0, _ROWS), key="upload-rows", hide_index=True, width="stretch")
    shop = upload.shop_of(table.column_names)
    kinds = [_TITLES[shop], _MAPPED] if shop else [_MAPPED]
    kind = st.radio("What it is", kinds, key=f"upload-kind-{upload.key}", horizontal=True)
    if shop and kind != _MAPPED:
        told = _export_form(upload, shop, reading)
    else:
        told = mapping_form.show(upload, table.column_names, suggested, reading)
    if told is not None:
        st.session_state.pop(_LOADED, None)
        _load(upload, told, reading)
    loaded = st.session_state.get(_LOADED)
    if loaded is not None and loaded[0] == upload.key:
        _offer(loaded[1])


def _reading(upload: Upload) -> dict[str, Any]:
    """Ask how the file is written, as far as its format leaves that open."""
    if upload.file_format == "xlsx":
        sheets = upload.sheets
        return {"sheet": st.selectbox("Sheet", sheets, key=f"upload-sheet-{upload.key}")}
    if upload.file_format == "parquet":
        return {}
    left, right = st.columns(2)
    names = list(DELIMITERS)
    delimiter = left.selectbox(
        "Between cells",
        names,
        index=names.index(upload.delimiter),
        key=f"upload-delimiter-{upload.key}",
    )
    encoding = right.selectbox("Encoding", _ENCODINGS, key=f"upload-encoding-{upload.key}")
    return {"delimiter": DELIMITERS[delimiter], "encoding": encoding}


def _export_form(
    upload: Upload, shop: str, reading: dict[str, Any]
) -> Callable[[], Dataset] | None:
    """Ask what a shop's export leaves open; return how it is loaded when that is asked for."""
    with st.form(f"export-{upload.key}", border=False):
        left, right = st.columns(2)
        currency = left.text_input("Currency to choose", placeholder="where there are several")
        time_zone = right.text_input("Time zone of the shop", placeholder="IANA, if it is not told")
        keep_unpaid = st.checkbox("Take orders that were never paid too")
        if not st.form_submit_button("Read the file", key="upload-read", type="primary"):
            return None
    return partial(
        upload.export,
        shop,
        currency=currency.strip() or None,
        time_zone=time_zone.strip() or None,
        keep_unpaid=keep_unpaid,
        **reading,
    )


def _load(upload: Upload, load: Callable[[], Dataset], reading: dict[str, Any]) -> None:
    """Read the lines, or say what is wrong and where."""
    try:
        with st.spinner("Reading the file …", show_time=True):
            shop = Shop(load())
    except Error as error:
        components.failure(error)
        if error.row is not None:
            row = upload.table(**reading).slice(error.row - 1, 1)
            st.dataframe(row, key="upload-bad-row", hide_index=True, width="stretch")
        return
    st.session_state[_LOADED] = (upload.key, shop)


def _offer(shop: Shop) -> None:
    """Show what came of the file, and make it the source of all pages when asked."""
    st.subheader("What came of it")
    components.table(
        ingest.report_of(shop.dataset), key="upload-report", shop=shop, rule="Lines and money."
    )
    if state.is_own() and state.shop() is shop:
        st.success("All pages show this file, to you alone.", icon=":material/check_circle:")
        return
    st.button(
        "Use this file on all pages",
        key="upload-use",
        type="primary",
        on_click=state.own,
        args=(shop,),
    )
