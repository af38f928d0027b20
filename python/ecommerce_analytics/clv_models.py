"""The models behind customer lifetime value under one form: their fits, and draws of the future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core, bg_nbd, gamma_gamma, pareto_nbd, purchase_history
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.repeat_buying import RepeatBuyingModel

__all__ = [
    "PURCHASE_MODELS",
    "Models",
    "fit",
    "module_of",
    "name_of",
    "purchase_interval",
    "purchase_module",
    "reason_against",
    "spend_fit",
    "values_of",
]

Numbers = npt.NDArray[np.float64]

# By the name of their module, the simplest first.
PURCHASE_MODELS: Final[Mapping[str, tuple[str, ModuleType]]] = {
    "bg_nbd": ("BG/NBD", bg_nbd),
    "pareto_nbd": ("Pareto/NBD", pareto_nbd),
}
_MOST = 1e9


@dataclass(frozen=True)
class Models:
    """How often customers buy and what they spend, as fitted to one summary.

    Attributes
    ----------
    purchases : bg_nbd.Model or pareto_nbd.Model
        The model of purchases.
    spend : gamma_gamma.Model
        The Gamma-Gamma.
    num_left_out : int
        Repeaters whose mean value is not above 0, after refunds: not in the Gamma-Gamma; they are
        expected to spend what a customer without a repeat purchase is.
    """

    purchases: RepeatBuyingModel
    spend: gamma_gamma.Model
    num_left_out: int


def fit(
    summary: Any,
    *,
    model: str = "bg_nbd",
    penalizer_coef: float = 0.0,
    num_threads: int | None = None,
) -> Models:
    """Fit a model of purchases and Gamma-Gamma to a summary of purchases.

    Parameters
    ----------
    summary : Table, frame or mapping
        With `frequency`, `recency`, `T` and `monetary_value`, as `purchase_history.summary`.
    model : {"bg_nbd", "pareto_nbd"}, default="bg_nbd"
        The model of purchases.
    penalizer_coef : float, default=0.0
        As `bg_nbd.fit` and `gamma_gamma.fit`.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Raises
    ------
    InvalidArgument
        If there is no such model.
    InvalidData
        As `bg_nbd.fit` and `gamma_gamma.fit`.
    """
    purchases = purchase_module(model).fit(
        summary, penalizer_coef=penalizer_coef, num_threads=num_threads
    )
    spend, num_left_out = spend_fit(summary, penalizer_coef)
    return Models(purchases, spend, num_left_out)


def spend_fit(summary: Any, penalizer_coef: float) -> tuple[gamma_gamma.Model, int]:
    """Fit Gamma-Gamma, and count the repeaters that are not in it."""
    values, num_left_out = values_of(summary)
    return gamma_gamma.fit(values, penalizer_coef=penalizer_coef), num_left_out


def purchase_module(name: str) -> Any:
    """Return the module of a model of purchases."""
    if name not in PURCHASE_MODELS:
        raise InvalidArgument("clv: model must be bg_nbd or pareto_nbd", value=repr(name))
    return PURCHASE_MODELS[name][1]


def module_of(model: RepeatBuyingModel) -> Any:
    """Return the module that fitted a model."""
    return purchase_module(model.KIND)


def name_of(model: RepeatBuyingModel) -> str:
    """Return the model's name for people; NBD where nobody leaves."""
    return PURCHASE_MODELS[model.KIND][0] if model.anybody_leaves else "NBD"


def reason_against(name: str, model: RepeatBuyingModel | gamma_gamma.Model) -> str | None:
    """Return why a fit is none to predict with."""
    if not model.can_predict:
        return f"{name} has no best fit: {model.boundary}"
    if model.status == "not_converged":
        return f"{name} did not converge in {model.n_iter} steps"
    if isinstance(model, gamma_gamma.Model) and not model.parameters[1] > 1.0:
        return "Gamma-Gamma: by its q of 1 or less the values have no mean"
    return None


def fitted(
    name: str, summary: Any, penalizer_coef: float, num_threads: int | None
) -> RepeatBuyingModel | str:
    """Return a model of purchases to predict with, or the reason why there is none."""
    title, module = PURCHASE_MODELS[name]
    try:
        model: RepeatBuyingModel = module.fit(
            summary, penalizer_coef=penalizer_coef, num_threads=num_threads
        )
    except InvalidData as error:
        return str(error)
    return reason_against(title, model) or model


def values_of(summary: Any) -> tuple[dict[str, Numbers], int]:
    """Return what Gamma-Gamma reads; who spent nothing after refunds counts as a newcomer."""
    frequency, value = purchase_history.columns_of(summary, ("frequency", "monetary_value"))
    is_left_out = (frequency > 0.0) & ~(value > 0.0)
    return (
        {"frequency": np.where(is_left_out, 0.0, frequency), "monetary_value": value},
        int(np.count_nonzero(is_left_out)),
    )


