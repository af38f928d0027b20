from __future__ import annotations
import ecommerce_analytics._core
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Dataset', 'Features', 'Horizon', 'end_of_data_us', 'features', 'suggest_horizon']
class Features(ecommerce_analytics._core.Table):
    """
    One row per eligible customer.
    """
class Horizon(ecommerce_analytics._core.Table):
    """
    A suggested horizon.
    """
class Dataset:
    """
    See ecommerce_analytics.CutoffDataset.
    """
    def __init__(self, transactions: ecommerce_analytics._core.Transactions, cutoff_us: typing.SupportsInt | typing.SupportsIndex, *, horizon_days: typing.SupportsInt | typing.SupportsIndex = 90, gap_days: typing.SupportsInt | typing.SupportsIndex = 0, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, num_threads: typing.SupportsInt | typing.SupportsIndex = 0, facts: ecommerce_analytics._core.Transactions | None = None) -> None:
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
def features(transactions: ecommerce_analytics._core.Transactions, cutoff_us: typing.SupportsInt | typing.SupportsIndex, *, active_within_days: typing.SupportsInt | typing.SupportsIndex = 365, num_threads: typing.SupportsInt | typing.SupportsIndex = 0, facts: ecommerce_analytics._core.Transactions | None = None) -> Features:
    """
    See ecommerce_analytics.cutoff.features.
    """
def suggest_horizon(transactions: ecommerce_analytics._core.Transactions, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None, share: typing.SupportsFloat | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex, n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Horizon:
    """
    See ecommerce_analytics.cutoff.suggest_horizon.
    """
