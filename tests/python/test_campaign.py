import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import read_rows
from order_logs import content_of
from reference import campaign as reference

GOLDEN = "campaign/three_customers"
HAND: dict[str, Any] = {
    "uplift": (0.1, 0.3, 0.6),
    "margin": 0.5,
    "discount": 0.2,
    "redemption": 0.5,
    "contact_cost": 1.0,
    "fixed_cost": 2.0,
}
RANGES: dict[str, Any] = {
    "uplift": (0.0, 0.03, 0.08),
    "margin": (0.35, 0.4, 0.45),
    "discount": (0.1, 0.15, 0.15),
    "redemption": (0.5, 0.8, 1.0),
    "contact_cost": (0.1, 0.2, 0.5),
    "fixed_cost": (0.0, 100.0, 400.0),
    "spend_factor": (0.9, 1.0, 1.2),
}
TABLES = ("analysis", "scenarios", "tornado", "draws")

Customers = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def customers(size: int, seed: int = 0) -> Customers:
    random = np.random.default_rng(seed)
    return random.random(size), np.round(random.gamma(2.0, 60.0, size), 2)


def golden_customers() -> Customers:
    rows = read_rows(GOLDEN, "input.csv")
    p = np.array([float(row["p_order"]) for row in rows])
    return p, np.array([float(row["spend"]) for row in rows])


@st.composite
def groups(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    size = draw(st.integers(1, 12))
    chance = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.floats(0.0, 1.0))
    money = st.one_of(st.sampled_from([0.0, 1.0, 20.0]), st.floats(0.0, 500.0))
    return (
        draw(st.lists(chance, min_size=size, max_size=size)),
        draw(st.lists(money, min_size=size, max_size=size)),
    )


@st.composite
def assumed(draw: st.DrawFn) -> dict[str, tuple[float, float, float]]:
    def three(least: float, greatest: float) -> tuple[float, float, float]:
        values = sorted(draw(st.floats(least, greatest, allow_subnormal=False)) for _ in range(3))
        return values[0], values[1], values[2]

    return {
        "uplift": three(-1.0, 1.0),
        "margin": three(0.0, 1.0),
        "discount": three(0.0, 1.0),
        "redemption": three(0.0, 1.0),
        "contact_cost": three(0.0, 10.0),
        "fixed_cost": three(0.0, 100.0),
        "spend_factor": three(0.0, 3.0),
    }


def test_the_case_that_was_worked_by_hand() -> None:
    found = ea.campaign.simulate(*golden_customers(), **HAND)
    analysis = found.analysis.to_pandas().set_index("figure")
    for row in read_rows(GOLDEN, "expected.csv"):
        for column in ("pessimistic", "expected", "optimistic"):
            value = analysis.loc[row["figure"], column]
            assert value == pytest.approx(float(row[column]), rel=1e-13), (row["figure"], column)
    assert found.scenarios["luck"][1] == pytest.approx(math.sqrt(546.06), rel=1e-13)
    assert found.tornado["swing"].tolist() == pytest.approx([24.6])
    table = ea.campaign.contacts(*golden_customers(), customer=[7, 8, 9], **HAND)
    assert table["customer"].tolist() == [7, 8, 9]
    assert table["profit"].tolist() == pytest.approx([4.0, 6.2, 2.2])
    assert table["break_even_uplift"].tolist() == pytest.approx([0.1, 5 / 24, 5.5 / 15])
    assert table["is_best"].tolist() == [False, True, False]
    assert (table.best_contacts, round(table.best_profit, 12)) == (2, 6.2)


