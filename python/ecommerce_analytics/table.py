"""Results: Arrow tables to anyone who asks, with numpy as the only need."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.extras import require

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_MONEY_FORMAT = "d:38,4"
_ROWS_SHOWN = 10
_NUMBERS_AND_LISTS = frozenset(
    """n_bins num_lines_ignored num_negative total_lines total_orders total_customers
    orders_of_several_types
    recency_edges frequency_edges monetary_edges r_levels_used f_levels_used m_levels_used
    num_other num_without_action num_left_out
    n_clusters n_clusters_asked n_init n_iter converged random_state inertia recipe_columns
    recipe_means recipe_standard_deviations cluster_names cluster_sizes cluster_centers
    num_silhouette_points best_by_silhouette tier_cuts tier_sizes window_days rule_overlaps
    elapsed_days fitted_rows deviance null_deviance log_likelihood aic df_residual df_null
    active_within_days horizon_days gap_days band_cuts training_cutoffs training_customers
    training_positives intercept C num_eligible num_active number is_partial abc_cuts abc_sizes
    orders_without_payment num_days window num_customers num_scenarios best_contacts best_profit
    loss_probability loss_standard_error realised_loss_probability realised_loss_standard_error
    n_resamples num_resamples_left_out true_positives false_positives false_negatives
    true_negatives threshold value_kept contact_cost kept_share monetary_edges mean_spend spenders
    num_customers_left_out base_log_odds treatment_customers control_customers treatment_not_found
    control_not_found""".split()
)


class Table:
    """An immutable table of named columns: what every analysis returns.

    Any library that reads the Arrow C data interface takes it as it is (`pyarrow.table(t)`,
    `polars.DataFrame(t)`, DuckDB by name). Money is decimal128(38, 4) there. A table can be
    neither pickled nor copied deeply: keep what `to_arrow` or `to_pandas` returns.

    Attributes
    ----------
    column_names : tuple of str
        Names in order.
    num_rows : int
        Number of rows; also `len(table)`.
    metadata : dict of str to str
        What is true of the whole result, such as `as_of`; in the metadata of the Arrow schema
        too. Each is also an attribute; counts and lists of numbers, such as `n_bins` and
        `recency_edges`, are parsed there.
    """

    def __init__(self, native: _core.Table) -> None:
        self._native = native
        self._formats: dict[str, str] = dict(native.formats)
        self.metadata: dict[str, str] = dict(native.metadata)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(self._formats)

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return self._native.num_rows

    def __len__(self) -> int:
        return self._native.num_rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._formats)

    def __contains__(self, name: object) -> bool:
        return name in self._formats

    def __getattr__(self, name: str) -> Any:
        if name == "metadata" or name.startswith("_") or name not in self.metadata:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = self.metadata[name]
        return json.loads(value) if name in _NUMBERS_AND_LISTS else value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.metadata})

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return a column as a numpy array, read-only and without a copy where it can be.

        Money comes as the nearest float64, text as an array of str, and a column with missing
        values as a masked array.
        """
        if name not in self._formats:
            raise KeyError(name)
        values, valid = self._native.column(name)
        column: npt.NDArray[Any]
        if isinstance(values, list):
            column = np.array(values, dtype=object)
        elif self._formats[name] == _MONEY_FORMAT:
            column = _core.money_to_float64(values)
        else:
            column = values
        column.setflags(write=False)
        if valid is None:
            return column
        mask = ~valid
        mask.setflags(write=False)
        return np.ma.MaskedArray(column, mask=mask)

    def decimals(self, name: str) -> list[Decimal | None]:
        """Return a money column with all its digits.

        Raises
        ------
        KeyError
            If there is no money column of that name.
        """
        if self._formats.get(name) != _MONEY_FORMAT:
            raise KeyError(name)
        return self._decimals(name, self.num_rows)

    def _decimals(self, name: str, num_rows: int) -> list[Decimal | None]:
        values, valid = self._native.column(name)
        texts = _core.money_to_text(values[:num_rows])
        if valid is None:
            return [Decimal(text) for text in texts]
        return [
            Decimal(text) if there else None
            for text, there in zip(texts, valid[:num_rows], strict=True)
        ]

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._native.__arrow_c_array__(requested_schema)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pyarrow.Table:
        """Return a pyarrow table, without a copy of the numbers."""
        table: pyarrow.Table = require("io", "pyarrow").table(self)
        return table

    def to_polars(self) -> polars.DataFrame:
        """Return a polars frame."""
        frame: polars.DataFrame = require("polars", "polars").DataFrame(self)
        return frame

    def to_pandas(self, money: Literal["float64", "decimal"] = "float64") -> pandas.DataFrame:
        """Return a pandas frame; columns with missing values get pandas' nullable types.

        Parameters
        ----------
        money : {"float64", "decimal"}
            Money as the nearest float64, or as objects of type `decimal.Decimal`.
        """
        if money not in ("float64", "decimal"):
            raise InvalidArgument("money must be float64 or decimal", value=money)
        pd = require("pandas", "pandas")
        columns: dict[str, Any] = {}
        for name, format_ in self._formats.items():
            if format_ == _MONEY_FORMAT and money == "decimal":
                columns[name] = np.array(self.decimals(name), dtype=object)
                continue
            column = self[name]
            if column.dtype.kind == "M":
                # pandas knows seconds and microseconds, and no days.
                is_date = column.dtype == np.dtype("datetime64[D]")
                moments = column.astype("datetime64[s]") if is_date else column
                columns[name] = np.ma.filled(moments, np.datetime64("NaT"))
            elif isinstance(column, np.ma.MaskedArray):
                is_float = column.dtype.kind == "f"
                array = pd.arrays.FloatingArray if is_float else pd.arrays.IntegerArray
                columns[name] = array(np.array(column.data), np.array(column.mask))
            else:
                columns[name] = column.tolist() if column.dtype.kind == "O" else column
        frame: pandas.DataFrame = pd.DataFrame(columns)
        return frame

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.num_rows} rows of {', '.join(self.column_names)}>"

    def _repr_html_(self) -> str:
        cells = [self._shown(name) for name in self.column_names]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.column_names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in zip(*cells, strict=True)
        )
        told = ", ".join(f"{key}: {value}" for key, value in self.metadata.items())
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{min(self.num_rows, _ROWS_SHOWN)} of {self.num_rows} rows. {html.escape(told)}</p>"
        )

    def _shown(self, name: str) -> list[str]:
        if self._formats[name] == _MONEY_FORMAT:
            texts = [str(value) for value in self._decimals(name, _ROWS_SHOWN)]
        else:
            column = self[name][:_ROWS_SHOWN]
            texts = [str(value) for value in column]
        return ["" if text in ("None", "--") else text for text in texts]


