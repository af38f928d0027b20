"""The sources of the commands: each has its own options and tells how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, TypeAlias, cast, get_args, get_type_hints

import typer
import typer.core

from ecommerce_analytics import datasets
from ecommerce_analytics.datasets.customers import PERSON_ROLES
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.datasets.online_retail import Cleaning
from ecommerce_analytics.transactions import (
    COLUMN_ROLES,
    AmbiguousTimeName,
    DecimalMark,
    IntegerUnitName,
    NonexistentTimeName,
    RoundingName,
    ThousandsMark,
)

_NAMED_ROLES = {"measure": "measures", "dimension": "dimensions"}

_Read: TypeAlias = Callable[[], Dataset]


@dataclass(frozen=True)
class Load:
    """How a source is loaded, and the files and folders that it is loaded from."""

    read: _Read
    paths: tuple[Path, ...] = ()

    def __call__(self) -> Dataset:
        """Load it."""
        return self.read()


def one_of(*names: str) -> Callable[[str | None], str | None]:
    """Make a check that refuses other values while the command line is read."""
    known = ", ".join(name if name.isprintable() and name.strip() else repr(name) for name in names)

    def check(value: str | None) -> str | None:
        if value is not None and value not in names:
            raise typer.BadParameter(f"{value!r} is none of {known}.")
        return value

    return check


_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
_Map = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="ROLE=COLUMN",
        help="What a column of the file is, once per column: customer, order, timestamp, and"
        " amount or quantity with unit_price; also product, category, region, kind,"
        " currency_column, measure.NAME, dimension.NAME.",
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
        callback=one_of(*get_args(RoundingName)),
        help="Round money of more than four decimals: half_even or half_up;"
        " by default it is an error.",
        show_default=False,
    ),
]
_IntegerUnit = Annotated[
    str | None,
    typer.Option(
        metavar="UNIT",
        callback=one_of(*get_args(IntegerUnitName)),
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
_Decimal = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER",
        callback=one_of(*get_args(DecimalMark)),
        help="What stands before the decimals of a number written as text: . or ,",
        show_default=False,
    ),
]
_Thousands = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER",
        callback=one_of(*get_args(ThousandsMark)),
        help="What separates groups of three digits in a number written as text: . , '"
        " a blank, or one of their typographic forms.",
        show_default=False,
    ),
]
_Delimiter = Annotated[
    str, typer.Option(metavar="CHARACTER", help="What separates cells; `tab` for a tab.")
]
_ChosenCurrency = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help="Take the orders of this currency alone, where a file has several.",
        show_default=False,
    ),
]
_KeepUnpaid = Annotated[
    bool,
    typer.Option("--keep-unpaid", help="Take orders that were never paid too.", show_default=False),
]
_SourceTimeZone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="Zone of the clock behind times without an offset, if it is not the shop's.",
        show_default=False,
    ),
]
_Ambiguous = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        callback=one_of(*get_args(AmbiguousTimeName)),
        help="A local time that clock shows twice: error, earlier or later.",
        show_default=False,
    ),
]
_Nonexistent = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        callback=one_of(*get_args(NonexistentTimeName)),
        help="A local time that clock leaves out: error or shift_forward.",
        show_default=False,
    ),
]
_Customers = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV or Parquet file of persons, read like the order lines: a row per customer.",
        show_default=False,
    ),
]
_CustomerMap = Annotated[
    list[str] | None,
    typer.Option(
        "--customer-map",
        metavar="ROLE=COLUMN",
        help=f"What a column of that file is: {', '.join(PERSON_ROLES)}; by default the columns"
        " that are called so.",
        show_default=False,
    ),
]


class FolderGroup(typer.core.TyperGroup):
    """Commands of sources that take the output folder of a run in the place of a source's name."""

    folder_command = "folder"

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read PATH as ``folder PATH`` where no command is called so and a run wrote into it."""
        is_command = self.get_command(ctx, args[0]) is not None
        has_folders = self.get_command(ctx, self.folder_command) is not None
        if not is_command and has_folders and (Path(args[0]) / "run.json").is_file():
            args = [self.folder_command, *args]
        return super().resolve_command(ctx, args)


# Functions that check the options of a source, by its name; each returns how to load it.
_SOURCES: dict[str, Callable[..., _Read]] = {}


def _source(name: str) -> Callable[[Callable[..., _Read]], Callable[..., _Read]]:
    def register(prepare: Callable[..., _Read]) -> Callable[..., _Read]:
        _SOURCES[name] = prepare
        return prepare

    return register


def source_names() -> list[str]:
    """Return the names of all sources."""
    return list(_SOURCES)


def add_sources(
    app: typer.Typer, shared_options: type, action: Callable[[Load, Any], None]
) -> None:
    """Make a command of each source.

    `shared_options` is a dataclass of the options that each command shows after its own; `action`
    gets how to load, and them.
    """
    types = get_type_hints(shared_options, include_extras=True)
    shared = [
        Parameter(
            option.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if option.default is MISSING else option.default,
            annotation=types[option.name],
        )
        for option in fields(shared_options)
    ]
    for name, prepare in _SOURCES.items():
        app.command(name)(_command(prepare, shared, shared_options, action))


def _command(
    prepare: Callable[..., _Read],
    shared: list[Parameter],
    shared_options: type,
    action: Callable[[Load, Any], None],
) -> Callable[..., None]:
    @wraps(prepare)
    def command(**values: Any) -> None:
        options = shared_options(**{option.name: values.pop(option.name) for option in shared})
        told = (values.get("path"), values.get("customers"))
        paths = tuple(path for path in told if isinstance(path, Path))
        action(Load(prepare(**values), paths), options)

    # Typer reads a command's options from its signature and its annotations.
    own = signature(prepare, eval_str=True)
    shown = Signature([*own.parameters.values(), *shared])
    command.__signature__ = shown  # type: ignore[attr-defined]
    command.__annotations__ = {
        option.name: option.annotation for option in shown.parameters.values()
    }
    return command


@_source("olist")
def _olist(path: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)]) -> _Read:
    """Olist's Brazilian e-commerce data: a folder with the CSV files."""
    return lambda: datasets.load_olist(path)


