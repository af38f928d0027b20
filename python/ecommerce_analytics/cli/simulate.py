"""`ecommerce-analytics simulate`: what an offer to customers at risk would earn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import pyarrow as pa
import typer

from ecommerce_analytics import campaign, churn, exports, holdout
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    number_text,
    plain_console,
    printable,
    screen_table,
    share_text,
    stages,
)
from ecommerce_analytics.cli.sources import Load, add_sources, one_of
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure
from ecommerce_analytics.table import Table

FILE_NAME = "roi_analysis.csv"
_FIGURES = ("break_even_uplift", "profit", "realised_profit", "roi")

simulate_app = typer.Typer(
    help="Simulate an offer to customers at risk: break-even, profit, ROI.", no_args_is_help=True
)


def _assumed(told: str | None) -> str | None:
    """Refuse what is neither a number nor three, while the command line is read."""
    if told is not None:
        _numbers(told)
    return told


def _numbers(told: str) -> float | tuple[float, float, float]:
    try:
        values = [float(one) for one in told.split(",")]
    except ValueError:
        values = []
    if len(values) == 1:
        return values[0]
    if len(values) != 3:
        raise typer.BadParameter(f"{told!r} is neither a number nor LOW,MODE,HIGH.")
    return values[0], values[1], values[2]


def _range(words: str) -> Any:
    return typer.Option(metavar="X|LOW,MODE,HIGH", callback=_assumed, help=words)


@dataclass(frozen=True, kw_only=True)
class _Options:
    margin: Annotated[
        str, _range("Share of the price before the discount that is left when the goods are paid.")
    ]
    discount: Annotated[str, _range("Share of the price that is given away.")]
    uplift: Annotated[
        str | None,
        typer.Option(
            metavar="X|LOW,MODE,HIGH",
            callback=_assumed,
            help="Added probability to order by the offer.",
            show_default=False,
        ),
    ] = None
    uplift_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Take the uplift, with its interval, from a file of `measure`.",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help=f"Folder for {FILE_NAME}; what else is in it stays.",
            show_default=False,
        ),
    ] = None
    contacts: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Customers contacted; by default all.", show_default=False
        ),
    ] = None
    chosen_by: Annotated[
        str,
        typer.Option(
            metavar="ORDER",
            callback=one_of(*get_args(campaign.ChosenBy)),
            help="Whom to contact first: churn_risk or expected_profit.",
        ),
    ] = "churn_risk"
    redemption: Annotated[
        str, _range("Share of those who order anyway that take the discount.")
    ] = "1"
    contact_cost: Annotated[str, _range("Cost of one contact.")] = "0"
    fixed_cost: Annotated[str, _range("Costs that come once.")] = "0"
    spend_factor: Annotated[
        str | None,
        typer.Option(
            metavar="X|LOW,MODE,HIGH",
            callback=_assumed,
            help="What all spend is multiplied by; by default as uncertain as it was measured.",
            show_default=False,
        ),
    ] = None
    uplift_source: Annotated[
        str,
        typer.Option(
            metavar="SOURCE",
            callback=one_of(*get_args(campaign.UpliftSource)),
            help="Where the uplift is from: assumed or measured.",
        ),
    ] = "assumed"
    horizon: Annotated[int, typer.Option(metavar="DAYS", help="Days in which an order counts.")] = (
        90
    )
    draws: Annotated[
        int, typer.Option(min=1, max=10_000_000, metavar="N", help="Draws of the assumptions.")
    ] = 10_000
    seed: Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Seed of the draws.")] = 0
    raw: Annotated[
        bool, typer.Option("--raw", help="Write text as it is: a spreadsheet may run it.")
    ] = False


def _simulate(load: Load, options: _Options) -> None:
    if (options.uplift is None) == (options.uplift_from is None):
        raise typer.BadParameter("tell --uplift or --uplift-from, one of the two.")
    assumed: dict[str, Any] = {
        name: _numbers(getattr(options, name))
        for name in ("margin", "discount", "redemption", "contact_cost", "fixed_cost")
    }
    if options.spend_factor is not None:
        assumed["spend_factor"] = _numbers(options.spend_factor)
    with exit_codes():
        assumed |= _uplift_of(options)
        campaign.simulate([0.5], [1.0], num_scenarios=1, **assumed)  # Need not wait for the source.
        with stages(3) as tell:
            tell("reading the source")
            dataset = load()
            tell("telling the risk of churn")
            outcome = churn.rank(dataset.transactions, horizon=options.horizon)
            found = campaign.audience(dataset.transactions, outcome=outcome)
            tell("simulating")
            result = campaign.of_audience(
                found,
                options.contacts,
                chosen_by=options.chosen_by,  # type: ignore[arg-type]
                sampling={"num_scenarios": options.draws, "random_state": options.seed},
                **assumed,
            )
            best = campaign.contacts(
                found.p_order,
                found.spend,
                customer=found.customer,
                **{"spend_factor": found.spend_factor, **assumed},
            )
        if options.output is not None:
            about = {
                "source": dataset.name,
                "is_synthetic": str(dataset.is_synthetic).lower(),
                "currency": dataset.currency or "",
                "as_of": found.as_of,
                "horizon_days": str(found.horizon_days),
                "chosen_by": options.chosen_by,
            }
            _write(result, about, options.output, raw=options.raw)
    _tell(result, found, options)
    console = plain_console()
    if best.best_contacts:
        console.print(
            f"\nBest number to contact, by expected profit: {count_text(best.best_contacts)} of"
            f" {count_text(best.num_rows)}, expected profit {number_text(best.best_profit)}"
        )
    else:
        console.print("\nNo number of contacts is expected to earn anything.")
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    if options.output is not None:
        console.print(f"  {printable(str(options.output / FILE_NAME))}")


def _uplift_of(options: _Options) -> dict[str, Any]:
    """Return the uplift and its source; a measured one is as uncertain as its interval says."""
    if options.uplift_from is None:
        return {
            "uplift": _numbers(str(options.uplift)),
            "uplift_source": options.uplift_source,
        }
    found = holdout.read_uplift(options.uplift_from)
    if found.split_p_value is not None and found.split_p_value < holdout.SPLIT_LIMIT:
        raise InvalidData(
            "simulate: the groups behind the measured uplift are not those that were drawn; p is",
            file=options.uplift_from,
            value=found.split_p_value,
        )
    if found.days != options.horizon:
        raise InvalidArgument(
            "simulate: the uplift was measured over other days than the horizon",
            file=options.uplift_from,
            value=found.days,
        )
    return {"uplift": found.spread, "uplift_source": "measured"}


def _write(result: campaign.Simulation, about: dict[str, str], folder: Path, *, raw: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IOFailure(
            "run: a folder cannot be made", file=folder, value=error.strerror
        ) from error
    table = exports.labelled(exports.Export(_complete(result.analysis, about)), about)
    exports.write_csvs({FILE_NAME: table}, folder, raw=raw)


def _complete(analysis: Table, about: dict[str, str]) -> pa.Table:
    """Return the analysis with what else is its answer, as a file tells no metadata."""
    table = analysis.to_arrow()
    losses = [
        {
            "figure": f"{kind}_probability",
            "mean": analysis.metadata[f"{kind}_probability"],
            "standard_error": analysis.metadata[f"{kind}_standard_error"],
            "uplift_source": analysis.uplift_source,
        }
        for kind in ("loss", "realised_loss")
    ]
    for row in losses:
        row |= {name: float(row[name]) for name in ("mean", "standard_error")}
    table = pa.concat_tables([table, pa.Table.from_pylist(losses, schema=table.schema)])
    told = {"num_customers": str(analysis.num_customers), **about}
    for name in ("num_customers", "currency", "as_of", "horizon_days", "chosen_by"):
        text = told[name]
        table = table.append_column(name, pa.array([text] * len(table)))
    return table


def _tell(result: campaign.Simulation, found: campaign.Audience, options: _Options) -> None:
    """Print the break-even first, then profit and ROI, each with its interval."""
    analysis = result.analysis
    console = plain_console()
    rows = {name: row for row, name in enumerate(analysis["figure"].tolist())}
    columns = ("pessimistic", "expected", "optimistic", "lower", "median", "upper")
    cells = {column: analysis[column].tolist() for column in columns}
    console.print(
        f"{count_text(analysis.num_customers)} customers by {options.chosen_by.replace('_', ' ')},"
        f" from {found.as_of} for {found.horizon_days} days; uplift {analysis.uplift_source};"
        f" spend of {count_text(found.buyers)} buyers"
    )
    if options.uplift_from is not None:
        console.print(
            "Drawn from a triangle with the mean and the variance of the measured uplift: its ends"
            " are farther out than the interval"
        )
    if found.note:
        console.print(printable(found.note))
    table = screen_table("", "", *(name.replace("_", " ") for name in _FIGURES))
    for column in columns:
        values = [(name, cells[column][rows[name]]) for name in _FIGURES]
        shown = (
            (number_text if name.endswith("profit") else _precise)(one) for name, one in values
        )
        table.add_row(column, *shown)
    console.print(table)
    console.print(
        f"lower and upper: 5 % to 95 % of {count_text(analysis.num_scenarios)} draws."
        f" Probability of a loss: {share_text(analysis.loss_probability)}"
        f" ± {share_text(analysis.loss_standard_error)};"
        f" with the luck of who orders: {share_text(analysis.realised_loss_probability)}"
        f" ± {share_text(analysis.realised_loss_standard_error)}"
    )


def _precise(value: float | None) -> str:
    return "none" if value is None else f"{value:.2%}"


add_sources(simulate_app, _Options, _simulate)