@given(groups(), assumed())
def test_scenarios_equal_the_reference(
    group: tuple[list[float], list[float]], ranges: dict[str, tuple[float, float, float]]
) -> None:
    table = ea.campaign.simulate(*group, num_scenarios=1, **ranges).scenarios  # type: ignore[arg-type]
    money = 1.0 + sum(group[1]) * ranges["spend_factor"][2] + 10 * len(group[0]) + 100
    for row in range(3):
        values = {name: float(table[name][row]) for name in reference.NAMES}
        expected = reference.outcome(*group, values)
        for name in ("incremental_margin", "sure_buyer_discount", "contact_costs", "profit"):
            told = float(table[name][row])
            assert told == pytest.approx(float(getattr(expected, name)), abs=1e-12 * money), name
        given_away = float(table["discounts_given"][row])
        assert given_away == pytest.approx(float(expected.discounts_given), abs=1e-12 * money)
        buyers = float(table["incremental_buyers"][row])
        assert buyers == pytest.approx(float(expected.incremental_buyers), abs=1e-12)
        assert float(table["luck"][row]) ** 2 == pytest.approx(
            float(expected.variance), rel=1e-9, abs=1e-12 * money**2
        )
        if expected.roi is not None and float(expected.roi) > -1e6:
            assert float(table["roi"][row]) == pytest.approx(
                float(expected.roi), rel=1e-6, abs=1e-9
            )
    worst, best = reference.extremes(*group, ranges)
    assert float(table["profit"][0]) == pytest.approx(float(worst), abs=1e-12 * money)
    assert float(table["profit"][2]) == pytest.approx(float(best), abs=1e-12 * money)


def test_who_is_lost_would_not_always_have_redeemed() -> None:
    lost: dict[str, Any] = {"uplift": -0.3, "margin": 0.1, "discount": 0.5}
    for redemption, profit, given_away in ((0.0, -3.0, 0.0), (1.0, -13.0, 10.0), (0.5, -8.0, 5.0)):
        offer = {**lost, "redemption": redemption}
        table = ea.campaign.simulate([0.5], [100.0], num_scenarios=1, **offer).scenarios
        assert table["profit"][1] == pytest.approx(profit)
        assert table["discounts_given"][1] == pytest.approx(given_away)
        contact = ea.campaign.contacts([0.5], [100.0], **offer)
        assert contact["expected_profit"][0] == pytest.approx(profit)
        chances = {-10.0: 0.3, -50.0: 0.2 * redemption}  # Is lost, stays and redeems.
        variance = sum(p * value**2 for value, p in chances.items()) - profit**2
        assert table["luck"][1] == pytest.approx(math.sqrt(variance))


def test_the_greatest_profit_may_be_at_no_uplift() -> None:
    offer: dict[str, Any] = {"uplift": (-0.3, 0.1, 0.2), "margin": 0.1, "discount": 0.5}
    table = ea.campaign.simulate([0.5], [100.0], redemption=0.0, **offer).scenarios
    assert table["uplift"].tolist() == [0.2, 0.1, 0.0]
    assert table["profit"].tolist() == pytest.approx([-8.0, -4.0, 0.0])


@given(groups(), assumed())
def test_at_the_break_even_the_profit_is_zero(
    group: tuple[list[float], list[float]], ranges: dict[str, tuple[float, float, float]]
) -> None:
    modes = {name: three[1] for name, three in ranges.items()}
    table = ea.campaign.simulate(*group, num_scenarios=1, **modes).scenarios  # type: ignore[arg-type]
    told = table["break_even_uplift"].tolist()[1]
    kept = modes["spend_factor"] * (modes["margin"] - modes["discount"])
    if kept < 1e-9:
        return  # The quotient of two roundings.
    expected = reference.break_even(*group, modes)
    money = 1.0 + sum(group[1]) * modes["spend_factor"] + 10 * len(group[0]) + 100
    if told is None:
        # None, or so near to all that is possible that rounding decides.
        most = reference.outcome(*group, {**modes, "uplift": 1.0}).profit
        assert expected is None or abs(float(most)) < 1e-12 * money
        return
    profit = reference.outcome(*group, {**modes, "uplift": told}).profit
    assert abs(float(profit)) < 1e-11 * money
    assert 0.0 <= told <= 1.0
    if expected is not None and told > 1e-6:
        below = reference.outcome(*group, {**modes, "uplift": told * 0.999}).profit
        assert float(below) <= 1e-11 * money