def table_of(columns: Sequence[tuple[str, str, Any]], metadata: Mapping[str, str]) -> Table:
    """Make a table of lists and arrays.

    Parameters
    ----------
    columns : sequence of (name, format, values)
        Formats of Arrow: ``U`` text, ``b`` flags, ``l`` whole numbers, ``g`` floats, ``tdD``
        dates, ``d:38,4`` money as whole numbers of 1/10,000, in a list. Missing is None, NaN, and
        what is masked.
    metadata : mapping of str to str
        What is true of the whole table.
    """
    return Table(_core.make_array_table([_column(*told) for told in columns], [*metadata.items()]))


def _column(name: str, type_: str, values: Any) -> tuple[str, str, Any, Any]:
    """Return what `make_array_table` takes: name, Arrow format, values, validity."""
    if type_ == "U":
        return name, type_, list(values), None
    there: Any
    if isinstance(values, np.ndarray):
        valid = ~np.ma.getmaskarray(values)
        there = np.ma.getdata(values)
        if type_ == "g":
            valid &= ~np.isnan(there)
    else:
        valid = np.array([value is not None and value == value for value in values], dtype=bool)
        there = [
            value if is_valid else 0 for value, is_valid in zip(values, valid.tolist(), strict=True)
        ]
    array: Any
    if type_ == _MONEY_FORMAT:
        array = np.frombuffer(
            b"".join(value.to_bytes(16, "little", signed=True) for value in there), dtype="V16"
        )
    elif type_ == "tdD":
        array = np.array(there, dtype="datetime64[D]").astype(np.int64).astype(np.int32)
    else:
        array = np.array(there, dtype={"b": bool, "l": np.int64, "g": np.float64}[type_])
    return name, type_, array, None if valid.all() else valid
