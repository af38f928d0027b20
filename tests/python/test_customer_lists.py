"""Lists of customers: who is on them, what stands there, who is left out on purpose."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import customer_lists
from ecommerce_analytics.forget import forget
from ecommerce_analytics.run import RunResult, run

KEY = "a key for the tests of lists"
LISTS = customer_lists.FILES
TO_SEND = (
    customer_lists.HIGH_RISK,
    customer_lists.HIGH_VALUE,
    customer_lists.HIGH_VALUE_AT_RISK,
)


@pytest.fixture(scope="module")
def shop() -> ea.datasets.SyntheticDataset:
    return ea.datasets.make_synthetic(1_000, 3)


@pytest.fixture(scope="module")
def result(shop: ea.datasets.Dataset, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(shop, tmp_path_factory.mktemp("run") / "out", holdout_share=0.2, random_state=7)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_customer_is_told_as_the_analyses_tell_him(
    shop: ea.datasets.Dataset, result: RunResult
) -> None:
    tx = shop.transactions
    scores = ea.rfm.score(tx)
    outcome, value = ea.churn.rank(tx), ea.clv.predict(tx)
    assert outcome.ranking is not None
    assert value.customers is not None
    told = ea.churn.explain(ea.churn.Model(outcome.model), outcome.ranking)
    wanted: dict[str, dict[str, Any]] = {}
    clusters = ea.customer_clusters.fit(scores).to_pandas().rename(columns={"name": "cluster_name"})
    for table in (
        ea.rfm.segment(scores).to_arrow().to_pylist(),
        ea.rfm.tiers(scores).to_arrow().select(["customer", "tier"]).to_pylist(),
        clusters[["customer", "cluster", "cluster_name"]].to_dict("records"),
        ea.cutoff.features(tx, scores.as_of, active_within=36_500).to_arrow().to_pylist(),
        outcome.ranking.to_arrow().to_pylist(),
        told.to_arrow().select(["customer", "reason_1", "reason_2", "reason_3"]).to_pylist(),
        value.customers.to_arrow().drop_columns(["frequency"]).to_pylist(),
        ea.rfm.segment(scores).to_arrow().to_pylist(),
    ):
        for row in table:
            wanted.setdefault(row["customer"], {}).update(row)
    rows = result.lists.tables[customer_lists.ENHANCED].to_pylist()
    assert [row["customer"] for row in rows] == scores["customer"].tolist()
    for row in rows:
        own = wanted[row["customer"]]
        for name, cell in row.items():
            if name not in ("clv_lower", "clv_upper", "high_value_by"):
                assert cell == own.get(name), (row["customer"], name)
        assert isinstance(row["monetary"], Decimal)
        assert row["clv_lower"] <= row["clv_upper"]
        mean_discount = row["clv"] / (row["expected_purchases"] * row["expected_value"])
        assert 0.8 < mean_discount <= 1.0
        upper = row["purchases_upper"] * row["expected_value"] * mean_discount
        assert row["clv_upper"] == pytest.approx(upper)


def test_who_is_on_a_list_follows_its_rule(result: RunResult) -> None:
    tables = result.lists.tables
    everybody = tables[customer_lists.ENHANCED].to_pylist()
    values = sorted((row["clv"] for row in everybody), reverse=True)
    cut = values[len(values) // 5 - 1]
    risky = {row["customer"] for row in everybody if row["risk_band"] == "high"}
    valuable = {
        row["customer"]: (row["tier"] in ("Platinum", "Gold"), row["clv"] >= cut)
        for row in everybody
        if row["tier"] in ("Platinum", "Gold") or row["clv"] >= cut
    }
    named = {(True, True): "both", (True, False): "money", (False, True): "clv"}
    lists = {name: tables[name].to_pylist() for name in TO_SEND}
    assert {row["customer"] for row in lists[customer_lists.HIGH_RISK]} == risky
    assert {row["customer"]: row["high_value_by"] for row in lists[customer_lists.HIGH_VALUE]} == {
        customer: named[why] for customer, why in valuable.items()
    }
    both = {row["customer"] for row in lists[customer_lists.HIGH_VALUE_AT_RISK]}
    assert both == risky & valuable.keys()
    assert len(both) > 10
    risks = [row["churn_risk"] for row in lists[customer_lists.HIGH_RISK]]
    assert risks == sorted(risks, reverse=True)
    for name in (customer_lists.HIGH_VALUE, customer_lists.HIGH_VALUE_AT_RISK):
        order = [(-row["monetary"], row["customer"]) for row in lists[name]]
        assert order == sorted(order)
    told = result.manifest["lists"]
    assert repr(cut) in told[customer_lists.HIGH_VALUE]["rule"]
    assert "[0.4, 0.7]" in told[customer_lists.HIGH_RISK]["rule"]
    assert {name: one["customers"] for name, one in told.items()} == {
        name: tables[name].num_rows for name in LISTS
    }


def test_the_order_of_lines_changes_no_byte(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    count = 6_000
    customers = (700 * rng.random(count) ** 2).astype(int)
    days = np.datetime64("2024-01-01") + rng.integers(0, 600, count)
    lines = {
        "customer": np.array([f"c{number}" for number in customers], dtype=object),
        "order": np.array([f"o{number}" for number in range(count)], dtype=object),
        "timestamp": days.astype(str).astype(object),
        "amount": rng.integers(1, 90, count).astype(str).astype(object),
    }
    for name, order in (("one", np.arange(count)), ("other", rng.permutation(count))):
        shuffled = {column: values[order].tolist() for column, values in lines.items()}
        mine = ea.datasets.Dataset(
            name="mine", transactions=ea.Transactions.from_arrays(**shuffled)
        )
        run(mine, tmp_path / name, holdout_share=0.2, num_threads=1 if name == "one" else 2)
    for name in LISTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    told = [
        json.loads((tmp_path / name / "run.json").read_text())["clv"] for name in ("one", "other")
    ]
    assert told[0] == told[1]
    assert told[0]["test"]["totals"]


# --- groups ---


def test_a_customer_is_in_one_group_everywhere(result: RunResult) -> None:
    everybody = rows_of(result.output / customer_lists.ENHANCED)
    group = {row["customer"]: row["group"] for row in everybody}
    assert {*group.values()} == {"treatment", "control"}
    for name in LISTS:
        rows = rows_of(result.output / name)
        assert all(row["group"] == group[row["customer"]] for row in rows), name
        sizes = result.manifest["lists"][name]["groups"]
        assert sizes["control"] == sum(row["group"] == "control" for row in rows)
        assert sizes["control"] + sizes["treatment"] == len(rows)
    assert result.manifest["parameters"]["holdout"] == {"share": 0.2, "random_state": 7}
    few = result.manifest["lists"][customer_lists.HIGH_VALUE_AT_RISK]
    assert few["groups"]["control"] < 20
    assert "hardly told from chance" in few["note"]


def test_groups_are_drawn_by_seed_and_key_alone() -> None:
    keys = [f"c{number}" for number in range(20_000)]
    drawn = dict(zip(keys, ea.holdout.groups(keys, 0.1), strict=True))
    assert abs(list(drawn.values()).count("control") - 2_000) < 4 * (20_000 * 0.09) ** 0.5
    assert ea.holdout.groups(keys[::-1], 0.1) == [drawn[key] for key in keys[::-1]]
    assert ea.holdout.groups(["c7"], 0.1) == [drawn["c7"]]
    assert ea.holdout.groups([7, 8, 9], 0.5) == ea.holdout.groups(["7", "8", "9"], 0.5)
    other = ea.holdout.groups(keys, 0.1, random_state=1)
    both = sum(a == b == "control" for a, b in zip(drawn.values(), other, strict=True))
    assert abs(both - 200) < 4 * (20_000 * 0.01 * 0.99) ** 0.5
    more = ea.holdout.groups(keys, 0.3)  # Whoever was left out is left out of a larger share, too.
    assert all(b == "control" for a, b in zip(drawn.values(), more, strict=True) if a == "control")


@pytest.mark.parametrize("share", [0, 1, 0.0, 1.0, -0.1, 1.5, float("nan"), "0.1", None, True])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match="holdout: the share"):
        ea.holdout.groups(["a"], share)


def test_nothing_is_written_for_a_share_that_is_none(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ea.InvalidArgument):
        run(shop, tmp_path / "out", holdout_share=1.0)
    with pytest.raises(ea.InvalidArgument, match="random_state"):
        run(shop, tmp_path / "out", holdout_share=0.1, random_state=-1)
    assert not (tmp_path / "out").exists()


# --- what cannot be told, and persons ---


def test_without_models_there_are_no_lists(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    run(shop, tmp_path)
    result = run(shop, tmp_path, models=False)
    for name in (*LISTS, "churn_risk.csv"):
        assert result.skipped[name] == "models were left out of the run"
        assert not (tmp_path / name).exists()
    manifest = json.loads((tmp_path / "run.json").read_text())
    assert manifest["parameters"]["models"] is False
    assert manifest["lists"] == {}
    assert "clv" not in manifest


def test_too_little_data_says_why(tmp_path: Path) -> None:
    result = run(ea.datasets.make_synthetic(60), tmp_path)
    for name in (
        customer_lists.PREDICTIONS,
        customer_lists.HIGH_RISK,
        customer_lists.HIGH_VALUE_AT_RISK,
    ):
        assert result.skipped[name] == result.churn.reason
        assert not (tmp_path / name).exists()
    assert "too few customers" in result.manifest["clv"]["reason"]
    assert "no clv is told" in result.manifest["lists"][customer_lists.HIGH_VALUE]["rule"]
    rows = rows_of(tmp_path / customer_lists.ENHANCED)
    assert len(rows) == 60
    assert {(row["churn_risk"], row["clv"], row["next_order"]) for row in rows} == {("", "", "")}
    assert all(row["tenure_days"] for row in rows)
    assert all(row["high_value_by"] == "money" for row in rows_of(tmp_path / TO_SEND[1]))


@pytest.mark.parametrize("is_return_rare", [True, False])
def test_a_high_risk_of_nearly_everybody_is_no_list(is_return_rare: bool) -> None:
    random = np.random.default_rng(0)
    if is_return_rare:  # One customer in eight comes twice, within two years.
        first = random.uniform(0, 900, 9_000)
        again = random.choice(9_000, 1_100, replace=False)
        customer = np.concatenate([np.arange(9_000), again])
        day = np.concatenate([first, first[again] + random.uniform(1, 700, 1_100)])
    else:  # All come every month; one in twelve leaves, at any time.
        until = np.where(random.random(3_000) < 0.08, random.uniform(100, 900, 3_000), 900)
        customer = np.repeat(np.arange(3_000), 30)
        day = (np.arange(30)[None, :] * 30 + random.uniform(0, 30, (3_000, 30))).ravel()
        is_there = day < until[customer]
        customer, day = customer[is_there], day[is_there]
    customer, day = customer[day < 900], day[day < 900]
    tx = ea.Transactions.from_arrays(
        customer=customer,
        order=np.arange(len(day)),
        timestamp=np.datetime64("2022-01-01", "us") + (day * 86_400).astype("timedelta64[s]"),
        amount=random.uniform(5, 100, len(day)).round(2),
    )
    scores = ea.rfm.score(tx)
    outcome = ea.churn.rank(tx)
    assert outcome.evaluation is not None
    assert "hardly anybody" in outcome.evaluation.metadata["note"]
    lists = customer_lists.make(
        tx,
        segments=ea.rfm.segment(scores),
        tiers=ea.rfm.tiers(scores),
        clusters=ea.customer_clusters.fit(scores),
        outcome=outcome,
        prediction=ea.clv.Prediction(None, None, None, "not asked for"),
    )
    at_risk = {customer_lists.HIGH_RISK, customer_lists.HIGH_VALUE_AT_RISK}
    if is_return_rare:
        assert set(lists.reasons) == at_risk
        assert set(lists.tables) == set(LISTS) - at_risk
        for why in lists.reasons.values():
            assert why.startswith(outcome.evaluation.metadata["note"])
            assert "none to act on" in why
    else:
        assert set(lists.tables) == set(LISTS)
        assert not lists.reasons


def test_pseudonyms_and_forget_reach_the_lists(
    shop: ea.datasets.Dataset, result: RunResult, tmp_path: Path
) -> None:
    plain = {row["customer"]: row for row in rows_of(result.output / customer_lists.ENHANCED)}
    one = rows_of(result.output / customer_lists.HIGH_VALUE_AT_RISK)[0]["customer"]
    for key in (None, KEY):
        out = tmp_path / str(key is None)
        run(shop, out, holdout_share=0.2, random_state=7, pseudonym_key=key, parquet=True)
        name_of = (lambda customer: customer) if key is None else _pseudonym
        rows = {row["customer"]: row for row in rows_of(out / customer_lists.ENHANCED)}
        for customer, wanted in plain.items():
            got = dict(rows[name_of(customer)])
            assert got.pop("customer") == name_of(customer)
            assert got == {name: cell for name, cell in wanted.items() if name != "customer"}
        text = (out / customer_lists.HIGH_RISK).read_text()
        assert (one in text) == (key is None)
        gone = forget(out, [one], pseudonym_key=key)
        for name in LISTS:
            assert gone.rows[name] == 1
            assert gone.rows[name.replace(".csv", ".parquet")] == 1
            assert name_of(one) not in (out / name).read_text()
        run(shop, out, pseudonym_key=key)
        for name in LISTS:
            assert name_of(one) not in (out / name).read_text()


def _pseudonym(customer: str) -> str:
    return ea.privacy.pseudonym(customer, KEY)


def test_a_key_that_looks_like_a_formula_is_marked(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    count = 400
    lines = ea.Transactions.from_arrays(
        customer=[f"=c{number % 150}" for number in range(count)],
        order=[f"o{number}" for number in range(count)],
        timestamp=(np.datetime64("2025-01-01") + rng.integers(0, 300, count)).astype(str).tolist(),
        amount=rng.integers(1, 90, count).astype(str).tolist(),
    )
    run(ea.datasets.Dataset(name="mine", transactions=lines), tmp_path)
    rows = rows_of(tmp_path / customer_lists.ENHANCED)
    assert len(rows) > 100
    assert all(row["customer"].startswith("'=c") for row in rows)
