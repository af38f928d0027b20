from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Groups', 'group_by', 'group_by_orders']
class Groups(ecommerce_analytics._core.Table):
    """
    One row per group that has a line.
    """
def group_by(transactions: ecommerce_analytics._core.Transactions, *, by: collections.abc.Sequence[str], period: str | None, measures: collections.abc.Sequence[str], as_of_us: typing.SupportsInt | typing.SupportsIndex | None, selection: ecommerce_analytics._core.Selection, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Groups:
    """
    See ecommerce_analytics.aggregate.group_by.
    """
def group_by_orders(transactions: ecommerce_analytics._core.Transactions, orders: ecommerce_analytics._core.CustomerHistory, *, by: collections.abc.Sequence[str], period: str | None, measures: collections.abc.Sequence[str], as_of_us: typing.SupportsInt | typing.SupportsIndex | None, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Groups:
    """
    See ecommerce_analytics.aggregate.group_by.
    """
