"""Models in files: the same to the last bit, or one error."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import saved_model

KEY = "a key for the tests of files"
SHOP = ea.datasets.make_synthetic(num_customers=1_500, random_state=0)
OUTCOME = ea.churn.rank(SHOP.transactions)
CHURN = ea.churn.Model(OUTCOME.model)
SUMMARY = ea.purchase_history.summary(SHOP.transactions)
CLV = ea.clv.fit(SUMMARY)
MODELS = {"churn": CHURN, "clv": CLV, "bg_nbd": CLV.purchases, "gamma_gamma": CLV.spend}


def saved(folder: Path, kind: str = "churn", **options: Any) -> Path:
    path = folder / f"{kind}.json"
    saved_model.save(MODELS[kind], path, **options)
    return path


def rewritten(path: Path, change: Any, *, key: str | None = None) -> Path:
    """Change the content of a file as somebody would who makes the checksum anew."""
    told = json.loads(path.read_text())
    told.pop("hmac_sha256", None)
    told.pop("sha256")
    change(told)
    text = saved_model._text(told)
    told["sha256"] = saved_model.hashlib.sha256(text.encode()).hexdigest()
    if key is not None:
        told["hmac_sha256"] = saved_model._mark(key.encode(), text)
    path.write_text(saved_model._text(told))
    return path


@pytest.mark.parametrize("key", [None, KEY])
def test_a_model_of_churn_predicts_the_same_bits(tmp_path: Path, key: str | None) -> None:
    told = saved_model.save(
        CHURN,
        tmp_path / "m.json",
        training=ea.churn.training_of(CHURN, SHOP.transactions),
        metrics={"evaluation": OUTCOME.evaluation},
        options={"band_cuts": (0.4, 0.7), "as_of": "2025-01-01"},
        key=key,
    )
    found = saved_model.load(tmp_path / "m.json", key=key, kind="churn")
    assert isinstance(found.model, ea.churn.Model)
    features = ea.cutoff.features(SHOP.transactions, "2024-11-01")
    assert found.model.predict(features).tobytes() == CHURN.predict(features).tobytes()
    ranking = ea.churn.rank_by(found.model, SHOP.transactions)
    assert OUTCOME.ranking is not None
    for name in OUTCOME.ranking.column_names:
        assert ranking[name].tolist() == OUTCOME.ranking[name].tolist()
    assert replace(found, model=CHURN) == replace(told, model=CHURN)
    assert list(found.features) == CHURN.table["feature"].tolist()
    assert all(found.features.values())
    assert found.options["horizon_days"] == 90
    assert (
        found.metrics["evaluation"]["roc_auc_lower"][0] < found.metrics["evaluation"]["roc_auc"][0]
    )
    assert found.is_signed == (key is not None)


@pytest.mark.parametrize("kind", ["clv", "bg_nbd", "gamma_gamma"])
def test_fits_predict_the_same_bits(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, kind, training=SUMMARY)
    found = saved_model.load(path)
    assert found.kind == kind
    assert repr(found.model) == repr(MODELS[kind])
    assert found.training_sha256 == saved_model.training_sha256(MODELS[kind], SUMMARY)
    if isinstance(found.model, ea.clv.Models):
        of_file = ea.clv.predict(SHOP.transactions, models=found.model)
        of_fit = ea.clv.predict(SHOP.transactions)
        assert of_file.customers is not None
        assert of_fit.customers is not None
        for name in of_fit.customers.column_names:
            assert of_file.customers[name].tolist() == of_fit.customers[name].tolist()


def test_a_fit_at_the_boundary_keeps_its_nan(tmp_path: Path) -> None:
    model = replace(CLV.purchases, parameters=(1.0, 10.0, 0.0, float("nan")))
    saved_model.save(model, tmp_path / "m.json")
    found = saved_model.load(tmp_path / "m.json").model
    assert repr(found) == repr(model)


def test_the_hash_of_the_training_depends_on_its_content_alone() -> None:
    lines = {"customer": [], "order": [], "timestamp": [], "amount": []}  # type: ignore[var-annotated]
    rng = random.Random(3)
    for customer in range(400):
        for order in range(rng.randint(1, 5)):
            day = np.datetime64("2025-01-01") + rng.randint(0, 364)
            lines["customer"].append(f"c{customer}")
            lines["order"].append(f"{customer}-{order}")
            lines["timestamp"].append(str(day))
            lines["amount"].append(str(rng.randint(1, 50)))
    rows = list(zip(*lines.values(), strict=True))
    hashes = set()
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        columns = dict(zip(lines, map(list, zip(*rows, strict=True)), strict=True))
        tx = ea.Transactions.from_arrays(**columns)
        data = [ea.CutoffDataset(tx, f"2025-0{month}-01", 60) for month in (6, 7)]
        model = ea.churn.fit(data)
        hashes.add(saved_model.training_sha256(model, data[::-1] if seed else data))
    assert len(hashes) == 1
    assert saved_model.training_sha256(model, data[:1]) not in hashes
    other = [ea.CutoffDataset(tx, f"2025-0{month}-01", 61) for month in (6, 7)]
    assert saved_model.training_sha256(model, other) not in hashes
    shuffled = {name: SUMMARY[name][::-1] for name in SUMMARY.column_names}
    assert saved_model.training_sha256(CLV, shuffled) == saved_model.training_sha256(CLV, SUMMARY)
    shuffled["frequency"] = shuffled["frequency"] + 1
    assert saved_model.training_sha256(CLV, shuffled) != saved_model.training_sha256(CLV, SUMMARY)


def test_every_damage_is_one_error(tmp_path: Path) -> None:
    path = saved(tmp_path, training=ea.churn.training_of(CHURN, SHOP.transactions))
    whole = path.read_bytes()
    rng = random.Random(0)
    damaged = [whole[: rng.randrange(len(whole))] for _ in range(60)] + [b"", whole + b" "]
    for _ in range(400):
        place, bit = rng.randrange(len(whole)), 1 << rng.randrange(8)
        damaged.append(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    for _ in range(100):
        place = rng.randrange(len(whole))
        damaged.append(whole[:place] + rng.randbytes(rng.randint(1, 9)) + whole[place:])
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ea.InvalidData) as caught:
            saved_model.load(path)
        assert caught.value.file == str(path)
        assert str(caught.value).startswith("saved_model: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"{}",
        b"null",
        b'{"format": NaN}',
        b"\xff\xfe",
        b"\x80\x04\x95\x00",
        b'{"a": 1' + b"0" * 5_000 + b"}",
        b'{"format": "ecommerce-analytics model", "format_version": 1, "sha256": []}',
        b'{"format": "ecommerce-analytics model", "format_version": 1, "x": 1e999}',
        b'{"format": "ecommerce-analytics model", "format_version": true}',
    ],
)
def test_what_is_no_model_is_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(ea.InvalidData, match="saved_model"):
        saved_model.load(path)


def test_a_larger_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    with path.open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(ea.InvalidData, match="too large"):
        saved_model.load(path)


@pytest.mark.parametrize("version", [0, 2, 10**30, "1", None, [1]])
def test_other_versions_are_refused(tmp_path: Path, version: object) -> None:
    path = rewritten(saved(tmp_path), lambda told: told.update(format_version=version))
    with pytest.raises(ea.InvalidData, match="version"):
        saved_model.load(path)


def _set(*path: str | int, value: object) -> Any:
    def change(told: Any) -> None:
        for step in path[:-1]:
            told = told[step]
        told[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("kind", value="random_forest"), "kind of the model is not known"),
        (_set("kind", value=["churn"]), "kind of the model is not known"),
        (_set("kind", value="bg_nbd"), "no model that can be used"),
        (_set("state", "feature", 0, value="colour_of_hair"), "no model that can be used"),
        (_set("state", "mean", 0, value=None), "no model that can be used"),
        (_set("state", "mean", 0, value=1), "no model that can be used"),
        (_set("state", "mean", 0, value="1.0"), "no model that can be used"),
        (_set("state", "scale", 0, value=-1.0), "no model that can be used"),
        (_set("state", "scale", value=[]), "no model that can be used"),
        (_set("state", "converged", value=1), "no model that can be used"),
        (_set("state", "horizon_days", value=2**40), "no model that can be used"),
        (_set("state", "horizon_days", value=-1), "no model that can be used"),
        (_set("state", "cutoffs_us", 0, value=2**70), "no model that can be used"),
        (_set("state", "more", value=1), "no model that can be used"),
        (_set("state", value=[]), "no model that can be used"),
        (_set("options", "horizon_days", value=30), "no model that can be used"),
        (_set("options", value=3), "no model that can be used"),
        (_set("features", value=[]), "no model that can be used"),
        (_set("features", 0, "definition", value=1), "no model that can be used"),
        (_set("metrics", value={"evaluation": {"roc_auc": 1.0}}), "no model that can be used"),
        (_set("metrics", value={"evaluation": {"roc_auc": [[1.0]]}}), "no model that can be used"),
        (_set("metrics", value=[]), "no model that can be used"),
        (_set("metrics", value=None), "no model that can be used"),
        (_set("metrics", value={"a": []}), "no model that can be used"),
        (_set("metrics", value={"a": {"b": None}}), "no model that can be used"),
        (_set("options", "band_cuts", value=[0.4]), "no model that can be used"),
        (_set("options", "band_cuts", value=5), "no model that can be used"),
        (_set("options", "band_cuts", value=None), "no model that can be used"),
        (_set("options", "band_cuts", value=["a", "b"]), "no model that can be used"),
        (_set("options", "band_cuts", value=[0.7, 0.4]), "no model that can be used"),
        (_set("options", "band_cuts", value=[0.4, 1.0]), "no model that can be used"),
        (_set("training_data", value=[]), "no model that can be used"),
        (_set("training_data", "sha256", value="abc"), "no model that can be used"),
        (_set("more", value=1), "damaged"),
    ],
)
def test_what_a_forger_may_write_is_one_error(tmp_path: Path, change: Any, words: str) -> None:
    path = rewritten(saved(tmp_path), change)
    with pytest.raises(ea.InvalidData, match=words) as caught:
        saved_model.load(path)
    assert caught.value.file == str(path)


@pytest.mark.parametrize(
    "change",
    [
        _set("state", "spend", "kind", value="bg_nbd"),
        _set("state", "purchases", "parameters", 0, value=-1.0),
        _set("state", "purchases", "parameters", value=[]),
        _set("state", "purchases", "status", value="perhaps"),
        _set("state", "purchases", "covariance", value=[0.0]),
        _set("state", "purchases", "n_iter", value=1.5),
        _set("state", "num_left_out", value=-1),
        _set("state", "purchases", value=[]),
        _set("options", "period_days", value="7"),
        _set("options", "period_days", value=0.0),
        _set("options", "period_days", value=None),
    ],
)
def test_a_forged_fit_is_one_error(tmp_path: Path, change: Any) -> None:
    path = rewritten(saved(tmp_path, "clv"), change)
    with pytest.raises(ea.InvalidData, match="no model that can be used"):
        saved_model.load(path)


def test_a_key_finds_what_a_checksum_cannot(tmp_path: Path) -> None:
    path = saved(tmp_path, key=KEY)
    change = _set("state", "intercept", value=3.0)
    assert saved_model.load(path, key=KEY).is_signed
    with pytest.raises(ea.InvalidData, match="not signed with this key"):
        saved_model.load(path, key=KEY + "!")
    other = rewritten(path, change, key="a key of somebody else")
    assert saved_model.load(other).is_signed  # Nobody looked.
    with pytest.raises(ea.InvalidData, match="not signed with this key"):
        saved_model.load(other, key=KEY)
    plain = rewritten(other, change)
    with pytest.raises(ea.InvalidData, match="is not signed"):
        saved_model.load(plain, key=KEY)
    with pytest.raises(ea.InvalidArgument, match="16 characters"):
        saved_model.load(path, key="short")


def test_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "bg_nbd")
    with pytest.raises(ea.InvalidData, match="expected a model of kind churn"):
        saved_model.load(path, kind="churn")
    with pytest.raises(ea.InvalidArgument, match="kind must be one of"):
        saved_model.load(path, kind="forest")  # type: ignore[arg-type]


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    with pytest.raises(TypeError):
        saved_model.save(object(), path)  # type: ignore[arg-type]
    gone = replace(CLV.purchases, parameters=(float("nan"),) * 4)
    with pytest.raises(ea.InvalidArgument, match="no parameters"):
        saved_model.save(gone, path)
    for value in (float("nan"), float("inf"), {"a": 1}, [[1]], object()):
        with pytest.raises(ea.InvalidArgument, match="an option"):
            saved_model.save(CHURN, path, options={"x": value})
    for model, option in (
        (CHURN, {"band_cuts": [0.4]}),
        (CHURN, {"band_cuts": (0.7, 0.4)}),
        (CLV, {"period_days": -7.0}),
    ):
        with pytest.raises(ea.InvalidArgument, match="out of its range"):
            saved_model.save(model, path, options=option)
    with pytest.raises(TypeError):
        saved_model.save(CHURN, path, training=SUMMARY)
    assert not list(tmp_path.iterdir())


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ea.IOFailure, match="No space left"):
        saved_model.save(CHURN, path, options={"new": 1})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["churn.json"]
    monkeypatch.undo()
    with pytest.raises(ea.IOFailure, match="cannot be written"):
        saved_model.save(CHURN, tmp_path / "absent" / "m.json")
    with pytest.raises(ea.IOFailure, match="cannot be written"):
        saved_model.save(CHURN, tmp_path)
    with pytest.raises(ea.IOFailure, match="cannot be written"):
        saved_model.save(CHURN, "a\0b")
    with pytest.raises(ea.IOFailure, match="cannot be read"):
        saved_model.load("a\0b")
    with pytest.raises(ea.IOFailure, match="cannot be read"):
        saved_model.load(tmp_path / "absent.json")
    link = tmp_path / "link.json"
    link.symlink_to(path)
    saved_model.save(CHURN, link, options={"new": 1})
    assert link.is_symlink()
    assert saved_model.load(path).options["new"] == 1


def test_a_key_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert saved_model.read_key(f"@{tmp_path / 'key'}") == KEY
    with pytest.raises(ea.IOFailure):
        saved_model.read_key(f"@{tmp_path / 'absent'}")
    with pytest.raises(ea.InvalidArgument):
        saved_model.read_key("short")
