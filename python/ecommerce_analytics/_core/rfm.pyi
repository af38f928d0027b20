from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Concentration', 'Lorenz', 'RuleSet', 'Scores', 'SegmentSummary', 'Segments', 'TierSummary', 'Tiers', 'concentration', 'customers_in', 'lorenz', 'of_customers', 'rule_set', 'rule_set_names', 'score', 'segment', 'summarize', 'summarize_tiers', 'tiers']
class Scores(ecommerce_analytics._core.Table):
    """
    One row per customer with at least one order.
    """
class Segments(ecommerce_analytics._core.Table):
    """
    Scores and the segment of each customer.
    """
class SegmentSummary(ecommerce_analytics._core.Table):
    """
    One row per segment.
    """
class Tiers(ecommerce_analytics._core.Table):
    """
    One row per customer and his tier.
    """
class TierSummary(ecommerce_analytics._core.Table):
    """
    One row per tier.
    """
class Concentration(ecommerce_analytics._core.Table):
    """
    Money of the best shares of customers.
    """
class Lorenz(ecommerce_analytics._core.Table):
    """
    Points of the Lorenz curve.
    """
class RuleSet:
    """
    See ecommerce_analytics.rfm.RuleSet.
    """
    def __init__(self, *, name: str, n_bins: typing.SupportsInt | typing.SupportsIndex, second: str, rules: collections.abc.Sequence[tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex | None, typing.SupportsInt | typing.SupportsIndex | None, str]], strategies: collections.abc.Mapping[str, str]) -> None:
        ...
    def overlaps(self) -> list[tuple[int, int]]:
        ...
    @property
    def n_bins(self) -> int:
        ...
    @property
    def name(self) -> str:
        ...
    @property
    def rules(self) -> list[tuple[int, int, int, int, int | None, int | None, str]]:
        ...
    @property
    def second(self) -> str:
        ...
    @property
    def strategies(self) -> dict[str, str]:
        ...
def concentration(scores: Scores, *, top_shares: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> Concentration:
    """
    See ecommerce_analytics.rfm.concentration.
    """
def customers_in(segments: Segments, *, names: collections.abc.Sequence[str]) -> ecommerce_analytics._core.KeyColumn:
    """
    See ecommerce_analytics.Selection.
    """
def lorenz(scores: Scores, *, num_points: typing.SupportsInt | typing.SupportsIndex = 101) -> Lorenz:
    """
    See ecommerce_analytics.rfm.lorenz.
    """
@typing.overload
def of_customers(table: Segments, *, customers: ecommerce_analytics._core.KeyColumn) -> Segments:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
@typing.overload
def of_customers(table: Segments, *, customers: Scores) -> Segments:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
@typing.overload
def of_customers(table: Scores, *, customers: ecommerce_analytics._core.KeyColumn) -> Scores:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
@typing.overload
def of_customers(table: Scores, *, customers: Scores) -> Scores:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
@typing.overload
def of_customers(table: Tiers, *, customers: ecommerce_analytics._core.KeyColumn) -> Tiers:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
@typing.overload
def of_customers(table: Tiers, *, customers: Scores) -> Tiers:
    """
    See ecommerce_analytics.rfm.of_customers.
    """
def rule_set(name: str) -> RuleSet:
    """
    See ecommerce_analytics.rfm.rule_set.
    """
def rule_set_names() -> list[str]:
    """
    Names of the built-in rule sets.
    """
def score(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, window_days: typing.SupportsInt | typing.SupportsIndex | None = None, n_bins: typing.SupportsInt | typing.SupportsIndex = 5, method: str = 'quantile', recency_thresholds: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] | None = None, frequency_thresholds: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] | None = None, monetary_thresholds: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex | str] | None = None) -> Scores:
    """
    See ecommerce_analytics.rfm.score.
    """
def segment(scores: Scores, *, rules: RuleSet) -> Segments:
    """
    See ecommerce_analytics.rfm.segment.
    """
def summarize(segments: Segments) -> SegmentSummary:
    """
    See ecommerce_analytics.rfm.summarize.
    """
def summarize_tiers(tiers: Tiers) -> TierSummary:
    """
    See ecommerce_analytics.rfm.summarize_tiers.
    """
def tiers(scores: Scores, *, names: collections.abc.Sequence[str] = ['Platinum', 'Gold', 'Silver', 'Bronze'], cuts: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [0.05, 0.2, 0.5]) -> Tiers:
    """
    See ecommerce_analytics.rfm.tiers.
    """
