"""Settings: which place wins, what each refuses, and what is printed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import settings
from ecommerce_analytics.cli import app


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_DATA", "no setting, and none of our business")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_each_place_wins_over_those_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def confidence() -> tuple[float, str]:
        told = settings.load()
        return told.values.confidence, told.origins["confidence"]

    assert confidence() == (0.95, "default")
    Path("ecommerce-analytics.toml").write_text("confidence = 0.5\nperiod = 'week'\n")
    assert confidence() == (0.5, "ecommerce-analytics.toml")
    Path(".env").write_text("ECOMMERCE_ANALYTICS_CONFIDENCE=0.6\nOTHER=1\n")
    assert confidence() == (0.6, ".env")
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_CONFIDENCE", "0.7")
    assert confidence() == (0.7, "environment")
    assert settings.load().values.period == "week"

    def parameters(*flags: object) -> dict[str, object]:
        arguments = ("run", "synthetic", "--num-customers", 5, "--output", "out", *flags)
        assert invoke(*arguments).exit_code == 0
        found: dict[str, object] = json.loads(Path("out/run.json").read_text())["parameters"]
        return found

    assert (parameters()["confidence"], parameters()["period"]) == (0.7, "week")
    assert parameters("--confidence", "0.8", "--period", "month")["confidence"] == 0.8


def test_the_output_folder_and_switches_may_be_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.toml").write_text('output = "there"\nparquet = true\n')
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_RAW", "true")
    done = invoke("--config", "mine.toml", "run", "synthetic", "--num-customers", 5)
    assert done.exit_code == 0, done.output
    manifest = json.loads(Path("there/run.json").read_text())
    assert manifest["spreadsheet_safe"] is False
    assert "geo_revenue.parquet" in manifest["outputs"]


def test_the_command_prints_each_setting_and_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.toml").write_text("period = 'year'\n")
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_RULES", "ten")
    shown = invoke("--config", "mine.toml", "settings")
    assert shown.exit_code == 0, shown.output
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows[0] == ["setting", "value", "from"]
    assert [row[0] for row in rows[1:]] == list(settings.Settings.model_fields)
    assert ["period", "year", "mine.toml"] in rows
    assert ["rules", "ten", "environment"] in rows
    assert ["confidence", "0.95", "default"] in rows


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("colour = 'red'\n", ": colour"),
        ("[run]\nperiod = 'week'\n", ": run"),
        ("period = 'fortnight'\n", "period, from ecommerce-analytics.toml"),
        ("rules = 'seven'\n", "rules, from ecommerce-analytics.toml"),
        ("confidence = 1\n", "confidence, from ecommerce-analytics.toml"),
        ("num_threads = 0\n", "num_threads, from ecommerce-analytics.toml"),
        ("period = \n", "no TOML"),
    ],
)
def test_what_the_file_may_not_say_is_one_line(content: str, named: str) -> None:
    Path("ecommerce-analytics.toml").write_text(content)
    for command in (["settings"], ["run", "synthetic", "--output", "out"]):
        refused = invoke(*command)
        assert refused.exit_code == 1
        assert named in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_a_value_of_the_environment_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_NUM_THREADS", "many")
    with pytest.raises(ea.InvalidArgument, match="num_threads, from environment"):
        settings.load()
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_NUM_THREADS", "")
    assert settings.load().values.num_threads is None


def test_a_file_that_is_named_must_be_there() -> None:
    refused = invoke("--config", "absent.toml", "settings")
    assert refused.exit_code == 1
    assert "absent.toml" in refused.stderr


def test_the_page_has_every_setting() -> None:
    page = (CHECKOUT / "docs" / "command_line.md").read_text(encoding="utf-8")
    for name, field in settings.Settings.model_fields.items():
        assert f"| `{name}` | {field.description} |" in page
