"""What an offer to a group of customers earns: break-even, profit, ROI, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import index
from typing import Any, Final, Literal, TypeAlias, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core, churn
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.errors import InvalidArgument, InvalidData, SchemaMismatch
from ecommerce_analytics.selection import Key
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

#: One number, or its least, likeliest and greatest value.
Assumed: TypeAlias = float | tuple[float, float, float]
UpliftSource = Literal["assumed", "measured"]
ChosenBy = Literal["churn_risk", "expected_profit"]

_NAMES: Final = (
    *("uplift", "margin", "discount", "redemption"),
    *("contact_cost", "fixed_cost", "spend_factor"),
)
_MIN_BUYERS: Final = 20  # To tell what a buyer spends.
_Z95: Final = 1.959963984540054


class Assumptions(TypedDict, total=False):
    """What is assumed of a campaign: the arguments of `simulate` of these names."""

    uplift: Assumed | None
    margin: Assumed | None
    discount: Assumed | None
    redemption: Assumed
    contact_cost: Assumed
    fixed_cost: Assumed
    spend_factor: Assumed
    uplift_source: UpliftSource


class Sampling(TypedDict, total=False):
    """How often is drawn: the arguments of `simulate` of these names."""

    num_scenarios: int
    random_state: int
    num_threads: int | None


@dataclass(frozen=True)
class Simulation:
    """What a campaign earns. All tables repeat `uplift_source`, as a column and in the metadata.

    Attributes
    ----------
    analysis : Table
        One row per `figure`: ``break_even_uplift`` first, ``profit``, ``realised_profit``, ``roi``,
        their parts, the assumptions. Columns: `pessimistic`, `expected`, `optimistic`, and of the
        draws `mean` with `standard_error`, `lower` (5 %), `median`, `upper` (95 %); `baseline`:
        contacting nobody. The probability of a loss is in the metadata.
    scenarios : Table
        Three rows, by `scenario`: ``pessimistic``, ``expected``, ``optimistic``; a column per
        figure, and `luck`.
    tornado : Table
        One row per `assumption` with a range, the greatest `swing` first: `lower` and `upper`
        profit if it alone leaves its mode, beside the expected one as `baseline`.
    draws : Table
        One row per draw of the assumptions.
    """

    analysis: Table
    scenarios: Table
    tornado: Table
    draws: Table


@dataclass(frozen=True)
class SpendGroup:
    """What buyers of like net money until then spent in a horizon.

    Attributes
    ----------
    least_monetary, greatest_monetary : float
        Of the group, the first exclusive; minus and plus infinity at the ends.
    buyers : int
        Rows of the training with an order in the horizon.
    mean_spend : float
        Their mean net money in it, not below 0; that of all buyers where there is none.
    """

    least_monetary: float
    greatest_monetary: float
    buyers: int
    mean_spend: float


@dataclass(frozen=True)
class Audience:
    """Customers who may be contacted, those at the highest risk of churn first.

    Attributes
    ----------
    customer : tuple
        Keys.
    p_order : ndarray
        Probability of an order in the horizon without an offer: 1 - the risk of churn.
    spend : ndarray
        Mean spend of a buyer of the customer's group in a horizon.
    as_of : str
        Where the horizon begins.
    horizon_days : int
        Its length.
    buyers : int
        Rows of the training by whose money the spend was measured.
    spend_error : float
        Standard error of the sum of risk times spend of all, as a share of it: by the interval of
        `churn.revenue_at_risk`, of customers drawn anew.
    groups : tuple of SpendGroup
        From the least net money up.
    note : str or None
        What a reader must know of the risks.
    """

    customer: tuple[Key, ...]
    p_order: npt.NDArray[np.float64]
    spend: npt.NDArray[np.float64]
    as_of: str
    horizon_days: int
    buyers: int
    spend_error: float
    groups: tuple[SpendGroup, ...]
    note: str | None

    @property
    def spend_factor(self) -> tuple[float, float, float]:
        """A range of factors with the standard deviation `spend_error` around 1."""
        half = min(1.0, sqrt(6.0) * self.spend_error)
        return 1.0 - half, 1.0, 1.0 + half

    def share_ordering(self, rows: npt.NDArray[np.intp]) -> float:
        """Share of these customers who order without an offer, expected."""
        return float(self.p_order[rows].mean())


def simulate(
    p_order: npt.ArrayLike,
    spend: npt.ArrayLike,
    *,
    uplift: Assumed | None = None,
    margin: Assumed | None = None,
    discount: Assumed | None = None,
    redemption: Assumed = 1.0,
    contact_cost: Assumed = 0.0,
    fixed_cost: Assumed = 0.0,
    spend_factor: Assumed = 1.0,
    uplift_source: UpliftSource = "assumed",
    num_scenarios: int = 10_000,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Simulation:
    """Tell what contacting these customers earns, and how sure that is.

    The profit of a contact is e·V·(m - d) - p·r·V·d - c, with e = clip(u, -p, 1 - p): p the
    probability to order without the offer, u `uplift`, V the spend times `spend_factor`, m
    `margin`, d `discount`, r `redemption`, c `contact_cost`. For u < 0 it is
    e·V·(m - r·d) - p·r·V·d - c: who is lost would have redeemed as the others. `fixed_cost` comes
    once. ROI is profit / (contact costs + fixed costs + discounts given), these being
    V·d·(p·r + e), for u < 0 V·d·r·(p + e).

    Parameters
    ----------
    p_order : array of shape (n,)
        Probability in [0, 1] that a customer orders in the horizon without the offer.
    spend : array of shape (n,)
        What he then spends in it, in currency units, in [0, 10^12].
    uplift : float or (low, mode, high)
        Added probability to order, in [-1, 1]. It has no default.
    margin : float or (low, mode, high)
        Share of the price before the discount that is left when the goods are paid, in [0, 1]. It
        has no default: an invented one would decide the answer.
    discount : float or (low, mode, high)
        Share of the price that is given away, in [0, 1]. It has no default.
    redemption : float or (low, mode, high), default=1.0
        Share of those who order anyway that take the discount, in [0, 1].
    contact_cost, fixed_cost : float or (low, mode, high), default=0.0
        Of each contact, and once; in currency units, in [0, 10^12].
    spend_factor : float or (low, mode, high), default=1.0
        What all spend is multiplied by, in [0, 1,000].
    uplift_source : {"assumed", "measured"}
        Where the uplift is from; repeated by all tables.
    num_scenarios : int, default=10_000
        Draws of the assumptions, each from the triangular distribution of its range and by itself.
    random_state : int, default=0
        Seed, in [0, 2^64).
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Simulation
        Tables of the figures, the three scenarios, the tornado and the draws.

    Raises
    ------
    InvalidArgument
        If uplift, margin or discount is not given, a range is not low <= mode <= high or outside
        its domain, or an option is.
    InvalidData
        If there are no customers, or with row and column for a value outside its domain.
    SchemaMismatch
        If the arrays are not of one length and dimension.

    Notes
    -----
    The same bits for any order of the customers and any number of threads. O(n log n + scenarios ·
    log n). Profits are expected values under the assumptions; `luck` is the standard deviation by
    who happens to order, and `realised_profit` has it. See docs/methods/campaign.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> found = ea.campaign.simulate([0.2, 0.5], [100.0, 80.0], uplift=(0.0, 0.1, 0.2),
    ...     margin=0.4, discount=0.15, contact_cost=0.5)
    >>> found.analysis["figure"][0], round(float(found.analysis["expected"][0]), 6)
    ('break_even_uplift', 0.222222)
    >>> round(float(found.scenarios["profit"][1]), 6)
    -5.5
    """
    probabilities, spends = _column("p_order", p_order), _column("spend", spend)
    assumed = {
        "uplift": uplift,
        "margin": margin,
        "discount": discount,
        "redemption": redemption,
        "contact_cost": contact_cost,
        "fixed_cost": fixed_cost,
        "spend_factor": spend_factor,
    }
    tables = _core.campaign.simulate(
        probabilities,
        spends,
        _triples(assumed),
        uplift_source=_source(uplift_source),
        num_scenarios=_integer("num_scenarios", num_scenarios, 1, 10_000_000),
        random_state=_integer("random_state", random_state, 0, 2**64 - 1),
        num_threads=thread_count(num_threads),
    )
    return Simulation(*(Table(one) for one in tables))


def contacts(
    p_order: npt.ArrayLike,
    spend: npt.ArrayLike,
    *,
    customer: Sequence[Key] | npt.NDArray[Any] | None = None,
    **assumptions: Unpack[Assumptions],
) -> Table:
    """Order customers by what a contact is expected to earn, and tell how many to contact.

    Parameters
    ----------
    p_order, spend, assumptions
        As `simulate`.
    customer : sequence of int or str, or None
        Keys of the customers.

    Returns
    -------
    Table
        One row per customer, the most profitable first; of equals the lesser probability, spend and
        key: `contacts` (1, 2, …), `customer` if given, `input_row` (the first is 1), `p_order`,
        `spend`, `expected_profit` of this contact, its `break_even_uplift` (above 1 - `p_order` it
        never pays; null if the discount leaves no margin), `profit` of all contacts up to here less
        the fixed costs with `lower` and `upper` under the pessimistic and the optimistic values of
        all customers, `baseline`, `is_best`. `best_contacts` and `best_profit` are in the metadata:
        0 where no number of contacts earns anything.

    Raises
    ------
    InvalidArgument, InvalidData, SchemaMismatch
        As `simulate`.

    Notes
    -----
    All assumptions are at their modes. O(n log n).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> table = ea.campaign.contacts([0.2, 0.5, 0.1], [100.0, 80.0, 60.0],
    ...     customer=["ann", "bob", "cem"], uplift=0.2, margin=0.4, discount=0.15)
    >>> table["customer"].tolist(), table.best_contacts, round(table.best_profit, 6)
    (['cem', 'ann', 'bob'], 2, 4.1)
    """
    known = {*_NAMES, "uplift_source"}
    if unknown := assumptions.keys() - known:
        raise TypeError(f"contacts got an unknown argument {sorted(unknown)[0]!r}")
    keys = None
    if customer is not None:
        plain = customer.tolist() if isinstance(customer, np.ndarray) else list(customer)
        keys = _core.KeyColumn(plain)
    return Table(
        _core.campaign.contacts(
            _column("p_order", p_order),
            _column("spend", spend),
            _triples(assumptions),
            uplift_source=_source(assumptions.get("uplift_source", "assumed")),
            customer=keys,
        )
    )


def audience(transactions: Transactions, *, outcome: churn.Outcome | None = None) -> Audience:
    """Tell of each customer the probability to order in the horizon, and what a buyer spends in it.

    The probability is 1 - the risk of churn. The spend is that of `churn.revenue_at_risk`: what
    those of the same fifth of net money spent who ordered in the horizons of the training.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    outcome : Outcome or None
        What `churn.rank` told of these lines; None: it is asked with its defaults.

    Raises
    ------
    InvalidData
        If no risk of churn can be told, with the reason, or fewer than 20 customers ordered in the
        horizons of the training, or spent nothing.

    Notes
    -----
    As `churn.revenue_at_risk`. See docs/methods/campaign.md.
    """
    found = churn.rank(transactions) if outcome is None else outcome
    if found.ranking is None:
        raise InvalidData("campaign: no risk of churn is told", value=found.reason)
    ranking = found.ranking
    money = churn.revenue_at_risk(transactions, found)
    edges, buyers = money.monetary_edges, sum(money.spenders)
    whole = money["revenue_at_risk"][-1]  # The row of all.
    if buyers < _MIN_BUYERS or not whole > 0.0:
        raise InvalidData(
            "campaign: too few customers ordered in a horizon to tell what they spend",
            value=str(buyers),
        )
    bounds = [-np.inf, *edges, np.inf]
    groups = tuple(
        SpendGroup(bounds[place], bounds[place + 1], number, mean)
        for place, (number, mean) in enumerate(zip(money.spenders, money.mean_spend, strict=True))
    )
    reach = float(money["upper"][-1] - money["lower"][-1]) / 2.0
    return Audience(
        customer=tuple(ranking["customer"].tolist()),
        p_order=1.0 - ranking["churn_risk"],
        spend=np.array(money.mean_spend)[np.searchsorted(edges, ranking["monetary"])],
        as_of=str(ranking.metadata["as_of"]),
        horizon_days=int(ranking.horizon_days),
        buyers=buyers,
        spend_error=reach / _Z95 / float(whole),
        groups=groups,
        note=ranking.metadata.get("note"),
    )


def choose(
    found: Audience,
    num_contacts: int | None = None,
    *,
    chosen_by: ChosenBy = "churn_risk",
    **assumptions: Unpack[Assumptions],
) -> npt.NDArray[np.intp]:
    """Return the rows of an audience that are contacted.

    Parameters
    ----------
    found : Audience
        Of `audience`.
    num_contacts : int or None
        How many, at least 1; None, or more than there are: all of them.
    chosen_by : {"churn_risk", "expected_profit"}
        The highest risks, or the contacts that are expected to earn most.
    assumptions
        As `simulate`; read for the expected profit alone.
    """
    size = len(found.customer)
    number = size if num_contacts is None else min(size, index(num_contacts))
    if number < 1:
        raise InvalidArgument("campaign: at least one is contacted", value=str(number))
    if chosen_by == "churn_risk":
        return np.arange(number)
    if chosen_by != "expected_profit":
        raise InvalidArgument(
            "campaign: chosen_by must be churn_risk or expected_profit", value=str(chosen_by)
        )
    order = contacts(found.p_order, found.spend, customer=found.customer, **assumptions)
    return order["input_row"][:number].astype(np.intp) - 1


def of_audience(
    found: Audience,
    num_contacts: int | None = None,
    *,
    chosen_by: ChosenBy = "churn_risk",
    sampling: Sampling | None = None,
    **assumptions: Unpack[Assumptions],
) -> Simulation:
    """Simulate a campaign to some customers of an audience.

    Parameters
    ----------
    found, num_contacts, chosen_by
        As `choose`.
    sampling : dict or None
        `num_scenarios`, `random_state`, `num_threads` of `simulate`.
    assumptions
        As `simulate`; without a `spend_factor` that of the audience, which is as uncertain as the
        spend that was measured.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0)
    >>> found = ea.campaign.audience(shop.transactions)
    >>> result = ea.campaign.of_audience(found, 500, uplift=(0.01, 0.03, 0.05), margin=0.4,
    ...     discount=0.15)
    >>> result.scenarios["scenario"].tolist(), result.scenarios["uplift_source"][0]
    (['pessimistic', 'expected', 'optimistic'], 'assumed')
    """
    full: Assumptions = {"spend_factor": found.spend_factor, **assumptions}
    rows = choose(found, num_contacts, chosen_by=chosen_by, **full)
    return simulate(found.p_order[rows], found.spend[rows], **full, **(sampling or {}))


def of_churn(
    transactions: Transactions,
    num_contacts: int | None = None,
    *,
    chosen_by: ChosenBy = "churn_risk",
    sampling: Sampling | None = None,
    **assumptions: Unpack[Assumptions],
) -> Simulation:
    """Simulate a campaign to the customers at risk: `of_audience` of `audience`."""
    return of_audience(
        audience(transactions),
        num_contacts,
        chosen_by=chosen_by,
        sampling=sampling,
        **assumptions,
    )


def _triples(assumed: Any) -> list[tuple[float, float, float] | None]:
    """Return each assumption as low, mode and high; None where the core's default holds."""
    return [_triple(name, assumed.get(name)) for name in _NAMES]


def _triple(name: str, told: Assumed | None) -> tuple[float, float, float] | None:
    if told is None:
        return None
    values = list(told) if isinstance(told, (tuple, list, np.ndarray)) else [told] * 3
    if len(values) != 3:
        raise InvalidArgument(
            "campaign: an assumption is one number, or low, mode and high", value=name
        )
    try:
        low, mode, high = (float(one) for one in values)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers, got {told!r}") from None
    return low, mode, high


def _source(told: str) -> str:
    if not isinstance(told, str):
        raise TypeError(f"uplift_source must be a text, got {told!r}")
    return told


def _column(name: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of numbers, got one of {array.dtype}")
    if array.ndim != 1:
        raise SchemaMismatch("campaign: arrays must have one dimension", column=name)
    return np.ascontiguousarray(array, dtype=np.float64)


def _integer(name: str, told: int, least: int, greatest: int) -> int:
    try:
        number = index(told)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {told!r}") from None
    if not least <= number <= greatest:
        raise InvalidArgument("campaign: an option is outside its range", value=f"{name} {number}")
    return number
