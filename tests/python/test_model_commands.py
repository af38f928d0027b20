"""`ecommerce-analytics train`, `predict`, `evaluate`: files, figures, refusals."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import churn_rivals
from ecommerce_analytics.cli import app

SHOP = ("synthetic", "--num-customers", 1_500)
KEY = "a key for the tests of commands"


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=1_500).transactions


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "churn.json"
    done = command("train", "churn", *SHOP, "--as-of", "2024-09-01", "-o", path)
    assert done.exit_code == 0, done.output
    assert "Churn, tested at 2024-06-03" in done.stdout
    assert "SYNTHETIC DATA" in done.stdout
    return path


def test_predictions_are_those_of_the_library(
    tmp_path: Path, model: Path, shop: ea.Transactions
) -> None:
    done = command("predict", *SHOP, "-m", model, "-o", tmp_path / "p.csv", "--as-of", "2024-09-01")
    assert done.exit_code == 0, done.output
    ranking = ea.churn.rank(shop, as_of="2024-09-01").ranking
    assert ranking is not None
    rows = rows_of(tmp_path / "p.csv")
    assert [row["customer"] for row in rows] == ranking["customer"].tolist()
    assert [float(row["churn_risk"]) for row in rows] == ranking["churn_risk"].tolist()
    assert {row["risk_band"] for row in rows} == {"high", "medium", "low"}
    assert all(row["reason_1"] for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


def test_a_saved_model_is_tested_on_what_came_after(
    tmp_path: Path, model: Path, shop: ea.Transactions
) -> None:
    done = command("evaluate", "churn", *SHOP, "-m", model, "-o", tmp_path / "e.csv")
    assert done.exit_code == 0, done.output
    assert "the very lines that the model was trained on" in done.stdout
    rows = rows_of(tmp_path / "e.csv")
    models = ["logistic", "constant", "recency", "frequency", "bg_nbd"]
    assert [row["model"] for row in rows] == models
    saved = ea.saved_model.load(model).model
    assert isinstance(saved, ea.churn.Model)
    test = ea.CutoffDataset(shop, "2024-10-03")
    assert rows[0]["cutoff"] == "2024-10-03 00:00:00"
    assert float(rows[0]["roc_auc"]) == ea.metrics.roc_auc(test.labels, saved.predict(test))
    constant = np.full(len(test), saved.table.training_positives / saved.table.training_customers)
    assert float(rows[1]["brier"]) == pytest.approx(ea.metrics.brier(test.labels, constant))
    seen = command("evaluate", "churn", *SHOP, "-m", model, "--cutoff", "2024-08-01")
    assert seen.exit_code == 1
    assert "label window of the training ends after the cutoff" in seen.stderr


def test_a_new_model_is_tested_where_it_is_told() -> None:
    done = command("evaluate", "churn", *SHOP, "--cutoff", "2024-06-03", "--horizon", 60)
    assert done.exit_code == 0, done.output
    assert "tested at 2024-06-03" in done.stdout
    assert "in 60 days" in done.stdout
    late = command("evaluate", "churn", *SHOP, "--cutoff", "2024-12-20")
    assert late.exit_code == 1
    assert "the data end inside the label window" in late.stderr


def test_a_leak_is_looked_for_in_the_training(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "churn.json"
    calls = (
        ("train", "churn", *SHOP, "--horizon", 60, "-o", out),
        ("evaluate", "churn", *SHOP, "-m", model),
    )
    for call in calls:
        done = command(*call)
        assert done.exit_code == 0, done.output
        assert "No leak of the label into the features" in done.stdout
        assert "not looked for" not in done.stdout
    out.unlink()
    with monkeypatch.context() as stricter:  # As if what real customers show were a leak.
        stricter.setattr(churn_rivals, "_MOST_AREA", 0.6)
        for call in calls:
            done = command(*call)
            assert done.exit_code == 1, done.output
            assert "the features tell the label too well" in done.stderr
        assert not out.exists()
    monkeypatch.setitem(sys.modules, "sklearn.model_selection", None)
    for call in calls:
        done = command(*call)
        assert done.exit_code == 0, done.output
        assert "was not looked for" in done.stdout
        assert "ecommerce-analytics[sklearn]" in done.stdout.replace("\n", "")
    assert out.exists()


def test_values_by_a_saved_model(tmp_path: Path, shop: ea.Transactions) -> None:
    path = tmp_path / "clv.json"
    done = command("train", "clv", *SHOP, "-o", path)
    assert done.exit_code == 0, done.output
    saved = ea.saved_model.load(path, kind="clv")
    assert {*saved.metrics} == {"parameters", "totals", "by_frequency"}
    assert saved.metrics["totals"]["lower"]
    assert saved.metrics["totals"]["naive"]
    done = command("predict", *SHOP, "-m", path, "-o", tmp_path / "v.csv", "--horizon", 90)
    assert done.exit_code == 0, done.output
    found = ea.clv.predict(shop, horizon_days=90.0).customers
    assert found is not None
    assert [float(row["clv"]) for row in rows_of(tmp_path / "v.csv")] == found["clv"].tolist()
    done = command("evaluate", "clv", *SHOP, "-o", tmp_path / "t.csv")
    assert done.exit_code == 0, done.output
    assert [row["figure"] for row in rows_of(tmp_path / "t.csv")] == ["purchases", "money"]
    done = command("evaluate", "clv", *SHOP, "--cutoff", "2024-06-01")
    assert done.exit_code == 0, done.output
    assert "days from 2024-06-01 on" in done.stdout


def test_a_signed_model_wants_its_key(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    (tmp_path / "key").write_text(KEY)
    done = command("train", "churn", *SHOP, "-o", path, "--key", f"@{tmp_path / 'key'}")
    assert done.exit_code == 0, done.output
    predict = ("predict", *SHOP, "-m", path, "-o", tmp_path / "p.csv")
    assert command(*predict, "--key", KEY).exit_code == 0
    assert "nobody has looked" in command(*predict).stdout
    (tmp_path / "p.csv").unlink()
    wrong = command(*predict, "--key", "another key of the tests")
    assert wrong.exit_code == 1
    assert "not signed with this key" in wrong.stderr
    assert str(path) in wrong.stderr
    assert not (tmp_path / "p.csv").exists()


def test_predictions_under_pseudonyms(tmp_path: Path, model: Path) -> None:
    path = tmp_path / "p.csv"
    done = command("predict", *SHOP, "-m", model, "-o", path, "--pseudonymise", KEY)
    assert done.exit_code == 0, done.output
    assert all(len(row["customer"]) == 32 for row in rows_of(path))


def test_what_cannot_be_is_one_line_and_no_file(tmp_path: Path, model: Path) -> None:
    told = ea.saved_model.load(model)
    (tmp_path / "cut.json").write_bytes(model.read_bytes()[:-9])
    out = tmp_path / "p.csv"
    for arguments, words in (
        (("predict", *SHOP, "-m", tmp_path / "cut.json", "-o", out), "damaged"),
        (("predict", *SHOP, "-m", tmp_path / "no.json", "-o", out), "cannot be read"),
        (("predict", *SHOP, "-m", model, "-o", tmp_path / "p.txt"), "end with .csv"),
        (("predict", *SHOP, "-m", model, "-o", out, "--horizon", 30), "horizon of its own"),
        (("predict", *SHOP, "-m", model, "-o", out, "--as-of", "2026-01-01"), "data end too long"),
        (("train", "churn", "synthetic", "--num-customers", 100, "-o", out), "too few customers"),
        (("train", "churn", *SHOP, "-o", out, "--key", "short"), "16 characters"),
        (("evaluate", "churn", *SHOP, "-m", model, "--horizon", 30), "--horizon"),
        (("evaluate", "churn", *SHOP, "-m", model, "--gap", 0), "days of its own"),
        (("evaluate", "churn", *SHOP, "-m", model, "--active-within", 365), "--active-within"),
        (("evaluate", "churn", *SHOP, "--horizon", 1000), "too little history"),
        (("evaluate", "churn", *SHOP, "--cutoff", "yesterday"), "yesterday"),
    ):
        done = command(*arguments)
        assert done.exit_code == 1, (arguments, done.output)
        assert words in done.stderr
        assert "Traceback" not in done.output
        assert not out.exists()
    assert told.kind == "churn"
