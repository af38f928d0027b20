from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['MeanRetention', 'Retention', 'mean_retention', 'retention']
class Retention(ecommerce_analytics._core.Table):
    """
    One row per group, cohort and period number.
    """
class MeanRetention(ecommerce_analytics._core.Table):
    """
    One row per group and period number.
    """
def mean_retention(retention: Retention) -> MeanRetention:
    """
    See ecommerce_analytics.cohort.mean_retention.
    """
def retention(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str = 'month', kind: str = 'bounded', measure: str = 'customers', relative_to: str = 'first', by: str | None = None, elapsed_days: typing.SupportsInt | typing.SupportsIndex = 30, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> Retention:
    """
    See ecommerce_analytics.cohort.retention.
    """
