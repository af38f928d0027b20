"""Churn by other models, to compare with; and a detector of labels that are made of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import metrics
from ecommerce_analytics.churn_model import fit, native_datasets, number, whole
from ecommerce_analytics.cutoff import CutoffDataset, numbers_of
from ecommerce_analytics.errors import InvalidArgument, InvalidData, MissingExtra
from ecommerce_analytics.extras import require
from ecommerce_analytics.table import Table, table_of

__all__ = ["RIVALS", "compare", "detect_leak", "explain_trees", "require_no_leak"]

_MIN_ROWS: Final = 200
_MOST_AREA: Final = 0.97
_NUM_FOLDS: Final = 5
_SHOWN: Final = 3

Numbers = npt.NDArray[np.float64]


def detect_leak(
    features: Mapping[str, npt.ArrayLike], labels: npt.ArrayLike, *, random_state: int = 0
) -> dict[str, Any]:
    """Tell whether labels can be made again of the features that they stand beside.

    Parameters
    ----------
    features : mapping of str to array of shape (n,)
        Columns of numbers by their names; NaN is missing.
    labels : array of shape (n,)
        0 or 1.
    random_state : int, default=0
        Seed of folds and permutations.

    Returns
    -------
    dict
        `is_judged`, False below 200 rows or 10 of a label; `rows`; `is_leak`; `roc_auc`, out of
        fold, with `lower`, the lower bound of its one-sided 99 % interval; `most`, what that may
        be: 0.97; `carriers`, the features by what the area loses when they are shuffled, the most
        first, of those whose loss is above 0.01; `baseline`, the area of a coin: 0.5.

    Raises
    ------
    MissingExtra
        If scikit-learn is not installed.
    InvalidArgument, InvalidData, SchemaMismatch
        If there is no feature, columns differ in length, or a label is neither 0 nor 1.

    Notes
    -----
    A boosted tree of depth 4 over all features together, in five folds: a rule of one feature is
    found, and so is one that several rebuild. Real customers are not told apart that well. O(n log
    n) for some hundred trees. DeLong's interval.
    """
    if not features:
        raise InvalidArgument("churn: there is no feature to judge")
    y = np.asarray(labels).astype(float)
    X = np.column_stack([np.asarray(column, dtype=float) for column in features.values()])
    if y.ndim != 1 or len(y) != len(X) or not np.isin(y, (0.0, 1.0)).all():
        raise InvalidData("churn: labels must be 0 or 1, one for each row of the features")
    told: dict[str, Any] = {
        "is_judged": False,
        "rows": len(y),
        "is_leak": False,
        "roc_auc": None,
        "lower": None,
        "most": _MOST_AREA,
        "baseline": 0.5,
        "carriers": [],
    }
    if len(y) < _MIN_ROWS or min(y.sum(), len(y) - y.sum()) < 2 * _NUM_FOLDS:
        return told
    selection = require("sklearn", "sklearn.model_selection")
    ensemble = require("sklearn", "sklearn.ensemble")
    rng, random_state = np.random.default_rng(random_state), _seed(random_state)
    folds = selection.StratifiedKFold(_NUM_FOLDS, shuffle=True, random_state=random_state)
    scores = np.zeros(len(y))
    shuffled = np.zeros((X.shape[1], len(y)))
    with _one_thread():
        for known, asked in folds.split(X, y):
            tree = ensemble.HistGradientBoostingClassifier(
                max_depth=4, max_iter=100, early_stopping=False, random_state=random_state
            ).fit(X[known], y[known])
            scores[asked] = tree.predict_proba(X[asked])[:, 1]
            for place in range(X.shape[1]):
                changed = X[asked].copy()
                changed[:, place] = rng.permutation(changed[:, place])
                shuffled[place, asked] = tree.predict_proba(changed)[:, 1]
    # Two-sided at 98 %: its lower end is the one-sided bound of 99 %.
    area = metrics.roc_auc_interval(y, scores, confidence=0.98)
    whole, lower = float(area["roc_auc"][0]), float(area["lower"][0])
    losses = {
        name: whole - metrics.roc_auc(y, column)
        for name, column in zip(features, shuffled, strict=True)
    }
    carriers = sorted((name for name in losses if losses[name] > 0.01), key=lambda n: -losses[n])
    return told | {
        "is_judged": True,
        "is_leak": lower > _MOST_AREA,
        "roc_auc": whole,
        "lower": lower,
        "carriers": carriers,
    }


def require_no_leak(
    features: Mapping[str, npt.ArrayLike], labels: npt.ArrayLike, *, random_state: int = 0
) -> dict[str, Any]:
    """Return what `detect_leak` tells; refuse a leak.

    Raises
    ------
    InvalidData
        If the labels are made of the features; the value names those that carry it.
    """
    told = detect_leak(features, labels, random_state=random_state)
    if told["is_leak"]:
        raise InvalidData(
            "churn: the features tell the label too well to be a forecast; it is made of them",
            value=f"ROC-AUC {told['roc_auc']:.3f}, above {told['lower']:.3f} with 99 %, by "
            + ", ".join(told["carriers"][:_SHOWN]),
        )
    return told


def compare(
    training: CutoffDataset | Sequence[CutoffDataset],
    test: CutoffDataset,
    *,
    models: Sequence[str] = ("random_forest", "hist_gradient_boosting"),
    C: float = 0.1,
    n_resamples: int = 500,
    random_state: int = 0,
    confidence: float = 0.95,
    num_threads: int | None = None,
) -> Table:
    """Compare the logistic regression with models that explain less.

    Parameters
    ----------
    training : CutoffDataset, or list or tuple of them
        As `fit`; their windows end by the cutoff of the test.
    test : CutoffDataset
        Where all models are scored.
    models : sequence of str
        Of `RIVALS`: ``random_forest``, ``hist_gradient_boosting``, ``lightgbm``, ``xgboost``.
    C, n_resamples, random_state, confidence, num_threads
        As `rank`; rivals take the seed too.

    Returns
    -------
    Table
        As `metrics.compare`, one row per model: ``logistic``, ``constant``, ``recency``, then the
        rivals. `roc_auc_difference` is to the logistic regression, with its paired interval.

    Raises
    ------
    TypeError
        For anything but data sets of cutoffs.
    InvalidArgument
        If a model is not known, or a label window of the training ends after the test cutoff.
    InvalidData
        If the features tell the label too well (`require_no_leak`).
    MissingExtra
        If a library of a rival is not installed.

    Notes
    -----
    The logistic regression is preferred unless `roc_auc_difference_lower` of another model is above
    0. Rivals get the same features as numbers, NaN for null, and are not saved.
    """
    given = _earlier(training, test, "compare")
    unknown = [name for name in models if name not in RIVALS]
    if unknown or isinstance(models, str):
        raise InvalidArgument("churn: there is no such model", value=str(unknown or models))
    options: dict[str, Any] = {"C": number("C", C), "num_threads": num_threads}
    model = fit(given, **options)
    names = model.table["feature"].tolist()
    X, labels = _learned(given, names, random_state)
    scores: dict[str, npt.ArrayLike] = {
        "logistic": model.predict(test),
        "constant": np.full(len(test), labels.mean()),
        "recency": fit(given, features=["recency_days"], **options).predict(test),
    }
    asked = _matrix(test, names)
    with _one_thread():
        for name in models:
            scores[name] = (
                RIVALS[name](_seed(random_state)).fit(X, labels).predict_proba(asked)[:, 1]
            )
    return metrics.compare(
        test.labels,
        scores,
        n_resamples=n_resamples,
        random_state=random_state,
        confidence=number("confidence", confidence),
        num_threads=num_threads,
    )


def explain_trees(
    training: CutoffDataset | Sequence[CutoffDataset],
    test: CutoffDataset,
    *,
    model: str = "lightgbm",
    random_state: int = 0,
) -> Table:
    """Take the log-odds that boosted trees tell of each customer apart into what each feature adds.

    Parameters
    ----------
    training : CutoffDataset, or list or tuple of them
        As `compare`.
    test : CutoffDataset
        Whose customers are explained.
    model : {"lightgbm", "xgboost"}
        The rival of `compare`.
    random_state : int, default=0
        Its seed.

    Returns
    -------
    Table
        One row per customer of `test`, in its order, with the columns of `explain` but for the
        reasons: `customer`, `churn_risk`, `base_log_odds`, ``<feature>_effect`` for each feature,
        and `log_odds`.

    Raises
    ------
    InvalidArgument
        If the model is neither, or as `compare`.
    TypeError, InvalidData, MissingExtra
        As `compare`.

    Notes
    -----
    The effects are Shapley values of the log-odds, exact for the trees (TreeSHAP, made by the
    model's own library): `base_log_odds` and the effects add up to `log_odds`, to the rounding of
    the library. O(customers · trees · leaves · depth²). Lundberg and others (2020), *From local
    explanations to global understanding with explainable AI for trees*, Nature Machine
    Intelligence 2.
    """
    given = _earlier(training, test, "explain_trees")
    if model not in _CONTRIBUTIONS:
        raise InvalidArgument("churn: no exact effects are known of this model", value=str(model))
    names = fit(given).table["feature"].tolist()
    X, labels = _learned(given, names, random_state)
    with _one_thread():
        fitted = RIVALS[model](_seed(random_state)).fit(X, labels)
        parts = _CONTRIBUTIONS[model](fitted, _matrix(test, names))
    parts = np.asarray(parts, dtype=np.float64)
    base, effects = parts[:, -1], parts[:, :-1]
    log_odds = parts.sum(axis=1)
    told = {
        "churn_risk": 1.0 / (1.0 + np.exp(-log_odds)),
        "base_log_odds": base,
        **{f"{name}_effect": effects[:, place] for place, name in enumerate(names)},
        "log_odds": log_odds,
    }
    keys = test.features["customer"].tolist()
    format_of_keys = "l" if all(isinstance(key, int) for key in keys) else "U"
    return table_of(
        [("customer", format_of_keys, keys), *((name, "g", told[name]) for name in told)],
        {"model": model, "cutoff": str(test.cutoff)},
    )


def _earlier(
    training: CutoffDataset | Sequence[CutoffDataset], test: CutoffDataset, name: str
) -> list[CutoffDataset]:
    """Return the data sets of the training by cutoff; refuse those that know of the test."""
    given: list[CutoffDataset] = (
        [training] if isinstance(training, CutoffDataset) else list(training)
    )
    native_datasets([*given, test], name)
    if not given:
        raise InvalidArgument("churn: there is nothing to train on")
    for one in given:
        end = one.cutoff + np.timedelta64(one.gap + one.horizon, "D")
        if end > test.cutoff:
            raise InvalidArgument(
                "churn: a label window of the training ends after the cutoff of the test",
                value=str(end),
            )
    return sorted(given, key=lambda one: one.cutoff)


def _learned(
    given: Sequence[CutoffDataset], names: Sequence[str], random_state: int
) -> tuple[Numbers, Any]:
    """Return what a rival learns from, the features and the labels; refuse a leak."""
    for one in given:  # Each alone: a customer on both sides of a fold would be told by himself.
        require_no_leak(numbers_of(one.features), one.labels, random_state=random_state)
    rows = [_matrix(one, names) for one in given]
    return np.concatenate(rows), np.concatenate([one.labels for one in given])


def _matrix(dataset: CutoffDataset, names: Sequence[str]) -> Numbers:
    """Return some features of a data set side by side: those that the model reads."""
    columns = numbers_of(dataset.features)
    return np.column_stack([columns[name] for name in names])


def _seed(random_state: int) -> int:
    """Return a seed for the rivals' libraries, which know 32 bits."""
    return whole("random_state", random_state) % 2**32


def _one_thread() -> AbstractContextManager[Any]:
    """Keep boosted trees to one thread: the same bits anywhere, no waiting on a busy machine."""
    limits: AbstractContextManager[Any] = require("sklearn", "threadpoolctl").threadpool_limits(1)
    return limits


def _own(library: str) -> ModuleType:
    """Import a library that no extra brings: it is large, and only compared with."""
    try:
        return import_module(library)
    except ImportError as error:
        raise MissingExtra(
            f"{library} is not installed; pip install {library} brings it"
        ) from error


def _random_forest(random_state: int) -> Any:
    # Trees that may take null come with scikit-learn 1.4.
    return require("sklearn", "sklearn.ensemble").RandomForestClassifier(
        n_estimators=300, min_samples_leaf=20, random_state=random_state
    )


def _hist_gradient_boosting(random_state: int) -> Any:
    return require("sklearn", "sklearn.ensemble").HistGradientBoostingClassifier(
        max_depth=3, learning_rate=0.05, max_iter=150, random_state=random_state
    )


def _lightgbm(random_state: int) -> Any:
    return _own("lightgbm").LGBMClassifier(
        max_depth=3, learning_rate=0.05, n_estimators=150, random_state=random_state, verbose=-1
    )


def _xgboost(random_state: int) -> Any:
    return _own("xgboost").XGBClassifier(
        max_depth=3, learning_rate=0.05, n_estimators=150, random_state=random_state
    )


#: Makes the models to compare with, by their names.
RIVALS: Final[Mapping[str, Callable[[int], Any]]] = {
    "random_forest": _random_forest,
    "hist_gradient_boosting": _hist_gradient_boosting,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
}


def _lightgbm_contributions(model: Any, X: Numbers) -> Any:
    return model.predict(X, pred_contrib=True)


def _xgboost_contributions(model: Any, X: Numbers) -> Any:
    return model.get_booster().predict(_own("xgboost").DMatrix(X), pred_contribs=True)


# What each feature adds to the log-odds of each row, and in the last column the base.
_CONTRIBUTIONS: Final[Mapping[str, Callable[[Any, Numbers], Any]]] = {
    "lightgbm": _lightgbm_contributions,
    "xgboost": _xgboost_contributions,
}
