"""`ecommerce-analytics report`: the executive report of a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from ecommerce_analytics import report, rfm
from ecommerce_analytics.cli.screen import exit_codes, plain_console, printable, stages
from ecommerce_analytics.cli.sources import Load, add_sources, one_of
from ecommerce_analytics.dashboard.kept import KeptShop
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.formats import Formats

_ALL: Final = ",".join(report.FORMS)

report_app = typer.Typer(
    help="Write the executive report of a source: HTML, PDF, Markdown.",
    no_args_is_help=True,
)


def _forms(value: str) -> str:
    """Refuse forms that there are not, while the command line is read."""
    for form in value.split(","):
        one_of(*report.FORMS)(form)
    return value


_Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        help="Folder of the report; what else is in it stays.",
        show_default=False,
    ),
]
_Forms = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMS",
        callback=_forms,
        help=f"Forms of the report, with commas between them: {', '.join(report.FORMS)}.",
    ),
]
_Locale = Annotated[
    str, typer.Option(metavar="NAME", help="How numbers and days are written, such as pt-BR.")
]


@dataclass(frozen=True, kw_only=True)
class _Options:
    output: _Output
    forms: _Forms = _ALL
    rules: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=one_of(*rfm.rule_set_names()),
            help=f"Rule set of the segments: {', '.join(rfm.rule_set_names())}.",
        ),
    ] = "default"
    locale: _Locale = "en-US"


def _report(load: Load, options: _Options) -> None:
    def prepared(tell: Callable[[str], None]) -> Shop:
        tell("reading the source")
        dataset = load()
        tell("reading histories")
        return Shop(dataset, rules=options.rules)

    _write(prepared, options.output, options.forms, options.locale)


def _write(
    prepare: Callable[[Callable[[str], None]], Shop], output: Path, forms: str, locale: str
) -> None:
    """Prepare a shop, write its report, print where it is."""
    chosen = forms.split(",")
    with exit_codes():
        report.require(chosen)  # Need not wait for the source.
        with stages(4 + report.NUM_STAGES) as tell:
            shop = prepare(tell)
            findings = report.gather(shop, EVERYTHING, progress=tell)
            tell("composing")
            document = report.compose(findings, Formats(locale, shop.currency))
            tell("writing files")
            paths = report.write(document, output, chosen)
    console = plain_console()
    if shop.is_synthetic:
        console.print("SYNTHETIC DATA: drawn from models, not of any shop", style="bold")
    console.print(f"{printable(shop.name)}, as of {document.as_of}")
    for path in paths:
        console.print(f"  {printable(str(path))}")


add_sources(report_app, _Options, _report)


@report_app.command("folder")
def _folder(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    output: _Output,
    forms: _Forms = _ALL,
    locale: _Locale = "en-US",
) -> None:
    """The output folder of a run: nothing is computed again."""

    def prepared(tell: Callable[[str], None]) -> Shop:
        tell("reading the folder")
        return KeptShop(path)

    _write(prepared, output, forms, locale)
