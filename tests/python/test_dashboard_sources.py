"""A source that changes: it is read again when its files stand still, and never half."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import ecommerce_analytics as ea
from conftest import data_dir
from dashboard_pages import opened
from ecommerce_analytics.cli import app as command
from ecommerce_analytics.cli.sources import FolderGroup, source_names
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.shop import Filters
from ecommerce_analytics.dashboard.sources import Source

MAPPING = {"customer": "who", "order": "nr", "timestamp": "day", "amount": "paid"}
MAPPING |= {"category": "what"}
LINES = "who,nr,day,paid,what\nann,1,2024-01-05,5.00,lamp\nbob,2,2024-01-06,7.00,vase\n"
MORE = "eve,3,2024-02-07,9.00,lamp\n"


def source_of(path: Path) -> Source:
    return Source(lambda: ea.datasets.load_table(path, MAPPING), (path,), settling_seconds=0.0)


def write(path: Path, text: str) -> None:
    """Replace a file; its time is another one even where the clock is coarse."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before + 1_000_000_000, max(time.time_ns(), before + 1_000_000_000)))


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def look(source: Source) -> bool:
    began = source.look()
    wait_for(lambda: not source.is_reading)
    return began


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = source_of(path)
    first = source.shop()
    assert not look(source)
    write(path, LINES + MORE)
    assert look(source)
    assert source.shop() is not first
    assert source.shop().dataset.transactions.num_orders == 3
    assert source.shop().as_of.startswith("2024-02-08")
    assert first.dataset.transactions.num_orders == 2
    assert not look(source)


def test_another_time_of_the_same_bytes_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = source_of(path)
    first = source.shop()
    write(path, LINES)
    assert not look(source)
    assert source.shop() is first


def test_a_file_more_in_the_folder_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = Source(lambda: ea.datasets.load_table(path, MAPPING), (tmp_path,), 0.0)
    first = source.shop()
    write(tmp_path / "places.csv", "what,where\nlamp,SP\n")
    assert look(source)
    assert source.shop() is not first
    assert not look(source)


@pytest.mark.parametrize("half", ["", "who,nr", LINES + "eve,3", LINES + "eve,3,soon,9.00,lamp\n"])
def test_a_half_written_file_keeps_the_figures_and_says_why(tmp_path: Path, half: str) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = source_of(path)
    first = source.shop()
    write(path, half)
    assert look(source)
    assert source.shop() is first
    assert "lines.csv" in source.problem
    assert not look(source)  # It is not tried again until it changes.
    write(path, LINES + MORE)
    assert look(source)
    assert source.problem == ""
    assert source.shop().dataset.transactions.num_orders == 3


