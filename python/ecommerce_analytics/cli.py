"""The command line: `ecommerce-analytics run SOURCE [PATH] --output FOLDER`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import count
from pathlib import Path
from typing import Annotated, Any, TypeAlias, cast, get_args, get_type_hints

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as ScreenTable

from ecommerce_analytics import __version__, datasets, rfm
from ecommerce_analytics.civil_time import PeriodName, to_microseconds
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.datasets.online_retail import Cleaning
from ecommerce_analytics.errors import Error, MissingExtra
from ecommerce_analytics.files import SourceFile
from ecommerce_analytics.ingest import IngestReport
from ecommerce_analytics.run import RunResult
from ecommerce_analytics.run import run as run_job
from ecommerce_analytics.transactions import (
    COLUMN_ROLES,
    IntegerUnitName,
    RoundingName,
    Transactions,
)

_FAILED = 1
_USAGE_ERROR = 2
_INTERRUPTED = 130
_NUM_STAGES = 7
_MAX_REGIONS = 10

_PERIODS = get_args(PeriodName)
_NAMED_ROLES = {"measure": "measures", "dimension": "dimensions"}

app = typer.Typer(
    help="Exact and fast analytics of an online shop's order lines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
run_app = typer.Typer(
    help="Read a source, analyse it, write the exports and print a summary.",
    no_args_is_help=True,
)
app.add_typer(run_app, name="run")


def _one_of(*names: str) -> Callable[[str | None], str | None]:
    """Make a check that refuses other values while the command line is read."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in names:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(names)}.")
        return value

    return check


def _between_zero_and_one(value: float) -> float:
    """Refuse the bounds and what is no number, while the command line is read."""
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value} is not between 0 and 1.")
    return value


_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
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
_Rules = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        callback=_one_of(*rfm.rule_set_names()),
        help=f"Rule set of the segments: {', '.join(rfm.rule_set_names())}.",
    ),
]
_Period = Annotated[
    str,
    typer.Option(
        metavar="SPAN",
        callback=_one_of(*_PERIODS),
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
_Map = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="ROLE=COLUMN",
        help="What a column of the file is, once per column: customer, order, timestamp, and"
        " amount or quantity with unit_price; also product, category, region, kind,"
        " measure.NAME, dimension.NAME.",
        show_default=False,
    ),
]
_Currency = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="ISO 4217 code of all money.", show_default=False),
]
_Rounding = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        callback=_one_of(*get_args(RoundingName)),
        help="Round money of more than four decimals: half_even or half_up;"
        " by default it is an error.",
        show_default=False,
    ),
]
_IntegerUnit = Annotated[
    str | None,
    typer.Option(
        metavar="UNIT",
        callback=_one_of(*get_args(IntegerUnitName)),
        help="What whole numbers of a money column count: major (1 is 1.00) or minor (1 is 0.01);"
        " by default they are an error.",
        show_default=False,
    ),
]
_Encoding = Annotated[str, typer.Option(metavar="NAME", help="Encoding of the text.")]
_TimeZone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="The shop's time zone, such as America/Sao_Paulo, for times with an offset.",
        show_default=False,
    ),
]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ecommerce-analytics {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Exact and fast analytics of an online shop's order lines."""


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


_Load: TypeAlias = Callable[[], Dataset]


def _source(name: str) -> Callable[[Callable[..., _Load]], Callable[..., _Load]]:
    """Make a command `run NAME` of a function that checks its own options and tells how to load."""

    def register(prepare: Callable[..., _Load]) -> Callable[..., _Load]:
        types = get_type_hints(_RunOptions, include_extras=True)
        shared = [
            Parameter(
                option.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if option.default is MISSING else option.default,
                annotation=types[option.name],
            )
            for option in fields(_RunOptions)
        ]

        @wraps(prepare)
        def command(**values: Any) -> None:
            options = _RunOptions(**{option.name: values.pop(option.name) for option in shared})
            _run(prepare(**values), options)

        # Typer reads a command's options from its signature and its annotations.
        own = signature(prepare, eval_str=True)
        shown = Signature([*own.parameters.values(), *shared])
        command.__signature__ = shown  # type: ignore[attr-defined]
        command.__annotations__ = {
            option.name: option.annotation for option in shown.parameters.values()
        }
        run_app.command(name)(command)
        return prepare

    return register


@_source("olist")
def _olist(path: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)]) -> _Load:
    """Olist's Brazilian e-commerce data: a folder with the CSV files."""
    return lambda: datasets.load_olist(path)


@_source("online-retail")
def _online_retail(
    path: _FileArgument,
    cleaning: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            callback=_one_of(*get_args(Cleaning)),
            help=f"Cleaning rule: {', '.join(get_args(Cleaning))}.",
        ),
    ] = "E",
    encoding: _Encoding = "utf-8",
) -> _Load:
    """UCI Online Retail: its CSV file."""
    rule = cast(Cleaning, cleaning)
    return lambda: datasets.load_online_retail(path, cleaning=rule, encoding=encoding)


