from __future__ import annotations
import ecommerce_analytics._core
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Dataset', 'Features', 'end_of_data_us', 'features']
class Features(ecommerce_analytics._core.Table):
    """
    One row per eligible customer.
    """
class Dataset:
    """
    See ecommerce_analytics.CutoffDataset.
    """
    def __init__(self, transactions: ecommerce_analytics._core.Transactions, cutoff_us: typing.SupportsInt | typing.SupportsIndex, *, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def features(self) -> Features:
        ...
    def labels(self) -> numpy.typing.NDArray[numpy.uint8]:
        ...
    def window_revenue(self) -> numpy.typing.NDArray[numpy.float64]:
        ...
    @property
    def num_positives(self) -> int:
        ...
    @property
    def num_rows(self) -> int:
        ...
def end_of_data_us(transactions: ecommerce_analytics._core.Transactions) -> int:
    """
    00:00 after the day of the last line.
    """
def features(transactions: ecommerce_analytics._core.Transactions, cutoff_us: typing.SupportsInt | typing.SupportsIndex, *, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Features:
    """
    See ecommerce_analytics.cutoff.features.
    """
