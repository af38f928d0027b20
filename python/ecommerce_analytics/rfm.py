"""Recency, frequency and monetary value of each customer, their scores and segments."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import index
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure, in_file
from ecommerce_analytics.selection import Selection, key_column
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

Method = Literal["quantile", "thresholds"]


def score(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    window_days: int | None = None,
    n_bins: int = 5,
    method: Method = "quantile",
    recency_thresholds: Iterable[int] | None = None,
    frequency_thresholds: Iterable[int] | None = None,
    monetary_thresholds: Iterable[str | Decimal | float] | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Score every customer by recency, frequency and monetary value.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment from which recency counts back, exclusive; later lines are ignored and counted.
        None: 00:00 after the day of the last line.
    window_days : int or None
        Civil days that are summed up, the last one that of the last moment before `as_of`; with
        the window of a selection the days that both have. None: all days. In [1, 1,000,000].
    n_bins : int, default=5
        Number of bins, in [2, 255]; scores lie in 1 (worst) to `n_bins` (best).
    method : {"quantile", "thresholds"}
        Where the edges between the scores come from: the customers' quantiles, or the caller.
    recency_thresholds, frequency_thresholds : iterable of int or None
        Edges in days and orders, `n_bins` - 1 strictly increasing values each. All three are
        needed for ``method="thresholds"``, and refused otherwise.
    monetary_thresholds : iterable of str, Decimal, int or float, or None
        Likewise in money, with at most 4 decimals; a float is taken to the nearest 1/10,000.
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per known customer with an order in the window, in increasing order of the key:
        `customer`, `recency_days` (whole days from the last order to `as_of`), `frequency`
        (distinct orders), `monetary` (net money of all lines), `r_score`, `f_score`, `m_score`.
        The edges and the scores that are reached (`r_levels_used`, …) are in its metadata.

    Raises
    ------
    InvalidArgument
        If `n_bins` or `window_days` is out of range, the thresholds do not increase, are not
        `n_bins` - 1 or do not go with the method, no purchase lies before `as_of`, or a history
        cannot tell of that moment.

    Notes
    -----
    With b the number of edges strictly below a value, a score is 1 + b for frequency and monetary
    value, n_bins - b for recency; a value equal to an edge is not above it. Quantiles are of type
    7 (Hyndman and Fan, 1996). Equal values always get equal scores, so ties can leave scores
    unreached; by quantiles a constant column scores n_bins // 2 + 1. O(n + m log n_bins) for m
    customers. See docs/methods/rfm.md.

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
    >>> scores = ea.rfm.score(
    ...     tx, n_bins=2, method="thresholds", recency_thresholds=[30], frequency_thresholds=[1],
    ...     monetary_thresholds=["20.00"])
    >>> scores["r_score"].tolist(), scores["m_score"].tolist(), scores.r_levels_used
    ([2, 2], [2, 1], [2])
    """
    _require_bins(n_bins)
    if window_days is not None and not 1 <= index(window_days) <= 1_000_000:
        raise InvalidArgument("rfm: window_days must be in [1, 1000000]", value=str(window_days))
    counts = (_counts("recency", recency_thresholds), _counts("frequency", frequency_thresholds))
    money = _money(monetary_thresholds)
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.rfm.score(
            history._native,
            as_of_us=to_microseconds(as_of),
            window_days=window_days,
            n_bins=n_bins,
            method=method,
            recency_thresholds=counts[0],
            frequency_thresholds=counts[1],
            monetary_thresholds=money,
        )
    )


def _require_bins(n_bins: int) -> None:
    if not 2 <= index(n_bins) <= 255:
        raise InvalidArgument("rfm: n_bins must be in [2, 255]", value=str(n_bins))


def _counts(name: str, told: Iterable[int] | None) -> list[int] | None:
    """Return thresholds of a column of whole numbers."""
    if told is None:
        return None
    counts = []
    for value in told:
        if not hasattr(value, "__index__") or not -(2**63) <= index(value) < 2**63:
            raise InvalidArgument(
                f"rfm: a {name} threshold must be a whole number of 64 bits", value=repr(value)
            )
        counts.append(index(value))
    return counts


def _money(told: Iterable[str | Decimal | float] | None) -> list[float | str] | None:
    """Return thresholds of money as floats, or as text with all digits."""
    if told is None:
        return None
    if isinstance(told, str):
        raise InvalidArgument("rfm: monetary_thresholds must be a list", value=told)
    amounts: list[float | str] = []
    value: Any
    for value in told:
        is_number = isinstance(value, (str, Decimal, float)) or hasattr(value, "__index__")
        if isinstance(value, bool) or not is_number:
            raise InvalidArgument(
                "rfm: a monetary threshold must be a number with at most 4 decimals",
                value=repr(value),
            )
        amounts.append(float(value) if isinstance(value, float) else str(value))
    return amounts


