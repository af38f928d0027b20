"""Tiles: they fill the rectangle, none lies on another, and areas are shares."""

from __future__ import annotations

import pytest

pytest.importorskip("plotly")

from hypothesis import given
from hypothesis import strategies as st

from ecommerce_analytics.dashboard.charts import tiles

VALUES = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)


@given(values=VALUES, width=st.floats(0.2, 5))
def test_tiles_fill_the_rectangle_and_lie_beside_each_other(
    values: list[float], width: float
) -> None:
    laid = tiles.squarified(values, width, 1.0)
    for value, one in zip(values, laid, strict=True):
        assert one.width * one.height == pytest.approx(
            width * value / sum(values), rel=1e-6, abs=2e-9 * width
        )
        assert -1e-6 < one.left < one.left + one.width < width + 1e-6
        assert -1e-6 < one.bottom < one.bottom + one.height < 1 + 1e-6
    for place, one in enumerate(laid):
        for other in laid[:place]:
            across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            along = min(one.bottom + one.height, other.bottom + other.height) - max(
                one.bottom, other.bottom
            )
            assert min(across, along) < 1e-6


def test_the_example_of_the_paper() -> None:
    # Areas 6, 6, 4, 3, 2, 2, 1 in 6 x 4: rows of 6+6, 4+3, 2, then 2 and 1.
    laid = tiles.squarified([6, 6, 4, 3, 2, 2, 1], 6, 4)
    assert [(round(one.width, 6), round(one.height, 6)) for one in laid[:4]] == [
        (3, 2),
        (3, 2),
        (1.714286, 2.333333),
        (1.285714, 2.333333),
    ]
    assert (laid[4].width, laid[4].height) == pytest.approx((1.2, 5 / 3))


def test_nothing_and_what_is_next_to_nothing() -> None:
    assert tiles.squarified([], 2, 1) == []
    small = tiles.squarified([1e15, 1e-5, 1e-5], 2, 1)
    assert all(one.width > 0 and one.height > 0 for one in small)
