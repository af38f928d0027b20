"""The model of churn: a logistic regression that learns from cutoffs and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core, fitted_model
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table

__all__ = ["Model", "cuts_of", "fit", "native_datasets", "number", "whole"]


class Model:
    """A logistic regression that learned from `CutoffDataset`; made by `fit`.

    With x a feature, 0 where it is null, the log-odds of churn are the intercept and the sum of
    coefficient · (sign(x) log(1 + abs(x)) - mean) / scale. A model can be pickled and copied: as
    lists of numbers and names, of which the same model is made again, to the last bit.

    Parameters
    ----------
    table : Table
        The table of a model: `Model.table`, or `Outcome.model`.

    Attributes
    ----------
    table : Table
        One row per feature: `feature`, `mean` and `scale` of the rows it was trained on,
        `coefficient` per standard deviation. The intercept is in the metadata.
    """

    def __init__(self, table: Table) -> None:
        native = getattr(table, "_native", None)
        if not isinstance(native, _core.churn.Model):
            raise TypeError("Model needs the table of a model, such as Outcome.model")
        self.table = table
        self._native = native

    def __reduce__(self) -> tuple[object, ...]:
        return _model_of, (_core.churn.state_of(self._native),)

    def predict(self, data: CutoffDataset | Table) -> npt.NDArray[np.float64]:
        """Probability of no order in the horizon, one a row.

        Parameters
        ----------
        data : CutoffDataset or Table
            A data set, or the features that `cutoff.features` returned.

        Raises
        ------
        TypeError
            For anything else.
        InvalidArgument
            If `active_within`, or of a data set `horizon` or `gap`, are not those of the training.
        """
        if isinstance(data, CutoffDataset):
            return _core.churn.predict_dataset(self._native, data._native)
        native = getattr(data, "_native", None)
        if not isinstance(native, _core.cutoff.Features):
            raise TypeError("predict needs a CutoffDataset, or what cutoff.features returned")
        return _core.churn.predict(self._native, native)

    def __repr__(self) -> str:
        return f"<churn.Model of {', '.join(self.table['feature'].tolist())}>"


def fit(
    training: CutoffDataset | Sequence[CutoffDataset],
    *,
    C: float = 0.1,
    features: Sequence[str] | None = None,
    num_threads: int | None = None,
) -> Model:
    """Learn who does not come back from data sets of cutoffs, and from nothing else.

    There is no argument for labels: those of a `CutoffDataset` are of what came after the features,
    and no rule made of the features themselves can stand in their place.

    Parameters
    ----------
    training : CutoffDataset, or list or tuple of them
        Of one horizon, gap and activity, at a cutoff each; their rows are pooled by cutoff, so the
        order that they come in changes no bit.
    C : float, default=0.1
        Inverse strength of the penalty on the coefficients of standardised columns, as in
        scikit-learn.
    features : sequence of str, optional
        Names of the features to learn from, each once. None: all of them.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        For anything but a `CutoffDataset`: an array, a frame, labels beside them.
    InvalidArgument
        If there is no data set, two have one cutoff, they differ in their options, `features` is
        empty, has a name twice or one that is not there, or an option is out of its range.
    InvalidData
        If all labels are the same.
    """
    datasets = native_datasets(training, "fit")
    names: list[str] = []
    if features is not None:
        names = [] if isinstance(features, str) else list(features)
        if isinstance(features, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"features must be a list of names, got {features!r}")
        if not names:
            raise InvalidArgument("churn: features must name one at least")
    native = _core.churn.fit(
        datasets,
        C=number("C", C),
        features=names,
        num_threads=thread_count(num_threads),
    )
    return Model(Table(native))


def _model_of(state: Mapping[str, Any]) -> Model:
    """Make the model again that was pickled."""
    return Model(Table(_core.churn.model_of(**state)))


def number(name: str, given: object) -> float:
    """Return an option as a float, refused where it is none."""
    return fitted_model.number("churn", name, given)


def cuts_of(given: object) -> tuple[float, float]:
    """Return the risks from which the bands begin, refused unless they are two numbers."""
    cuts = list(given) if isinstance(given, Iterable) else []
    if len(cuts) != 2:
        raise InvalidArgument("churn: band_cuts must be two numbers", value=repr(given))
    return number("band_cuts", cuts[0]), number("band_cuts", cuts[1])


def native_datasets(
    training: CutoffDataset | Sequence[CutoffDataset], name: str
) -> list[_core.cutoff.Dataset]:
    """Return what the core takes; a TypeError for anything but data sets of cutoffs."""
    given: Sequence[object] = training if isinstance(training, (list, tuple)) else [training]
    datasets = []
    for one in given:
        if not isinstance(one, CutoffDataset):
            raise TypeError(
                f"{name} learns from CutoffDataset and nothing else, got {type(one).__name__}"
            )
        datasets.append(one._native)
    return datasets


def whole(name: str, given: int) -> int:
    """Return an option that counts or seeds, in [0, 2^63)."""
    if isinstance(given, bool) or not 0 <= index(given) < 2**63:
        raise InvalidArgument(f"churn: {name} must be in [0, 2^63)", value=repr(given))
    return index(given)