def segment(scores: Table, *, rules: str | PathLike[str] | RuleSet = "default") -> Table:
    """Give each customer the segment of the first rule that holds his scores.

    Parameters
    ----------
    scores : Table
        What `score` returned.
    rules : {"default", "six", "ten"}, RuleSet or path
        A built-in rule set, made for `n_bins=5`; one of your own; or the TOML file of one, as
        `read_rule_set` takes it: a path, or text that ends with ``.toml``.

    Returns
    -------
    Table
        The columns of `scores` and `segment`. The name of the rule set and the pairs of its rules
        that overlap (`rule_overlaps`, counted from 1) are in the metadata.

    Raises
    ------
    InvalidArgument
        If there is no such rule set, or it was made for another `n_bins`.
    """
    native = _native_scores("segment", scores)
    return Table(_core.rfm.segment(native, rules=native_rules(rules)))


def native_rules(rules: str | PathLike[str] | RuleSet) -> _core.rfm.RuleSet:
    """Return what the core takes, of rules as `segment` takes them."""
    if isinstance(rules, PathLike) or (isinstance(rules, str) and rules.endswith(".toml")):
        rules = read_rule_set(rules)
    if isinstance(rules, str):
        return _core.rfm.rule_set(rules)
    if not isinstance(rules, RuleSet):
        raise TypeError(f"rules must be a name, a path or a RuleSet, got {type(rules).__name__}")
    return rules._to_native()


def of_customers(table: Table, customers: Table | Iterable[str | int]) -> Table:
    """Return the rows of some customers, with the scores, segments or tiers that they have.

    Nothing is scored anew: quantiles, and what else the metadata say, are of the whole table.

    Parameters
    ----------
    table : Table
        What `score`, `segment` or `tiers` returned.
    customers : Table or iterable of str or int
        Keys; or what `score` returned for others, such as under a selection: its customers.

    Returns
    -------
    Table
        As `table`. Customers who are not in it are left out.

    Raises
    ------
    InvalidArgument
        If something is no key, or integers are mixed with text.

    Notes
    -----
    O(m), and O(k log k) for k keys.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"],
    ...     timestamp=["2026-01-05", "2026-01-09"], amount=["19.90", "5.00"])
    >>> segments = ea.rfm.segment(ea.rfm.score(tx))
    >>> ea.rfm.of_customers(segments, ["bob", "nobody"])["customer"].tolist()
    ['bob']
    """
    native = getattr(table, "_native", None)
    if not isinstance(native, (_core.rfm.Scores, _core.rfm.Segments, _core.rfm.Tiers)):
        raise TypeError("of_customers needs a table that rfm.score, segment or tiers returned")
    if isinstance(customers, Table):
        return Table(
            _core.rfm.of_customers(native, customers=_native_scores("of_customers", customers))
        )
    return Table(_core.rfm.of_customers(native, customers=key_column("customers", customers)))


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
        `segment`, `customers`, `customer_share`, `revenue`, `revenue_share`, mean and median of
        `recency_days`, `frequency` and `monetary` and `average_order_value` (revenue / orders),
        which are null for an empty segment, and `strategy`, empty if the set does not say one.
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


def summarize_tiers(tiers: Table) -> Table:
    """Sum the tiers up.

    Parameters
    ----------
    tiers : Table
        What `tiers` returned, or of it `of_customers`.

    Returns
    -------
    Table
        One row per tier, the best first, empty ones included: `tier`, `customers`,
        `customer_share`, `revenue`, `revenue_share` and `mean_monetary`; shares are of the
        customers in the table.

    Notes
    -----
    O(m).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"],
    ...     timestamp=["2026-01-05", "2026-01-09"], amount=["30.00", "10.00"])
    >>> tiers = ea.rfm.tiers(ea.rfm.score(tx), names=["best", "rest"], cuts=[0.5])
    >>> ea.rfm.summarize_tiers(tiers)["revenue_share"].tolist()
    [0.75, 0.25]
    """
    native = getattr(tiers, "_native", None)
    if not isinstance(native, _core.rfm.Tiers):
        raise TypeError("summarize_tiers needs the table that ecommerce_analytics.rfm.tiers made")
    return Table(_core.rfm.summarize_tiers(native))


