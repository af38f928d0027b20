from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Curve', 'Milestones', 'Summary', 'curve', 'milestones', 'summarize']
class Curve(ecommerce_analytics._core.Table):
    """
    One row per group and day.
    """
class Summary(ecommerce_analytics._core.Table):
    """
    One row per group.
    """
class Milestones(ecommerce_analytics._core.Table):
    """
    One row per group and day asked for.
    """
def curve(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, by: str | None = None, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> Curve:
    """
    See ecommerce_analytics.second_order.curve.
    """
def milestones(curve: Curve, days: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]) -> Milestones:
    """
    See ecommerce_analytics.second_order.milestones.
    """
def summarize(curve: Curve) -> Summary:
    """
    See ecommerce_analytics.second_order.summarize.
    """
