"""What an action brought beside its control group: figures, intervals, splits, refusals."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import holdout
from ecommerce_analytics.cli import app

KEY = "a key for the tests of groups"
SHOP = ("synthetic", "--num-customers", 1_000, "--random-state", 3)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def lines_of(rows: list[tuple[Any, str, str]]) -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=[row[0] for row in rows],
        order=[f"o{number}" for number in range(len(rows))],
        timestamp=[row[1] for row in rows],
        amount=[row[2] for row in rows],
    )


# --- the mathematics ---

FLOATS = st.floats(-1e6, 1e6)
GROUP = st.lists(FLOATS, min_size=2, max_size=30)


@settings(max_examples=60, deadline=None)
@given(GROUP, GROUP, st.floats(0.5, 0.999))
def test_means_are_compared_as_scipy_does(
    first: list[float], second: list[float], confidence: float
) -> None:
    found = ea.metrics.mean_difference(first, second, confidence=confidence)
    for group in (first, second):
        if np.std(group) < 1e-6 * max(1.0, np.abs(group).max()):
            return  # Where rounding is all there is, scipy warns.
    wanted = stats.ttest_ind(first, second, equal_var=False)
    interval = wanted.confidence_interval(confidence)
    assert found.degrees_of_freedom == pytest.approx(wanted.df, rel=1e-6)
    assert found.p_value == pytest.approx(wanted.pvalue, rel=1e-6, abs=1e-11)
    size = max(1.0, abs(interval.low), abs(interval.high))
    assert found.lower == pytest.approx(interval.low, abs=1e-7 * size)
    assert found.upper == pytest.approx(interval.high, abs=1e-7 * size)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.01, 0.99))
def test_a_share_is_tested_as_scipy_does(one: int, other: int, share: float) -> None:
    count, trials = min(one, other), max(one, other)
    law = stats.binom(trials, share)
    wanted = min(1.0, 2 * min(law.cdf(count), law.sf(count - 1)))
    assert ea.metrics.share_p_value(count, trials, share) == pytest.approx(wanted, abs=1e-9)


def test_without_an_effect_the_intervals_cover_it_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    covered = {"buyers": 0, "revenue": 0}
    small_p = 0
    trials = 1_000
    for _ in range(trials):
        buys = rng.random(1_500) < 0.2
        money = np.where(buys, rng.lognormal(3.0, 0.8, 1_500), 0.0)
        is_control = rng.random(1_500) < 0.2
        for name, values in (("buyers", buys.astype(float)), ("revenue", money)):
            found = ea.metrics.mean_difference(values[~is_control], values[is_control])
            covered[name] += found.lower <= 0.0 <= found.upper
            small_p += name == "revenue" and found.p_value < 0.05
    for count in covered.values():  # 950 expected; skewed money costs a little.
        assert abs(count - 950) < 4 * (trials * 0.95 * 0.05) ** 0.5
    assert small_p == trials - covered["revenue"]


# --- on lines ---


def rows_by_hand() -> list[tuple[Any, str, str]]:
    return [
        *((name, "2026-01-05", "10") for name in ("t1", "t2", "t3", "c1", "c2", "other")),
        ("t1", "2026-02-01", "30"),
        ("t1", "2026-02-01", "5"),  # Two orders of one day are two.
        ("t2", "2026-02-10", "20.5"),
        ("t2", "2026-02-11", "-3"),  # A refund lowers money and is no order.
        ("c1", "2026-02-03", "8"),
        ("c2", "2026-03-01", "99"),  # Behind the end.
        ("other", "2026-02-03", "500"),
    ]


GROUPS = {
    **dict.fromkeys(("t1", "t2", "t3", "gone"), "treatment"),
    **dict.fromkeys(("c1", "c2"), "control"),
}


def test_the_figures_are_those_by_hand() -> None:
    result = ea.holdout.measure(
        lines_of(rows_by_hand()), GROUPS, after="2026-02-01", until="2026-03-01", share=0.3
    )
    told = {row["figure"]: row for row in result.to_arrow().to_pylist()}
    assert list(told) == ["buyers", "orders", "revenue"]
    by_hand = {
        "buyers": ([1, 1, 0, 0], [1, 0]),
        "orders": ([2, 1, 0, 0], [1, 0]),
        "revenue": ([35.0, 17.5, 0, 0], [8.0, 0]),
    }
    for name, (treated, control) in by_hand.items():
        row = told[name]
        assert (row["treatment"], row["baseline"]) == (np.mean(treated), np.mean(control))
        wanted = stats.ttest_ind(treated, control, equal_var=False)
        low, high = wanted.confidence_interval(0.95)
        assert row["effect"] == pytest.approx(np.mean(treated) - np.mean(control))
        assert (row["lower"], row["upper"]) == (pytest.approx(low), pytest.approx(high))
        assert row["p_value"] == pytest.approx(wanted.pvalue)
        for end, total in (("effect", "total"), ("lower", "total_lower"), ("upper", "total_upper")):
            assert row[total] == pytest.approx(4 * row[end])
    assert (result.treatment_customers, result.control_customers) == (4, 2)
    assert (result.treatment_not_found, result.control_not_found) == (1, 0)
    assert float(result.split_p_value) == pytest.approx(
        min(1.0, 2 * min(stats.binom(6, 0.3).cdf(2), stats.binom(6, 0.3).sf(1)))
    )
    assert (result.after, result.until) == ("2026-02-01", "2026-03-01")


def test_the_end_is_that_of_the_data_and_rows_come_in_any_order() -> None:
    rows = rows_by_hand()
    whole = ea.holdout.measure(lines_of(rows), GROUPS, after="2026-02-01")
    assert whole.until == "2026-03-02"
    again = ea.holdout.measure(
        lines_of(rows[::-1]), dict(reversed(GROUPS.items())), after="2026-02-01", num_threads=1
    )
    assert whole.to_arrow().equals(again.to_arrow())
    assert "split_p_value" not in whole.metadata


def test_keys_that_are_numbers() -> None:
    rows = [
        *((number, "2026-01-05", "10") for number in range(8)),
        *((number, "2026-02-05", "10") for number in range(4)),
    ]
    groups = {number: "control" if number % 2 else "treatment" for number in range(8)}
    result = ea.holdout.measure(lines_of(rows), groups, after="2026-02-01")
    assert result["treatment"].tolist() == [0.5, 0.5, 5.0]
    assert result["effect"].tolist() == [0.0, 0.0, 0.0]
    assert result.treatment_not_found == 0
    texts = {str(number): group for number, group in groups.items()}
    assert (
        ea.holdout.measure(lines_of(rows), texts, after="2026-02-01")
        .to_arrow()
        .equals(result.to_arrow())
    )


def test_nobody_orders() -> None:
    rows = [(name, "2026-01-05", "10") for name in ("t1", "t2", "c1", "c2")]
    rows.append(("other", "2026-02-05", "10"))
    groups = {
        name: "treatment" if name[0] == "t" else "control" for name in ("t1", "t2", "c1", "c2")
    }
    result = ea.holdout.measure(lines_of(rows), groups, after="2026-02-01")
    assert result["effect"].tolist() == [0.0] * 3
    assert result["p_value"].tolist() == [1.0] * 3


def test_what_cannot_be_measured_is_refused() -> None:
    lines = lines_of(rows_by_hand())
    few = {"t1": "treatment", "t2": "treatment", "c1": "control"}
    with pytest.raises(ea.InvalidData, match="two customers at least"):
        ea.holdout.measure(lines, few, after="2026-02-01")
    with pytest.raises(ea.InvalidData, match="neither treatment nor control"):
        ea.holdout.measure(lines, {**GROUPS, "x": "placebo"}, after="2026-02-01")
    for options in (
        {"after": "2026-02-01 10:00"},
        {"after": "2027-01-01"},
        {"after": "2026-02-01", "until": "2026-01-01"},
        {"after": "2026-02-01", "until": "2027-01-01"},
        {"after": "2026-02-01", "share": 1.0},
        {"after": "2026-02-01", "confidence": 1.0},
    ):
        with pytest.raises(ea.InvalidArgument):
            ea.holdout.measure(lines, GROUPS, **options)


# --- on the command line ---


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists") / "out"
    done = command("run", *SHOP, "-o", folder, "--holdout", 0.3, "--as-of", "2024-09-01")
    assert done.exit_code == 0, done.output
    return folder


def test_a_list_is_measured_as_the_library_does(out: Path, tmp_path: Path) -> None:
    path, file = out / "high_risk_customers.csv", tmp_path / "effect.csv"
    done = command("measure", path, *SHOP, "--after", "2024-09-01", "-o", file)
    assert done.exit_code == 0, done.output
    shop = ea.datasets.make_synthetic(1_000, 3)
    told = holdout.read_list(path)
    assert (told.share, told.as_of) == (0.3, "2024-09-01 00:00:00")
    result = ea.holdout.measure(shop.transactions, told.groups, after="2024-09-01", share=0.3)
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    for name in ("treatment", "baseline", "effect", "lower", "upper", "p_value", "total"):
        assert [float(row[name]) for row in rows] == result[name].tolist()
    assert {row["split_p_value"] for row in rows} == {result.split_p_value}
    assert "Split: p =" in done.stdout
    assert "Incremental orders in total" in done.stdout
    uplift = holdout.read_uplift(file)
    assert (uplift.effect, uplift.days) == (result["effect"][0], 122)


def test_the_simulator_takes_a_measured_uplift(out: Path, tmp_path: Path) -> None:
    file = tmp_path / "effect.csv"
    measured = ("measure", out / "high_risk_customers.csv", *SHOP, "-o", file)
    done = command(*measured, "--after", "2024-09-01", "--until", "2024-11-30")
    assert done.exit_code == 0, done.output
    offer = ("simulate", *SHOP, "--margin", 0.4, "--discount", 0.1, "--draws", 500)
    done = command(*offer, "--uplift-from", file, "-o", tmp_path)
    assert done.exit_code == 0, done.output
    assert "uplift measured" in done.stdout
    with (tmp_path / "roi_analysis.csv").open(newline="", encoding="utf-8") as opened:
        rows = {row["figure"]: row for row in csv.DictReader(opened)}
    uplift = holdout.read_uplift(file)
    assert {row["uplift_source"] for row in rows.values()} == {"measured"}
    assert float(rows["uplift"]["expected"]) == pytest.approx(uplift.effect)
    for more, words in (
        (("--uplift-from", file, "--horizon", 60), "over other days than the horizon"),
        (("--uplift-from", out / "run.json"), "run.json"),
        (("--uplift-from", tmp_path / "none.csv"), "none.csv"),
    ):
        refused = command(*offer, *more)
        assert refused.exit_code == 1, refused.output
        assert words in refused.output
    for more in ((), ("--uplift", "0.1", "--uplift-from", file)):
        assert command(*offer, *more).exit_code == 2


def test_a_list_without_its_run_is_measured_without_its_split(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes((out / "high_risk_customers.csv").read_bytes())
    call = ("measure", path, *SHOP, "--after", "2024-09-01")
    assert "The split is not tested" in command(*call).stdout
    assert "Split: p =" in command(*call, "--holdout", 0.3).stdout
    wrong = command(*call, "--holdout", 0.8)
    assert wrong.exit_code == 0
    assert "something else has chosen them" in wrong.stdout
    # Nothing tells of when it is.
    assert holdout.read_list(path).as_of is None
    earlier = (*call[:-1], "2024-08-31")
    assert command(*earlier).exit_code == 0


def test_pseudonyms_want_their_key(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "out"
    run = ("run", *SHOP, "-o", folder, "--holdout", 0.3, "--as-of", "2024-09-01")
    assert command(*run, "--pseudonymise", KEY).exit_code == 0
    call = ("measure", folder / "high_risk_customers.csv", *SHOP, "--after", "2024-09-01")
    for more in ((), ("--pseudonymise", "another key of the tests")):
        refused = command(*call, *more)
        assert refused.exit_code == 1
        assert "wants the key" in refused.stderr
    done = command(*call, "--pseudonymise", KEY)
    plain = command("measure", out / "high_risk_customers.csv", *SHOP, "--after", "2024-09-01")
    assert done.exit_code == 0, done.output
    assert done.stdout == plain.stdout


def test_what_the_command_refuses(out: Path, tmp_path: Path) -> None:
    path = out / "high_risk_customers.csv"
    bad = tmp_path / "bad.csv"
    bad.write_text("customer,group\na,treatment\nb,placebo\n")
    for arguments, code, words in (
        ((path, *SHOP), 2, "--after"),
        ((path, *SHOP, "--after", "soon"), 1, "soon"),
        (
            (path, *SHOP, "--after", "2024-08-31"),
            1,
            "2024-08-31, before 2024-09-01 00:00:00",
        ),
        ((path, *SHOP, "--after", "2024-09-01", "--holdout", 2), 2, "between 0 and 1"),
        ((path, *SHOP, "--after", "2024-09-01", "-o", tmp_path / "x.txt"), 1, "end with .csv"),
        ((path, *SHOP, "--after", "2026-09-01"), 1, "error: "),
        ((bad, *SHOP, "--after", "2024-09-01"), 1, "neither treatment nor control"),
        ((tmp_path / "no.csv", *SHOP, "--after", "2024-09-01"), 1, "no.csv"),
        ((out / "customer_rfm_segments.csv", *SHOP, "--after", "2024-09-01"), 1, "group"),
    ):
        done = command("measure", *arguments)
        assert done.exit_code == code, (arguments, done.output)
        assert words in done.output
        assert "Traceback" not in done.output
