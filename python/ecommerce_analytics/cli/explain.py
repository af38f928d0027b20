"""`ecommerce-analytics explain`: how a figure comes about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import typer

from ecommerce_analytics import explain
from ecommerce_analytics.cli.screen import (
    count_text,
    exit_codes,
    money_text,
    plain_console,
    printable,
    screen_table,
)
from ecommerce_analytics.cli.sources import Load, add_sources

_LABELS = {"read": "read", "kept": "kept", "net": "net revenue"}

explain_app = typer.Typer(help="Show how a figure comes about.", no_args_is_help=True)
_revenue_app = typer.Typer(
    help="From the raw total of the file to the net revenue, one step per rule.",
    no_args_is_help=True,
)
explain_app.add_typer(_revenue_app, name="revenue")


@dataclass(frozen=True, kw_only=True)
class _Options:
    month: Annotated[
        str | None,
        typer.Option(
            metavar="MONTH", help="Only the lines of a month, such as 2011-11.", show_default=False
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False


def _explain(load: Load, options: _Options) -> None:
    with exit_codes():
        explain.require_month(options.month)  # Need not wait for the source.
        explanation = explain.revenue(load(), month=options.month)
    if options.as_json:
        typer.echo(json.dumps(explanation.to_dict(), ensure_ascii=False, indent=2))
        return
    currency = f" {printable(explanation.currency)}" if explanation.currency else ""
    rule = f", cleaning {explanation.cleaning}" if explanation.cleaning else ""
    table = screen_table(
        f"Revenue of {explanation.source}{rule}, {explanation.month or 'all months'}",
        *("step", "lines", f"money{currency}"),
    )
    for step in explanation.steps:
        sign = -1 if step.step == "removed" else 1
        label = _LABELS.get(step.step) or printable(
            f"{'- removed: ' if step.step == 'removed' else '  of kind '}{step.name}"
        )
        money = sign * step.money + 0  # Without the sign of -0.
        table.add_row(label, count_text(sign * step.num_lines), money_text(money))
    console = plain_console()
    if explanation.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    console.print(table)


add_sources(_revenue_app, _Options, _explain)
