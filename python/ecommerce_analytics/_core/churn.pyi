from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import ecommerce_analytics._core.cutoff
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Calibration', 'Confusion', 'Deciles', 'Evaluation', 'Explanation', 'GroupReasons', 'Model', 'Outcome', 'Profit', 'Ranking', 'RevenueAtRisk', 'Scores', 'TurningPoints', 'calibration', 'confusion', 'deciles', 'evaluate', 'evaluate_model', 'explain', 'explain_dataset', 'explain_groups', 'explain_ranking', 'fit', 'model_of', 'predict', 'predict_dataset', 'profit', 'rank', 'rank_by', 'revenue_at_risk', 'score', 'state_of', 'turning_points', 'turning_points_of_ranking']
class Model(ecommerce_analytics._core.Table):
    """
    One row per feature of a model.
    """
class Evaluation(ecommerce_analytics._core.Table):
    """
    One row per model.
    """
class Scores(ecommerce_analytics._core.Table):
    """
    One row per customer of a test.
    """
class Ranking(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
class Calibration(ecommerce_analytics._core.Table):
    """
    One row per bin of risks.
    """
class Deciles(ecommerce_analytics._core.Table):
    """
    One row per tenth of the customers.
    """
class Confusion(ecommerce_analytics._core.Table):
    """
    One row per figure.
    """
class Profit(ecommerce_analytics._core.Table):
    """
    One row per share of the customers.
    """
class Explanation(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
class TurningPoints(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
class GroupReasons(ecommerce_analytics._core.Table):
    """
    One row per group and feature.
    """
class RevenueAtRisk(ecommerce_analytics._core.Table):
    """
    One row per risk band.
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
    @property
    def test(self) -> Scores | None:
        ...
def calibration(scores: Scores, *, n_bins: typing.SupportsInt | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex) -> Calibration:
    """
    See ecommerce_analytics.churn.calibration.
    """
def confusion(scores: Scores, *, threshold: typing.SupportsFloat | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex) -> Confusion:
    """
    See ecommerce_analytics.churn.confusion.
    """
def deciles(scores: Scores, *, confidence: typing.SupportsFloat | typing.SupportsIndex, n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Deciles:
    """
    See ecommerce_analytics.churn.deciles.
    """
def evaluate(transactions: ecommerce_analytics._core.Transactions, *, cutoffs: tuple[typing.SupportsInt | typing.SupportsIndex, collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]] | None = None, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, C: typing.SupportsFloat | typing.SupportsIndex = 0.1, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95, n_resamples: typing.SupportsInt | typing.SupportsIndex = 500, random_state: typing.SupportsInt | typing.SupportsIndex = 0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0, facts: ecommerce_analytics._core.Transactions | None = None) -> Outcome:
    """
    See ecommerce_analytics.churn.evaluate.
    """
def evaluate_model(model: Model, training: collections.abc.Sequence[ecommerce_analytics._core.cutoff.Dataset], test: ecommerce_analytics._core.cutoff.Dataset, *, confidence: typing.SupportsFloat | typing.SupportsIndex, n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Evaluation:
    """
    See ecommerce_analytics.churn.evaluate_model.
    """
def explain(model: Model, features: ecommerce_analytics._core.cutoff.Features) -> Explanation:
    """
    See ecommerce_analytics.churn.explain.
    """
def explain_dataset(model: Model, dataset: ecommerce_analytics._core.cutoff.Dataset) -> Explanation:
    """
    See ecommerce_analytics.churn.explain.
    """
def explain_groups(explanation: Explanation, groups: collections.abc.Sequence[str], *, confidence: typing.SupportsFloat | typing.SupportsIndex) -> GroupReasons:
    """
    See ecommerce_analytics.churn.explain_groups.
    """
def explain_ranking(model: Model, ranking: Ranking) -> Explanation:
    """
    See ecommerce_analytics.churn.explain.
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
def profit(scores: Scores, *, value_kept: typing.SupportsFloat | typing.SupportsIndex, contact_cost: typing.SupportsFloat | typing.SupportsIndex, kept_share: typing.SupportsFloat | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex, n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Profit:
    """
    See ecommerce_analytics.churn.profit.
    """
def rank(transactions: ecommerce_analytics._core.Transactions, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, C: typing.SupportsFloat | typing.SupportsIndex = 0.1, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95, band_cuts: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] = (0.4, 0.7), n_resamples: typing.SupportsInt | typing.SupportsIndex = 500, random_state: typing.SupportsInt | typing.SupportsIndex = 0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0, facts: ecommerce_analytics._core.Transactions | None = None) -> Outcome:
    """
    See ecommerce_analytics.churn.rank.
    """
def rank_by(model: Model, transactions: ecommerce_analytics._core.Transactions, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None, band_cuts: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex], num_threads: typing.SupportsInt | typing.SupportsIndex, facts: ecommerce_analytics._core.Transactions | None = None) -> Ranking:
    """
    See ecommerce_analytics.churn.rank_by.
    """
def revenue_at_risk(model: Model, training: collections.abc.Sequence[ecommerce_analytics._core.cutoff.Dataset], ranking: Ranking, *, confidence: typing.SupportsFloat | typing.SupportsIndex, n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> RevenueAtRisk:
    """
    See ecommerce_analytics.churn.revenue_at_risk.
    """
def score(model: Model, dataset: ecommerce_analytics._core.cutoff.Dataset) -> Scores:
    """
    See ecommerce_analytics.churn.score.
    """
def state_of(model: Model) -> dict:
    """
    What `model_of` makes the model of again.
    """
def turning_points(model: Model, features: ecommerce_analytics._core.cutoff.Features, *, band_cuts: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> TurningPoints:
    """
    See ecommerce_analytics.churn.turning_points.
    """
def turning_points_of_ranking(model: Model, ranking: Ranking, *, band_cuts: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex] | None) -> TurningPoints:
    """
    See ecommerce_analytics.churn.turning_points.
    """