def concentration(scores: Table, *, top_shares: Sequence[float] = (0.01, 0.10, 0.20)) -> Table:
    """Sum up the money of the best shares of customers, and the Gini coefficient of all.

    Parameters
    ----------
    scores : Table
        What `score` returned, m customers.
    top_shares : sequence of float
        In [0, 1], read to the nearest millionth.

    Returns
    -------
    Table
        One row per share: `top_share`, `customers` (floor of m · share), `revenue` of these
        best, `revenue_share` (of all; null unless that is positive). `gini` is in the metadata:
        the coefficient of the population, from 0 (all have the same) towards 1 (one has all),
        or ``undefined`` where a customer is below zero (`num_negative`) or nobody has money;
        `gini_note` says which.

    Raises
    ------
    InvalidArgument
        If a share is out of range.

    Notes
    -----
    Made from exact sums, then rounded once. O(m log m). Gini (1914).

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


def lorenz(scores: Table, *, num_points: int = 101) -> Table:
    """Add up the customers from the poorest to the richest: the points of the Lorenz curve.

    Parameters
    ----------
    scores : Table
        What `score` returned, m customers.
    num_points : int, default=101
        In [2, 1,000,000].

    Returns
    -------
    Table
        One row per point i = 0, 1, …: `customers` (floor of m · i / (num_points - 1)),
        `customer_share` (of all), `revenue` of these poorest, `revenue_share` (of all; null unless
        that is positive). `gini` is in the metadata, as of `concentration`.

    Raises
    ------
    InvalidArgument
        If `num_points` is out of range.

    Notes
    -----
    Both shares are exact quotients, rounded once. With customers below zero the curve starts
    below zero. O(m log m + num_points). Lorenz (1905).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["30.00", "10.00"])
    >>> ea.rfm.lorenz(ea.rfm.score(tx), num_points=3)["revenue_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    native = _native_scores("lorenz", scores)
    if not 2 <= index(num_points) <= 1_000_000:
        raise InvalidArgument("rfm: num_points must be in [2, 1000000]", value=str(num_points))
    return Table(_core.rfm.lorenz(native, num_points=num_points))


def _native_scores(function: str, scores: Table) -> _core.rfm.Scores:
    native = getattr(scores, "_native", None)
    if not isinstance(native, _core.rfm.Scores):
        raise TypeError(f"{function} needs the table that ecommerce_analytics.rfm.score returned")
    return native


@dataclass(frozen=True)
class Rule:
    """A box of scores, bounds included, and the segment it stands for.

    Attributes
    ----------
    r_min, r_max : int
        Bounds of the recency score.
    second_min, second_max : int
        Bounds of the second score of the set.
    segment : str
        Its name.
    m_min, m_max : int or None
        Bounds of the monetary score, where the second score is that of frequency. None: any.
    """

    r_min: int
    r_max: int
    second_min: int
    second_max: int
    segment: str
    m_min: int | None = None
    m_max: int | None = None


@dataclass(frozen=True)
class RuleSet:
    """Rules that give each cell of scores one segment: that of the first rule that holds it.

    A cell is a pair of recency and second score; a triple of recency, frequency and monetary score
    if a rule bounds the latter.

    Attributes
    ----------
    name : str
        Its name.
    n_bins : int
        Number of bins that the scores must have, in [2, 255]; at most 50 if a rule bounds the
        monetary score.
    second : {"fm", "f"}
        The score beside recency: the mean of frequency and monetary score, halves up, or the
        frequency score.
    rules : tuple of Rule
        At most 1,000; the first that holds a cell wins.
    strategies : mapping of str to str
        What to do with the customers, by segment; it may lack some.

    Raises
    ------
    InvalidArgument
        If a cell has no rule or a rule no cell that others leave to it, which are named; a bound is
        outside [1, n_bins]; or a strategy is for none of the segments.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> rules = ea.rfm.RuleSet(
    ...     "mine", n_bins=2, second="f",
    ...     rules=[ea.rfm.Rule(2, 2, 2, 2, "best"), ea.rfm.Rule(1, 2, 1, 2, "rest")],
    ...     strategies={"best": "Thank them."})
    >>> [(first.segment, second.segment) for first, second in rules.overlaps()]
    [('best', 'rest')]
    """

    name: str
    n_bins: int
    second: str
    rules: Sequence[Rule]
    strategies: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "strategies", dict(self.strategies))
        self._to_native()

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RuleSet:
        """Make a rule set from what the TOML file of one holds; see `read_rule_set`.

        Raises
        ------
        InvalidArgument
            If a key is missing, unknown or of another type, or as for `RuleSet` itself.
        """
        _require_keys("a rule set", content, {"name", "n_bins", "second", "rules"}, {"strategies"})
        second = content["second"]
        if second not in ("f", "fm"):
            raise InvalidArgument("rfm: the second score must be f or fm", value=repr(second))
        if not isinstance(content["rules"], (list, tuple)):
            raise InvalidArgument("rfm: rules must be a list", value=repr(content["rules"]))
        rules = []
        for told in content["rules"]:
            _require_keys("a rule", told, {"r", second, "segment"}, {"m"})
            bounds = {key: _range(key, told[key]) for key in ("r", second, "m") if key in told}
            m_min, m_max = bounds.get("m", (None, None))
            rules.append(Rule(*bounds["r"], *bounds[second], told["segment"], m_min, m_max))
        strategies = content.get("strategies", {})
        if not isinstance(strategies, Mapping):
            raise InvalidArgument("rfm: strategies must be a table", value=repr(strategies))
        return cls(content["name"], content["n_bins"], second, rules, strategies)

    def overlaps(self) -> list[tuple[Rule, Rule]]:
        """Return the pairs of rules that hold a cell both; the first one gets it."""
        return [(self.rules[i], self.rules[j]) for i, j in self._to_native().overlaps()]

    def _to_native(self) -> _core.rfm.RuleSet:
        _require_bins(self.n_bins)
        texts = [self.name, self.second, *(rule.segment for rule in self.rules)]
        for text in [*texts, *self.strategies, *self.strategies.values()]:
            if not isinstance(text, str):
                raise InvalidArgument("rfm: names and strategies must be text", value=repr(text))
        return _core.rfm.RuleSet(
            name=self.name,
            n_bins=self.n_bins,
            second=self.second,
            rules=[
                (
                    _bound(rule.r_min),
                    _bound(rule.r_max),
                    _bound(rule.second_min),
                    _bound(rule.second_max),
                    None if rule.m_min is None else _bound(rule.m_min),
                    None if rule.m_max is None else _bound(rule.m_max),
                    rule.segment,
                )
                for rule in self.rules
            ],
            strategies=dict(self.strategies),
        )


