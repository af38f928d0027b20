"""`ecommerce-analytics explain`: how a figure comes about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ecommerce_analytics import explain, exports
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
    lines: Annotated[
        str | None,
        typer.Option(
            metavar="STEP[:NAME]",
            help="Write the lines of one step: read, kept, net, removed:RULE or kind:KIND.",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Where --lines are written.", show_default=False),
    ] = None


def _explain(load: Load, options: _Options) -> None:
    if (options.lines is None) != (options.output is None):
        raise typer.BadParameter("--lines and --output are told together.")
    with exit_codes():
        explain.require_month(options.month)  # Need not wait for the source.
        if options.lines is not None and options.output is not None:
            _write_lines(load, options.lines, options.month, options.output)
            return
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


def _write_lines(load: Load, told: str, month: str | None, output: Path) -> None:
    step, name = explain.parse_step(told)
    table = explain.lines(load(), step, name, month=month, limit=None)
    exports.write_csvs({output.name: exports.Export(table)}, output.parent, raw=False)
    lines = "line" if table.num_rows == 1 else "lines"
    typer.echo(f"{count_text(table.num_rows)} {lines} in {printable(str(output))}")


add_sources(_revenue_app, _Options, _explain)
