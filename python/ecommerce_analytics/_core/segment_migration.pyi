from __future__ import annotations
import ecommerce_analytics._core
import ecommerce_analytics._core.rfm
import typing
__all__: list[str] = ['Moves', 'Origins', 'moves', 'origins']
class Moves(ecommerce_analytics._core.Table):
    """
    One row per pair of segments.
    """
class Origins(ecommerce_analytics._core.Table):
    """
    One row per segment of the start.
    """
def moves(history: ecommerce_analytics._core.CustomerHistory, *, rules: ecommerce_analytics._core.rfm.RuleSet, start_us: typing.SupportsInt | typing.SupportsIndex, end_us: typing.SupportsInt | typing.SupportsIndex | None = None, confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> Moves:
    """
    See ecommerce_analytics.segment_migration.moves.
    """
def origins(moves: Moves) -> Origins:
    """
    See ecommerce_analytics.segment_migration.origins.
    """
