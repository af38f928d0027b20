"""Which column is what: the suggestion with its reasons, to be changed before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics.dashboard.uploads import Upload
from ecommerce_analytics.datasets import MappingSuggestion

if TYPE_CHECKING:
    from ecommerce_analytics.datasets.dataset import Dataset

__all__ = ["show"]

_ROLES: Final = {
    "customer": "Customer",
    "order": "Order",
    "timestamp": "Time",
    "amount": "Amount of the line",
    "quantity": "Quantity",
    "unit_price": "Price of one piece",
    "product": "Product",
    "category": "Category",
    "region": "Country or state",
    "kind": "Kind of line",
    "currency_column": "Currency, as a column",
}
_NEEDED: Final = ("customer", "order", "timestamp")
_OPTIONS: Final = {
    "decimal": ("Decimal mark", (".", ",")),
    "thousands": ("Mark of thousands", (None, ".", ",", " ", "'")),
    "rounding": ("More than four decimals", (None, "half_even", "half_up")),
    "integer_unit": ("Whole numbers of money are", (None, "major", "minor")),
}
_IN_A_ROW: Final = 3
_NONE: Final = "none"


def show(
    upload: Upload,
    columns: Sequence[str],
    suggested: MappingSuggestion,
    reading: Mapping[str, Any],
) -> Callable[[], Dataset] | None:
    """Show the mapping; return how the file is loaded by it when that is asked for, else None."""
    st.subheader("What the columns are")
    st.caption("A suggestion by names and values. Look at it, and change what is wrong.")
    reasons = [(one.role, one.column, one.reason) for one in suggested.roles]
    reasons += [(f"not {one.role}", one.column, one.reason) for one in suggested.refused]
    reasons += [
        (name, suggested.options[name], why) for name, why in suggested.option_reasons.items()
    ]
    shown = dict(zip(("What", "Column or value", "Why"), zip(*reasons, strict=True), strict=False))
    if shown:
        rows = pa.table({name: pa.array(texts, pa.string()) for name, texts in shown.items()})
        st.dataframe(rows, key="upload-reasons", hide_index=True, width="stretch")
    with st.form(f"mapping-{upload.key}", border=False):
        mapping = _ask_roles(upload, columns, suggested.mapping)
        options = _ask_options(upload, suggested)
        if not st.form_submit_button("Read the file", key="upload-read", type="primary"):
            return None
    missing = [_ROLES[role] for role in _NEEDED if role not in mapping]
    if "amount" not in mapping and not {"quantity", "unit_price"} <= mapping.keys():
        missing.append("Amount of the line, or quantity and price of one piece")
    if missing:
        st.error(f"Choose a column for: {', '.join(missing)}.", icon=":material/error:")
        return None
    return partial(upload.dataset, mapping, **reading, **options)


def _ask_roles(upload: Upload, columns: Sequence[str], known: dict[str, Any]) -> dict[str, Any]:
    choices = [None, *columns]
    mapping: dict[str, Any] = {}
    for place, (role, title) in enumerate(_ROLES.items()):
        if place % _IN_A_ROW == 0:
            grid = st.columns(_IN_A_ROW)
        needed = " *" if role in _NEEDED else ""
        column = grid[place % _IN_A_ROW].selectbox(
            f"{title}{needed}",
            choices,
            index=choices.index(known.get(role)),
            key=f"map-{role}-{upload.key}",
            format_func=_named,
        )
        if column is not None:
            mapping[role] = column
    measures = st.multiselect(
        "More money of each line, such as freight or tax",
        columns,
        default=[name for name in known.get("measures", {}).values() if name in columns],
        key=f"map-measures-{upload.key}",
    )
    dimensions = st.multiselect(
        "More keys of each line, such as channel or seller",
        columns,
        key=f"map-dimensions-{upload.key}",
    )
    called = {column: name for name, column in known.get("measures", {}).items()}
    if measures:
        mapping["measures"] = {called.get(name, name): name for name in measures}
    if dimensions:
        mapping["dimensions"] = {name: name for name in dimensions}
    return mapping


def _ask_options(upload: Upload, suggested: MappingSuggestion) -> dict[str, Any]:
    options: dict[str, Any] = {}
    with st.expander("How numbers and times are written"):
        for name, (title, choices) in _OPTIONS.items():
            if name == "integer_unit" and upload.file_format == "csv":
                continue  # A number of a CSV file counts what is written.
            value = st.selectbox(
                title,
                choices,
                index=choices.index(suggested.options.get(name, choices[0])),
                key=f"option-{name}-{upload.key}",
                format_func=_named,
            )
            options[name] = value
        for name, title, hint in (
            ("currency", "Currency", "ISO 4217, such as EUR"),
            ("time_zone", "Time zone of the shop", "IANA, such as Europe/Berlin"),
        ):
            told = st.text_input(title, key=f"option-{name}-{upload.key}", placeholder=hint)
            options[name] = told.strip() or None
    return options


def _named(value: str | None) -> str:
    return _NONE if value is None else repr(value) if value.isspace() else value
