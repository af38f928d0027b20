from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['DropOff', 'MeanRetention', 'MemberList', 'Retention', 'drop_off', 'mean_retention', 'members', 'retention']
class Retention(ecommerce_analytics._core.Table):
    """
    One row per group, cohort and period number.
    """
class MeanRetention(ecommerce_analytics._core.Table):
    """
    One row per group and period number.
    """
class MemberList(ecommerce_analytics._core.Table):
    """
    One row per customer behind a cell.
    """
class DropOff(ecommerce_analytics._core.Table):
    """
    One row per group and period number from 1.
    """
def drop_off(retention: Retention) -> DropOff:
    """
    See ecommerce_analytics.cohort.drop_off.
    """
def mean_retention(retention: Retention) -> MeanRetention:
    """
    See ecommerce_analytics.cohort.mean_retention.
    """
def members(history: ecommerce_analytics._core.CustomerHistory, *, cohort_day: typing.SupportsInt | typing.SupportsIndex, number: typing.SupportsInt | typing.SupportsIndex, group: ecommerce_analytics._core.KeyColumn, active: bool | None = True, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str = 'month', kind: str = 'bounded', by: str | None = None, elapsed_days: typing.SupportsInt | typing.SupportsIndex = 30) -> MemberList:
    """
    See ecommerce_analytics.cohort.members.
    """
def retention(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str = 'month', kind: str = 'bounded', measure: str = 'customers', relative_to: str = 'first', by: str | None = None, elapsed_days: typing.SupportsInt | typing.SupportsIndex = 30, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> Retention:
    """
    See ecommerce_analytics.cohort.retention.
    """
