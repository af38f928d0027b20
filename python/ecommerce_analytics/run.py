"""The main job: one data set in, the exports of all analyses out."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ecommerce_analytics import (
    __version__,
    aggregate,
    churn,
    civil_time,
    clv,
    cohort,
    customer_clusters,
    customer_lists,
    exports,
    extras,
    geo_aggregate,
    heatmap,
    holdout,
    klaviyo,
    kpi,
    layouts,
    output_folder,
    payments,
    privacy,
    rfm,
    warehouse,
    workbook,
)
from ecommerce_analytics.analysis import needs_of
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.errors import InvalidArgument

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
_CHANGES = "key_figure_changes.csv"
_SEGMENTS = "customer_rfm_segments.csv"
_SEGMENT_SUMMARY = "rfm_segment_summary.csv"
_TIERS = "customer_value_tiers.csv"
_LORENZ = "lorenz_curve.csv"
_COHORTS = "customer_cohort_retention.csv"
_CLUSTERS = "customer_clusters.csv"
_CHURN_RISK = "churn_risk.csv"
_CHURN_EVALUATION = "churn_evaluation.csv"
_CATEGORY = "category"  # The dimension that the files are about.
_HEATMAP = "customer_cohort_heatmap.png"
_REGIONS = "geo_revenue.csv"
_CATEGORIES = "category_revenue.csv"
_PAYMENTS = "payment_types.csv"
_WORKBOOK = "ecommerce_analytics.xlsx"
_INGEST = "ingest_report.json"
_RUN = "run.json"
_TABLES = (
    *(_KEY_FIGURES, _CHANGES, _SEGMENTS, _SEGMENT_SUMMARY, _TIERS, _LORENZ, _COHORTS),
    *(_CLUSTERS, _CHURN_RISK, _CHURN_EVALUATION, *customer_lists.FILES),
    *(_REGIONS, _CATEGORIES, _PAYMENTS),
)
_OF_CHURN = (_CHURN_RISK, _CHURN_EVALUATION, *customer_lists.FILES)
_NO_MODELS = "models were left out of the run"

#: Tools that a run can write customers for, and the file of each.
AUDIENCES: Final = {"klaviyo": klaviyo.FILE_NAME}

_log = logging.getLogger(__name__)

# Of the curve over k, which costs nine times a fit: fewer starts, and a sample of customers.
_CURVE_STARTS = 3
_SILHOUETTE_POINTS = 2_000
# Of `run` from the histories to the files; "reaching" and "writing to" are of a database.
_NUM_STAGES = 10
_NUM_STAGES_OF_A_DATABASE = 2
_LIBRARIES = ("duckdb", "matplotlib", "numpy", "pyarrow")


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
    changes : Table
        Those beside the figures of the period before.
    segments : Table
        One row per customer.
    segment_summary : Table
        One row per segment.
    tiers : Table
        Tier of each customer by his money.
    concentration : Table
        Money of the best 1, 10 and 20 % of customers, and the Gini coefficient.
    lorenz : Table
        Points of the Lorenz curve of that money.
    cohorts : mapping of str to Table
        Retention by measure: `customers`, `orders`, `revenue`.
    clusters : Table
        Cluster, its name and the distance to its center of each customer.
    cluster_curve : Table
        One row per number of clusters: inertia and silhouette.
    churn : churn.Outcome
        Customers by their risk of not coming back, and how far that can be trusted; or the reason
        why that cannot be told.
    value : clv.Evaluation
        What customers are worth and how far that can be trusted; or the reason why that cannot be
        told.
    lists : customer_lists.Lists
        Customers who may leave, are worth much, both; all that is known of each.
    regions : Table or None
        One row per region; none if the source has no region.
    categories, payments : Table or None
        One row per category, and per type of payment; none if the source has none.
    manifest : mapping
        What stands in `run.json`.
    """

    output: Path
    files: tuple[str, ...]
    skipped: Mapping[str, str]
    total: Table
    periods: Table
    changes: Table
    segments: Table
    segment_summary: Table
    tiers: Table
    concentration: Table
    lorenz: Table
    cohorts: Mapping[str, Table]
    clusters: Table
    cluster_curve: Table
    churn: churn.Outcome
    value: clv.Evaluation
    lists: customer_lists.Lists
    regions: Table | None
    categories: Table | None
    payments: Table | None
    manifest: Mapping[str, Any]