@_source("online-retail")
def _online_retail(
    path: _FileArgument,
    cleaning: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            callback=one_of(*get_args(Cleaning)),
            help=f"Cleaning rule: {', '.join(get_args(Cleaning))}.",
        ),
    ] = "E",
    encoding: _Encoding = "utf-8",
) -> _Read:
    """UCI Online Retail, or Online Retail II: the workbook (.xlsx) or a CSV file of it."""
    rule = cast(Cleaning, cleaning)
    return lambda: datasets.load_online_retail(path, cleaning=rule, encoding=encoding)


@_source("cdnow")
def _cdnow(path: _FileArgument) -> _Read:
    """CDNOW: the master or the sample file."""
    return lambda: datasets.load_cdnow(path)


@_source("shopify")
def _shopify(
    path: _FileArgument,
    time_zone: _TimeZone = None,
    currency: _ChosenCurrency = None,
    taxes_included: Annotated[
        bool | None,
        typer.Option(
            "--taxes-included/--taxes-excluded",
            help="Whether prices contain the taxes; by default as the totals of each order say.",
            show_default=False,
        ),
    ] = None,
    keep_unpaid: _KeepUnpaid = False,
    delimiter: _Delimiter = ",",
    encoding: _Encoding = "utf-8",
    decimal: _Decimal = None,
) -> _Read:
    """Shopify's export of orders: the CSV file of the admin."""
    return lambda: datasets.load_shopify(
        path,
        time_zone=time_zone,
        currency=currency,
        taxes_included=taxes_included,
        keep_unpaid=keep_unpaid,
        delimiter=_mark_of(delimiter),
        encoding=encoding,
        decimal=cast(DecimalMark, decimal or "."),
    )


@_source("woocommerce")
def _woocommerce(
    path: _FileArgument,
    time_zone: _TimeZone = None,
    currency: _ChosenCurrency = None,
    keep_unpaid: _KeepUnpaid = False,
    delimiter: _Delimiter = ",",
    encoding: _Encoding = "utf-8",
    decimal: _Decimal = None,
) -> _Read:
    """WooCommerce's export of orders: the CSV file with one row per item."""
    return lambda: datasets.load_woocommerce(
        path,
        time_zone=time_zone,
        currency=currency,
        keep_unpaid=keep_unpaid,
        delimiter=_mark_of(delimiter),
        encoding=encoding,
        decimal=cast(DecimalMark, decimal or "."),
    )


