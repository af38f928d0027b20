"""`ecommerce-analytics report`: the executive report of a source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ecommerce_analytics import report, rfm
from ecommerce_analytics.cli.screen import exit_codes, plain_console, printable, stages
from ecommerce_analytics.cli.sources import Load, add_sources, one_of
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.formats import Formats

report_app = typer.Typer(
    help="Write the executive report of a source: HTML, PDF, Markdown.",
    no_args_is_help=True,
)


def _forms(value: str) -> str:
    """Refuse forms that there are not, while the command line is read."""
    for form in value.split(","):
        one_of(*report.FORMS)(form)
    return value


@dataclass(frozen=True, kw_only=True)
class _Options:
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder of the report; what else is in it stays.",
            show_default=False,
        ),
    ]
    forms: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMS",
            callback=_forms,
            help=f"Forms of the report, with commas between them: {', '.join(report.FORMS)}.",
        ),
    ] = ",".join(report.FORMS)
    rules: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=one_of(*rfm.rule_set_names()),
            help=f"Rule set of the segments: {', '.join(rfm.rule_set_names())}.",
        ),
    ] = "default"
    locale: Annotated[
        str, typer.Option(metavar="NAME", help="How numbers and days are written, such as pt-BR.")
    ] = "en-US"


def _report(load: Load, options: _Options) -> None:
    forms = options.forms.split(",")
    with exit_codes():
        report.require(forms)  # Need not wait for the source.
        with stages(4 + report.NUM_STAGES) as tell:
            tell("reading the source")
            dataset = load()
            tell("reading histories")
            shop = Shop(dataset, rules=options.rules)
            findings = report.gather(shop, EVERYTHING, progress=tell)
            tell("composing")
            document = report.compose(findings, Formats(options.locale, dataset.currency))
            tell("writing files")
            paths = report.write(document, options.output, forms)
    console = plain_console()
    if dataset.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    console.print(f"{dataset.name}, as of {document.as_of}")
    for path in paths:
        console.print(f"  {printable(str(path))}")


add_sources(report_app, _Options, _report)
