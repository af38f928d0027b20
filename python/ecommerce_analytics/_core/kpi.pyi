from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Summary', 'summary']
class Summary(ecommerce_analytics._core.Table):
    """
    Key figures, one row in total or per period.
    """
def summary(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str | None = None) -> Summary:
    """
    See ecommerce_analytics.kpi.summary.
    """
