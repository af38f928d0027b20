from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Changes', 'Summary', 'changes', 'dictionary', 'measures_of', 'summary']
class Summary(ecommerce_analytics._core.Table):
    """
    Key figures, one row in total or per period.
    """
class Changes(ecommerce_analytics._core.Table):
    """
    Key figures beside those of the period before.
    """
def changes(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str | None = None) -> Changes:
    """
    See ecommerce_analytics.kpi.changes.
    """
def dictionary() -> list[list[str]]:
    """
    See ecommerce_analytics.kpi.dictionary.
    """
def measures_of(transactions: ecommerce_analytics._core.Transactions) -> list[str]:
    """
    See ecommerce_analytics.kpi.measures_of.
    """
def summary(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str | None = None) -> Summary:
    """
    See ecommerce_analytics.kpi.summary.
    """
