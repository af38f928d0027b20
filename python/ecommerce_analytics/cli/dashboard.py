"""`ecommerce-analytics dashboard`: the pages for people, in a browser on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from ecommerce_analytics import extras
from ecommerce_analytics.cli.screen import exit_codes
from ecommerce_analytics.cli.sources import FolderGroup, Load, add_sources

dashboard_app = typer.Typer(
    cls=FolderGroup,
    help="Open the dashboard of a source; without one, of a synthetic shop.",
    invoke_without_command=True,
)

_Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where it listens.")]
_Port = Annotated[int, typer.Option(min=1, max=65535, help="Port it listens on.")]
_Browser = Annotated[bool, typer.Option(help="Open it in a browser.")]


@dataclass(frozen=True, kw_only=True)
class _Options:
    host: _Host = "127.0.0.1"
    port: _Port = 8501
    browser: _Browser = True


@dashboard_app.callback()
def _synthetic(
    context: typer.Context,
    host: _Host = "127.0.0.1",
    port: _Port = 8501,
    browser: _Browser = True,
) -> None:
    """Open the dashboard of a source; without one, of a synthetic shop."""
    options = _Options(host=host, port=port, browser=browser)
    if context.invoked_subcommand is not None:
        # What stands before the source holds for it, unless it is told again behind it.
        context.default_map = {context.invoked_subcommand: asdict(options)}
        return
    from ecommerce_analytics import datasets

    _serve(Load(datasets.make_synthetic), options)


def _serve(load: Load, options: _Options) -> None:
    with exit_codes():
        extras.require("dashboard", "streamlit")
        from ecommerce_analytics.dashboard import launch

        launch.serve(
            launch.Source(load, load.paths),
            host=options.host,
            port=options.port,
            browser=options.browser,
        )


add_sources(dashboard_app, _Options, _serve)


@dashboard_app.command(FolderGroup.folder_command)
def _folder(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    host: _Host = "127.0.0.1",
    port: _Port = 8501,
    browser: _Browser = True,
) -> None:
    """The output folder of a run: nothing is computed again."""
    with exit_codes():
        extras.require("dashboard", "streamlit")
        from ecommerce_analytics.dashboard import launch
        from ecommerce_analytics.dashboard.kept import KeptShop

        KeptShop(path)  # What is none need not wait for a visitor.
        source = launch.Source(lambda: KeptShop(path), (path / "run.json",))
        launch.serve(source, host=host, port=port, browser=browser)
