"""`ecommerce-analytics run`: the main job."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.console import Console
from rich.table import Table as ScreenTable

from ecommerce_analytics import __version__, layouts, rfm, warehouse
from ecommerce_analytics.civil_time import PeriodName, to_microseconds
from ecommerce_analytics.cli.models import backtest_table
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    money_text,
    number_text,
    plain_console,
    printable,
    screen_table,
    share_text,
    stages,
)
from ecommerce_analytics.cli.sources import Load, add_sources, one_of
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.ingest import IngestReport
from ecommerce_analytics.privacy import read_key
from ecommerce_analytics.run import AUDIENCES, RunResult, check_audiences, num_stages
from ecommerce_analytics.run import run as run_job

_MAX_REGIONS = 10
_PERIODS = get_args(PeriodName)

_log = logging.getLogger(__name__)

run_app = typer.Typer(
    help="Read a source, analyse it, write the exports and print a summary.",
    no_args_is_help=True,
)


def _between_zero_and_one(value: float) -> float:
    """Refuse the bounds and what is no number, while the command line is read."""
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not between 0 and 1.")
    return value


def _share(value: float | None) -> float | None:
    """Refuse a share that is none, while the command line is read."""
    return None if value is None else _between_zero_and_one(value)


_Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder of the exports; files of an earlier run are replaced.",
        show_default=False,
    ),
]
_AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT",
        help="Moment, exclusive, from which to look back, such as 2018-09-04;"
        " by default 00:00 after the day of the last line.",
        show_default=False,
    ),
]


def _rule_set(value: str) -> str:
    """Refuse what is neither a name nor a file, while the command line is read."""
    if not value.endswith(".toml"):
        one_of(*rfm.rule_set_names(), "a .toml file")(value)
    return value


def _audiences(values: list[str] | None) -> list[str] | None:
    """Refuse tools that we do not know, while the command line is read."""
    for value in values or ():
        one_of(*AUDIENCES)(value)
    return values


_Rules = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        callback=_rule_set,
        help=f"Rule set of the segments: {', '.join(rfm.rule_set_names())}, or a .toml file of"
        " one's own.",
    ),
]
_Period = Annotated[
    str,
    typer.Option(
        metavar="SPAN",
        callback=one_of(*_PERIODS),
        help=f"Span of key figures and cohorts: {', '.join(_PERIODS)}.",
    ),
]
_Confidence = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        callback=_between_zero_and_one,
        help="Coverage of the intervals of retention rates, between 0 and 1.",
    ),
]
_NumThreads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Threads that read the rows; by default as many as there are cores allowed.",
        show_default=False,
    ),
]
_Raw = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="Write text as it is; by default a cell that a spreadsheet would run as a formula gets"
        " a ' in front.",
    ),
]
_Parquet = Annotated[
    bool, typer.Option("--parquet", help="Write each table as a Parquet file too.")
]
_For = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="TOOL",
        callback=_audiences,
        help="Write the customers who agreed to mails, with what we know of them, for a tool:"
        f" {', '.join(AUDIENCES)}.",
        show_default=False,
    ),
]
_Pseudonymise = Annotated[
    str | None,
    typer.Option(
        "--pseudonymise",
        metavar="KEY",
        help="Write pseudonyms instead of customers' keys, made with this secret of at least 16"
        " characters, or with that in a file: @FILE.",
        show_default=False,
    ),
]

_Xlsx = Annotated[
    bool,
    typer.Option("--xlsx", help="Write all tables as sheets of one workbook too."),
]
_Layout = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        callback=one_of(*layouts.LAYOUTS),
        help="Write tables under the file names that other projects and reports expect too:"
        f" {', '.join(layouts.LAYOUTS)}.",
        show_default=False,
    ),
]
_To = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Write the tables into a database too: postgresql://USER@HOST/DATABASE. A password"
        " is better told by PGPASSWORD, ~/.pgpass or the setting: others can see a command line.",
        show_default=False,
    ),
]
_Schema = Annotated[
    str,
    typer.Option("--schema", metavar="NAME", help="Schema of the tables in that database."),
]


_NoModels = Annotated[
    bool,
    typer.Option(
        "--no-models", help="Leave out churn, customer lifetime value and the lists of customers."
    ),
]
_Holdout = Annotated[
    float | None,
    typer.Option(
        "--holdout",
        metavar="SHARE",
        callback=_share,
        help="Draw a control group of about that share of the customers, between 0 and 1: the lists"
        " say in `group` whom not to contact, so that `measure` can tell the effect.",
        show_default=False,
    ),
]
_HoldoutSeed = Annotated[
    int,
    typer.Option("--holdout-seed", metavar="NUMBER", min=0, help="Seed of the control group."),
]


@dataclass(frozen=True, kw_only=True)
class _RunOptions:
    """Options that every source has; each command shows them after its own."""

    output: _Output
    as_of: _AsOf = None
    rules: _Rules = "default"
    period: _Period = "month"
    confidence: _Confidence = 0.95
    num_threads: _NumThreads = None
    raw: _Raw = False
    parquet: _Parquet = False
    xlsx: _Xlsx = False
    layout: _Layout = None
    to: _To = None
    to_schema: _Schema = warehouse.DEFAULT_SCHEMA
    audiences: _For = None
    pseudonym_key: _Pseudonymise = None
    no_models: _NoModels = False
    holdout: _Holdout = None
    holdout_seed: _HoldoutSeed = 0


def _run(load: Load, options: _RunOptions) -> None:
    """Load, run, print: what all sources have in common."""
    with exit_codes(hide_cells=options.pseudonym_key is not None):
        to_microseconds(options.as_of)  # A moment that is none need not wait for the source.
        key = None if options.pseudonym_key is None else read_key(options.pseudonym_key)
        check_audiences(options.audiences or (), key)
        if options.to is not None:
            warehouse.place_of(options.to, options.to_schema)  # Nor a URL that is none.
        with stages(1 + num_stages(xlsx=options.xlsx, to=options.to)) as tell:
            _log.info("started", extra={"fields": {"version": __version__}})
            tell("reading the source")
            started = time.monotonic()
            dataset = load()
            _log_loaded(dataset, time.monotonic() - started)
            result = run_job(
                dataset,
                options.output,
                as_of=options.as_of,
                rules=options.rules,
                period=cast(PeriodName, options.period),
                confidence=options.confidence,
                num_threads=options.num_threads,
                raw=options.raw,
                parquet=options.parquet,
                xlsx=options.xlsx,
                layout=options.layout,
                to=options.to,
                to_schema=options.to_schema,
                progress=tell,
                audiences=options.audiences or (),
                pseudonym_key=key,
                models=not options.no_models,
                holdout_share=options.holdout,
                random_state=options.holdout_seed,
            )
        print_summary(dataset, result)


def print_summary(dataset: Dataset, result: RunResult) -> None:
    """Print what a run found."""
    console = plain_console()
    currency = f" {printable(dataset.currency)}" if dataset.currency else ""
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    cleaning = f", cleaning {dataset.cleaning}" if dataset.cleaning else ""
    console.print(f"{dataset.name}{cleaning}, as of {result.manifest['as_of']}")
    orders = dataset.parameters.get("orders")
    if isinstance(orders, dict) and orders.get("untied"):
        console.print(f"{orders['untied']} of {orders['kept']} orders do not add up to their total")
    if isinstance(orders, dict) and orders.get("refund_unknown"):
        _print_unknown_refunds(console, orders, dataset.parameters.get("missing_columns"))
    for table in (
        _key_figures(result, currency),
        _segments(result, currency),
        _tiers(result),
        _concentration(result, currency),
        _clusters(result),
        _churn(result),
        _value(result),
        _lists(result),
        _regions(result, currency),
        _lines(dataset.report, currency),
    ):
        if table is not None:
            console.print()
            console.print(table)
    if (hindsight := result.manifest.get("churn", {}).get("hindsight")) is not None:
        console.print()
        console.print(f"The test of the churn risk knows more than its day did: {hindsight}")
    for name, told in result.manifest["lists"].items():
        if told.get("note") is not None:
            console.print(f"{name}: {told['note']}")
    warning = result.value.prediction.warning
    if warning is not None:
        console.print(f"Customer lifetime value: {warning}")
    if (note := result.manifest.get("churn", {}).get("note")) is not None:
        console.print(f"Churn: {printable(note)}")
    console.print()
    console.print(f"Files in {printable(str(result.output))}:")
    for name in result.files:
        console.print(f"  {name}")
    for name, reason in result.skipped.items():
        console.print(f"  no {name}: {reason}")
    if "database" in result.manifest:
        told = result.manifest["database"]
        console.print(f"Tables in schema {printable(told['schema'])} of the database:")
        for name in told["tables"]:
            console.print(f"  {name}")
    for name, told in result.manifest["audiences"].items():
        reasons = ", ".join(
            f"{reason} {count_text(count)}" for reason, count in told["left_out"].items()
        )
        console.print(f"{name}: {count_text(told['profiles'])} profiles; left out: {reasons}")
        persons = told["persons"]
        console.print(
            f"{name}: of the persons told {count_text(persons['with_order'])} have an order,"
            f" {count_text(persons['without_order'])} have none"
        )
        if not persons["with_order"]:
            console.print(f"{name}: no key of a person is that of a customer with an order")
    if (digits := result.manifest["privacy"]["pseudonym_key_check"]) is not None:
        console.print(f"Customers have pseudonyms; the check of their key is {digits}")


def _print_unknown_refunds(console: Console, orders: Mapping[str, int], missing: object) -> None:
    """Say that revenue has refunds in it, and which columns would have told of them."""
    names = (
        [name for name in missing if "refund" in name.lower()] if isinstance(missing, list) else []
    )
    told = f"; the file has no column {', '.join(names)}" if names else ""
    console.print(
        f"{orders['refund_unknown']} of {orders['kept']} orders are refunded by their status and"
        f" tell no amount, so revenue still has it{told}"
    )


def _key_figures(result: RunResult, currency: str) -> ScreenTable:
    total = result.total.to_arrow()
    # Python has no date for the end of the last month that a time may lie in.
    [row] = total.drop_columns(["start", "end"]).to_pylist()
    table = screen_table("Key figures", "", "")
    for label, value in (
        ("Revenue, gross", money_text(row["revenue_gross"]) + currency),
        ("Revenue, net", money_text(row["revenue_net"]) + currency),
        ("Orders", count_text(row["orders"])),
        ("Customers", count_text(row["customers"])),
        ("Average order value", number_text(row["average_order_value"]) + currency),
        ("Repeat rate", share_text(row["repeat_rate"])),
        ("Guests' share of revenue", share_text(row["guest_share"])),
    ):
        table.add_row(label, value)
    return table


def _segments(result: RunResult, currency: str) -> ScreenTable:
    table = screen_table("Segments", "segment", "customers", "share", f"revenue{currency}", "share")
    for row in result.segment_summary.to_arrow().to_pylist():
        table.add_row(
            row["segment"],
            count_text(row["customers"]),
            share_text(row["customer_share"]),
            money_text(row["revenue"]),
            share_text(row["revenue_share"]),
        )
    return table


def _tiers(result: RunResult) -> ScreenTable:
    table = screen_table("Tiers by revenue", "tier", "customers")
    for name, size in result.manifest["tiers"].items():
        table.add_row(name, count_text(size))
    return table


def _concentration(result: RunResult, currency: str) -> ScreenTable:
    told = result.manifest["concentration"]
    gini = told["gini"] if told["gini"] == "undefined" else f"{told['gini']:.5f}"
    if told["num_negative"]:
        gini += f" ({told['num_negative']:,} customers below zero)"
    table = screen_table(
        f"Concentration: Gini coefficient {gini}",
        *("top", "customers", f"revenue{currency}", "share"),
    )
    for row in result.concentration.to_arrow().to_pylist():
        table.add_row(
            f"{row['top_share']:.0%}",
            count_text(row["customers"]),
            money_text(row["revenue"]),
            "n/a" if row["revenue_share"] is None else f"{row['revenue_share']:.3%}",
        )
    return table


def _regions(result: RunResult, currency: str) -> ScreenTable | None:
    if result.regions is None:
        return None
    rows = result.regions.to_arrow().to_pylist()
    # Equal revenues stay in the order of their keys, which the table has.
    rows.sort(key=lambda row: row["revenue"], reverse=True)
    title = "Regions" if len(rows) <= _MAX_REGIONS else f"Regions: {_MAX_REGIONS} of {len(rows)}"
    table = screen_table(title, "region", "orders", "customers", f"revenue{currency}", "share")
    for row in rows[:_MAX_REGIONS]:
        name = "unknown" if row["region"] is None else str(row["region"])
        table.add_row(
            printable(name),
            count_text(row["orders"]),
            count_text(row["customers"]),
            money_text(row["revenue"]),
            share_text(row["share"]),
        )
    return table


def _clusters(result: RunResult) -> ScreenTable:
    told = result.manifest["clusters"]
    best = told["best_by_silhouette"]
    note = f"; the silhouette is greatest at {best}" if best is not None else ""
    table = screen_table(
        f"Clusters (not the segments above): {told['n_clusters']}{note}",
        *("cluster", "customers", "share"),
    )
    total = sum(told["sizes"].values())
    for name, size in told["sizes"].items():
        table.add_row(name, count_text(size), share_text(size / total))
    return table


def _churn(result: RunResult) -> ScreenTable | None:
    """Show how the ranking did at a cutoff of the past, beside what needs no model."""
    if result.churn.evaluation is None:
        return None
    rows = result.churn.evaluation.to_arrow().to_pylist()
    first = rows[0]
    table = screen_table(
        f"Churn risk, tested at {first['cutoff']}: of {count_text(first['customers'])} customers"
        f" {share_text(first['base_rate'])} had no order in {first['horizon_days']} days",
        *("model", "ROC-AUC", "interval", "PR-AUC", "log-loss", "lift of the top 10%"),
    )
    for row in rows:
        table.add_row(
            row["model"],
            f"{row['roc_auc']:.4f}",
            f"{row['roc_auc_lower']:.4f} to {row['roc_auc_upper']:.4f}",
            f"{row['pr_auc']:.4f}",
            f"{row['log_loss']:.4f}",
            f"{row['top_decile_lift']:.2f}",
        )
    return table


def _value(result: RunResult) -> ScreenTable | None:
    """Show what the models of value expected of past days, beside what happened."""
    totals = result.value.backtest.totals
    return None if totals is None else backtest_table(totals)


def _lists(result: RunResult) -> ScreenTable | None:
    told = result.manifest["lists"]
    if not told:
        return None
    has_groups = any("groups" in one for one in told.values())
    table = screen_table("Lists", "file", "customers", *(("control",) if has_groups else ()))
    for name, one in told.items():
        control = (count_text(one["groups"]["control"]),) if "groups" in one else ()
        table.add_row(name, count_text(one["customers"]), *control)
    return table


def _lines(report: IngestReport, currency: str) -> ScreenTable:
    table = screen_table("Lines", "", "lines", f"money{currency}")
    table.add_row("read", count_text(report.read.num_lines), money_text(report.read.money))
    for tally in report.removed:
        label = printable(f"removed: {tally.name}")
        table.add_row(label, count_text(tally.num_lines), money_text(tally.money))
    table.add_row("kept", count_text(report.kept.num_lines), money_text(report.kept.money))
    table.add_row("of guests", count_text(report.guests.num_lines), money_text(report.guests.money))
    return table


def _log_loaded(dataset: Dataset, seconds: float) -> None:
    fields = {
        "source": dataset.name,
        "files": sorted(dataset.sources),
        "lines_read": dataset.report.read.num_lines,
        "lines_kept": dataset.report.kept.num_lines,
        "seconds": round(seconds, 3),
    }
    _log.info("loaded", extra={"fields": fields})


add_sources(run_app, _RunOptions, _run)