@_source("csv")
def _csv(
    path: _FileArgument,
    columns: _Map,
    currency: _Currency = None,
    rounding: _Rounding = None,
    decimal: _Decimal = None,
    thousands: _Thousands = None,
    time_zone: _TimeZone = None,
    source_time_zone: _SourceTimeZone = None,
    ambiguous: _Ambiguous = None,
    nonexistent: _Nonexistent = None,
    delimiter: _Delimiter = ",",
    encoding: _Encoding = "utf-8",
    spreadsheet_safe: Annotated[
        bool | None,
        typer.Option(
            help="Take the ' off that kept a spreadsheet from running a text; by default where"
            " the file is one of ours.",
            show_default=False,
        ),
    ] = None,
    customers: _Customers = None,
    customer_map: _CustomerMap = None,
) -> _Read:
    """Any CSV file of order lines with a header line."""
    mapping = _mapping_of(columns)
    reading: dict[str, Any] = {
        "currency": currency,
        "rounding": rounding,
        "decimal": decimal,
        "thousands": thousands,
        "time_zone": time_zone,
        "source_time_zone": source_time_zone,
        "ambiguous": ambiguous,
        "nonexistent": nonexistent,
        "delimiter": _mark_of(delimiter),
        "encoding": encoding,
        "spreadsheet_safe": spreadsheet_safe,
    }
    person_columns = _person_columns(customers, customer_map)
    return lambda: datasets.load_table(
        path,
        mapping,
        file_format="csv",
        customers=customers,
        customer_columns=person_columns,
        **reading,
    )


@_source("parquet")
def _parquet(
    path: _FileArgument,
    columns: _Map,
    currency: _Currency = None,
    rounding: _Rounding = None,
    integer_unit: _IntegerUnit = None,
    decimal: _Decimal = None,
    thousands: _Thousands = None,
    time_zone: _TimeZone = None,
    source_time_zone: _SourceTimeZone = None,
    ambiguous: _Ambiguous = None,
    nonexistent: _Nonexistent = None,
    customers: _Customers = None,
    customer_map: _CustomerMap = None,
) -> _Read:
    """Any Parquet file of order lines."""
    mapping = _mapping_of(columns)
    reading: dict[str, Any] = {
        "currency": currency,
        "rounding": rounding,
        "integer_unit": integer_unit,
        "decimal": decimal,
        "thousands": thousands,
        "time_zone": time_zone,
        "source_time_zone": source_time_zone,
        "ambiguous": ambiguous,
        "nonexistent": nonexistent,
    }
    person_columns = _person_columns(customers, customer_map)
    return lambda: datasets.load_table(
        path,
        mapping,
        file_format="parquet",
        customers=customers,
        customer_columns=person_columns,
        **reading,
    )


@_source("synthetic")
def _synthetic(
    num_customers: Annotated[int, typer.Option(min=1, help="Known customers.")] = 5_000,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
) -> _Read:
    """A shop that does not exist, drawn from stated models."""
    return lambda: datasets.make_synthetic(num_customers, random_state)


def _mark_of(delimiter: str) -> str:
    return "\t" if delimiter == "tab" else delimiter


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


def _person_columns(path: Path | None, pairs: list[str] | None) -> dict[str, str] | None:
    """Turn the values of `--customer-map` into an argument of `read_customers`."""
    if not pairs:
        return None
    if path is None:
        raise typer.BadParameter("--customer-map wants a file of persons: --customers FILE.")
    columns: dict[str, str] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        if not equals or not column:
            raise typer.BadParameter(f"--customer-map wants ROLE=COLUMN: {pair!r}.")
        if role not in PERSON_ROLES:
            known = ", ".join(PERSON_ROLES)
            raise typer.BadParameter(f"--customer-map: {role!r} is none of {known}.")
        if role in columns:
            raise typer.BadParameter(f"--customer-map: {role} stands twice.")
        columns[role] = column
    if "customer" not in columns:
        raise typer.BadParameter("--customer-map: no column is mapped to customer.")
    return columns
