from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Summary', 'summarize']
class Summary(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
def summarize(transactions: ecommerce_analytics._core.Transactions, *, calibration_end_us: typing.SupportsInt | typing.SupportsIndex | None = None, holdout_end_us: typing.SupportsInt | typing.SupportsIndex | None = None, period_days: typing.SupportsFloat | typing.SupportsIndex = 7.0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Summary:
    """
    See ecommerce_analytics.purchase_history.summary.
    """
