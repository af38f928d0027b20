"""What `check` tells: each extra, a source, a database, and the exit code."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import _core, civil_time, installation
from ecommerce_analytics.cli import app
from postgresql_server import Server


def check(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def test_the_extras_are_those_that_are_declared() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {
        extra: {re.match(r"[\w-]+", line)[0] for line in lines}  # type: ignore[index]
        for extra, lines in project["optional-dependencies"].items()
        if extra != "dev"
    }
    for modules in declared.values():
        modules.discard(project["name"])  # An extra that brings another one.
    assert {extra: set(modules) for extra, modules in installation.EXTRAS.items()} == declared


def test_a_whole_installation_is_well() -> None:
    done = check()
    assert done.exit_code == 0, done.output
    assert f"ecommerce-analytics: {ea.__version__}" in done.stdout
    assert f"processor path: {_core.processor_path()}" in done.stdout
    for extra in installation.EXTRAS:
        assert f"[{extra}]: " in done.stdout
    assert "not there" not in done.stdout
    assert all(library.is_well for library in installation.libraries())


def without(monkeypatch: pytest.MonkeyPatch, *names: str, broken: str = "") -> None:
    """Let libraries be absent, and one be there and broken."""
    import importlib
    import importlib.metadata

    version, import_module = importlib.metadata.version, importlib.import_module

    def found(name: str) -> str:
        if name in names:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    def imported(name: str, package: str | None = None) -> object:
        if name == broken:
            raise ImportError("no pq wrapper available.\n- libpq is missing")
        return import_module(name, package)

    monkeypatch.setattr(installation.importlib.metadata, "version", found)
    monkeypatch.setattr(installation.importlib, "import_module", imported)


def test_a_missing_extra_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "polars", "scikit-learn")
    done = check()
    assert done.exit_code == 0  # Nobody has asked for them.
    assert (
        '[sklearn]: not there: scikit-learn; pip install "ecommerce-analytics[sklearn]" brings it'
        in done.stdout
    )
    assert '[polars]: not there: polars; pip install "ecommerce-analytics[polars]"' in done.stdout


def test_half_an_extra_and_a_broken_library_are_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "xlsxwriter")
    done = check()
    assert done.exit_code == 1
    assert "[io]: not there: xlsxwriter;" in done.stdout
    monkeypatch.undo()

    without(monkeypatch, broken="psycopg")
    done = check()
    assert done.exit_code == 1
    assert re.search(
        r"\[postgresql\]: psycopg \S+ cannot be imported: no pq wrapper available. - libpq is mis",
        done.stdout,
    )


def test_time_zone_data_that_are_missing_are_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(civil_time, "time_zone_data", lambda *_: None)
    done = check()
    assert done.exit_code == 1
    assert "time zone data: none; the extra [io] brings them" in done.stdout


def test_a_source_is_read_as_a_run_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("customer,order,at,amount\nann,1,2026-01-05,5.00\n")
    columns = ("customer=customer", "order=order", "timestamp=at", "amount=amount")
    told = [part for column in columns for part in ("--map", column)]
    done = check("csv", file, *told)
    assert done.exit_code == 0, done.output
    assert (
        "source: well: csv, 1 lines read, 1 kept, of 1 orders and 1 customers, worth 5.00"
        in done.stdout
    )

    file.write_text("customer,order,at,amount\nann,1,2026-01-05,5.00\nbob,2,soon,5.00\n")
    done = check("csv", file, *told)
    assert done.exit_code == 1
    assert "source: not well: ingest: not a date or time of ISO 8601: soon (file " in done.stdout
    done = check("olist", tmp_path)
    assert done.exit_code == 1
    assert "source: not well: the file does not exist" in done.stdout


def test_a_database_is_reached_and_not_changed(postgresql: Server, tmp_path: Path) -> None:
    done = check("--to", postgresql.url(), "--schema", "not_there_yet")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"database: well: postgresql://owner@127.0.0.1:\d+/postgres, PostgreSQL [\d.]+ .*,"
        " schema not_there_yet will be made",
        done.stdout,
    )
    with postgresql.connect() as connection:
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'not_there_yet'")
        assert found.fetchall() == []
    assert postgresql.password not in done.output

    # What is not well does not keep the others from being looked at.
    wrong = postgresql.url(password="wr0ng-password")
    both = (("--to", wrong, "olist", tmp_path), ("olist", tmp_path, "--to", wrong))
    for arguments in both:
        done = check(*arguments)
        assert done.exit_code == 1
        assert "source: not well: the file does not exist" in done.stdout
        assert "database: not well: warehouse: the database refuses: password" in done.stdout
        assert "wr0ng" not in done.output
    done = check("--to", "sqlite:///shop.db")
    assert done.exit_code == 1
    assert "must begin with postgresql://: sqlite://" in done.stdout


def test_a_database_without_its_extra_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    done = check("--to", "postgresql://me:s3cret@host/shop")
    assert done.exit_code == 1
    assert 'pip install "ecommerce-analytics[postgresql]" brings it' in done.stdout
    assert "s3cret" not in done.output


def test_without_the_command_line_s_own_extra_it_still_tells() -> None:
    script = (
        "import sys\n"
        "for name in ('typer', 'rich', 'sqlalchemy', 'psycopg'):\n"
        "    sys.modules[name] = None\n"
        "sys.argv = ['ecommerce-analytics', 'check']\n"
        "from ecommerce_analytics.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(Path(ea.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert re.search(r"^\[io\]: typer \S+ cannot be imported", done.stdout, re.MULTILINE)
    assert f"ecommerce-analytics: {ea.__version__}" in done.stdout
    assert 'the command line needs the extra [io]: pip install "ecommerce-analytics[io]"' in (
        done.stderr
    )