def test_a_file_that_comes_back_as_it_was_ends_the_problem(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = source_of(path)
    source.shop()
    path.unlink()
    assert look(source)
    assert "does not exist" in source.problem
    write(path, LINES)
    assert look(source)
    assert source.problem == ""


def test_files_stand_still_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = Source(lambda: ea.datasets.load_table(path, MAPPING), (path,), settling_seconds=0.3)
    source.shop()
    write(path, LINES + MORE)
    assert not source.look()
    write(path, LINES + MORE + MORE.replace("3,", "4,"))
    assert not source.look()
    time.sleep(0.35)
    assert look(source)
    assert source.shop().dataset.transactions.num_orders == 4


def test_a_new_file_in_a_folder_is_looked_into(tmp_path: Path) -> None:
    paths = ea.datasets.make_synthetic(20).write_csv(tmp_path)
    mapping = {"customer": "customer", "order": "order", "timestamp": "timestamp"}
    source = Source(
        lambda: ea.datasets.load_table(paths[2], mapping | {"amount": "amount"}),
        (tmp_path,),
        settling_seconds=0.0,
    )
    first = source.shop()
    assert not look(source)
    assert source.shop() is first
    write(tmp_path / "other.txt", "a file that was not there")
    assert look(source)


def test_the_open_page_shows_the_change_and_keeps_its_filters(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    write(path, LINES)
    source = source_of(path)
    launch.use(source)
    try:
        app = opened()
        app.sidebar.multiselect(key="filter-category").set_value(["lamp"]).run()
        assert not app.exception
        assert any("as of 2024-01-07" in one.value for one in app.sidebar.caption)
        write(path, LINES + "x")
        app.run()
        wait_for(lambda: not source.is_reading)
        app.run()
        assert "cannot be read" in app.sidebar.warning[0].value
        write(path, LINES + MORE)
        app.run()
        wait_for(lambda: not source.is_reading)
        app.run()
        assert not app.exception
        assert not app.sidebar.warning
        assert any("read again" in one.value for one in app.toast)
        assert app.session_state["filters"] == Filters(category=("lamp",))
        assert app.sidebar.multiselect(key="filter-category").value == ["lamp"]
        assert any("as of 2024-02-08" in one.value for one in app.sidebar.caption)
    finally:
        launch.use(Source(ea.datasets.make_synthetic))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_a_port_in_use_is_said_before_anything_is_loaded() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["dashboard", "synthetic", "--port", str(port), "--no-browser"]
        refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "--port" in refused.stderr


def test_an_address_that_is_none_is_said() -> None:
    arguments = ["dashboard", "--host", "no.such.host.invalid", "--no-browser"]
    refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 1
    assert "no.such.host.invalid" in refused.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "streamlit", None)
    refused = CliRunner().invoke(command, ["dashboard", "--no-browser"])
    assert refused.exit_code == 2
    assert "[dashboard]" in refused.stderr


def test_every_source_has_the_command() -> None:
    shown = CliRunner().invoke(command, ["dashboard", "--help"])
    for name in source_names():
        assert name in shown.stdout


def test_a_folder_of_a_run_stands_for_its_command(tmp_path: Path) -> None:
    asked: list[Path] = []
    group = typer.Typer(cls=FolderGroup)

    @group.command("folder")
    def take(path: Path) -> None:
        asked.append(path)

    group.command("other")(lambda: None)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "none").mkdir()
    assert CliRunner().invoke(group, [str(tmp_path / "run")]).exit_code == 0
    assert CliRunner().invoke(group, ["folder", str(tmp_path / "run")]).exit_code == 0
    assert asked == [tmp_path / "run"] * 2
    refused = CliRunner().invoke(group, [str(tmp_path / "none")])
    assert (refused.exit_code, "No such command" in refused.stderr) == (2, True)


def test_options_stand_before_or_behind_the_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(launch, "serve", lambda source, **options: asked.append(options))
    folder = str(tmp_path / "run")
    made = CliRunner().invoke(command, ["run", "synthetic", "--num-customers=50", "-o", folder])
    assert made.exit_code == 0, made.output
    before = ["--port", "9000", "--host", "::1", "--no-browser"]
    for source in (["synthetic"], ["folder", folder], [folder], []):
        for line in ([*before, *source], [*source, *before]):
            assert CliRunner().invoke(command, ["dashboard", *line]).exit_code == 0
            assert asked.pop() == {"host": "::1", "port": 9000, "browser": False}, line
    told_twice = ["dashboard", *before, "synthetic", "--port", "9001"]
    assert CliRunner().invoke(command, told_twice).exit_code == 0
    assert asked.pop() == {"host": "::1", "port": 9001, "browser": False}
    assert CliRunner().invoke(command, ["dashboard", "synthetic"]).exit_code == 0
    assert asked.pop() == {"host": "127.0.0.1", "port": 8501, "browser": True}


SERVED: dict[str, Callable[[Path], list[str]]] = {
    "nothing": lambda folder: [],
    "synthetic": lambda folder: ["synthetic", "--num-customers", "50"],
    "online-retail": lambda folder: [
        "online-retail",
        str(data_dir() / "online_retail" / "online_retail.csv"),
    ],
    "csv": lambda folder: _csv(folder),
}


def _csv(folder: Path) -> list[str]:
    write(folder / "lines.csv", LINES)
    pairs = (f"{role}={column}" for role, column in MAPPING.items())
    return ["csv", str(folder / "lines.csv"), *(part for pair in pairs for part in ("--map", pair))]


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_and_ends_cleanly(name: str, ending: Any, tmp_path: Path) -> None:
    port = free_port()
    arguments = [*SERVED[name](tmp_path), "--port", str(port), "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-m", "ecommerce_analytics", "dashboard", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(lambda: _answers(port) or process.poll() is not None)
            assert process.poll() is None
            process.send_signal(ending)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode in (0, 128 + ending)
    assert "Traceback" not in errors
    assert "email" not in output.lower()
    assert "External URL" not in output


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as page:
            return bool(page.status == 200)
    except OSError:
        time.sleep(0.2)
        return False
