"""What an action brought beside its control group: figures, intervals, splits, refusals."""

import csv
from math import comb
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
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


def newcombe(first: int, size: int, second: int, other_size: int) -> tuple[float, float]:
    low, high = confint_proportions_2indep(
        first, size, second, other_size, method="newcomb", compare="diff"
    )
    return float(low), float(high)


def row_of(figure: str) -> int:
    """Return what an order of these tests adds to a figure."""
    return 10 if figure == "revenue" else 1


COUNTS = st.integers(2, 60).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


@settings(max_examples=80, deadline=None)
@given(COUNTS, COUNTS)
def test_shares_are_compared_as_others_do(first: tuple[int, int], second: tuple[int, int]) -> None:
    (buyers, size), (others, other_size) = first, second
    treated = np.repeat([1.0, 0.0], [buyers, size - buyers])
    control = np.repeat([1.0, 0.0], [others, other_size - others])
    effect, lower, upper, p_value = holdout._shares_compared(treated, control, 0.95)
    assert effect == buyers / size - others / other_size
    assert (lower, upper) == pytest.approx(newcombe(buyers, size, others, other_size), abs=1e-12)
    assert p_value == pytest.approx(fisher(buyers, size, others, other_size), rel=1e-9)
    swapped = holdout._shares_compared(control, treated, 0.95)
    assert swapped[1:] == pytest.approx((-upper, -lower, p_value), abs=1e-12)


def fisher(first: int, size: int, second: int, other_size: int) -> float:
    """Sum the tables that are as likely or less, each as the whole number that it is."""
    marked = first + second
    ways = [
        comb(size, count) * comb(other_size, marked - count)
        for count in range(max(0, marked - other_size), min(marked, size) + 1)
    ]
    own = comb(size, first) * comb(other_size, second)
    return sum(one for one in ways if one <= own) / sum(ways)


@pytest.mark.parametrize(
    ("buyers", "size", "others", "other_size"),
    [(50, 1000, 0, 20), (2, 2, 0, 2), (900, 90_000, 80, 10_000), (0, 5, 0, 9), (5, 5, 9, 9)],
)
def test_the_exact_test_is_that_of_scipy(
    buyers: int, size: int, others: int, other_size: int
) -> None:
    wanted = stats.fisher_exact([[buyers, size - buyers], [others, other_size - others]]).pvalue
    assert holdout._fisher(buyers, size, others, other_size) == pytest.approx(wanted, rel=1e-6)


def test_a_law_far_from_what_was_found_is_no_crash() -> None:
    assert holdout._fisher(1_000_000, 1_000_000, 0, 1_000_000) == 0.0


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
        if name == "buyers":
            low, high = newcombe(2, 4, 1, 2)
            p_value = stats.fisher_exact([[2, 2], [1, 1]]).pvalue
        else:
            wanted = stats.ttest_ind(treated, control, equal_var=False)
            low, high = wanted.confidence_interval(0.95)
            p_value = wanted.pvalue
        assert row["effect"] == pytest.approx(np.mean(treated) - np.mean(control))
        assert (row["lower"], row["upper"]) == (pytest.approx(low), pytest.approx(high))
        assert row["p_value"] == pytest.approx(p_value)
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
    assert result["p_value"].tolist() == [1.0, None, None]
    assert result["lower"].tolist() == [pytest.approx(newcombe(0, 2, 0, 2)[0]), None, None]


@pytest.mark.parametrize(("treated", "control", "buyers"), [(1000, 20, 50), (2, 2, 2), (3, 2, 0)])
def test_a_group_without_variance_tells_no_certainty(
    treated: int, control: int, buyers: int
) -> None:
    names = [f"t{number}" for number in range(treated)] + [f"c{one}" for one in range(control)]
    rows = [(name, "2026-01-05", "10") for name in names]
    rows += [(name, "2026-02-05", "10") for name in [*names[:buyers], "other"]]
    groups = {name: "treatment" if name[0] == "t" else "control" for name in names}
    result = ea.holdout.measure(lines_of(rows), groups, after="2026-02-01")
    assert "Newcombe" in result.interval
    found = {row["figure"]: row for row in result.to_arrow().to_pylist()}
    low, high = newcombe(buyers, treated, 0, control)
    assert found["buyers"]["lower"] == pytest.approx(low)
    assert found["buyers"]["upper"] - found["buyers"]["lower"] > 0.15
    assert found["buyers"]["upper"] == pytest.approx(high)
    table = [[buyers, treated - buyers], [0, control]]
    assert found["buyers"]["p_value"] == pytest.approx(stats.fisher_exact(table).pvalue)
    assert found["buyers"]["p_value"] > 0.05
    for name in ("orders", "revenue"):
        row = found[name]
        assert row["effect"] == row["treatment"] == pytest.approx(buyers / treated * row_of(name))
        unknown = ("lower", "upper", "p_value", "total_lower", "total_upper")
        assert [row[one] for one in unknown] == [None] * 5


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
        {"after": "2026-02-01", "confidence": "x"},
        {"after": "2026-02-01", "confidence": float("nan")},
    ):
        with pytest.raises(ea.InvalidArgument):
            ea.holdout.measure(lines, GROUPS, **options)


