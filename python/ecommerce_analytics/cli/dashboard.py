"""`ecommerce-analytics dashboard`: the pages for people, in a browser on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from ecommerce_analytics import extras
from ecommerce_analytics.cli.screen import exit_codes
from ecommerce_analytics.cli.sources import Load, add_sources

_FOLDER = "folder"


class _Group(typer.core.TyperGroup):
    """Takes the output folder of a run in the place of a source."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read ``dashboard PATH`` as ``dashboard folder PATH`` where PATH is a folder of a run."""
        is_source = self.get_command(ctx, args[0]) is not None
        if not is_source and _is_run(args[0]) and self.get_command(ctx, _FOLDER) is not None:
            args = [_FOLDER, *args]
        return super().resolve_command(ctx, args)


def _is_run(path: str) -> bool:
    return (Path(path) / "run.json").is_file()


dashboard_app = typer.Typer(
    cls=_Group,
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
    if context.invoked_subcommand is None:
        from ecommerce_analytics import datasets

        _serve(Load(datasets.make_synthetic), _Options(host=host, port=port, browser=browser))


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
