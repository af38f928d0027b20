"""BG/NBD in mpmath: the formulas of the paper, with as many digits as it takes."""

from collections.abc import Sequence
from typing import Any

import mpmath as mp

DIGITS = 150


def log_likelihood(parameters: Sequence[float], x: float, recency: float, T: float) -> Any:
    """Return the log-likelihood of one customer, by equation 6 of Fader, Hardie and Lee (2005)."""
    with mp.workdps(DIGITS):
        r, alpha, a, b = map(mp.mpf, parameters)
        x, recency, T = map(mp.mpf, (x, recency, T))
        stays = mp.beta(a, b + x) / mp.beta(a, b)
        stays *= mp.gamma(r + x) * alpha**r / (mp.gamma(r) * (alpha + T) ** (r + x))
        left = mp.mpf(0)
        if x > 0:
            left = mp.beta(a + 1, b + x - 1) / mp.beta(a, b)
            left *= mp.gamma(r + x) * alpha**r / (mp.gamma(r) * (alpha + recency) ** (r + x))
        return mp.log(stays + left)


def probability_alive(parameters: Sequence[float], x: float, recency: float, T: float) -> Any:
    """Return the probability of not having left."""
    with mp.workdps(DIGITS):
        r, alpha, a, b = map(mp.mpf, parameters)
        x, recency, T = map(mp.mpf, (x, recency, T))
        if x == 0:
            return mp.mpf(1)
        return 1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + recency)) ** (r + x))


def expected_purchases(
    parameters: Sequence[float], x: float, recency: float, T: float, time: float
) -> Any:
    """Return the expected purchases, by equation 10; a = 1 is a limit, taken from beside it."""
    with mp.workdps(DIGITS):
        r, alpha, a, b = map(mp.mpf, parameters)
        x, recency, T, time = map(mp.mpf, (x, recency, T, time))
        if a == 1:
            a += mp.mpf(10) ** -40
        z = time / (alpha + T + time)
        series = mp.hyp2f1(r + x, b + x, a + b + x - 1, z, maxterms=10**6)
        mean = (a + b + x - 1) / (a - 1)
        mean *= 1 - ((alpha + T) / (alpha + T + time)) ** (r + x) * series
    return mean * probability_alive(parameters, float(x), float(recency), float(T))