def drawn_parameters(
    model: RepeatBuyingModel, num_draws: int, random: np.random.Generator
) -> Numbers:
    """Draw parameters by the normal law of their logarithms; where nobody leaves r and alpha."""
    size = 4 if model.anybody_leaves else 2
    at = np.array(model.parameters[:size])
    covariance = np.array(model.covariance).reshape(4, 4)[:size, :size] / np.outer(at, at)
    steps = random.multivariate_normal(np.zeros(size), covariance, size=num_draws, method="svd")
    drawn = np.tile(np.array(model.parameters), (num_draws, 1))
    drawn[:, :size] = at * np.exp(np.clip(steps, -10.0, 10.0))
    return drawn


def drawn_future(
    model: RepeatBuyingModel,
    parameters: Sequence[float],
    plain: Mapping[str, Numbers],
    alive: Numbers,
    interval: tuple[float, float],
    random: np.random.Generator,
    num_draws: int = 1,
) -> Numbers:
    """Draw the purchases of customers in an interval after T, given their past.

    Returns
    -------
    ndarray of shape (num_draws, n)
        Whole numbers.
    """
    frequency, T = plain["frequency"], plain["T"]
    start, end = interval
    shape = (num_draws, len(T))
    r, alpha, third, fourth = parameters
    rate = random.gamma(r + frequency, 1.0 / (alpha + T), shape)

    def bought(time: Numbers | float) -> Numbers:
        return random.poisson(np.minimum(rate * time, _MOST)).astype(np.float64)

    if not model.anybody_leaves:
        return bought(end - start)
    stays = random.random(shape) < alive
    if model.KIND == "bg_nbd":
        before = bought(start)
        after = before + bought(end - start)
        leaving = np.maximum(random.beta(third, fourth + frequency, shape), 1e-12)
        most = np.where(stays, random.geometric(leaving), 0)
        return np.minimum(after, most) - np.minimum(before, most)
    leaving = np.maximum(random.gamma(third, 1.0 / (fourth + T), shape), 1e-300)
    until = random.standard_exponential(shape) / leaving
    there = np.clip(until, start, end) - start
    return np.where(stays, bought(there), 0.0)


def purchase_interval(
    model: RepeatBuyingModel, plain: Mapping[str, Numbers], start: float, end: float
) -> tuple[Numbers, Numbers]:
    """Return the 80 % interval of each customer's purchases, by 200 draws of his future.

    Customers with one past have one interval, and are drawn once.
    """
    random = np.random.default_rng(0)
    names = ("frequency", "recency", "T")
    pasts = np.column_stack([plain[name] for name in names])
    distinct, place = np.unique(pasts, axis=0, return_inverse=True)
    columns = dict(zip(names, np.ascontiguousarray(distinct.T), strict=True))
    alive = module_of(model).probability_alive(model, columns)
    lower, upper = np.empty(len(alive)), np.empty(len(alive))
    block = 20_000
    for first in range(0, len(alive), block):
        rows = slice(first, first + block)
        made = drawn_future(
            model,
            model.parameters,
            {name: values[rows] for name, values in columns.items()},
            alive[rows],
            (start, end),
            random,
            200,
        )
        lower[rows], upper[rows] = np.quantile(made, [0.1, 0.9], axis=0, method="inverted_cdf")
    return lower[place.ravel()], upper[place.ravel()]


def drawn_totals(
    model: RepeatBuyingModel,
    plain: Mapping[str, Numbers],
    time: float,
    groups: npt.NDArray[np.int64],
    num_groups: int,
    value: Numbers,
    num_draws: int,
    random_state: int,
) -> tuple[Numbers, Numbers]:
    """Draw parameters, then what each customer does given them and his past.

    Returns
    -------
    purchases : ndarray of shape (num_draws, num_groups)
    money : ndarray of shape (num_draws,)
    """
    random = np.random.default_rng(random_state)
    columns = [plain[name] for name in ("frequency", "recency", "T")]
    core = {"bg_nbd": _core.bg_nbd, "pareto_nbd": _core.pareto_nbd}[model.KIND]
    purchases, money = np.zeros((num_draws, num_groups)), np.zeros(num_draws)
    for draw, parameters in enumerate(drawn_parameters(model, num_draws, random).tolist()):
        alive = core.probability_alive(parameters, *columns)
        made = drawn_future(model, parameters, plain, alive, (0.0, time), random)[0]
        purchases[draw] = np.bincount(groups, weights=made, minlength=num_groups)
        money[draw] = np.sum(made * value)
    return purchases, money