@_source("cdnow")
def _cdnow(path: _FileArgument) -> _Load:
    """CDNOW: the master or the sample file."""
    return lambda: datasets.load_cdnow(path)


@_source("csv")
def _csv(
    path: _FileArgument,
    columns: _Map,
    currency: _Currency = None,
    rounding: _Rounding = None,
    integer_unit: _IntegerUnit = None,
    time_zone: _TimeZone = None,
    delimiter: Annotated[
        str, typer.Option(metavar="CHARACTER", help="What separates cells; `tab` for a tab.")
    ] = ",",
    encoding: _Encoding = "utf-8",
) -> _Load:
    """Any CSV file of order lines with a header line."""
    mapping = _mapping_of(columns)
    reading = {
        "currency": currency,
        "rounding": rounding,
        "integer_unit": integer_unit,
        "time_zone": time_zone,
        "delimiter": "\t" if delimiter == "tab" else delimiter,
        "encoding": encoding,
    }
    return lambda: _load_file("csv", Transactions.from_csv, path, mapping, reading)


@_source("parquet")
def _parquet(
    path: _FileArgument,
    columns: _Map,
    currency: _Currency = None,
    rounding: _Rounding = None,
    integer_unit: _IntegerUnit = None,
    time_zone: _TimeZone = None,
) -> _Load:
    """Any Parquet file of order lines."""
    mapping = _mapping_of(columns)
    reading = {
        "currency": currency,
        "rounding": rounding,
        "integer_unit": integer_unit,
        "time_zone": time_zone,
    }
    return lambda: _load_file("parquet", Transactions.from_parquet, path, mapping, reading)


@_source("synthetic")
def _synthetic(
    num_customers: Annotated[int, typer.Option(min=1, help="Known customers.")] = 5_000,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
) -> _Load:
    """A shop that does not exist, drawn from stated models."""
    return lambda: datasets.make_synthetic(num_customers, random_state)


def _mapping_of(pairs: list[str]) -> dict[str, Any]:
    """Turn the values of `--map` into arguments of `Transactions.from_csv`."""
    mapping: dict[str, Any] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        group, dot, name = role.partition(".")
        if not equals or not column:
            raise typer.BadParameter(f"--map wants ROLE=COLUMN: {pair!r}.")
        if dot and name and group in _NAMED_ROLES:
            target = mapping.setdefault(_NAMED_ROLES[group], {})
        elif role in COLUMN_ROLES:
            target, name = mapping, role
        else:
            known = ", ".join((*COLUMN_ROLES, *(f"{group}.NAME" for group in _NAMED_ROLES)))
            raise typer.BadParameter(f"--map: {role!r} is none of {known}.")
        if name in target:
            raise typer.BadParameter(f"--map: {role} stands twice.")
        target[name] = column
    missing = [role for role in ("customer", "order", "timestamp") if role not in mapping]
    if missing:
        raise typer.BadParameter(f"--map: no column is mapped to {', '.join(missing)}.")
    money = {"amount", "quantity", "unit_price"} & mapping.keys()
    if money not in ({"amount"}, {"quantity", "unit_price"}, {"amount", "quantity"}):
        raise typer.BadParameter("--map: map amount, or quantity and unit_price.")
    return mapping


def _load_file(
    name: str,
    read: Callable[..., Transactions],
    path: Path,
    mapping: dict[str, Any],
    reading: dict[str, str | None],
) -> Dataset:
    told: dict[str, Any] = {name: value for name, value in reading.items() if value is not None}
    file = SourceFile(path)
    return Dataset(
        name=name,
        transactions=read(file, **mapping, **told),
        currency=told.get("currency"),
        region="region" if "region" in mapping else None,
        sources={file.name: file.sha256},
        parameters={"map": mapping} | told,
    )


def _run(load: _Load, options: _RunOptions) -> None:
    """Load, run, print: what all sources have in common."""
    with _exit_codes():
        to_microseconds(options.as_of)  # A moment that is none need not wait for the source.
        with _stages() as tell:
            tell("reading the source")
            dataset = load()
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
                progress=tell,
            )
        _print_summary(dataset, result)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn what the user can mend into one line and an exit code; a bug keeps its traceback."""
    try:
        yield
    except MissingExtra as error:
        _print_error(error)
        raise typer.Exit(_USAGE_ERROR) from None
    except Error as error:
        _print_error(error)
        raise typer.Exit(_FAILED) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(_INTERRUPTED) from None


def _print_error(error: Error) -> None:
    typer.echo(f"error: {_printable(str(error))}", err=True)


def _printable(text: str) -> str:
    """Escape line breaks and what a terminal would obey: the text may hold bytes of the input."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@contextmanager
