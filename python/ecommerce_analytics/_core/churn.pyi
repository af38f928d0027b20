from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import ecommerce_analytics._core.cutoff
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Evaluation', 'Model', 'Outcome', 'Ranking', 'evaluate', 'fit', 'model_of', 'predict', 'predict_dataset', 'rank', 'state_of']
class Model(ecommerce_analytics._core.Table):
    """
    One row per feature of a model.
    """
class Evaluation(ecommerce_analytics._core.Table):
    """
    One row per model.
    """
class Ranking(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
class Outcome:
    """
    See ecommerce_analytics.churn.Outcome.
    """
    @property
    def evaluation(self) -> Evaluation | None:
        ...
    @property
    def model(self) -> Model | None:
        ...
    @property
    def ranking(self) -> Ranking | None:
        ...
    @property
    def reason(self) -> str:
        ...
def evaluate(transactions: ecommerce_analytics._core.Transactions, *, cutoffs: tuple[typing.SupportsInt | typing.SupportsIndex, collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]] | None = None, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, C: typing.SupportsFloat | typing.SupportsIndex = 0.1, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Outcome:
    """
    See ecommerce_analytics.churn.evaluate.
    """
def fit(training: collections.abc.Sequence[ecommerce_analytics._core.cutoff.Dataset], *, C: typing.SupportsFloat | typing.SupportsIndex = 0.1, features: collections.abc.Sequence[str] = [], num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Model:
    """
    See ecommerce_analytics.churn.fit.
    """
def model_of(*, feature: collections.abc.Sequence[str], mean: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], scale: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], coefficient: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], intercept: typing.SupportsFloat | typing.SupportsIndex, C: typing.SupportsFloat | typing.SupportsIndex, converged: bool, cutoffs_us: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], horizon_days: typing.SupportsInt | typing.SupportsIndex, gap_days: typing.SupportsInt | typing.SupportsIndex, active_within_days: typing.SupportsInt | typing.SupportsIndex, num_rows: typing.SupportsInt | typing.SupportsIndex, num_positives: typing.SupportsInt | typing.SupportsIndex) -> Model:
    """
    The model of a state.
    """
def predict(model: Model, features: ecommerce_analytics._core.cutoff.Features) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.churn.Model.
    """
def predict_dataset(model: Model, dataset: ecommerce_analytics._core.cutoff.Dataset) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.churn.Model.
    """
def rank(transactions: ecommerce_analytics._core.Transactions, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, C: typing.SupportsFloat | typing.SupportsIndex = 0.1, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95, band_cuts: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] = (0.4, 0.7), num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Outcome:
    """
    See ecommerce_analytics.churn.rank.
    """
def state_of(model: Model) -> dict:
    """
    What `model_of` makes the model of again.
    """
