from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['AbcClasses', 'Groups', 'KeyMeans', 'KeyShares', 'Parts', 'abc_classes', 'group_by', 'group_by_orders', 'mean_of_key', 'parts', 'shares_of_key']
class Groups(ecommerce_analytics._core.Table):
    """
    One row per group that has a line.
    """
class AbcClasses(ecommerce_analytics._core.Table):
    """
    Groups by revenue, and their classes.
    """
class Parts(ecommerce_analytics._core.Table):
    """
    Revenue of groups by kind of line.
    """
class KeyMeans(ecommerce_analytics._core.Table):
    """
    Means of an integer key by group.
    """
class KeyShares(ecommerce_analytics._core.Table):
    """
    Groups and their shares in orders.
    """
def abc_classes(groups: Groups, *, cuts: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex] = [0.8, 0.95]) -> AbcClasses:
    """
    See ecommerce_analytics.aggregate.abc_classes.
    """
def group_by(transactions: ecommerce_analytics._core.Transactions, *, by: collections.abc.Sequence[str], period: str | None, measures: collections.abc.Sequence[str], as_of_us: typing.SupportsInt | typing.SupportsIndex | None, selection: ecommerce_analytics._core.Selection, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Groups:
    """
    See ecommerce_analytics.aggregate.group_by.
    """
def group_by_orders(transactions: ecommerce_analytics._core.Transactions, orders: ecommerce_analytics._core.CustomerHistory, *, by: collections.abc.Sequence[str], period: str | None, measures: collections.abc.Sequence[str], as_of_us: typing.SupportsInt | typing.SupportsIndex | None, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Groups:
    """
    See ecommerce_analytics.aggregate.group_by.
    """
def mean_of_key(groups: Groups) -> KeyMeans:
    """
    See ecommerce_analytics.aggregate.mean_of_key.
    """
def parts(groups: Groups) -> Parts:
    """
    See ecommerce_analytics.aggregate.parts.
    """
def shares_of_key(groups: Groups) -> KeyShares:
    """
    See ecommerce_analytics.aggregate.shares_of_key.
    """
