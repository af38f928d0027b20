"""The interval of a share of people."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["wilson"]

_NORMAL_95: Final = 1.959963984540054


def wilson(share: float, size: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `size` people, at least one.

    Notes
    -----
    With z the normal quantile and s = z² / n: (p + s/2 ± √(s·p·(1 - p) + s²/4)) / (1 + s), kept in
    [0, 1]; only +, ·, / and √, so the same bits on any processor. Wilson (1927).

    Examples
    --------
    >>> lower, upper = wilson(0.5, 10)
    >>> round(lower, 4), round(upper, 4)
    (0.2366, 0.7634)
    """
    square = _NORMAL_95**2 / size
    middle = (share + square / 2) / (1 + square)
    half = math.sqrt(square * share * (1 - share) + square**2 / 4) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
