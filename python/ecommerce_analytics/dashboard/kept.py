"""An output folder of a run as a shop: its answers are those in the files.

Nothing is computed again. A file is read when a page asks for what is in it; Parquet files are
taken where the run wrote them (``--parquet``), else the CSV files. What no file tells, such as a
figure under a filter or the lines of an order, the shop does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ecommerce_analytics import (
    aggregate,
    churn,
    cohort,
    explain,
    exports,
    extras,
    geo_aggregate,
    kept_table,
    kpi,
    payments,
    rfm,
    spreadsheet,
)
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop, question_of
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure
from ecommerce_analytics.ingest import Tally
from ecommerce_analytics.selection import Key
from ecommerce_analytics.table import Table

if TYPE_CHECKING:
    import pyarrow

__all__ = ["KeptShop"]

_RUN: Final = "run.json"
_INGEST: Final = "ingest_report.json"
_FIGURES: Final = "executive_metrics_summary.csv"
_COHORTS: Final = "customer_cohort_retention.csv"
_COHORT_OPTIONS: Final = {"period": "month", "kind": "bounded", "by": None, "elapsed_days": 30}
_KEYS: Final = {"customer", "category", "region", "payment_type"}
_TEXTS: Final = _KEYS | {"grain", "measure", "segment", "tier", "strategy", "kpi", "name", "source"}
_DAYS: Final = {"start", "end", "previous_start", "previous_end", "cohort"}
_MONEY: Final = {
    *("revenue_gross", "revenue_net", "guest_revenue_net", "revenue_refunds", "revenue_discount"),
    *("revenue_shipping", "revenue_fees", "revenue_adjustments", "freight", "tax", "items"),
    *("revenue", "paid", "monetary", "to_next_tier", "quantity"),
}
_COUNTS: Final = {
    *("orders", "customers", "lines", "payments", "frequency", "size", "eligible"),
    *("sale_lines", "refund_lines", "guest_orders", "customer_orders", "new_customers"),
    *("returning_customers", "repeat_customers", "rank"),
}


class KeptShop(Shop):
    """The output folder of a run, opened as a shop.

    It answers what the files tell of all days and all customers. `has_lines` is false: it cannot
    filter, and has no order lines, payments or histories.

    Parameters
    ----------
    folder : str or path-like
        Output folder of `run`, by month.

    Raises
    ------
    IOFailure
        The folder is none of a run.
    InvalidData
        `run.json` is none of ours.
    InvalidArgument
        The run was not by month.
    MissingExtra
        The extra `io` is not installed.

    Notes
    -----
    O(bytes of `run.json`); each answer is O(bytes of its file), once.
    """

    has_lines = False

    def __init__(self, folder: str | PathLike[str]) -> None:
        extras.require("io", "pyarrow")
        self._folder = Path(folder)
        manifest = _json_of(self._folder, _RUN)
        self._sources = {_RUN: exports.sha256(self._folder / _RUN)}
        try:
            self._files: Mapping[str, str] = manifest["outputs"]
            parameters = manifest["parameters"]
            period, self.rules = parameters["period"], parameters["rules"]
            self.as_of = manifest["as_of"]
            self._told = manifest
        except (KeyError, TypeError) as error:
            raise InvalidData("dashboard: this is no file of a run", file=folder) from error
        if period != "month":
            raise InvalidArgument(
                "dashboard: the figures of the folder are not by month; run with --period month",
                value=str(period),
            )
        self._begin()
        self._kept = self._answers_of_files()

    def __getattr__(self, name: str) -> Any:
        """Read tables of customers when they are asked for; say that there are no lines."""
        files = {
            "scores": "customer_rfm_segments.csv",
            "segments": "customer_rfm_segments.csv",
            "tiers": "customer_value_tiers.csv",
        }
        if name in files:
            table = self._table(files[name])
            setattr(self, name, table)
            return table
        if name == "dataset":
            _refuse()
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def name(self) -> str:
        """Name of the source."""
        return str(self._told["source"])

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of all money, if told."""
        currency: str | None = self._told["currency"]
        return currency

    @property
    def is_synthetic(self) -> bool:
        """True if the rows were drawn and not observed."""
        return bool(self._told["is_synthetic"])

    @property
    def cleaning(self) -> str | None:
        """Name of the cleaning rule, where the loader has several."""
        cleaning: str | None = self._told["cleaning"]
        return cleaning

    @property
    def hindsight(self) -> str | None:
        """What lines of the past tell that was known later only, in words."""
        hindsight: str | None = self._told.get("churn", {}).get("hindsight")
        return hindsight

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of the file that tells of all others."""
        return self._sources

    @property
    def region(self) -> str | None:
        """Name of the column that tells where an order went."""
        return "region" if "geo_revenue.csv" in self._files else None

    @property
    def has_category(self) -> bool:
        """True if the files tell of categories."""
        return "category_revenue.csv" in self._files

    @cached_property
    def payment_types(self) -> tuple[Key, ...]:
        """Keys of the payment types."""
        if "payment_types.csv" not in self._files:
            return ()
        return tuple(self._table("payment_types.csv")["payment_type"].tolist())

    def explained(self, filters: Filters) -> explain.Explanation:
        """Return the way from the raw file to the net revenue."""
        if filters != EVERYTHING:
            _refuse()
        told = _json_of(self._folder, _INGEST)
        removed, kinds = (
            tuple(Tally(one["name"], one["num_lines"], Decimal(one["money"])) for one in told[name])
            for name in ("removed", "kinds")
        )
        report = SimpleNamespace(removed=removed, kinds=kinds)
        about: Any = SimpleNamespace(
            report=report,
            name=self.name,
            is_synthetic=self.is_synthetic,
            cleaning=self.cleaning,
            currency=self.currency,
        )
        return explain.revenue(about)

    def knows(self, function: Callable[..., Any], **options: Any) -> bool:
        """Return whether a file tells this answer."""
        kinds = ("orders", "lines", "payments", "customers", "segments", "source")
        return any(question_of(kind, function, EVERYTHING, options) in self._kept for kind in kinds)

    def history(self, filters: Filters) -> CustomerHistory:
        """Refuse: the files hold no orders."""
        _refuse()

    def _how(self, question: Hashable, make: Callable[[], Any]) -> Callable[[], Any]:
        """Return how the answer is read from its file."""
        if question not in self._kept:
            _refuse()
        return self._kept[question]

    def _answers_of_files(self) -> dict[Hashable, Callable[[], Any]]:
        """Return how each answer that the files hold is read."""
        made: list[tuple[str, Callable[..., Any], dict[str, Any], Callable[[], Any]]] = [
            ("orders", kpi.summary, {}, partial(self._figures, "total")),
            (
                *("orders", kpi.summary, {"period": "month"}),
                partial(self._figures, "month"),
            ),
            (
                *("orders", kpi.changes, {"period": "month"}),
                partial(self._table, "key_figure_changes.csv"),
            ),
            ("segments", rfm.summarize, {}, partial(self._table, "rfm_segment_summary.csv")),
            ("customers", rfm.lorenz, {}, partial(self._table, "lorenz_curve.csv", self._gini)),
            ("customers", rfm.concentration, {}, self._concentration),
            ("orders", cohort.retention, {"period": "month"}, partial(self._cohorts, "customers")),
            *(
                (
                    *("orders", cohort.retention, _COHORT_OPTIONS | {"measure": measure}),
                    partial(self._cohorts, measure),
                )
                for measure in ("customers", "orders", "revenue")
            ),
        ]
        if self.has_category:
            read = partial(self._table, "category_revenue.csv")
            made.append(("lines", aggregate.group_by, {"by": ("category",)}, read))
        if self.region is not None:
            read = partial(self._table, "geo_revenue.csv")
            made.append(("orders", geo_aggregate.by_region, {"region": self.region}, read))
        if "payment_types.csv" in self._files:
            made.append(
                ("payments", payments.by_type, {}, partial(self._table, "payment_types.csv"))
            )
        # What a CSV file does not say of the ranking stands in the metadata of the other.
        if exports.as_parquet("churn_risk.csv") in self._files:
            made.append(("source", churn.rank, {}, self._churn))
        return {
            question_of(of, function, EVERYTHING, options): read
            for of, function, options, read in made
        }

    def _concentration(self) -> Table:
        """Make the table of what `run.json` says."""
        pa = extras.require("io", "pyarrow")
        rows = [
            row | {"revenue": Decimal(row["revenue"])} for row in self._told["concentration"]["top"]
        ]
        schema = pa.schema(
            [
                ("top_share", pa.float64()),
                ("customers", pa.int64()),
                ("revenue", pa.decimal128(38, 4)),
                ("revenue_share", pa.float64()),
            ]
        )
        told = {"as_of": self.as_of, **self._gini}
        return kept_table.table_of(
            schema, lambda: pa.Table.from_pylist(rows, schema), metadata=told
        )

    @cached_property
    def _gini(self) -> dict[str, str]:
        told = self._told["concentration"]
        return {"gini": str(told["gini"]), "num_negative": str(told["num_negative"])}

    def _churn(self) -> churn.Outcome:
        ranking, evaluation = self._table("churn_risk.csv"), self._table("churn_evaluation.csv")
        return churn.Outcome(ranking=ranking, evaluation=evaluation, model=None, reason=None)

    def _figures(self, grain: str) -> Table:
        """Return the key figures of all days, or of the months."""
        part = _part(self._rows(_FIGURES), "grain", grain)
        return self._made(part.schema, lambda: part)

    def _cohorts(self, measure: str) -> Table:
        """Return the cohorts by a measure."""
        pc = extras.require("io", "pyarrow.compute")
        part = _part(self._rows(_COHORTS), "measure", measure)
        if measure != "revenue":
            place = part.column_names.index("value")  # Beside money it had decimals.
            part = part.set_column(place, "value", part.column("value").cast("int64"))
        told = {"period": "month", "measure": measure, "kind": "bounded"}
        first = part.filter(part.column("left_truncated")).column("cohort")
        if len(first):
            told["left_truncated_cohort"] = str(pc.min(first).as_py())
        return self._made(part.schema, lambda: part, told)

    def _table(self, name: str, metadata: Mapping[str, str] | None = None) -> Table:
        """Return a file as the table that it was; its rows are read when they are asked for."""
        parquet = exports.as_parquet(name)
        if parquet in self._files:
            schema = _read(
                self._folder / parquet, extras.require("io", "pyarrow.parquet").read_schema
            )
            if "source" in schema.names:
                schema = schema.remove(schema.get_field_index("source"))
            if not any(str(one.type).startswith("timestamp") for one in schema):
                return self._made(schema, partial(self._rows, name), metadata)
        rows = self._rows(name)
        return self._made(rows.schema, lambda: rows, metadata)

    def _made(
        self,
        schema: pyarrow.Schema,
        read: Callable[[], pyarrow.Table],
        metadata: Mapping[str, str] | None = None,
    ) -> Table:
        told = {"as_of": self.as_of, **(metadata or {})}
        if "tier" in schema.names and "to_next_tier" in schema.names:
            told |= {
                "tiers": ", ".join(self._told["tiers"]),
                "tier_sizes": json.dumps(list(self._told["tiers"].values())),
            }
        return kept_table.table_of(schema, read, metadata=told)

    def _rows(self, name: str) -> pyarrow.Table:
        """Read a file; a synthetic shop's last column says no more than `run.json`."""
        parquet = exports.as_parquet(name)
        if parquet in self._files:
            read = extras.require("io", "pyarrow.parquet").read_table
            table = _as_written(_read(self._folder / parquet, read))
        elif name in self._files:
            table = _read(self._folder / name, self._read_csv)
        else:
            _refuse()
        return table.drop_columns(["source"]) if "source" in table.column_names else table

    def _read_csv(self, path: Path) -> pyarrow.Table:
        pa, csv = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.csv")
        with path.open(encoding="utf-8") as file:
            names = file.readline().rstrip("\n").split(",")
        types = {
            **dict.fromkeys(_TEXTS, pa.string()),
            **dict.fromkeys(_DAYS, pa.date32()),
            **dict.fromkeys(_MONEY, pa.decimal128(38, 4)),
            **dict.fromkeys(_COUNTS, pa.int64()),
        }
        # Of cohorts a period is a number and a value may be money; elsewhere neither is.
        types |= {"value": pa.decimal128(38, 4)} if "size" in names else {"period": pa.string()}
        table = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: types[name] for name in names if name in types},
                null_values=[""],
                true_values=["true"],
                false_values=["false"],
            ),
        )
        if self._told["spreadsheet_safe"]:
            for place, one in enumerate(table.schema):
                if one.name in _KEYS:
                    text = spreadsheet.unescape(table.column(place))
                    table = table.set_column(place, one.name, text)
        # What has no cell is no number either, whatever the reader took it for.
        return pa.table(
            {
                one.name: table.column(place).cast(pa.float64())
                if pa.types.is_null(one.type)
                else table.column(place)
                for place, one in enumerate(table.schema)
            }
        )


