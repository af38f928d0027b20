"""Gamma-Gamma in mpmath: the formulas of the note, with as many digits as it takes."""

from collections.abc import Sequence
from typing import Any

import mpmath as mp

DIGITS = 60


def log_likelihood(parameters: Sequence[float], x: float, value: float) -> Any:
    """Return the log-likelihood of one repeater, by equation 1a of Fader and Hardie (2013)."""
    with mp.workdps(DIGITS):
        p, q, gamma = map(mp.mpf, parameters)
        x, value = mp.mpf(x), mp.mpf(value)
        density = mp.gamma(p * x + q) / (mp.gamma(p * x) * mp.gamma(q))
        density *= gamma**q * value ** (p * x - 1) * x ** (p * x)
        return mp.log(density / (gamma + x * value) ** (p * x + q))


def expected_value(parameters: Sequence[float], x: float, value: float) -> Any:
    """Return the expected value of a purchase: two means and their weights, by equation 5."""
    with mp.workdps(DIGITS):
        p, q, gamma = map(mp.mpf, parameters)
        x, value = mp.mpf(x), mp.mpf(value)
        weight = (q - 1) / (p * x + q - 1)
        return weight * p * gamma / (q - 1) + (1 - weight) * value
