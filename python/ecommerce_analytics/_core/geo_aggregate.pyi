from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Regions', 'by_region']
class Regions(ecommerce_analytics._core.Table):
    """
    One row per region.
    """
def by_region(history: ecommerce_analytics._core.CustomerHistory, *, region: str = 'region', as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None) -> Regions:
    """
    See ecommerce_analytics.geo_aggregate.by_region.
    """
