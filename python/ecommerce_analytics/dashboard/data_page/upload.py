"""A file of one's own: its first rows, what its columns are, what came of it, and its use."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.data_page import ingest, mapping_form
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.uploads import DELIMITERS, MAX_MEGABYTES, Upload
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.datasets import suggest_mapping
from ecommerce_analytics.errors import Error

__all__ = ["show"]

_LOADED: Final = "upload-loaded"
_ENCODINGS: Final = ("utf-8", "latin-1", "windows-1252", "utf-16")
_ROWS: Final = 20
_OF_TABLE: Final = ("delimiter", "encoding", "sheet")


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
        st.error(escaped(error), icon=":material/error:")
        return
    st.subheader("First rows")
    st.dataframe(table.slice(0, _ROWS), key="upload-rows", hide_index=True, width="stretch")
    told = mapping_form.show(upload, table.column_names, suggested)
    if told is not None:
        st.session_state.pop(_LOADED, None)
        mapping, options = told
        _load(upload, mapping, reading | options)
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


def _load(upload: Upload, mapping: dict[str, Any], reading: dict[str, Any]) -> None:
    """Read the lines, or say what is wrong and where."""
    try:
        with st.spinner("Reading the file …", show_time=True):
            shop = Shop(upload.dataset(mapping, **reading))
    except Error as error:
        st.error(escaped(error), icon=":material/error:")
        if error.row is not None:
            options = {name: reading[name] for name in reading if name in _OF_TABLE}
            row = upload.table(**options).slice(error.row - 1, 1)
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
