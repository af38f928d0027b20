"""`ecommerce-analytics simulate`: what it prints, writes and refuses."""

import csv
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics.cli import app

SHOP = ("synthetic", "--num-customers", 1_000)
OFFER = ("--uplift", "0.01,0.03,0.05", "--margin", 0.4, "--discount", 0.15)


def simulate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["simulate", *(str(one) for one in arguments)])


def test_the_file_is_the_analysis_of_the_library(tmp_path: Path) -> None:
    done = simulate(*SHOP, *OFFER, "--contacts", 300, "--contact-cost", 0.2, "-o", tmp_path)
    assert done.exit_code == 0, done.output
    shop = ea.datasets.make_synthetic(num_customers=1_000)
    found = ea.campaign.of_churn(
        shop.transactions,
        300,
        uplift=(0.01, 0.03, 0.05),
        margin=0.4,
        discount=0.15,
        contact_cost=0.2,
    )
    with (tmp_path / "roi_analysis.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["figure"] == "break_even_uplift"
    *rows, loss, realised = rows
    assert [row["figure"] for row in rows] == found.analysis["figure"].tolist()
    for row, kind in ((loss, "loss"), (realised, "realised_loss")):
        assert row["figure"] == f"{kind}_probability"
        assert float(row["mean"]) == getattr(found.analysis, f"{kind}_probability")
    assert {row["num_customers"] for row in rows} == {"300"}
    assert {row["chosen_by"] for row in rows} == {"churn_risk"}
    assert {row["uplift_source"] for row in rows} == {"assumed"}
    assert {row["source"] for row in rows} == {"synthetic"}
    for name in ("pessimistic", "expected", "optimistic", "mean", "lower", "upper", "baseline"):
        wanted = np.ma.filled(found.analysis[name].astype(float), np.nan)
        told = [float(row[name]) if row[name] else np.nan for row in rows]
        np.testing.assert_array_equal(told, wanted)


def test_the_break_even_is_printed_first(tmp_path: Path) -> None:
    done = simulate(*SHOP, *OFFER, "--contacts", 100, "--uplift-source", "measured")
    assert done.exit_code == 0, done.output
    words = done.stdout
    assert words.index("break even uplift") < words.index("profit") < words.index("roi")
    assert "uplift measured" in words
    assert "Probability of a loss" in words
    assert "SYNTHETIC DATA" in words
    assert not list(tmp_path.iterdir())


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("one", "other"):
        done = simulate(*SHOP, *OFFER, "--draws", 500, "--seed", 3, "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
        files.append((tmp_path / name / "roi_analysis.csv").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--uplift", "0.1", "--discount", "0.1"), 2, "--margin"),
        (("--uplift", "0.1,0.2", "--margin", "0.4", "--discount", "0.1"), 2, "LOW,MODE,HIGH"),
        (("--uplift", "many", "--margin", "0.4", "--discount", "0.1"), 2, "LOW,MODE,HIGH"),
        ((*OFFER, "--chosen-by", "luck"), 2, "churn_risk"),
        ((*OFFER, "--margin", "1.4"), 1, "outside its domain"),
        ((*OFFER, "--draws", "0"), 2, "--draws"),
        ((*OFFER, "--horizon", "1000"), 1, "too little history"),
    ],
)
def test_what_it_refuses(
    arguments: tuple[object, ...], code: int, words: str, tmp_path: Path
) -> None:
    done = simulate(*SHOP, *arguments, "-o", tmp_path / "out")
    assert done.exit_code == code, done.output
    assert words in done.output.replace("\n", " ")
    assert not (tmp_path / "out").exists()