def run(
    dataset: Dataset,
    output: str | os.PathLike[str],
    *,
    as_of: Moment | None = None,
    rules: str | PathLike[str] = "default",
    period: PeriodName = "month",
    confidence: float = 0.95,
    num_threads: int | None = None,
    raw: bool = False,
    parquet: bool = False,
    xlsx: bool = False,
    layout: str | None = None,
    to: str | None = None,
    to_schema: str = warehouse.DEFAULT_SCHEMA,
    progress: Callable[[str], None] | None = None,
    audiences: Collection[str] = (),
    pseudonym_key: str | None = None,
    models: bool = True,
    holdout_share: float | None = None,
    random_state: int = 0,
) -> RunResult:
    """Analyse a data set in one pass and write the exports.

    The files are built aside and take their places all at once, so an error or a kill leaves the
    folder as it was (`output_folder` says how, and where it cannot be so). The same data set and
    options give the same bytes, whatever the order of its rows and the number of threads; a
    picture and a Parquet file do so for one version of their library.

    Parameters
    ----------
    dataset : Dataset
        As a loader of `ecommerce_analytics.datasets` returns it.
    output : str or path-like
        Folder of the exports; made if it is absent. Files of an earlier run are replaced.
    as_of : str, date, datetime or numpy.datetime64, optional
        Moment, exclusive, from which all analyses look back; by default 00:00 after the day of the
        last line.
    rules : str or path-like, default="default"
        The segments' rule set: one of `rfm.rule_set_names()`, or a ``.toml`` file. Its number of
        bins is that of the scores.
    period : str, default="month"
        Span of a row of key figures and of a cohort: day, week, month, quarter or year.
    confidence : float, default=0.95
        Coverage of the intervals of retention rates, in (0, 1).
    num_threads : int, optional
        Threads that read the rows; by default as many as there are cores allowed.
    raw : bool, default=False
        Write text into CSV files as it is. By default a text that a spreadsheet would run as a
        formula gets a ``'`` in front (see `spreadsheet`); numbers stay numbers.
    parquet : bool, default=False
        Write each table as a Parquet file too: text as it is, money as decimal128(38, 4).
    xlsx : bool, default=False
        Write all tables as sheets of one workbook too (see `workbook`).
    layout : str, optional
        Write tables under names that other projects expect too: one of `layouts.LAYOUTS`.
    to : str, optional
        Write the tables into a database too: ``postgresql://…`` (see `warehouse.place_of`). Its
        transaction ends when all files are built, and before they take their places: an error
        in the one leaves the other as it was.
    to_schema : str, default="ecommerce_analytics"
        Schema of the tables in that database.
    progress : callable, optional
        Called with the name of each stage as it begins.
    audiences : collection of str, default=()
        Tools to write the customers for whom we may write to: ``"klaviyo"`` (`klaviyo.profiles`).
        Only these files hold what `Dataset.customers` tells of persons.
    pseudonym_key : str, optional
        Write pseudonyms instead of the keys of customers, made with this secret of at least 16
        characters (`privacy.pseudonymise`). The tables of the result keep the keys.
    models : bool, default=True
        Tell churn, customer lifetime value and the lists of customers (`customer_lists.make`).
    holdout_share : float, optional
        Draw a control group of about that share of the customers, in (0, 1): the lists get a column
        `group` (`holdout.groups`).
    random_state : int, default=0
        Its seed.

    Returns
    -------
    RunResult
        The tables, and the names of the files that hold them.

    Raises
    ------
    InvalidArgument
        An option is out of its domain, there is no purchase before `as_of`, the source does not
        tell what an audience needs, an audience is asked for under pseudonyms, or the folder's list
        of the forgotten wants a key that was not told.
    IOFailure
        The folder or the database cannot be reached or written, or another run is writing to it.
    InvalidData
        A text does not fit into a cell of the workbook or of the database.
    MissingExtra
        The extra `io` is not installed, or `postgresql` with `to`.

    Notes
    -----
    O(lines) time and O(customers + orders) memory on top of the data set. Customers on the
    folder's list of the forgotten (`forget`) are in no row of a customer; sums have them, as the
    source has.
    """
    for name in ("duckdb", "matplotlib", "pyarrow"):
        extras.require("io", name)
    if xlsx:
        extras.require("io", "xlsxwriter")
    layouts.require(layout)
    place = None if to is None else warehouse.place_of(to, to_schema)
    is_file = os.fspath(rules).endswith(".toml")
    rule_set = rfm.read_rule_set(rules) if is_file else rfm.rule_set(os.fspath(rules))
    check_audiences(audiences, pseudonym_key)
    if "klaviyo" in audiences:
        klaviyo.check(dataset.customers)
    analysis = _Analysis(
        as_of,
        rule_set,
        period,
        confidence,
        num_threads,
        models,
        _Holdout.of(holdout_share, random_state),
    )
    writing = _Writing(raw, parquet, xlsx, layout, place)
    tell = progress or _ignore
    if place is not None:
        tell("reaching the database")
        warehouse.check(place)  # Need not wait for the analyses.
    output = Path(output)
    started = time.monotonic()
    with output_folder.replaced(output, _ALL_FILES) as building:
        protection = privacy.Protection(output, pseudonym_key, customers=dataset.customers)
        found = _analysed(dataset, analysis, tell)
        skipped = _skipped(found)
        _log_stage("analysed", started, found.segments.num_rows, "customers")

        tell("writing files")
        about = {
            "source": dataset.name,
            "is_synthetic": str(dataset.is_synthetic).lower(),
            "currency": dataset.currency or "",
            "as_of": found.total.metadata["as_of"],
        }
        of_churn = {} if dataset.hindsight is None else {"hindsight": dataset.hindsight}
        more = dict.fromkeys(_OF_CHURN, of_churn)
        tables = {
            name: exports.labelled(
                replace(one, table=protection.applied(one.table)), about | more.get(name, {})
            )
            for name, one in _tables(found, analysis).items()
        }
        files = _write_tables(tables, building, writing)
        told_audiences = _write_audiences(
            *(audiences, dataset, tables, about, building),
            forgotten=protection.forgotten(),
            drawn=analysis.holdout,
            raw=raw,
        )
        files += [AUDIENCES[name] for name in told_audiences]
        report = _write_picture_and_report(dataset, found, building)
        files += [_HEATMAP, _INGEST]
        persons = {"privacy": protection.told(), "audiences": told_audiences}
        manifest = _manifest(dataset, found, persons, analysis, writing, tables)
        manifest["lists"] = _told_lists(tables)
        if xlsx:
            tell("writing the workbook")
            sheets = {warehouse.table_name(name): one.table for name, one in tables.items()}
            facts = _facts(manifest, skipped)
            workbook.write(building / _WORKBOOK, sheets, facts=facts, meanings=exports.meanings)
            files.append(_WORKBOOK)
        manifest["outputs"] = {name: exports.sha256(building / name) for name in files}
        manifest["skipped"] = skipped
        exports.write_json(manifest, building / _RUN)
        if place is not None:
            tell("writing to the database")
            output_folder.sync(building)  # A full disk is found while both can go back.
            _write_database(place, tables, manifest, exports.sha256(building / _RUN), report)
    _log_stage("written", started, len(files) + 1, "files")
    return RunResult(
        output=output, files=(*files, _RUN), skipped=skipped, manifest=manifest, **vars(found)
    )


