"""Recency, frequency and monetary value of each customer, their scores and segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


def score(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    n_bins: int = 5,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Score every customer by quantiles of recency, frequency and monetary value.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment from which recency counts back, exclusive; later lines are ignored and counted.
        None: 00:00 after the day of the last line.
    n_bins : int, default=5
        Number of bins, in [2, 255]; scores lie in 1 (worst) to `n_bins` (best).
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per known customer with an order, in increasing order of the key: `customer`,
        `recency_days` (whole days from the last order to `as_of`), `frequency` (distinct orders),
        `monetary` (net money of all lines), `r_score`, `f_score`, `m_score`. The edges and the
        scores that are reached (`r_levels_used`, …) are in its metadata.

    Raises
    ------
    InvalidArgument
        If `n_bins` is out of range, no purchase lies before `as_of`, or a history cannot tell of
        that moment.

    Notes
    -----
    With b the number of type-7 quantile edges strictly below a value (Hyndman and Fan, 1996), a
    score is 1 + b for frequency and monetary value, n_bins - b for recency. Equal values always
    get equal scores, so ties can leave scores unreached; a constant column scores n_bins // 2 + 1.
    O(n + m log m) for m customers. See docs/methods/rfm.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> scores = ea.rfm.score(tx, n_bins=2)
    >>> scores["recency_days"].tolist(), scores["r_score"].tolist(), scores.as_of
    ([1, 24], [2, 1], '2026-02-02 00:00:00')
    """
    if not 2 <= index(n_bins) <= 255:
        raise InvalidArgument("rfm: n_bins must be in [2, 255]", value=str(n_bins))
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(_core.rfm.score(history._native, as_of_us=to_microseconds(as_of), n_bins=n_bins))


def segment(scores: Table, *, rules: str = "default") -> Table:
    """Give each customer the segment of the first rule that holds his scores.

    Parameters
    ----------
    scores : Table
        What `score` returned.
    rules : {"default", "six", "ten"}
        A built-in rule set, made for `n_bins=5`; see `rule_set`.

    Returns
    -------
    Table
        The columns of `scores` and `segment`.

    Raises
    ------
    InvalidArgument
        If there is no such rule set, or it was made for another `n_bins`.
    """
    return Table(_core.rfm.segment(_native_scores("segment", scores), rules=rules))


def summarize(segments: Table) -> Table:
    """Sum the segments up.

    Parameters
    ----------
    segments : Table
        What `segment` returned.

    Returns
    -------
    Table
        One row per segment of the rule set, in the order of its rules, empty ones included:
        `segment`, `customers`, `customer_share`, `revenue`, `revenue_share`, and mean and median
        of `recency_days`, `frequency` and `monetary` (null for an empty segment).
    """
    native = getattr(segments, "_native", None)
    if not isinstance(native, _core.rfm.Segments):
        raise TypeError("summarize needs the table that ecommerce_analytics.rfm.segment returned")
    return Table(_core.rfm.summarize(native))


def tiers(
    scores: Table,
    *,
    names: Sequence[str] = ("Platinum", "Gold", "Silver", "Bronze"),
    cuts: Sequence[float] = (0.05, 0.20, 0.50),
) -> Table:
    """Cut the customers into tiers by their net money.

    Parameters
    ----------
    scores : Table
        What `score` returned, m customers.
    names : sequence of str
        The tiers, the best first; one more than there are cuts.
    cuts : sequence of float
        Shares of all customers, counted from the best, at which a tier ends; increasing, in
        (0, 1), read to the nearest millionth.

    Returns
    -------
    Table
        One row per customer, in the order of `scores`: `customer`, `monetary`, `tier` and
        `to_next_tier` (least money that lifts him one tier, the others as they are; null in the
        best tier and where a cut leaves no room for the next one). The sizes are in the metadata.

    Raises
    ------
    InvalidArgument
        If the cuts do not increase within (0, 1) or the names are not one more.

    Notes
    -----
    A cut x lies behind the best floor(m · x); customers of equal money on both sides of it go
    down together. O(m log m).
    """
    native = _native_scores("tiers", scores)
    if isinstance(names, str):
        raise InvalidArgument("rfm: names of tiers must be a list", value=names)
    return Table(_core.rfm.tiers(native, names=list(names), cuts=list(cuts)))


def concentration(scores: Table, *, top_shares: Sequence[float] = (0.01, 0.10, 0.20)) -> Table:
    """Sum up the money of the best shares of customers, and the Gini coefficient of all.

    Parameters
    ----------
    scores : Table
        What `score` returned, m customers.
    top_shares : sequence of float
        In [0, 1], read to the nearest millionth. Shares i / 100 give a Lorenz curve.

    Returns
    -------
    Table
        One row per share: `top_share`, `customers` (floor of m · share), `revenue` of these
        best, `revenue_share` (of all; null unless that is positive). `gini` is in the metadata:
        the coefficient of the population, from 0 (all have the same) towards 1 (one has all),
        or ``undefined`` where a customer is below zero (`num_negative`) or nobody has money.

    Raises
    ------
    InvalidArgument
        If a share is out of range.

    Notes
    -----
    Made from exact sums, then rounded once. O(m log m). Gini (1914), Lorenz (1905).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["30.00", "10.00"])
    >>> table = ea.rfm.concentration(ea.rfm.score(tx), top_shares=[0.5])
    >>> table["revenue_share"].tolist(), table.gini
    ([0.75], '0.25')
    """
    native = _native_scores("concentration", scores)
    return Table(_core.rfm.concentration(native, top_shares=list(top_shares)))


def _native_scores(function: str, scores: Table) -> _core.rfm.Scores:
    native = getattr(scores, "_native", None)
    if not isinstance(native, _core.rfm.Scores):
        raise TypeError(f"{function} needs the table that ecommerce_analytics.rfm.score returned")
    return native


@dataclass(frozen=True)
class Rule:
    """A rectangle of scores, bounds included, and the segment it stands for."""

    r_min: int
    r_max: int
    second_min: int
    second_max: int
    segment: str


@dataclass(frozen=True)
class RuleSet:
    """Rules that give each pair of scores one segment.

    Attributes
    ----------
    name : str
        Its name.
    n_bins : int
        Number of bins that the scores must have.
    second : {"fm", "f"}
        The score beside recency: the mean of frequency and monetary score, halves up, or the
        frequency score.
    rules : tuple of Rule
        The first that holds a pair of scores wins.
    """

    name: str
    n_bins: int
    second: str
    rules: tuple[Rule, ...]


def rule_set_names() -> list[str]:
    """Names of the built-in rule sets."""
    return _core.rfm.rule_set_names()


def rule_set(name: str) -> RuleSet:
    """Return a built-in rule set, to look at.

    Raises
    ------
    InvalidArgument
        If there is none of that name.
    """
    n_bins, second, rules = _core.rfm.rule_set(name)
    return RuleSet(name, n_bins, second, tuple(Rule(*rule) for rule in rules))