@given(groups(), assumed())
def test_contacts_equal_the_reference(
    group: tuple[list[float], list[float]], ranges: dict[str, tuple[float, float, float]]
) -> None:
    table = ea.campaign.contacts(*group, **ranges)  # type: ignore[arg-type]
    modes = {name: three[1] for name, three in ranges.items()}
    rows = (table["input_row"] - 1).tolist()
    assert sorted(rows) == list(range(len(group[0])))
    money = 1.0 + sum(group[1]) * 3 + 10 * len(group[0]) + 100
    total = -modes["fixed_cost"]
    for place, row in enumerate(rows):
        profit = float(reference.contact(group[0][row], group[1][row], modes))
        total += profit
        assert float(table["expected_profit"][place]) == pytest.approx(profit, abs=1e-12 * money)
        assert float(table["profit"][place]) == pytest.approx(total, abs=1e-12 * money)
    assert (np.diff(table["expected_profit"]) <= 0).all()
    best = max(0.0, float(table["profit"].max()))
    assert table.best_profit == best
    assert table["is_best"].sum() == (1 if best > 0 else 0)


@settings(max_examples=20)
@given(groups(), assumed())
def test_no_draw_leaves_the_two_extremes(
    group: tuple[list[float], list[float]], ranges: dict[str, tuple[float, float, float]]
) -> None:
    found = ea.campaign.simulate(*group, num_scenarios=200, **ranges)  # type: ignore[arg-type]
    slack = 1e-9 * (1.0 + np.abs(found.scenarios["profit"]).max())
    assert found.draws["profit"].min() >= found.scenarios["profit"][0] - slack
    assert found.draws["profit"].max() <= found.scenarios["profit"][2] + slack
    for name, (low, _, high) in ranges.items():
        assert found.draws[name].min() >= low
        assert found.draws[name].max() <= high


def test_draws_are_triangular_and_by_themselves() -> None:
    found = ea.campaign.simulate(*customers(500), **RANGES, num_scenarios=20_000).draws
    for name, (low, mode, high) in RANGES.items():
        shape = scipy.stats.triang((mode - low) / (high - low), loc=low, scale=high - low)
        assert scipy.stats.kstest(found[name], shape.cdf).pvalue > 1e-4, name
    values = np.array([found[name] for name in RANGES])
    between = np.corrcoef(values) - np.eye(len(values))
    assert np.abs(between).max() < 0.03
    luck = found["realised_profit"] - found["profit"]
    assert abs(luck.mean()) < 4 * luck.std() / math.sqrt(len(luck))


def test_the_luck_is_that_of_customers_who_are_drawn() -> None:
    p, spend = customers(40)
    u, m, d, r = 0.1, 0.5, 0.2, 0.7
    told = ea.campaign.simulate(p, spend, uplift=u, margin=m, discount=d, redemption=r)
    random = np.random.default_rng(1)
    chance = random.random((200_000, 40))
    extra = np.minimum(u, 1 - p)
    profit = np.where(
        chance < extra,
        spend * (m - d),
        np.where(chance < extra + p * r, -spend * d, 0.0),
    ).sum(axis=1)
    scenarios = told.scenarios
    error = profit.std() / math.sqrt(len(profit))
    assert abs(profit.mean() - scenarios["profit"][1]) < 4 * error
    assert profit.std() == pytest.approx(scenarios["luck"][1], rel=0.01)


