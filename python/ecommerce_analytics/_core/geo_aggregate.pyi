from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Regions', 'by_levels', 'by_region', 'by_region_of_lines']
class Regions(ecommerce_analytics._core.Table):
    """
    One row per region.
    """
def by_levels(transactions: ecommerce_analytics._core.Transactions, *, levels: collections.abc.Sequence[str], period: str | None, freight: str | None, late: tuple[str, str] | None, as_of_us: typing.SupportsInt | typing.SupportsIndex | None, selection: ecommerce_analytics._core.Selection, num_threads: typing.SupportsInt | typing.SupportsIndex) -> list[Regions]:
    """
    See ecommerce_analytics.geo_aggregate.by_levels.
    """
def by_region(history: ecommerce_analytics._core.CustomerHistory, *, region: str, period: str | None, freight: str | None, late: tuple[str, str] | None, as_of_us: typing.SupportsInt | typing.SupportsIndex | None) -> Regions:
    """
    See ecommerce_analytics.geo_aggregate.by_region.
    """
def by_region_of_lines(transactions: ecommerce_analytics._core.Transactions, *, region: str, period: str | None, freight: str | None, late: tuple[str, str] | None, as_of_us: typing.SupportsInt | typing.SupportsIndex | None, selection: ecommerce_analytics._core.Selection, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Regions:
    """
    See ecommerce_analytics.geo_aggregate.by_region.
    """