def _require_keys(what: str, content: Any, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(content, Mapping):
        raise InvalidArgument(f"rfm: {what} must be a table of keys", value=repr(content))
    for key in sorted(needed):
        if key not in content:
            raise InvalidArgument(f"rfm: {what} lacks a key", value=key)
    for key in content:
        if key not in needed | allowed:
            raise InvalidArgument(f"rfm: {what} has an unknown key", value=str(key))


def _range(key: str, told: Any) -> tuple[int, int]:
    if not isinstance(told, (list, tuple)) or len(told) != 2:
        raise InvalidArgument(
            "rfm: bounds must be the least and the greatest score", value=f"{key} = {told!r}"
        )
    return _bound(told[0]), _bound(told[1])


def _bound(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or abs(index(value)) > 10**6:
        raise InvalidArgument("rfm: a bound must be a score", value=repr(value))
    return index(value)


def read_rule_set(path: str | PathLike[str]) -> RuleSet:
    """Read a rule set from a TOML file.

    Parameters
    ----------
    path : path
        A file such as ::

            name = "mine"
            n_bins = 3
            second = "f"                    # f, or fm: the mean of f and m, halves up
            rules = [
              { r = [3, 3], f = [2, 3], m = [3, 3], segment = "Best" },
              { r = [1, 3], f = [1, 3], segment = "Others" },
            ]

            [strategies]                    # may lack some, or be left out
            "Best" = "Thank them."

    Returns
    -------
    RuleSet

    Raises
    ------
    IOFailure
        If the file cannot be read.
    InvalidData
        If it is no TOML.
    InvalidArgument
        As `RuleSet.from_dict`.
    """
    with in_file(path):
        try:
            with Path(path).open("rb") as file:
                content = tomllib.load(file)
        except OSError as error:
            raise IOFailure(f"rfm: cannot read the rule set: {error.strerror}") from error
        except ValueError as error:  # Of its syntax, not UTF-8, or a zero byte in the path.
            if "\0" in fspath(path):
                raise IOFailure(f"rfm: cannot read the rule set: {error}") from error
            raise InvalidData("rfm: the rule set is no TOML", value=str(error)) from error
        return RuleSet.from_dict(content)


def rule_set_names() -> list[str]:
    """Names of the built-in rule sets."""
    return _core.rfm.rule_set_names()


def rule_set(name: str) -> RuleSet:
    """Return a built-in rule set, to look at or to build on.

    Raises
    ------
    InvalidArgument
        If there is none of that name.
    """
    native = _core.rfm.rule_set(name)
    rules = [Rule(*rule[:4], rule[6], *rule[4:6]) for rule in native.rules]
    return RuleSet(native.name, native.n_bins, native.second, rules, native.strategies)