def num_stages(*, xlsx: bool = False, to: str | None = None) -> int:
    """Return how often `run` calls `progress` at most, with these options."""
    return _NUM_STAGES + xlsx + (0 if to is None else _NUM_STAGES_OF_A_DATABASE)


@dataclass(frozen=True)
class _Analysis:
    """Options that change what is found; `num_threads` does not."""

    as_of: Moment | None
    rule_set: rfm.RuleSet
    period: PeriodName
    confidence: float
    num_threads: int | None
    models: bool
    holdout: _Holdout | None


@dataclass(frozen=True)
class _Holdout:
    """How customers are drawn who are left out of an action."""

    share: float
    random_state: int

    @classmethod
    def of(cls, share: float | None, random_state: int) -> _Holdout | None:
        if share is None:
            return None
        holdout.groups((), share, random_state=random_state)  # Refuses what is out of range.
        return cls(share, random_state)

    def applied(self, table: pyarrow.Table, column: str = "group") -> pyarrow.Table:
        """Say of each customer of a list which group he is of."""
        pa = extras.require("io", "pyarrow")
        drawn = holdout.groups(
            table["customer"].to_pylist(), self.share, random_state=self.random_state
        )
        about = {"holdout_share": repr(self.share), "random_state": str(self.random_state)}
        known = {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
        return table.append_column(column, pa.array(drawn, pa.string())).replace_schema_metadata(
            {**known, **about}
        )


@dataclass(frozen=True)
class _Writing:
    """Options that change where and how it is written."""

    raw: bool
    parquet: bool
    xlsx: bool
    layout: str | None
    place: warehouse.Place | None


@dataclass(frozen=True)
class _Found:
    """What the analyses return; `RunResult` says what each is."""

    total: Table
    periods: Table
    changes: Table
    segments: Table
    segment_summary: Table
    tiers: Table
    concentration: Table
    lorenz: Table
    cohorts: Mapping[str, Table]
    clusters: Table
    cluster_curve: Table
    churn: churn.Outcome
    value: clv.Evaluation
    lists: customer_lists.Lists
    regions: Table | None
    categories: Table | None
    payments: Table | None


def _analysed(dataset: Dataset, options: _Analysis, tell: Callable[[str], None]) -> _Found:
    """Read the lines once and answer from the history, except what looks at a past cutoff."""
    as_of, period, num_threads = options.as_of, options.period, options.num_threads
    tell("reading histories")
    history = _history_of(dataset, as_of).add(dataset.transactions, num_threads=num_threads)

    tell("key figures")
    total = kpi.summary(history, as_of=as_of)
    periods = kpi.summary(history, as_of=as_of, period=period)
    changes = kpi.changes(history, as_of=as_of, period=period)

    tell("segments")
    scores = rfm.score(history, as_of=as_of, n_bins=options.rule_set.n_bins)
    segments = rfm.segment(scores, rules=options.rule_set)
    segment_summary = rfm.summarize(segments)
    tiers = rfm.tiers(scores)
    concentration = rfm.concentration(scores)
    lorenz = rfm.lorenz(scores)

    tell("cohorts")
    cohorts: dict[str, Table] = {
        measure: cohort.retention(
            history, as_of=as_of, period=period, measure=measure, confidence=options.confidence
        )
        for measure in _MEASURES
    }

    tell("clusters")
    clusters = customer_clusters.fit(scores, num_threads=num_threads)
    cluster_curve = customer_clusters.curve(
        scores,
        n_init=_CURVE_STARTS,
        max_silhouette_points=_SILHOUETTE_POINTS,
        num_threads=num_threads,
    )

    if options.models:
        tell("churn")
        risk = churn.rank(dataset.transactions, as_of=as_of, num_threads=num_threads)
        tell("customer lifetime value")
        value = clv.evaluate(dataset.transactions, as_of=as_of, num_threads=num_threads)
        tell("lists")
        lists = customer_lists.make(
            dataset.transactions,
            segments=segments,
            tiers=tiers,
            clusters=clusters,
            outcome=risk,
            prediction=value.prediction,
            as_of=as_of,
            num_threads=num_threads,
        )
    else:
        risk = churn.Outcome(None, None, None, _NO_MODELS)
        value = clv.Evaluation(
            clv.Prediction(None, None, None, _NO_MODELS),
            clv.Backtest(None, None, None, _NO_MODELS),
        )
        lists = customer_lists.Lists({}, dict.fromkeys(customer_lists.FILES, _NO_MODELS))

    regions = None
    if dataset.region is not None:
        tell("regions")
        regions = geo_aggregate.by_region(history, region=dataset.region, as_of=as_of)
    categories = paid = None
    if _CATEGORY in dataset.transactions.dimension_names:
        categories = aggregate.group_by(
            dataset.transactions, by=[_CATEGORY], as_of=as_of, num_threads=num_threads
        )
    if dataset.payments is not None:
        paid = payments.by_type(dataset.payments, history, as_of=as_of)
    return _Found(
        total=total,
        periods=periods,
        changes=changes,
        segments=segments,
        segment_summary=segment_summary,
        tiers=tiers,
        concentration=concentration,
        lorenz=lorenz,
        cohorts=cohorts,
        clusters=clusters,
        cluster_curve=cluster_curve,
        churn=risk,
        value=value,
        lists=lists,
        regions=regions,
        categories=categories,
        payments=paid,
    )


def _skipped(found: _Found) -> dict[str, str]:
    """Say which files the source cannot give, and why."""
    skipped: dict[str, str] = {}
    if found.churn.reason is not None:
        skipped |= dict.fromkeys((_CHURN_RISK, _CHURN_EVALUATION), found.churn.reason)
    skipped |= found.lists.reasons
    if found.regions is None:
        skipped[_REGIONS] = "the source has no region"
    if found.categories is None:
        skipped[_CATEGORIES] = "the source has no category"
    if found.payments is None:
        skipped[_PAYMENTS] = "the source has no payments"
    return skipped


def _tables(found: _Found, options: _Analysis) -> dict[str, exports.Export]:
    """Return the tables to write by the names of their files."""
    grains = {"total": found.total, options.period: found.periods}
    tables = {
        _KEY_FIGURES: exports.stacked("grain", grains),
        _CHANGES: exports.Export(found.changes.to_arrow()),
        _SEGMENTS: exports.Export(found.segments.to_arrow()),
        _SEGMENT_SUMMARY: exports.Export(found.segment_summary.to_arrow()),
        _TIERS: exports.Export(found.tiers.to_arrow()),
        _LORENZ: exports.Export(found.lorenz.to_arrow()),
        _COHORTS: exports.stacked("measure", found.cohorts),
        _CLUSTERS: exports.Export(found.clusters.to_arrow()),
    }
    risk = found.churn
    if risk.ranking is not None and risk.evaluation is not None:
        tables[_CHURN_RISK] = exports.Export(risk.ranking.to_arrow())
        tables[_CHURN_EVALUATION] = exports.timed(risk.evaluation.to_arrow(), "cutoff")
    for name, table in found.lists.tables.items():
        drawn = table if options.holdout is None else options.holdout.applied(table)
        tables[name] = exports.Export(drawn)
    if found.regions is not None:
        tables[_REGIONS] = exports.Export(found.regions.to_arrow())
    if found.categories is not None:
        tables[_CATEGORIES] = exports.Export(found.categories.to_arrow())
    if found.payments is not None:
        tables[_PAYMENTS] = exports.Export(found.payments.to_arrow())
    return tables


def _write_tables(
    tables: Mapping[str, exports.Export], building: Path, options: _Writing
) -> list[str]:
    """Write each table in all forms but the workbook; return the names of the files."""
    exports.write_csvs(tables, building, raw=options.raw)
    files = []
    for name, export in tables.items():
        files.append(name)
        if options.parquet:
            exports.write_parquet(export.table, building / exports.as_parquet(name))
            files.append(exports.as_parquet(name))
    if options.layout is not None:
        files += layouts.write(options.layout, building)
    return files


def _write_picture_and_report(dataset: Dataset, found: _Found, building: Path) -> dict[str, Any]:
    """Write the picture of the cohorts and the report of the lines; return the report."""
    picture = heatmap.cohort_figure(
        found.cohorts["customers"],
        source=dataset.name,
        is_synthetic=dataset.is_synthetic,
        cleaning=dataset.cleaning,
    )
    heatmap.write_png(picture, building / _HEATMAP)
    report = _source_of(dataset) | dict(dataset.report.to_dict())
    exports.write_json(report, building / _INGEST)
    return report


def _manifest(
    dataset: Dataset,
    found: _Found,
    persons: Mapping[str, Any],
    analysis: _Analysis,
    writing: _Writing,
    tables: Iterable[str],
) -> dict[str, Any]:
    """Return what `run.json` says of the run, but for its files."""
    evaluation, place, layout = found.churn.evaluation, writing.place, writing.layout
    return _source_of(dataset) | {
        "inputs": dict(sorted(dataset.sources.items())),
        "cleaning": dataset.cleaning,
        "currency": dataset.currency,
        "as_of": found.total.metadata["as_of"],
        "parameters": {
            "source": dict(dataset.parameters),
            "rules": found.segments.metadata["rules"],
            "period": analysis.period,
            "confidence": analysis.confidence,
            "models": analysis.models,
            **_told_holdout(analysis.holdout),
        },
        "tiers": _tier_sizes(found.tiers),
        "concentration": _told_concentration(found.concentration),
        "clusters": _told_clusters(found.clusters, found.cluster_curve),
        **({} if evaluation is None else {"churn": _told_churn(evaluation, dataset)}),
        **({} if not analysis.models else {"clv": _told_value(found.value)}),
        "versions": _versions((*_LIBRARIES, "xlsxwriter") if writing.xlsx else _LIBRARIES),
        "spreadsheet_safe": not writing.raw,
        **_time_zone_of(dataset),
        **persons,
        **({} if place is None else {"database": _told_of(place, tables)}),
        **({} if layout is None else {"layout": {layout: layouts.LAYOUTS[layout]}}),
    }


def _write_database(
    place: warehouse.Place,
    tables: Mapping[str, exports.Export],
    manifest: Mapping[str, Any],
    manifest_sha256: str,
    report: Mapping[str, Any],
) -> None:
    reasons = {warehouse.table_name(name): why for name, why in manifest["skipped"].items()}
    with warehouse.replaced(place, _ALL_TABLES, reasons) as database:
        for name, export in tables.items():
            table = warehouse.table_name(name)
            database.write(table, export.table, exports.meanings(table))
        database.write_run(manifest, manifest_sha256, report)


def check_audiences(audiences: Collection[str], pseudonym_key: str | None) -> None:
    """Refuse what no source could give: other tools, and addresses under pseudonyms."""
    for name in audiences:
        if name not in AUDIENCES:
            known = ", ".join(AUDIENCES)
            raise InvalidArgument(f"run: an audience must be one of {known}", value=name)
    if audiences and pseudonym_key is not None:
        raise InvalidArgument(
            "run: an export of e-mail addresses cannot have pseudonyms; run without the key of the"
            " pseudonyms, or without",
            value=", ".join(audiences),
        )


def _write_audiences(
    audiences: Collection[str],
    dataset: Dataset,
    tables: Mapping[str, exports.Export],
    about: Mapping[str, str],
    building: Path,
    *,
    forgotten: Collection[str],
    drawn: _Holdout | None,
    raw: bool,
) -> dict[str, Any]:
    """Write the files that hold what is known of persons; return what `run.json` says of them."""
    told = {}
    if "klaviyo" in audiences and dataset.customers is not None:
        # What the lists say of a customer stands in the other tables, too.
        known = {
            name: export.table
            for name, export in tables.items()
            if name not in customer_lists.FILES
        }
        profiles, left_out = klaviyo.profiles(dataset.customers, known, forgotten=forgotten)
        found, absent = klaviyo.num_with_order(dataset.customers, known, forgotten=forgotten)
        told["klaviyo"] = {
            "profiles": profiles.num_rows,
            "left_out": left_out,
            "persons": {"with_order": found, "without_order": absent},
        }
        if drawn is not None:
            profiles = drawn.applied(profiles, klaviyo.GROUP)
        made = exports.labelled(exports.Export(profiles), about)
        exports.write_csvs({klaviyo.FILE_NAME: made}, building, raw=raw)
    return told


def _source_of(dataset: Dataset) -> dict[str, Any]:
    """Say what both JSON files begin with."""
    return {"source": dataset.name, "is_synthetic": dataset.is_synthetic}


def _history_of(dataset: Dataset, as_of: Moment | None) -> CustomerHistory:
    """Make the history that every analysis reads, with all that one of them needs."""
    asked: dict[str, dict[str, str]] = {"kpi": {}}
    if dataset.region is not None:
        asked["geo"] = {"region": dataset.region}
    measures, marks = needs_of(asked, dataset.transactions)
    return CustomerHistory(as_of=as_of, region=dataset.region, measures=measures, marks=marks)


def _log_stage(event: str, started: float, count: int, what: str) -> None:
    seconds = round(time.monotonic() - started, 3)
    _log.info(event, extra={"fields": {what: count, "seconds": seconds}})


def _ignore(stage: str) -> None:
    """Take note of nothing."""


def _time_zone_of(dataset: Dataset) -> dict[str, Any]:
    """Name the time zone data that the loader read, if it was told a zone."""
    zone = dataset.parameters.get("time_zone")
    if not isinstance(zone, str):
        return {}
    return {"time_zone_data": civil_time.time_zone_data(zone)}


def _versions(libraries: Iterable[str]) -> dict[str, str]:
    installed = {name: importlib.metadata.version(name) for name in libraries}
    return {"ecommerce_analytics": __version__, **installed}


def _told_of(place: warehouse.Place, tables: Iterable[str]) -> dict[str, Any]:
    """Say what went into a database; not where it is, which is none of the files' business."""
    names = [warehouse.table_name(name) for name in tables]
    return {"schema": place.schema, "tables": [*names, warehouse.RUN_TABLE]}


def _facts(manifest: Mapping[str, Any], skipped: Mapping[str, str]) -> list[tuple[str, str]]:
    """Say what a workbook's first sheet says of the whole run."""
    parameters = manifest["parameters"]
    versions = manifest["versions"]
    facts = {
        "source": manifest["source"],
        "synthetic": "drawn from models, not of any shop" if manifest["is_synthetic"] else "",
        "inputs": ", ".join(manifest["inputs"]),
        "cleaning": manifest["cleaning"],
        "currency": manifest["currency"],
        "as of (exclusive)": manifest["as_of"],
        "rule set of the segments": parameters["rules"],
        "period": parameters["period"],
        "confidence of intervals": str(parameters["confidence"]),
        "hindsight of the churn risk": manifest.get("churn", {}).get("hindsight"),
        "not there": "; ".join(f"{name}: {why}" for name, why in skipped.items()),
        "made by": f"ecommerce-analytics {versions['ecommerce_analytics']}",
    }
    return [(name, text) for name, text in facts.items() if text]


def _tier_sizes(tiers: Table) -> dict[str, int]:
    """Return how many customers each tier of `rfm.tiers` has, the best first."""
    return dict(zip(tiers.tiers.split(", "), tiers.tier_sizes, strict=True))


def _told_clusters(clusters: Table, curve: Table) -> dict[str, Any]:
    """Make what is true of all clusters fit for JSON, with what other numbers of them are worth."""
    return {
        "n_clusters": clusters.n_clusters,
        "random_state": clusters.random_state,
        "inertia": clusters.inertia,
        "converged": clusters.converged,
        "note": clusters.metadata.get("cluster_note"),
        "sizes": dict(zip(clusters.cluster_names, clusters.cluster_sizes, strict=True)),
        "best_by_silhouette": getattr(curve, "best_by_silhouette", None),
        "curve_n_init": curve.n_init,
        "curve": curve.to_arrow().to_pylist(),
    }


def _told_churn(evaluation: Table, dataset: Dataset) -> dict[str, Any]:
    """Make fit for JSON what the model was trained on, and how it did beside the baselines."""
    told = {name: getattr(evaluation, name) for name in evaluation.metadata}
    told["confidence"] = float(told["confidence"])
    rows = evaluation.to_arrow().to_pylist()
    return told | {"hindsight": dataset.hindsight, "evaluation": rows}


def _told_value(value: clv.Evaluation) -> dict[str, Any]:
    """Make fit for JSON what customers are worth, and how such values did beside a naive rule."""
    customers, parameters = value.prediction.customers, value.prediction.parameters
    test = value.backtest
    told: dict[str, Any] = {
        "reason": value.prediction.reason,
        "warning": value.prediction.warning,
        "test_reason": test.reason,
    }
    if customers is not None and parameters is not None:
        told |= dict(customers.metadata) | {"parameters": parameters.to_arrow().to_pylist()}
    if test.totals is not None:
        about = {name: test.totals.metadata[name] for name in ("calibration_end", "holdout_end")}
        told["test"] = about | {"totals": test.totals.to_arrow().to_pylist()}
    return told


def _told_holdout(drawn: _Holdout | None) -> dict[str, Any]:
    if drawn is None:
        return {}
    return {"holdout": {"share": drawn.share, "random_state": drawn.random_state}}


def _told_lists(tables: Mapping[str, exports.Export]) -> dict[str, Any]:
    """Say of each list its rule and size, and of its groups whether they can tell an effect."""
    told: dict[str, Any] = {}
    for name in customer_lists.FILES:
        if name not in tables:
            continue
        table = tables[name].table
        known = {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
        told[name] = {
            "rule": customer_lists.RULES[name].format(**_Told(known)),
            "customers": table.num_rows,
        }
        if "group" in table.column_names:
            drawn = table["group"].to_pylist()
            sizes = {one: drawn.count(one) for one in (holdout.TREATMENT, holdout.CONTROL)}
            told[name] |= {"groups": sizes, "note": holdout.note_of(sizes)}
    return told


class _Told(dict[str, str]):
    """What is true of a list; a rule that names what is not there says so."""

    def __missing__(self, name: str) -> str:
        return "unknown"


def _told_concentration(concentration: Table) -> dict[str, Any]:
    """Make the figures of `rfm.concentration` fit for JSON; money as text, as everywhere there."""
    gini = concentration.metadata["gini"]
    rows = concentration.to_arrow().to_pylist()
    return {
        "gini": gini if gini == "undefined" else float(gini),
        "num_negative": concentration.num_negative,
        "top": [row | {"revenue": f"{row['revenue']:.4f}"} for row in rows],
    }


# All that a run may write, that which tells of the others last.
_ALL_FILES = (
    *_TABLES,
    *map(exports.as_parquet, _TABLES),
    *layouts.FILES,
    _WORKBOOK,
    *AUDIENCES.values(),
    _HEATMAP,
    _INGEST,
    _RUN,
)
_ALL_TABLES = (*map(warehouse.table_name, _TABLES), warehouse.RUN_TABLE)
