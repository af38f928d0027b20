"""The command line: `ecommerce-analytics COMMAND …`, a module for each command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from ecommerce_analytics import __version__, logs, settings
from ecommerce_analytics.cli.check import check_app
from ecommerce_analytics.cli.dashboard import dashboard_app
from ecommerce_analytics.cli.evaluate import evaluate_app
from ecommerce_analytics.cli.explain import explain_app
from ecommerce_analytics.cli.forget import forget_command
from ecommerce_analytics.cli.measure import measure_app
from ecommerce_analytics.cli.predict import predict_app
from ecommerce_analytics.cli.report import report_app
from ecommerce_analytics.cli.run import run_app
from ecommerce_analytics.cli.screen import (
    exit_codes,
    heed_termination,
    plain_console,
    printable,
    screen_table,
)
from ecommerce_analytics.cli.segments import segments_app
from ecommerce_analytics.cli.simulate import simulate_app
from ecommerce_analytics.cli.sources import one_of, source_names
from ecommerce_analytics.cli.train import train_app

__all__ = ["app", "heed_termination"]

app = typer.Typer(
    help="Exact and fast analytics of an online shop's order lines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(run_app, name="run")
app.add_typer(explain_app, name="explain")
app.add_typer(report_app, name="report")
app.add_typer(segments_app, name="segments")
app.add_typer(train_app, name="train")
app.add_typer(predict_app, name="predict")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(simulate_app, name="simulate")
app.add_typer(measure_app, name="measure")
app.add_typer(check_app, name="check")
app.add_typer(dashboard_app, name="dashboard")
app.command("forget")(forget_command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ecommerce-analytics {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"TOML file of settings; by default {settings.FILE_NAME} of the working folder,"
            " if it is there.",
            show_default=False,
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            callback=one_of(*get_args(settings.LogFormat)),
            help="Form of the log on standard error: text, or json with an object a line.",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            callback=one_of(*get_args(settings.LogLevel)),
            help=f"Least level of what is logged: {', '.join(get_args(settings.LogLevel))}.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Exact and fast analytics of an online shop's order lines."""
    logs.configure(log_format or "text", log_level)  # Until the settings are read.
    with exit_codes():
        told = settings.load(config)
    values = told.values
    logs.configure(log_format or values.log_format, log_level or values.log_level)
    # Flags of a command win over these, which win over its defaults.
    given = {name: value for name, value in told.given().items() if not name.startswith("log_")}
    context.default_map = {
        "run": dict.fromkeys(source_names(), given),
        # Of a group the own options too; a source's name is none of them.
        "check": given | dict.fromkeys(source_names(), given),
        "explain": {"revenue": {source: {} for source in source_names()}},
        "forget": given,
    }
    context.obj = told


@app.command("settings")
def _settings(context: typer.Context) -> None:
    """Print each setting, its value and where it came from."""
    table = screen_table("", "setting", "value", "from")
    for column in table.columns:
        column.justify = "left"
    told: settings.Told = context.obj
    for name, value in told.values.model_dump().items():
        shown = "" if value is None else printable(str(value))
        table.add_row(name, shown, printable(told.origins[name]))
    plain_console().print(table)