def test_the_summary_is_that_of_the_draws() -> None:
    found = ea.campaign.simulate(*customers(300), **RANGES, num_scenarios=2_001)
    analysis = found.analysis.to_pandas().set_index("figure")
    draws = found.draws.to_pandas()
    for figure in ("profit", "realised_profit", "roi", "uplift", "break_even_uplift"):
        column = draws[figure].to_numpy(dtype=float)
        for name, share in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
            assert analysis.loc[figure, name] == pytest.approx(
                np.quantile(column, share), rel=1e-12
            )
        assert analysis.loc[figure, "mean"] == pytest.approx(column.mean(), rel=1e-12)
        error = column.std(ddof=1) / math.sqrt(len(column))
        assert analysis.loc[figure, "standard_error"] == pytest.approx(error, rel=1e-9)
    share = float((draws["profit"] < 0).mean())
    assert found.analysis.loss_probability == share
    assert found.analysis.loss_standard_error == pytest.approx(
        math.sqrt(share * (1 - share) / len(draws))
    )
    assert found.analysis.realised_loss_probability == (draws["realised_profit"] < 0).mean()


def test_a_break_even_that_is_not_there_lies_above_all_others() -> None:
    found = ea.campaign.simulate(
        *customers(50), uplift=0.1, margin=0.2, discount=(0.0, 0.1, 0.5), num_scenarios=1_000
    )
    row = found.analysis.to_pandas().set_index("figure").loc["break_even_uplift"]
    absent = np.ma.getmaskarray(found.draws["break_even_uplift"]).mean()
    assert 0.05 < absent < 0.95
    assert row.isna()["mean"]
    assert row.isna()["upper"]
    assert row["lower"] == pytest.approx(
        np.sort(found.draws["break_even_uplift"].filled(np.inf))[49:51].mean(), rel=0.05
    )
    free = ea.campaign.simulate([0.0], [10.0], uplift=0.0, margin=0.2, discount=0.0)
    assert free.scenarios["roi"].tolist() == [None] * 3


def test_the_order_of_rows_and_threads_change_no_bit() -> None:
    p, spend = customers(3_000)
    p[:200], spend[:200] = 0.5, 20.0
    keys = np.arange(3_000)
    order = np.random.default_rng(3).permutation(3_000)
    first = ea.campaign.simulate(p, spend, **RANGES, num_threads=1)
    for threads in (1, 2, 5):
        other = ea.campaign.simulate(p[order], spend[order], **RANGES, num_threads=threads)
        for name in TABLES:
            assert content_of(getattr(first, name)) == content_of(getattr(other, name)), name
    table = ea.campaign.contacts(p, spend, customer=keys, **RANGES)
    other_table = ea.campaign.contacts(p[order], spend[order], customer=keys[order], **RANGES)
    for name in set(table.column_names) - {"input_row"}:
        assert table[name].tolist() == other_table[name].tolist(), name
    assert (order[other_table["input_row"] - 1] == table["customer"]).all()


def test_another_seed_is_another_draw() -> None:
    one, other = (
        ea.campaign.simulate([0.5], [10.0], **RANGES, random_state=seed, num_scenarios=10).draws
        for seed in (0, 1)
    )
    assert one["uplift"].tolist() != other["uplift"].tolist()
    longer = ea.campaign.simulate([0.5], [10.0], **RANGES, num_scenarios=20).draws
    assert longer["profit"][:10].tolist() == one["profit"].tolist()


def test_one_assumption_with_a_range_leaves_the_draws_of_the_others() -> None:
    fixed = {**RANGES, "uplift": 0.03}
    one = ea.campaign.simulate([0.5], [10.0], **RANGES, num_scenarios=50).draws
    other = ea.campaign.simulate([0.5], [10.0], **fixed, num_scenarios=50).draws
    assert one["margin"].tolist() == other["margin"].tolist()


def test_every_table_repeats_where_the_uplift_is_from() -> None:
    for source in ("assumed", "measured"):
        kw: dict[str, Any] = {**RANGES, "uplift_source": source}
        found = ea.campaign.simulate(*customers(10), num_scenarios=5, **kw)
        tables = [*(getattr(found, name) for name in TABLES)]
        tables.append(ea.campaign.contacts(*customers(10), **kw))
        for table in tables:
            assert set(table["uplift_source"].tolist()) == {source}
            assert table.metadata["uplift_source"] == source


