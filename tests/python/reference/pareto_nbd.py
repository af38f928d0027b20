"""Pareto/NBD in mpmath: the formulas of the papers, with as many digits as it takes."""

from collections.abc import Sequence
from typing import Any

import mpmath as mp

DIGITS = 80


def left_before(
    parameters: Sequence[float], x: float, recency: float, T: float, digits: int = DIGITS
) -> Any:
    """Return A0 of Fader and Hardie (2005), a difference of two hypergeometric functions.

    Of alpha and beta the larger one leads, as the other formula diverges.
    """
    with mp.workdps(digits):
        r, alpha, s, beta = map(mp.mpf, parameters)
        x, recency, T = map(mp.mpf, (x, recency, T))
        power = r + s + x
        larger, other = (alpha, s + 1) if alpha >= beta else (beta, r + x)

        def part(time: Any) -> Any:
            z = abs(alpha - beta) / (larger + time)
            series = mp.hyp2f1(power, other, power + 1, z, maxterms=10**6)
            return series / (larger + time) ** power

        return part(recency) - part(T)


def log_likelihood(parameters: Sequence[float], x: float, recency: float, T: float) -> Any:
    """Return the log-likelihood of one customer, by equation 3 of Fader, Hardie and Lee (2005)."""
    with mp.workdps(DIGITS):
        r, alpha, s, beta = map(mp.mpf, parameters)
        x, recency, T = map(mp.mpf, (x, recency, T))
        first = mp.loggamma(r + x) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
        there = 1 / ((alpha + T) ** (r + x) * (beta + T) ** s)
        left = s / (r + s + x) * left_before(parameters, float(x), float(recency), float(T))
        return first + mp.log(there + left)


def probability_alive(parameters: Sequence[float], x: float, recency: float, T: float) -> Any:
    """Return the probability of not having left by T."""
    with mp.workdps(DIGITS):
        r, alpha, s, beta = map(mp.mpf, parameters)
        x, recency, T = map(mp.mpf, (x, recency, T))
        odds = s / (r + s + x) * (alpha + T) ** (r + x) * (beta + T) ** s
        return 1 / (1 + odds * left_before(parameters, float(x), float(recency), float(T)))


def expected_purchases(
    parameters: Sequence[float], x: float, recency: float, T: float, time: float
) -> Any:
    """Return the expected purchases; s = 1 is a limit, taken from beside it."""
    with mp.workdps(DIGITS):
        r, alpha, s, beta = map(mp.mpf, parameters)
        alive = probability_alive(parameters, x, recency, T)
        x, T, time = map(mp.mpf, (x, T, time))
        if s == 1:
            s += mp.mpf(10) ** -40
        mean = (r + x) * (beta + T) / ((alpha + T) * (s - 1))
        return mean * (1 - ((beta + T) / (beta + T + time)) ** (s - 1)) * alive


def probability_of_purchase(
    parameters: Sequence[float], x: float, recency: float, T: float, time: float
) -> Any:
    """Return the probability of a purchase in the `time` after T, by its moment."""
    with mp.workdps(30):
        r, alpha, s, beta = map(mp.mpf, parameters)
        alive = probability_alive(parameters, x, recency, T)
        x, T, time = map(mp.mpf, (x, T, time))

        def first_at(moment: Any) -> Any:
            buys = (r + x) / (alpha + T + moment) * ((alpha + T) / (alpha + T + moment)) ** (r + x)
            return buys * ((beta + T) / (beta + T + moment)) ** s

        ends = [0] + [time * mp.mpf(4) ** -power for power in range(20, -1, -1)]
        return alive * mp.quad(first_at, ends)
