"""The main job: one data set in, the exports of all analyses out."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ecommerce_analytics import __version__, cohort, extras, geo_aggregate, kpi, rfm
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.errors import IOFailure

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics.civil_time import Moment, PeriodName
    from ecommerce_analytics.datasets.dataset import Dataset
    from ecommerce_analytics.table import Table

_MEASURES: Final[tuple[Literal["customers", "orders", "revenue"], ...]] = (
    "customers",
    "orders",
    "revenue",
)

_KEY_FIGURES = "executive_metrics_summary.csv"
_SEGMENTS = "customer_rfm_segments.csv"
_SEGMENT_SUMMARY = "rfm_segment_summary.csv"
_TIERS = "customer_value_tiers.csv"
_COHORTS = "customer_cohort_retention.csv"
_REGIONS = "geo_revenue.csv"
_INGEST = "ingest_report.json"
_RUN = "run.json"
_EXPORTS = (_KEY_FIGURES, _SEGMENTS, _SEGMENT_SUMMARY, _TIERS, _COHORTS, _REGIONS, _INGEST)

_BUILDING = ".ecommerce-analytics-building"
_READERS = ("duckdb", "numpy", "pyarrow")


@dataclass(frozen=True)
class RunResult:
    """What a run found and wrote.

    Attributes
    ----------
    output : pathlib.Path
        Folder of the files.
    files : tuple of str
        Names of the files written, `run.json` last.
    skipped : mapping of str to str
        Files that the source cannot give, and why.
    total : Table
        Key figures of the whole history, one row.
    periods : Table
        Key figures by period.
    segments : Table
        One row per customer.
    segment_summary : Table
        One row per segment.
    tiers : Table
        Tier of each customer by his money.
    concentration : Table
        Money of the best 1, 10 and 20 % of customers, and the Gini coefficient.
    cohorts : mapping of str to Table
        Retention by measure: `customers`, `orders`, `revenue`.
    regions : Table or None
        One row per region; none if the source has no region.
    manifest : mapping
        What stands in `run.json`.
    """

    output: Path
    files: tuple[str, ...]
    skipped: Mapping[str, str]
    total: Table
    periods: Table
    segments: Table
    segment_summary: Table
    tiers: Table
    concentration: Table
    cohorts: Mapping[str, Table]
    regions: Table | None
    manifest: Mapping[str, Any]


def run(
    dataset: Dataset,
    output: str | os.PathLike[str],
    *,
    as_of: Moment | None = None,
    rules: str = "default",
    period: PeriodName = "month",
    confidence: float = 0.95,
    num_threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> RunResult:
    """Analyse a data set in one pass and write the exports.

    The files are built aside and renamed at the end, so an error leaves the folder as it was. The
    old `run.json` goes before the first file is replaced and the new one comes last: whenever it is
    there, the files beside it are those whose hashes it holds. The same data set and options give
    the same bytes, whatever the order of its rows and the number of threads.

    Parameters
    ----------
    dataset : Dataset
        As a loader of `ecommerce_analytics.datasets` returns it.
    output : str or path-like
        Folder of the exports; made if it is absent. Files of an earlier run are replaced.
    as_of : str, date, datetime or numpy.datetime64, optional
        Moment, exclusive, from which all analyses look back; by default 00:00 after the day of the
        last line.
    rules : str, default="default"
        Name of the segments' rule set, one of `rfm.rule_set_names()`.
    period : str, default="month"
        Span of a row of key figures and of a cohort: day, week, month, quarter or year.
    confidence : float, default=0.95
        Coverage of the intervals of retention rates, in (0, 1).
    num_threads : int, optional
        Threads that read the rows; by default as many as there are cores allowed.
    progress : callable, optional
        Called with the name of each stage as it begins.

    Returns
    -------
    RunResult
        The tables, and the names of the files that hold them.

    Raises
    ------
    InvalidArgument
        An option is out of its domain, or there is no purchase before `as_of`.
    IOFailure
        The folder cannot be made or written, or another run is writing to it.
    MissingExtra
        The extra `io` is not installed.

    Notes
    -----
    O(lines) time and O(customers + orders) memory on top of the data set.
    """
    for name in ("duckdb", "pyarrow"):
        extras.require("io", name)
    tell = progress or _ignore
    output = Path(output)
    with _failures_named(output), _building_in(output) as building:
        tell("reading histories")
        history = CustomerHistory(as_of=as_of, region=dataset.region)
        history.add(dataset.transactions, num_threads=num_threads)

        tell("key figures")
        total = kpi.summary(history, as_of=as_of)
        periods = kpi.summary(history, as_of=as_of, period=period)

        tell("segments")
        scores = rfm.score(history, as_of=as_of)
        segments = rfm.segment(scores, rules=rules)
        segment_summary = rfm.summarize(segments)
        tiers = rfm.tiers(scores)
        concentration = rfm.concentration(scores)

        tell("cohorts")
        cohorts: dict[str, Table] = {
            measure: cohort.retention(
                history, as_of=as_of, period=period, measure=measure, confidence=confidence
            )
            for measure in _MEASURES
        }

        regions = None
        skipped = {}
        if dataset.region is None:
            skipped[_REGIONS] = "the source has no region"
        else:
            tell("regions")
            regions = geo_aggregate.by_region(history, region=dataset.region, as_of=as_of)

        tell("writing files")
        exports = {
            _KEY_FIGURES: _stacked("grain", {"total": total, period: periods}),
            _SEGMENTS: segments.to_arrow(),
            _SEGMENT_SUMMARY: segment_summary.to_arrow(),
            _TIERS: tiers.to_arrow(),
            _COHORTS: _stacked("measure", cohorts),
        }
        if regions is not None:
            exports[_REGIONS] = regions.to_arrow()
        for name, table in exports.items():
            _write_csv(table, building / name)
        source = {"source": dataset.name, "is_synthetic": dataset.is_synthetic}
        _write_json(source | dict(dataset.report.to_dict()), building / _INGEST)

        files = [name for name in _EXPORTS if name not in skipped]
        manifest = source | {
            "inputs": dict(sorted(dataset.sources.items())),
            "cleaning": dataset.cleaning,
            "currency": dataset.currency,
            "as_of": total.metadata["as_of"],
            "parameters": {
                "source": dict(dataset.parameters),
                "rules": rules,
                "period": period,
                "confidence": confidence,
            },
            "tiers": _tier_sizes(tiers),
            "concentration": _told(concentration),
            "versions": {
                "ecommerce_analytics": __version__,
                **{name: importlib.metadata.version(name) for name in _READERS},
            },
            "outputs": {name: _sealed(building / name) for name in files},
            "skipped": skipped,
        }
        _write_json(manifest, building / _RUN)
        _sealed(building / _RUN)
        _publish(building, output, files)
    return RunResult(
        output=output,
        files=(*files, _RUN),
        skipped=skipped,
        total=total,
        periods=periods,
        segments=segments,
        segment_summary=segment_summary,
        tiers=tiers,
        concentration=concentration,
        cohorts=cohorts,
        regions=regions,
        manifest=manifest,
    )


def _ignore(stage: str) -> None:
    """Take note of nothing."""


def _tier_sizes(tiers: Table) -> dict[str, int]:
    """Return how many customers each tier of `rfm.tiers` has, the best first."""
    names = tiers.metadata["tiers"].split(", ")
    sizes: list[int] = json.loads(tiers.metadata["tier_sizes"])
    return dict(zip(names, sizes, strict=True))


def _told(concentration: Table) -> dict[str, Any]:
    """Make the figures of `rfm.concentration` fit for JSON; money as text, as everywhere there."""
    gini = concentration.metadata["gini"]
    rows = concentration.to_arrow().to_pylist()
    return {
        "gini": gini if gini == "undefined" else float(gini),
        "num_negative": int(concentration.metadata["num_negative"]),
        "top": [row | {"revenue": f"{row['revenue']:.4f}"} for row in rows],
    }


def _stacked(column: str, tables: Mapping[str, Table]) -> pyarrow.Table:
    """Put tables of one shape below each other, each named in a first column.

    Columns that have not the same type everywhere become text, so that a count stays a whole
    number beside money.
    """
    pa = extras.require("io", "pyarrow")
    parts = [table.to_arrow().replace_schema_metadata(None) for table in tables.values()]
    for position, name in enumerate(parts[0].column_names):
        if len({part.schema.field(position).type for part in parts}) > 1:
            parts = [
                part.set_column(position, name, part.column(position).cast(pa.string()))
                for part in parts
            ]
    labelled = [
        part.add_column(0, column, pa.array([label] * part.num_rows, pa.string()))
        for label, part in zip(tables, parts, strict=True)
    ]
    return pa.concat_tables(labelled)


def _write_csv(table: pyarrow.Table, path: Path) -> None:
    """Write UTF-8 with LF; null is an empty cell, money keeps its four decimals."""
    duckdb = extras.require("io", "duckdb")
    try:
        with duckdb.connect() as connection:
            connection.from_arrow(table).write_csv(str(path), header=True)
    except duckdb.Error as error:
        raise IOFailure("run: a file cannot be written", file=path, value=str(error)) from error


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _sealed(path: Path) -> str:
    """Bring a finished file to the disk; return its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(building: Path, output: Path, files: Sequence[str]) -> None:
    """Move the finished files in; at no moment does a `run.json` tell of other files."""
    _sync_folder(building)
    (output / _RUN).unlink(missing_ok=True)
    _sync_folder(output)
    for name in _EXPORTS:
        if name in files:
            (building / name).replace(output / name)
        else:
            (output / name).unlink(missing_ok=True)
    _sync_folder(output)
    (building / _RUN).replace(output / _RUN)
    _sync_folder(output)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _building_in(output: Path) -> Iterator[Path]:
    """Make `output` and, in it, a folder to build in; take away what was made if the run fails."""
    made = [folder for folder in (output, *output.parents) if not folder.exists()]
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name in (*_EXPORTS, _RUN):
            if (output / name).is_dir():
                raise IOFailure("run: a folder stands where a file goes", file=output / name)
        with _locked(output):
            building = output / _BUILDING
            # No other run holds the folder: this is what a killed one left behind.
            if building.exists():
                shutil.rmtree(building)
            building.mkdir()
            try:
                yield building
            finally:
                shutil.rmtree(building, ignore_errors=True)
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs; the system lets go of it when the process ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IOFailure("run: another run is writing to the folder", file=folder) from error
        except OSError:
            pass  # The file system has no locks.
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _failures_named(output: Path) -> Iterator[None]:
    """Name the folder in errors of the operating system."""
    try:
        yield
    except IOFailure:
        raise
    except OSError as error:
        file = error.filename or output
        raise IOFailure("run: cannot write", file=file, value=error.strerror) from error