@pytest.mark.parametrize("name", ["uplift", "margin", "discount"])
def test_what_has_no_default_must_be_given(name: str) -> None:
    given_all: dict[str, Any] = {"uplift": 0.1, "margin": 0.4, "discount": 0.1}
    del given_all[name]
    with pytest.raises(ea.InvalidArgument, match=f"the {name}.* must be given"):
        ea.campaign.simulate([0.5], [1.0], **given_all)
    with pytest.raises(ea.InvalidArgument, match=f"the {name}.* must be given"):
        ea.campaign.contacts([0.5], [1.0], **given_all)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uplift": 1.5}, "outside its domain: uplift"),
        ({"margin": -0.1}, "outside its domain: margin"),
        ({"discount": math.nan}, "outside its domain: discount"),
        ({"redemption": (0.0, 0.5, 1.5)}, "outside its domain: redemption"),
        ({"contact_cost": math.inf}, "outside its domain: contact_cost"),
        ({"fixed_cost": -1.0}, "outside its domain: fixed_cost"),
        ({"spend_factor": 1e4}, "outside its domain: spend_factor"),
        ({"uplift": (0.3, 0.2, 0.4)}, "low <= mode <= high: uplift"),
        ({"margin": (0.1, 0.2)}, "low, mode and high: margin"),
        ({"uplift_source": "guessed"}, "assumed or measured: guessed"),
        ({"num_scenarios": 0}, "outside its range: num_scenarios 0"),
        ({"random_state": -1}, "outside its range: random_state -1"),
        ({"num_threads": 2_000}, "num_threads must be in"),
    ],
)
def test_wrong_options_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=words):
        ea.campaign.simulate([0.5], [1.0], **{**RANGES, **change})


def test_wrong_customers_are_refused() -> None:
    for p, spend, row, column in (
        ([0.5, 1.5], [1.0, 1.0], 2, "p_order"),
        ([0.5, math.nan], [1.0, 1.0], 2, "p_order"),
        ([0.5, 0.5], [-1.0, 1.0], 1, "spend"),
        ([0.5, 0.5], [1.0, math.inf], 2, "spend"),
    ):
        with pytest.raises(ea.InvalidData) as caught:
            ea.campaign.simulate(p, spend, **RANGES)
        assert (caught.value.row, caught.value.column) == (row, column)
    with pytest.raises(ea.InvalidData, match="no customers"):
        ea.campaign.simulate(np.array([], float), np.array([], float), **RANGES)
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        ea.campaign.simulate([0.5], [1.0, 2.0], **RANGES)
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        ea.campaign.contacts([0.5], [1.0], customer=["ann", "bob"], **RANGES)
    with pytest.raises(ea.SchemaMismatch, match="one dimension"):
        ea.campaign.simulate([[0.5]], [1.0], **RANGES)
    with pytest.raises(TypeError, match="numbers"):
        ea.campaign.simulate(["much"], [1.0], **RANGES)
    with pytest.raises(TypeError, match="uplift must be numbers"):
        ea.campaign.simulate([0.5], [1.0], **{**RANGES, "uplift": "much"})
    with pytest.raises(TypeError, match="unknown argument 'upfilt'"):
        ea.campaign.contacts([0.5], [1.0], upfilt=0.1, **RANGES)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def shop() -> Any:
    return ea.datasets.make_synthetic(num_customers=2_000, random_state=0)