def test_a_list_of_customers_whom_the_source_does_not_know_is_refused() -> None:
    lines = lines_of(rows_by_hand())
    strangers = {f"x{number}": "treatment" for number in range(7)}
    with pytest.raises(ea.InvalidData, match="8 of 13 customers of the list are not in the source"):
        ea.holdout.measure(lines, GROUPS | strangers, after="2026-02-01")
    del strangers["x0"], strangers["x1"]  # 6 of 11.
    with pytest.raises(ea.InvalidData, match="6 of 11"):
        ea.holdout.measure(lines, GROUPS | strangers, after="2026-02-01")
    del strangers["x2"]  # 5 of 10: not more than half.
    ea.holdout.measure(lines, GROUPS | strangers, after="2026-02-01")


def test_customers_who_came_after_the_day_are_in_the_source() -> None:
    rows = rows_by_hand() + [(f"new{number}", "2026-02-20", "10") for number in range(9)]
    groups = GROUPS | {f"new{number}": "treatment" for number in range(9)}
    result = ea.holdout.measure(lines_of(rows), groups, after="2026-02-01")
    assert result.treatment_not_found == 10


def test_an_uplift_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "effect.csv"
    head = "figure,lower,effect,upper,after,until,confidence,split_p_value\n"
    good = ["buyers", "-0.005", "0.02", "0.045", "2026-01-01", "2026-04-01", "0.95", "0.5"]
    path.write_text(head + ",".join(good) + "\n")
    assert holdout.read_uplift(path) == holdout.Uplift(-0.005, 0.02, 0.045, 90, 0.5, 0.95)
    for place, words in ((7, "nan"), (7, "inf"), (6, "nan"), (6, "1"), (3, "inf"), (1, "nan")):
        row = [*good]
        row[place] = words
        path.write_text(head + ",".join(row) + "\n")
        with pytest.raises(ea.InvalidData, match="none that measure wrote"):
            holdout.read_uplift(path)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_a_measured_uplift_loses_as_often_as_its_interval_says(confidence: float) -> None:
    half = 0.0127552 * NormalDist().inv_cdf(0.5 + confidence / 2)
    uplift = holdout.Uplift(0.02 - half, 0.02, 0.02 + half, 90, None, confidence)
    low, mode, high = uplift.spread
    assert (low + mode + high) / 3 == pytest.approx(0.02)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert variance**0.5 == pytest.approx(0.0127552)
    found = ea.campaign.simulate(
        [0.5] * 10, [100.0] * 10, uplift=uplift.spread, margin=0.4, discount=0.0, redemption=0.0
    )
    normal = NormalDist(0.02, 0.0127552).cdf(0.0)
    assert normal == pytest.approx(0.058, abs=0.001)
    assert found.analysis.loss_probability == pytest.approx(normal, abs=0.015)


def test_a_measured_uplift_stays_a_probability() -> None:
    assert holdout.Uplift(-0.9, 0.0, 0.9, 90, None).spread == (-1.0, 0.0, 1.0)


def test_no_path_with_a_zero_byte() -> None:
    for read in (holdout.read_list, holdout.read_uplift):
        with pytest.raises(ea.IOFailure):
            read("a\0b")


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
    shown = [float(rows["uplift"][name]) for name in ("pessimistic", "expected", "optimistic")]
    assert shown == pytest.approx(list(uplift.spread))
    assert "Drawn from" in done.stdout
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


def test_pseudonyms_without_their_run_are_not_an_effect_of_zero(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run = ("run", *SHOP, "-o", folder, "--holdout", 0.3, "--as-of", "2024-09-01")
    assert command(*run, "--pseudonymise", KEY).exit_code == 0
    path = tmp_path / "mine.csv"
    path.write_bytes((folder / "high_risk_customers.csv").read_bytes())
    size = len(holdout.read_list(path).groups)
    refused = command("measure", path, *SHOP, "--after", "2024-09-01")
    assert refused.exit_code == 1
    assert f"{size} of {size} customers of the list are not in the source" in refused.stderr


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