def _stages() -> Iterator[Callable[[str], None]]:
    """Show the stage on stderr: a bar on a terminal, a line each elsewhere."""
    console = Console(stderr=True, markup=False, emoji=False)
    if not console.is_terminal:
        yield lambda stage: typer.echo(stage, err=True)
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=_NUM_STAGES)
        num_done = count()
        yield lambda stage: progress.update(task, description=stage, completed=next(num_done))


def _print_summary(dataset: Dataset, result: RunResult) -> None:
    # Without markup: a value such as [red] stays what it is, wherever it is printed.
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    currency = f" {_printable(dataset.currency)}" if dataset.currency else ""
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    cleaning = f", cleaning {dataset.cleaning}" if dataset.cleaning else ""
    console.print(f"{dataset.name}{cleaning}, as of {result.manifest['as_of']}")
    for table in (
        _key_figures(result, currency),
        _segments(result, currency),
        _tiers(result),
        _concentration(result, currency),
        _regions(result, currency),
        _lines(dataset.report, currency),
    ):
        if table is not None:
            console.print()
            console.print(table)
    console.print()
    console.print(f"Files in {_printable(str(result.output))}:")
    for name in result.files:
        console.print(f"  {name}")
    for name, reason in result.skipped.items():
        console.print(f"  no {name}: {reason}")


def _screen_table(title: str, *columns: str) -> ScreenTable:
    table = ScreenTable(
        title=title,
        title_justify="left",
        show_header=any(columns),
        box=None,
        pad_edge=False,
    )
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right", no_wrap=True)
    return table


def _key_figures(result: RunResult, currency: str) -> ScreenTable:
    row = result.total.to_arrow().to_pylist()[0]
    table = _screen_table("Key figures", "", "")
    for label, value in (
        ("Revenue, gross", _money(row["revenue_gross"]) + currency),
        ("Revenue, net", _money(row["revenue_net"]) + currency),
        ("Orders", _count(row["orders"])),
        ("Customers", _count(row["customers"])),
        ("Average order value", _number(row["average_order_value"]) + currency),
        ("Repeat rate", _share(row["repeat_rate"])),
        ("Guests' share of revenue", _share(row["guest_share"])),
    ):
        table.add_row(label, value)
    return table


def _segments(result: RunResult, currency: str) -> ScreenTable:
    table = _screen_table(
        "Segments", "segment", "customers", "share", f"revenue{currency}", "share"
    )
    for row in result.segment_summary.to_arrow().to_pylist():
        table.add_row(
            row["segment"],
            _count(row["customers"]),
            _share(row["customer_share"]),
            _money(row["revenue"]),
            _share(row["revenue_share"]),
        )
    return table


def _tiers(result: RunResult) -> ScreenTable:
    table = _screen_table("Tiers by revenue", "tier", "customers")
    for name, size in result.manifest["tiers"].items():
        table.add_row(name, _count(size))
    return table


def _concentration(result: RunResult, currency: str) -> ScreenTable:
    told = result.manifest["concentration"]
    gini = told["gini"] if told["gini"] == "undefined" else f"{told['gini']:.5f}"
    if told["num_negative"]:
        gini += f" ({told['num_negative']:,} customers below zero)"
    table = _screen_table(
        f"Concentration: Gini coefficient {gini}",
        *("top", "customers", f"revenue{currency}", "share"),
    )
    for row in result.concentration.to_arrow().to_pylist():
        table.add_row(
            f"{row['top_share']:.0%}",
            _count(row["customers"]),
            _money(row["revenue"]),
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
    table = _screen_table(title, "region", "orders", "customers", f"revenue{currency}", "share")
    for row in rows[:_MAX_REGIONS]:
        name = "unknown" if row["region"] is None else str(row["region"])
        table.add_row(
            _printable(name),
            _count(row["orders"]),
            _count(row["customers"]),
            _money(row["revenue"]),
            _share(row["share"]),
        )
    return table


def _lines(report: IngestReport, currency: str) -> ScreenTable:
    table = _screen_table("Lines", "", "lines", f"money{currency}")
    table.add_row("read", _count(report.read.num_lines), _money(report.read.money))
    for tally in report.removed:
        label = _printable(f"removed: {tally.name}")
        table.add_row(label, _count(tally.num_lines), _money(tally.money))
    table.add_row("kept", _count(report.kept.num_lines), _money(report.kept.money))
    table.add_row("of guests", _count(report.guests.num_lines), _money(report.guests.money))
    return table


def _count(value: int) -> str:
    return f"{value:,}"


def _money(value: Decimal) -> str:
    """Show all that is there and two decimals at least."""
    whole, _, decimals = f"{value:,.4f}".partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"