def test_the_audience_is_counted_from_the_lines(shop: Any) -> None:
    found = ea.campaign.audience(shop.transactions)
    ranking = ea.churn.rank(shop.transactions).ranking
    assert ranking is not None
    assert list(found.customer) == ranking["customer"].tolist()
    assert (found.p_order == 1 - ranking["churn_risk"]).all()
    assert found.share_ordering(np.arange(3)) == pytest.approx(sum(found.p_order[:3]) / 3)
    outcome = ea.churn.rank(shop.transactions)
    money = ea.churn.revenue_at_risk(shop.transactions, outcome)
    # One definition: risk times spend adds up to the revenue at risk.
    at_risk = float(((1 - found.p_order) * found.spend).sum())
    assert at_risk == pytest.approx(float(money["revenue_at_risk"][-1]), rel=1e-9)
    assert found.buyers == sum(one.buyers for one in found.groups)
    monetary = ranking["monetary"]
    for group in found.groups:
        inside = (monetary > group.least_monetary) & (monetary <= group.greatest_monetary)
        assert set(found.spend[inside].tolist()) <= {group.mean_spend}
    reach = float(money["upper"][-1] - money["lower"][-1]) / 2
    assert found.spend_error == pytest.approx(reach / 1.959963984540054 / at_risk, rel=1e-9)
    low, mode, high = found.spend_factor
    assert mode == 1.0
    assert scipy.stats.triang(0.5, low, high - low).std() == pytest.approx(found.spend_error)


def test_buyers_at_every_risk_spend_what_is_said(shop: Any) -> None:
    transactions = shop.transactions
    outcome = ea.churn.rank(transactions)
    assert outcome.test is not None
    cutoff = np.datetime64(outcome.test.metadata["cutoff"], "us")
    before = ea.churn.rank(transactions, as_of=cutoff.astype("M8[D]").item())
    found = ea.campaign.audience(transactions, outcome=before)
    end = cutoff + np.timedelta64(found.horizon_days, "D")
    spent: dict[Any, float] = {}
    for moment, sign in ((end, 1.0), (cutoff, -1.0)):
        told = ea.cutoff.features(transactions, moment)
        for key, money in zip(told["customer"].tolist(), told["monetary"].tolist(), strict=True):
            spent[key] = spent.get(key, 0.0) + sign * money
    buys = dict(
        zip(outcome.test["customer"].tolist(), outcome.test["churned"].tolist(), strict=True)
    )
    rows = np.array([row for row, key in enumerate(found.customer) if buys.get(key) == 0])
    for third in np.array_split(rows, 3):  # From the highest risk down.
        real = np.mean([spent[found.customer[row]] for row in third])
        assert real / 1.5 < found.spend[third].mean() < real * 1.5


def test_whom_to_contact(shop: Any) -> None:
    found = ea.campaign.audience(shop.transactions)
    kw: dict[str, Any] = {"uplift": 0.05, "margin": 0.5, "discount": 0.1}
    assert ea.campaign.choose(found, 5).tolist() == [0, 1, 2, 3, 4]
    assert len(ea.campaign.choose(found, 10**9)) == len(found.customer)
    rows = ea.campaign.choose(found, 50, chosen_by="expected_profit", **kw)
    best = ea.campaign.contacts(found.p_order, found.spend, customer=found.customer, **kw)
    assert [found.customer[row] for row in rows] == best["customer"][:50].tolist()
    by_risk = ea.campaign.of_audience(found, 50, **kw)
    by_profit = ea.campaign.of_audience(found, 50, chosen_by="expected_profit", **kw)
    assert by_profit.scenarios["profit"][1] >= by_risk.scenarios["profit"][1]
    assert by_risk.scenarios["spend_factor"][1] == 1.0
    assert content_of(ea.campaign.of_churn(shop.transactions, 50, **kw).analysis) == content_of(
        by_risk.analysis
    )
    with pytest.raises(ea.InvalidArgument, match="at least one"):
        ea.campaign.choose(found, 0)
    with pytest.raises(ea.InvalidArgument, match="chosen_by"):
        ea.campaign.choose(found, 5, chosen_by="luck")  # type: ignore[arg-type]


def test_without_a_risk_of_churn_there_is_a_reason() -> None:
    small = ea.datasets.make_synthetic(num_customers=60)
    with pytest.raises(ea.InvalidData, match=r"no risk of churn is told: too few customers"):
        ea.campaign.audience(small.transactions)
