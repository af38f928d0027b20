"""Whom to write to, why, what it may earn, and what happened last week."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import campaign, churn, clv, kpi, rfm, weekly_changes
from ecommerce_analytics.actions import Action, ActionSet, action_set, read_action_set
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.narrative import Figure, Piece, Sentence, Writer, plain_text
from ecommerce_analytics.selection import Key
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = ["Facts", "Monday", "Recommendations", "facts", "monday", "recommend", "tell"]

#: Lists that a Monday has.
NUM_LISTS: Final = 3
NO_MARGIN: Final = "the margin is not given, so no money is told"

_NUM_SCENARIOS: Final = 2_000
_LOSES: Final = "expected to lose money or to earn nothing"
_UNTOLD: Final = "Whether last week was unusual cannot be told"
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """What is known of each customer at a moment: what rules ask, and what an effect is made of.

    Attributes
    ----------
    customer : tuple
        Keys, increasing.
    segment, tier : tuple of str
        Of `rfm`.
    churn_band : tuple of str or None
        Of `churn.rank`; None for who has no risk told.
    numbers : mapping of str to ndarray
        ``recency_days``, ``frequency``, ``monetary``, ``churn_risk``, ``clv``; NaN where not told.
    p_order, spend : ndarray
        As of `campaign.audience`; NaN for who is not in it.
    spend_factor : (low, mode, high)
        How uncertain the spend is.
    segments : RuleSet
        The rule set of the segments.
    as_of : str
        The moment, exclusive.
    horizon_days : int or None
        Days of the risk and the spend; None if they are not told.
    missing : mapping of str to str
        Why ``churn``, ``clv`` or ``campaign`` are not told.
    warning : str or None
        What a reader must know of the risks or the values.
    """

    customer: tuple[Key, ...]
    segment: tuple[str, ...]
    tier: tuple[str, ...]
    churn_band: tuple[str | None, ...]
    numbers: Mapping[str, _Floats]
    p_order: _Floats
    spend: _Floats
    spend_factor: tuple[float, float, float]
    segments: rfm.RuleSet
    as_of: str
    horizon_days: int | None
    missing: Mapping[str, str]
    warning: str | None


@dataclass(frozen=True)
class Recommendations:
    """Actions by priority, and who is on the list of each.

    Attributes
    ----------
    actions : Table
        One row per rule, by `priority`: `action`, `what`, `customers`, `customer_share`,
        `customers_judged` (those with a probability to order), `reason`, `expected_profit` with
        `profit_lower` and `profit_upper` (5 to 95 % of the draws) beside `baseline` (nobody is
        contacted: 0), `loss_probability`, `break_even_uplift`, `assumption`, `note`. Figures of
        money are null where `note` says why.
    customers : Table
        One row per customer on a list, by `priority`, then the key: `customer`, `action`,
        `priority`, `segment`, `tier`, `recency_days`, `frequency`, `monetary`, `churn_risk`,
        `churn_band`, `clv`.
    """

    actions: Table
    customers: Table

    @property
    def to_send(self) -> Table:
        """The rows of `actions` of the first three that concern anybody and are to be sent.

        A list that is expected to lose money, or to earn nothing, is not: `num_left_out` of the
        metadata counts them, `left_out` says why and which, and is not there if there is none.
        """
        counts = self.actions["customers"].tolist()
        profits = self.actions["expected_profit"].tolist()
        names = self.actions["action"].tolist()
        there = [row for row, count in enumerate(counts) if count]
        losing = [row for row in there if profits[row] is not None and profits[row] <= 0]
        told = {"num_left_out": str(len(losing))}
        if losing:
            told["left_out"] = f"{_LOSES}: " + ", ".join(names[row] for row in losing)
        taken = [row for row in there if row not in losing][:NUM_LISTS]
        return _taken(self.actions, taken, told)

    def list_of(self, action: str) -> Table:
        """Return the rows of `customers` of one action.

        Raises
        ------
        InvalidArgument
            If there is no such action.
        """
        if action not in self.actions["action"].tolist():
            raise InvalidArgument("recommendations: there is no such action", value=action)
        rows = np.flatnonzero(self.customers["action"] == action).tolist()
        return _taken(self.customers, rows)


@dataclass(frozen=True)
class Monday:
    """What to read and what to send on a Monday.

    Attributes
    ----------
    told : tuple of Sentence
        What changed last week beyond the usual, or that nothing did and what would have been seen;
        never empty.
    changes : Table
        What `weekly_changes.judge` returned.
    lists : Table
        As `Recommendations.to_send`.
    recommendations : Recommendations
        All of them.
    """

    told: tuple[Sentence, ...]
    changes: Table
    lists: Table
    recommendations: Recommendations


def facts(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    segments: str | rfm.RuleSet = "default",
    outcome: churn.Outcome | None = None,
    prediction: clv.Prediction | None = None,
    num_threads: int | None = None,
) -> Facts:
    """Gather what rules ask of each customer: segment, tier, risk of churn, CLV.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        A midnight, exclusive: later lines are not read. None: 00:00 after the last line's day.
    segments : str or RuleSet
        Rule set of the segments: built-in, or one of your own.
    outcome : Outcome or None
        What `churn.rank` told of these lines at this moment; None: it is asked with its defaults.
    prediction : Prediction or None
        What `clv.predict` or `clv.evaluate` told of these lines at this moment; None: it is asked
        with its defaults.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Raises
    ------
    InvalidArgument
        As `rfm.score`, or if the outcome or the prediction is of another moment or of other
        customers. A risk or a value that cannot be told is no error, but in `missing`.

    Notes
    -----
    As `churn.rank`, `campaign.audience` and `clv.predict` with their defaults.
    """
    rule_set = rfm.rule_set(segments) if isinstance(segments, str) else segments
    history = CustomerHistory(as_of=as_of).add(transactions, num_threads=num_threads)
    scores = rfm.score(history, as_of=as_of, n_bins=rule_set.n_bins)
    segmented = rfm.segment(scores, rules=rule_set)
    keys = scores["customer"].tolist()
    place_of = {key: place for place, key in enumerate(keys)}
    moment = scores.metadata["as_of"]
    missing: dict[str, str] = {}
    notes: list[str] = []

    def column() -> _Floats:
        return np.full(len(keys), np.nan)

    def rows_of(told: Table, what: str) -> list[int]:
        if told.metadata["as_of"] != moment:
            raise InvalidArgument(
                f"recommendations: the {what} is of another moment than {moment}",
                value=told.metadata["as_of"],
            )
        try:
            return [place_of[key] for key in told["customer"].tolist()]
        except KeyError as error:
            raise InvalidArgument(
                f"recommendations: the {what} is of other lines, as of this customer",
                value=str(error.args[0]),
            ) from None

    risk, p_order, spend, values = column(), column(), column(), column()
    bands: list[str | None] = [None] * len(keys)
    factor, horizon = (1.0, 1.0, 1.0), None
    if outcome is None:
        outcome = churn.rank(transactions, as_of=as_of, num_threads=num_threads)
    if outcome.ranking is None:
        missing["churn"] = missing["campaign"] = f"no risk of churn is told: {outcome.reason}"
    else:
        rows = rows_of(outcome.ranking, "outcome")
        risk[rows] = outcome.ranking["churn_risk"]
        for row, band in zip(rows, outcome.ranking["risk_band"].tolist(), strict=True):
            bands[row] = band
        horizon = int(outcome.ranking.horizon_days)
        try:
            found = campaign.audience(transactions, outcome=outcome)
        except InvalidData as error:
            missing["campaign"] = str(error)
        else:
            rows = [place_of[key] for key in found.customer]
            p_order[rows], spend[rows] = found.p_order, found.spend
            factor = found.spend_factor
            notes += [found.note] if found.note else []
    if prediction is None:
        prediction = _predicted(transactions, as_of, num_threads)
    if prediction.customers is None:
        missing["clv"] = f"no lifetime value is told: {prediction.reason}"
    else:
        rows = rows_of(prediction.customers, "prediction")
        values[rows] = np.ma.filled(prediction.customers["clv"], np.nan)
        notes += [prediction.warning] if prediction.warning else []
    return Facts(
        customer=tuple(keys),
        segment=tuple(segmented["segment"].tolist()),
        tier=tuple(rfm.tiers(scores)["tier"].tolist()),
        churn_band=tuple(bands),
        numbers={
            "recency_days": scores["recency_days"].astype(np.float64),
            "frequency": scores["frequency"].astype(np.float64),
            "monetary": np.asarray(scores["monetary"], dtype=np.float64),
            "churn_risk": risk,
            "clv": values,
        },
        p_order=p_order,
        spend=spend,
        spend_factor=factor,
        segments=rule_set,
        as_of=moment,
        horizon_days=horizon,
        missing=missing,
        warning="; ".join(notes) or None,
    )


def recommend(
    known: Facts | Transactions,
    *,
    actions: str | PathLike[str] | ActionSet = "default",
    margin: float | None = None,
    num_scenarios: int = _NUM_SCENARIOS,
    random_state: int = 0,
) -> Recommendations:
    """Tell for each action whom it concerns, why, and what it may earn.

    Parameters
    ----------
    known : Facts or Transactions
        What `facts` returned; of order lines it is gathered at the end of the data.
    actions : "default", path or ActionSet
        The built-in actions; a TOML file, as `actions.read_action_set` takes it; or a set.
    margin : float or None
        Share of the price before the discount that is left when the goods are paid, in (0, 1]. It
        has no default: without it no money is told.
    num_scenarios, random_state
        As `campaign.simulate`.

    Returns
    -------
    Recommendations

    Raises
    ------
    InvalidArgument
        If the margin or an option is out of range, the actions are of another rule set than the
        facts, or as `actions.read_action_set`.
    IOFailure, InvalidData
        As `actions.read_action_set`.

    Notes
    -----
    A customer is on one list: that of the first action, in the order of the file, that holds him.
    `priority` is by `expected_profit`, the greatest first, those without one behind; without a
    margin, and among equals, by the order of the file; actions that concern nobody come last. The
    effect is that of `campaign.simulate` for those whose probability to order is told. O(customers
    · actions). See docs/methods/recommendations.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0)
    >>> found = ea.recommendations.recommend(shop.transactions, margin=0.4)
    >>> found.actions["action"][0], int(found.actions["priority"][0])
    ('Thank those worth most in the year to come', 1)
    """
    rules = _action_set(actions)
    if margin is not None and not 0 < margin <= 1:
        raise InvalidArgument("recommendations: margin must be in (0, 1]", value=str(margin))
    if not isinstance(known, Facts):
        known = facts(known, segments=rules.segments)
    elif known.segments != rules.segments:
        raise InvalidArgument(
            "recommendations: the actions are of another rule set than the facts",
            value=rules.segments.name,
        )
    free = np.ones(len(known.customer), dtype=bool)
    made = []
    for place, action in enumerate(rules.actions):
        holds = _holds(action, known) & free
        free &= ~holds
        rows = np.flatnonzero(holds)
        effect = _effect(action, known, rows, margin, num_scenarios, random_state)
        made.append((place, action, rows, effect))
    made.sort(key=lambda one: (not len(one[2]), -one[3].get("expected_profit", -math.inf), one[0]))
    return Recommendations(
        _actions(made, known, rules, margin, int(free.sum())), _customers(made, known, rules)
    )


def monday(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    actions: str | PathLike[str] | ActionSet = "default",
    margin: float | None = None,
    known: Facts | None = None,
    changes: Table | None = None,
    write: Writer = plain_text,
    num_threads: int | None = None,
) -> Monday:
    """Tell what changed last week beyond the usual, and which three lists to send.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        A midnight, exclusive: later lines are not read. None: 00:00 after the last line's day.
    actions, margin
        As `recommend`.
    known : Facts or None
        What `facts` returned at this moment; None: it is gathered.
    changes : Table or None
        What `weekly_changes.judge` returned at this moment; None: it is asked.
    write : callable
        How a figure becomes text, as of `narrative.tell`.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Monday

    Raises
    ------
    InvalidArgument, IOFailure, InvalidData
        As `facts` and `recommend`.
    """
    rules = _action_set(actions)
    if known is None:
        known = facts(transactions, as_of=as_of, segments=rules.segments, num_threads=num_threads)
    found = recommend(known, actions=rules, margin=margin)
    if changes is None:
        changes = weekly_changes.judge(transactions, as_of=as_of, num_threads=num_threads)
    return Monday(
        told=tell(changes, write=write),
        changes=changes,
        lists=found.to_send,
        recommendations=found,
    )


def tell(changes: Table, *, write: Writer = plain_text) -> tuple[Sentence, ...]:
    """Say what changed last week, or that nothing did and what would have been seen.

    Parameters
    ----------
    changes : Table
        What `weekly_changes.judge` returned.
    write : callable
        How a figure becomes text, as of `narrative.tell`.

    Returns
    -------
    tuple of Sentence
        One at least, of the topics ``change`` (the least p value first) and ``rule``,
        ``no_change``, ``never_changed`` (no figure did in the weeks before), or
        ``too_little_history``.
    """
    week, before = changes.metadata["week"], changes.metadata["week_before"]
    rate, power = float(changes.false_discovery_rate), float(changes.power)
    units = {one.name: (one.title, one.unit) for one in kpi.dictionary()}
    constant = ", ".join(
        _lowered(units[name][0]) for name in changes.metadata["never_changed"].split(", ") if name
    )
    if not changes.num_rows and constant:
        words = f"in the weeks before {week} these figures never changed: {constant}."
        return (Sentence("never_changed", (Piece(f"{_UNTOLD}: {words}"),)),)
    if not changes.num_rows:
        words = f"{_UNTOLD} yet: eight whole weeks in a row are needed."
        return (Sentence("too_little_history", (Piece(words),)),)
    over = f"{changes.num_rows} figures"
    if constant:
        over += f"; not judged, as they never changed before: {constant}"
    names = changes["kpi"].tolist()
    as_of = changes.metadata["as_of"]

    def figure(row: int, column: str, unit: str, rule: str) -> Piece:
        one = Figure(f"{names[row]}.{column}", float(changes[column][row]), unit, week, rule, as_of)
        return Piece(write(one), one)

    def sized(row: int, column: str, rule: str) -> Piece:
        unit = "points" if units[names[row]][1] == "share" else "change"
        return figure(row, column, unit if column == "size" else f"{unit}_size", rule)

    said = []
    loud = np.flatnonzero(changes["is_significant"]).tolist()
    for row in sorted(loud, key=lambda one: float(changes["p_value"][one])):
        title, unit = units[names[row]]
        said.append(
            Sentence(
                "change",
                (
                    Piece(f"{title} of {week}: "),
                    figure(row, "value", unit, "of the week"),
                    Piece(" against "),
                    figure(row, "previous", unit, "of the week before"),
                    Piece(f" in {before}, "),
                    sized(row, "size", "change from the week before"),
                    Piece("; 95 % of its weeks change by at most "),
                    sized(row, "usual_upper", "of the earlier changes, by Student's t"),
                    Piece(f" (adjusted p {_p(float(changes['q_value'][row]))})."),
                ),
            )
        )
    quiet = [row for row in range(changes.num_rows) if row not in loud]
    if loud:
        words = (
            f"Of what a week tells so, a share of at most {rate:.0%} is a false alarm in the mean "
            "over all weeks, those that tell nothing counted as 0 (false discovery rate over "
            f"{over}). Where nothing ever changes, at most {rate:.0%} of the weeks tell anything, "
            "and all of that is false."
        )
        said.append(Sentence("rule", (Piece(words),)))
    else:
        pieces = [
            Piece(
                f"Nothing changed beyond the usual in {week} against {before} (false discovery "
                f"rate {rate:.0%}, {over}). With a probability of {power:.0%} "
                "these changes would have been seen: "
            )
        ]
        for number, row in enumerate(quiet):
            title = units[names[row]][0]
            pieces.append(Piece(("; " if number else "") + _lowered(title) + " "))
            pieces.append(sized(row, "smallest_seen", "smallest change seen with the power"))
            pieces.append(Piece(" (it was "))
            pieces.append(sized(row, "size", "change from the week before"))
            pieces.append(Piece(")"))
        said.append(Sentence("no_change", (*pieces, Piece("."))))
    return tuple(said)


def _predicted(
    transactions: Transactions, as_of: Moment | None, num_threads: int | None
) -> clv.Prediction:
    try:
        return clv.predict(transactions, as_of=as_of, num_threads=num_threads)
    except InvalidArgument as error:  # The moment is known to be one, so it speaks of the data.
        return clv.Prediction(None, None, None, str(error))


def _action_set(told: str | PathLike[str] | ActionSet) -> ActionSet:
    if isinstance(told, ActionSet):
        return told
    if isinstance(told, PathLike) or (isinstance(told, str) and told.endswith(".toml")):
        return read_action_set(told)
    if not isinstance(told, str):
        raise TypeError(f"actions must be a name, a path or an ActionSet, got {told!r}")
    return action_set(told)


def _holds(action: Action, known: Facts) -> npt.NDArray[np.bool_]:
    """Tell of each customer whether all conditions of an action hold."""
    holds = np.ones(len(known.customer), dtype=bool)
    told: Mapping[str, Sequence[str | None]] = {
        "segment": known.segment,
        "tier": known.tier,
        "churn_band": known.churn_band,
    }
    for name, wanted in action.names.items():
        holds &= np.array([one in wanted for one in told[name]], dtype=bool)
    for name, (least, greatest) in action.bounds.items():
        values = known.numbers[name]
        with np.errstate(invalid="ignore"):
            holds &= (values >= least) & (values <= greatest)  # NaN is in no range.
    if action.clv_top_share is not None:
        values = known.numbers["clv"]
        there = np.sort(values[~np.isnan(values)])[::-1]
        # As a tier is cut: behind the best floor(m · share); equals on both sides go down.
        number = int(len(there) * action.clv_top_share + 1e-9)
        if number < len(there):
            holds &= values > there[number]
        else:
            holds &= ~np.isnan(values)
    return holds


def _effect(
    action: Action,
    known: Facts,
    rows: npt.NDArray[np.intp],
    margin: float | None,
    num_scenarios: int,
    random_state: int,
) -> dict[str, Any]:
    """Return what an action may earn, and why where that is not told."""
    judged = rows[~np.isnan(known.p_order[rows])]
    effect: dict[str, Any] = {"customers_judged": len(judged)}
    lacking = [known.missing[one] for one in action.needs if one in known.missing]
    if lacking:
        return {**effect, "note": "; ".join(lacking)}
    if not len(rows):
        return {**effect, "note": "it concerns nobody"}
    if not len(judged):
        why = known.missing.get("campaign", "nobody of them ordered in the last year")
        return {**effect, "note": f"no probability to order is told: {why}"}
    if margin is None:
        return {**effect, "note": NO_MARGIN}
    found = campaign.simulate(
        known.p_order[judged],
        known.spend[judged],
        uplift=action.uplift,
        margin=margin,
        discount=action.discount,
        redemption=action.redemption,
        contact_cost=action.contact_cost,
        fixed_cost=action.fixed_cost,
        spend_factor=known.spend_factor,
        num_scenarios=num_scenarios,
        random_state=random_state,
    ).analysis
    rows_of = {name: row for row, name in enumerate(found["figure"].tolist())}
    expected, lower, upper = (found[name].tolist() for name in ("expected", "lower", "upper"))
    profit, realised = rows_of["profit"], rows_of["realised_profit"]
    notes = []
    if expected[profit] <= 0:
        notes.append(f"{_LOSES}: do not send it")
    if len(judged) < len(rows):
        notes.append(f"money of {len(judged)} of {len(rows)}: the others did not order in a year")
    return {
        **effect,
        "expected_profit": expected[profit],
        "profit_lower": lower[realised],
        "profit_upper": upper[realised],
        "loss_probability": float(found.realised_loss_probability),
        "break_even_uplift": expected[rows_of["break_even_uplift"]],
        "note": "; ".join(notes),
    }


_Made = tuple[int, Action, npt.NDArray[np.intp], dict[str, Any]]


def _actions(
    made: Sequence[_Made], known: Facts, rules: ActionSet, margin: float | None, num_free: int
) -> Table:
    size = len(known.customer)
    effects = [effect for *_, effect in made]
    columns: list[tuple[str, str, Sequence[Any]]] = [
        ("priority", "l", list(range(1, len(made) + 1))),
        ("action", "U", [action.name for _, action, _, _ in made]),
        ("what", "U", [action.what for _, action, _, _ in made]),
        ("customers", "l", [len(rows) for _, _, rows, _ in made]),
        ("customer_share", "g", [len(rows) / size if size else None for _, _, rows, _ in made]),
        ("customers_judged", "l", [effect["customers_judged"] for effect in effects]),
        ("reason", "U", [_reason(action, known, rows) for _, action, rows, _ in made]),
        *(
            (name, "g", [effect.get(name) for effect in effects])
            for name in ("expected_profit", "profit_lower", "profit_upper")
        ),
        ("baseline", "g", [0.0 if "expected_profit" in one else None for one in effects]),
        ("loss_probability", "g", [effect.get("loss_probability") for effect in effects]),
        ("break_even_uplift", "g", [effect.get("break_even_uplift") for effect in effects]),
        ("assumption", "U", [_assumption(action, margin) for _, action, _, _ in made]),
        ("note", "U", [effect["note"] for effect in effects]),
    ]
    told = {
        "as_of": known.as_of,
        "actions": rules.name,
        "rules": rules.segments.name,
        "num_without_action": str(num_free),
        "priority_rule": "the greatest expected profit first, then the order of the file",
        "uplift_source": "assumed",
    }
    if margin is not None:
        told["margin"] = repr(float(margin))
    if known.horizon_days is not None:
        told["horizon_days"] = str(known.horizon_days)
    if known.warning is not None:
        told["warning"] = known.warning
    return table_of(columns, told)


def _customers(made: Sequence[_Made], known: Facts, rules: ActionSet) -> Table:
    listed = [
        (priority, action.name, row)
        for priority, (_, action, rows, _) in enumerate(made, start=1)
        for row in rows.tolist()
    ]
    rows = [row for *_, row in listed]
    keys = [known.customer[row] for row in rows]
    is_number = all(isinstance(key, int) for key in known.customer)

    def number(name: str) -> list[float | None]:
        return [None if math.isnan(x) else x for x in known.numbers[name][rows].tolist()]

    return table_of(
        [
            ("customer", "l" if is_number else "U", keys),
            ("action", "U", [name for _, name, _ in listed]),
            ("priority", "l", [priority for priority, _, _ in listed]),
            ("segment", "U", [known.segment[row] for row in rows]),
            ("tier", "U", [known.tier[row] for row in rows]),
            ("recency_days", "l", [int(x) for x in known.numbers["recency_days"][rows].tolist()]),
            ("frequency", "l", [int(x) for x in known.numbers["frequency"][rows].tolist()]),
            ("monetary", "g", known.numbers["monetary"][rows].tolist()),
            ("churn_risk", "g", number("churn_risk")),
            ("churn_band", "U", [known.churn_band[row] for row in rows]),
            ("clv", "g", number("clv")),
        ],
        {"as_of": known.as_of, "actions": rules.name, "rules": rules.segments.name},
    )


def _reason(action: Action, known: Facts, rows: npt.NDArray[np.intp]) -> str:
    """Say why these customers, in figures beside those of all."""
    if not len(rows):
        return ""
    parts = []
    if "segment" in action.names:
        there = [
            name for name in action.names["segment"] if name in {known.segment[r] for r in rows}
        ]
        parts.append("in " + " or ".join(there))
    if "tier" in action.names:
        parts.append("tier " + " or ".join(action.names["tier"]))
    if action.clv_top_share is not None:
        parts.append(f"among the best {action.clv_top_share:.0%} by lifetime value")
    for name, words, form in (
        ("recency_days", "days since the last order", ",.0f"),
        ("frequency", "orders", ",.0f"),
        ("monetary", "net money", ",.2f"),
    ):
        values = known.numbers[name]
        own, everybody = np.median(values[rows]), np.median(values)
        parts.append(f"median {own:{form}} {words} (all: {everybody:{form}})")
    for name, words, form in (
        ("churn_risk", "risk of churn", ".1%"),
        ("clv", "lifetime value", ",.2f"),
    ):
        values = known.numbers[name]
        own_values = values[rows][~np.isnan(values[rows])]
        if len(own_values):
            mean_of_all = np.nanmean(values)
            parts.append(f"mean {words} {own_values.mean():{form}} (all: {mean_of_all:{form}})")
    return "; ".join(parts)


def _assumption(action: Action, margin: float | None) -> str:
    """Name what the effect rests on."""
    told = "not given" if margin is None else f"{margin:.1%}"
    redeemed = f"redeemed by {_spread(action.redemption, '.0%')} of those who order anyway, "
    has_discount = action.discount[2] > 0
    return (
        f"uplift {_spread(action.uplift, '.1%')} (assumed), discount "
        f"{_spread(action.discount, '.0%')}, {redeemed if has_discount else ''}a contact costs "
        f"{_spread(action.contact_cost, '.2f')}, fixed costs {_spread(action.fixed_cost, '.2f')}, "
        f"margin {told}"
    )


def _spread(values: tuple[float, float, float], form: str) -> str:
    low, mode, high = (format(value, form) for value in values)
    return mode if low == high else f"{low} to {high}, likeliest {mode}"


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _taken(table: Table, rows: Sequence[int], told: Mapping[str, str] | None = None) -> Table:
    """Return some rows of a table that was made of lists, and say more of them."""
    columns = []
    for name in table.column_names:
        values = table[name].tolist()
        columns.append((name, table._formats[name], [values[row] for row in rows]))
    return table_of(columns, {**table.metadata, **(told or {})})