def _part(rows: pyarrow.Table, column: str, value: str) -> pyarrow.Table:
    """Return the rows of one table of those below each other, without the column that says so."""
    pc = extras.require("io", "pyarrow.compute")
    return rows.filter(pc.equal(rows.column(column), value)).drop_columns([column])


def _as_written(table: pyarrow.Table) -> pyarrow.Table:
    """Turn moments back into the texts that they were."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    for place, one in enumerate(table.schema):
        if pa.types.is_timestamp(one.type):
            seconds = table.column(place).cast(pa.timestamp("s"))
            text = pc.strftime(seconds, format="%Y-%m-%d %H:%M:%S")
            table = table.set_column(place, one.name, text)
    return table


def _json_of(folder: Path, name: str) -> Any:
    path = folder / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IOFailure(
            "dashboard: this is no output folder of a run", file=path, value=error.strerror
        ) from error
    except ValueError as error:
        raise InvalidData("dashboard: this is no file of a run", file=path) from error


def _read(path: Path, read: Callable[[Path], Any]) -> Any:
    pa = extras.require("io", "pyarrow")
    try:
        return read(path)
    except OSError as error:
        raise IOFailure("dashboard: a file of the run cannot be read", file=path) from error
    except pa.ArrowException as error:
        raise InvalidData("dashboard: this is no file of a run", file=path) from error


def _refuse() -> NoReturn:
    raise InvalidArgument(
        "dashboard: the output folder of a run does not tell this; open the source itself"
    )
