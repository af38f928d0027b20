"""The log: one object a line, and nothing of a customer in it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ecommerce_analytics.cli import app

MAP = (
    "--map customer=customer --map order=order --map timestamp=timestamp --map amount=amount"
    " --map dimension.name=name"
).split()
PERSONAL = ("ann@example.org", "Zebulon Quartermain", "order-4711", "9876.54", "1234.56x")
ROWS = (
    "customer,order,timestamp,amount,name\n"
    "ann@example.org,order-4711,2024-01-05,9876.54,Zebulon Quartermain\n"
    "bob@example.org,order-4712,2024-01-06,1.00,Zebulon Quartermain\n"
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    logger = logging.getLogger("ecommerce_analytics")
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, level, logger.propagate = before
    logger.setLevel(level)


def run(tmp_path: Path, content: str, *flags: str) -> Result:
    source = tmp_path / "folder of Zebulon Quartermain" / "shop.csv"
    source.parent.mkdir(exist_ok=True)
    source.write_text(content)
    out = str(source.parent / "out")
    return CliRunner().invoke(app, [*flags, "run", "csv", str(source), *MAP, "--output", out])


def test_every_line_of_json_is_an_event_without_data(tmp_path: Path) -> None:
    done = run(tmp_path, ROWS, "--log-format", "json", "--log-level", "debug")
    assert done.exit_code == 0, done.output
    lines = done.stderr.splitlines()
    events = [json.loads(line) for line in lines]
    for event in events:
        assert list(event)[:3] == ["time", "level", "event"]
    assert events[0]["event"] == "started"
    named = {event["event"]: event for event in events}
    assert {"started", "loaded", "analysed", "written"} <= named.keys()
    assert named["loaded"]["files"] == ["shop.csv"]
    assert (named["loaded"]["lines_read"], named["loaded"]["lines_kept"]) == (2, 2)
    assert named["analysed"]["customers"] == 2
    out = tmp_path / "folder of Zebulon Quartermain" / "out"
    assert named["written"]["files"] == len(list(out.iterdir()))
    assert all(named[event]["seconds"] >= 0 for event in ("loaded", "analysed", "written"))
    for word in PERSONAL:
        assert word not in done.stderr


BAD = {
    "money": ROWS + "cyd@example.org,order-4713,2024-01-07,1234.56x,Zebulon Quartermain\n",
    "two customers": ROWS + "cyd@example.org,order-4711,2024-01-07,1.00,Zebulon Quartermain\n",
    "time": ROWS + "cyd@example.org,order-4713,ann@example.org,1.00,Zebulon Quartermain\n",
    "ragged": ROWS + "ann@example.org,order-4713\n",
    "quote": ROWS + 'ann@example.org,order-4713,2024-01-07,1.00,"Zebulon Quartermain\n',
    "header": "ann@example.org,order\n1,2\n",
    "encoding": "",
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_logged_without_its_value(case: str, form: str, tmp_path: Path) -> None:
    done = run(tmp_path, BAD[case], "--log-format", form, "--log-level", "info")
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    if form == "json":
        failed = json.loads(lines[-1])
        assert failed["event"] == "failed"
        assert failed["level"] == "error"
        assert failed["file"] == "shop.csv"
        logged = lines
    else:
        # The line for a person names the value; the log does not.
        logged = [line for line in lines if not line.startswith("error: ")]
        assert len(logged) == len(lines) - 1
        assert any(" error failed " in line for line in logged)
    for word in PERSONAL:
        assert not any(word in line for line in logged), word


def test_there_is_no_log_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, ROWS).stderr.splitlines()[0] == "reading the source"
    quiet = run(tmp_path, ROWS, "--log-level", "error")
    assert quiet.stderr == run(tmp_path, ROWS).stderr
    wrong = run(tmp_path, ROWS, "--log-level", "loud")
    assert wrong.exit_code == 2


def test_an_error_of_the_settings_is_one_line_or_one_event(tmp_path: Path) -> None:
    absent = ("--config", str(tmp_path / "absent.toml"), "settings")
    plain = CliRunner().invoke(app, [*absent])
    assert plain.exit_code == 1
    assert plain.stderr.startswith("error: the file does not exist")
    assert plain.stderr.count("\n") == 1
    told = CliRunner().invoke(app, ["--log-format", "json", *absent])
    assert json.loads(told.stderr)["text"] == "the file does not exist"
