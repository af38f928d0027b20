"""Who of a list is left out on purpose, so that the effect of an action can be measured."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import index
from os import PathLike
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import (
    _core,
    files,
    metrics,
    purchase_history,
    rfm,
    segments,
)
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.cutoff import native_transactions
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "CONTROL",
    "FEW",
    "TREATMENT",
    "CustomerList",
    "Uplift",
    "customers_of",
    "groups",
    "measure",
    "note_of",
    "read_list",
    "read_uplift",
    "require_share",
]

TREATMENT: Final = "treatment"
CONTROL: Final = "control"
#: Below so many customers of one group an effect is hardly told from chance.
FEW: Final = 20

#: Below this p-value the groups are not taken for those that were drawn.
SPLIT_LIMIT: Final = 0.01

_WHAT: Final = b"ecommerce-analytics holdout 1\0"  # What is hashed begins with what it is for.
_STEPS: Final = 2.0**53


def groups(customers: Iterable[str | int], share: float, *, random_state: int = 0) -> list[str]:
    """Draw for each customer whether he is contacted.

    Parameters
    ----------
    customers : iterable of str or int
        Keys, in any order; a whole number stands for its decimal digits.
    share : float
        Probability of ``control``, in (0, 1).
    random_state : int, default=0
        Seed, in [0, 2^63). Another one draws other groups.

    Returns
    -------
    list of str
        ``treatment`` or ``control`` for each.

    Raises
    ------
    InvalidArgument
        If `share` or `random_state` is out of its range.

    Notes
    -----
    Each customer is drawn by himself, by the first 53 bits of the SHA-256 of seed and key: the
    order and the rest of the list change nothing, so he is in one group in all lists of one
    seed, and stays in it. The number of controls falls as a binomial law says. O(n).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> ea.holdout.groups(["ann", "bob", "cem"], 0.5)
    ['control', 'treatment', 'control']
    """
    require_share(share)
    if isinstance(random_state, bool) or not 0 <= index(random_state) < 2**63:
        raise InvalidArgument(
            "holdout: random_state must be in [0, 2^63)", value=repr(random_state)
        )
    start = hashlib.sha256(_WHAT + b"%d\0" % index(random_state))
    found = []
    for customer in customers:
        digest = start.copy()
        digest.update(str(customer).encode("utf-8", "surrogatepass"))
        draw = (int.from_bytes(digest.digest()[:8], "big") >> 11) / _STEPS
        found.append(CONTROL if draw < share else TREATMENT)
    return found


def note_of(sizes: Mapping[str, int]) -> str | None:
    """Say it where a group is too small for an effect to be told from chance; else None."""
    least = min(sizes[TREATMENT], sizes[CONTROL])
    if least >= FEW:
        return None
    group = CONTROL if sizes[CONTROL] == least else TREATMENT
    return (
        f"the {group} group has {least} customers: below {FEW} an effect is hardly told from chance"
    )


def require_share(share: float) -> None:
    """Refuse a share of controls outside (0, 1)."""
    _require_within("the share", share)


def _require_within(name: str, value: float) -> None:
    """Refuse what does not lie in (0, 1)."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0.0 < value < 1.0:
        raise InvalidArgument(f"holdout: {name} must be in (0, 1)", value=repr(value))


@dataclass(frozen=True)
class CustomerList:
    """A list with groups, as a file tells it.

    Attributes
    ----------
    groups : mapping of str to str
        ``treatment`` or ``control`` of each customer, by the text of his key.
    share : float or None
        Probability of ``control`` with which they were drawn; None if no `run.json` tells.
    key_check : str or None
        `privacy.key_check` of the pseudonyms that stand for customers; None if there are none.
    as_of : str or None
        Moment of which the list is, exclusive; None if no `run.json` tells.
    """

    groups: Mapping[str, str]
    share: float | None = None
    key_check: str | None = None
    as_of: str | None = None


@dataclass(frozen=True)
class Uplift:
    """Added probability to order, as `measure` found it.

    Attributes
    ----------
    lower, effect, upper : float
        The effect on buyers and its interval.
    days : int
        Days that it was measured over.
    split_p_value : float or None
        Of the split; below 0.01 the effect is not to be trusted.
    confidence : float
        Coverage of the interval.
    """

    lower: float
    effect: float
    upper: float
    days: int
    split_p_value: float | None
    confidence: float = 0.95

    @property
    def spread(self) -> tuple[float, float, float]:
        """A triangular range as uncertain as the measurement: least, likeliest, greatest.

        Each half is √6 standard errors wide, these by the half of the interval on its side. Where
        the interval is symmetric, mean and variance are those of the normal law that has it. Cut at
        -1 and 1.
        """
        reach = math.sqrt(6.0) / NormalDist().inv_cdf(0.5 + self.confidence / 2)
        least = self.effect - reach * (self.effect - self.lower)
        greatest = self.effect + reach * (self.upper - self.effect)
        return max(-1.0, least), self.effect, min(1.0, greatest)


def measure(
    transactions: Transactions,
    groups: Mapping[str, str] | Mapping[int, str],
    *,
    after: Moment,
    until: Moment | None = None,
    share: float | None = None,
    confidence: float = 0.95,
    num_threads: int | None = None,
) -> Table:
    """Compare what the contacted customers of a list did with what its control group did.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    groups : mapping of str or int to str
        ``treatment`` or ``control`` of each customer of the list, two of each at least.
    after : str, date, datetime or numpy.datetime64
        A midnight: orders and money from it on are counted. Not before the moment of which the
        list is: what chose the customers would be taken for an effect.
    until : str, date, datetime, numpy.datetime64 or None
        A midnight, exclusive. None: 00:00 after the day of the last line.
    share : float or None
        Probability of ``control`` with which the groups were drawn. None: the split is not tested.
    confidence : float, default=0.95
        Coverage of the intervals, in (0, 1).
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Table
        Three rows, `figure` being ``buyers`` (share of the customers with an order), ``orders`` and
        ``revenue`` (net money of all lines), each per customer: `treatment`, `baseline` (that of
        the control group), `effect` (their difference) with its interval `lower` to `upper` and
        `p_value`; `total`, `total_lower`, `total_upper`, the same times the treated customers.
        Of buyers the interval is Newcombe's and the p-value Fisher's; of orders and revenue they
        are Welch's, and null where all values of a group are the same. The sizes, those who are
        not in the source, and `split_p_value` are in the metadata.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, `after` or `until` is no midnight or lies behind the data.
    InvalidData
        If a group is none of the two, or has fewer than two customers, or more than half of the
        customers are not in the source at all.

    Notes
    -----
    A customer without a purchase before `after`, or whom the source does not know, counts as one
    without orders and money. The groups were drawn, so their difference is the effect of the action
    and chance; p-values are two-sided, and not adjusted for three figures. O(n). See
    docs/methods/holdout.md.
    """
    by_text = {str(customer): group for customer, group in groups.items()}
    for group in by_text.values():
        if group not in (TREATMENT, CONTROL):
            raise InvalidData("holdout: a group is neither treatment nor control", value=group)
    sizes = {one: list(by_text.values()).count(one) for one in (TREATMENT, CONTROL)}
    if min(sizes.values()) < 2:
        raise InvalidData(
            "holdout: two customers at least of each group are needed",
            value=", ".join(f"{size} {name}" for name, size in sizes.items()),
        )
    if share is not None:
        require_share(share)
    _require_within("confidence", confidence)
    known, about = _known(transactions, after, until, num_threads)
    _require_found(transactions, by_text, known)
    names = sorted(by_text)  # So that sums do not depend on the order of the list.
    is_control = np.array([by_text[name] == CONTROL for name in names])
    none = (0, Decimal(0))
    orders = np.array([known.get(name, none)[0] for name in names], dtype=np.float64)
    money = np.array([float(known.get(name, none)[1]) for name in names])
    figures = {"buyers": (orders > 0).astype(np.float64), "orders": orders, "revenue": money}
    rows = []
    for figure, values in figures.items():
        treated, left = values[~is_control], values[is_control]
        compare = _shares_compared if figure == "buyers" else _means_compared
        *ends, p_value = compare(treated, left, confidence)
        total = (None if end is None else end * sizes[TREATMENT] for end in ends)
        rows.append((figure, treated.mean(), left.mean(), *ends, p_value, *total))
    absent = [by_text[name] for name in names if name not in known]
    told = {
        **about,
        "confidence": repr(confidence),
        "interval": "Newcombe for buyers, Welch for orders and revenue",
        "treatment_customers": str(sizes[TREATMENT]),
        "control_customers": str(sizes[CONTROL]),
        "treatment_not_found": str(absent.count(TREATMENT)),
        "control_not_found": str(absent.count(CONTROL)),
    }
    if share is not None:
        split = metrics.share_p_value(sizes[CONTROL], len(names), share)
        told |= {"holdout_share": repr(share), "split_p_value": repr(split)}
    titles = (
        *("figure", "treatment", "baseline", "effect", "lower", "upper", "p_value"),
        *("total", "total_lower", "total_upper"),
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    formats = ("U", *"g" * (len(titles) - 1))
    return table_of(list(zip(titles, formats, columns, strict=True)), told)


_Compared: TypeAlias = tuple[float, float | None, float | None, float | None]


def _means_compared(
    treated: npt.NDArray[np.float64], left: npt.NDArray[np.float64], confidence: float
) -> _Compared:
    """Return the difference, its interval and p-value by Welch; null where a group is constant."""
    found = metrics.mean_difference(treated, left, confidence=confidence)
    if np.ptp(treated) == 0.0 or np.ptp(left) == 0.0:
        return found.difference, None, None, None
    return found.difference, found.lower, found.upper, found.p_value


def _shares_compared(
    treated: npt.NDArray[np.float64], left: npt.NDArray[np.float64], confidence: float
) -> _Compared:
    """Return the difference of two shares, Newcombe's interval (method 10) and Fisher's p-value."""
    buyers, others = int(treated.sum()), int(left.sum())
    share, base = buyers / treated.size, others / left.size
    low, high = _wilson(buyers, treated.size, confidence)
    low_base, high_base = _wilson(others, left.size, confidence)
    effect = share - base
    lower = effect - math.hypot(share - low, high_base - base)
    upper = effect + math.hypot(high - share, base - low_base)
    return effect, lower, upper, _fisher(buyers, treated.size, others, left.size)


def _wilson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / trials / 4)
    lower = 0.0 if successes == 0 else middle - half  # Rounding must not leave the share out.
    return lower, 1.0 if successes == trials else middle + half


_TIE: Final = 1.0 + 1e-7  # Tables that are as likely as the one found, but for rounding.


def _fisher(first: int, num_first: int, second: int, num_second: int) -> float:
    """Return the two-sided p-value of Fisher's exact test: of all tables as likely, or less.

    The hypergeometric law is summed from its mode outwards by the ratios of neighbours, until it is
    0 in a double: O(num_first + num_second) at most, about its root as a rule.
    """
    marked = first + second
    least, most = max(0, marked - num_second), min(marked, num_first)
    mode = (marked + 1) * (num_first + 1) // (num_first + num_second + 2)

    def walk(step: int) -> Iterator[tuple[int, float]]:
        weight, count = 1.0, mode
        while weight > 0.0:
            yield count, weight
            if count == (most if step > 0 else least):
                return
            low = count if step > 0 else count - 1  # Of the two neighbours.
            up = (num_first - low) * (marked - low)
            down = (low + 1) * (num_second - marked + low + 1)
            weight *= up / down if step > 0 else down / up
            count += step

    weights = dict(walk(-1)) | dict(walk(1))
    limit = weights.get(first, 0.0) * _TIE
    far = math.fsum(weight for weight in weights.values() if weight <= limit)
    return min(1.0, far / math.fsum(weights.values()))


def _require_found(
    transactions: Transactions, groups: Mapping[str, str], known: Mapping[str, object]
) -> None:
    """Refuse a list whose customers are, by more than half, nowhere in the source."""
    absent = groups.keys() - known.keys()
    if 2 * len(absent) <= len(groups):
        return
    absent -= {str(customer) for customer in customers_of(transactions)}
    if 2 * len(absent) > len(groups):
        raise InvalidData(
            f"holdout: {len(absent)} of {len(groups)} customers of the list are not in the source,"
            " before the day or after it: the list is of another shop, or of pseudonyms without"
            " the run.json that tells of them"
        )


def _known(
    transactions: Transactions, after: Moment, until: Moment | None, num_threads: int | None
) -> tuple[dict[str, tuple[int, Decimal]], dict[str, str]]:
    """Return orders and money in the time of each customer with a purchase before it."""
    end: Moment
    if until is None:
        end = np.datetime64(_core.cutoff.end_of_data_us(native_transactions(transactions)), "us")
    else:
        end = until
    summary = purchase_history.summary(
        transactions, calibration_end=after, holdout_end=end, num_threads=num_threads
    )
    bought = rfm.score(
        transactions, as_of=end, selection=Selection(start=after, end=end), num_threads=num_threads
    )
    orders = dict(zip(bought["customer"].tolist(), bought["frequency"].tolist(), strict=True))
    money = summary.decimals("holdout_money")
    known = {
        str(customer): (orders.get(customer, 0), own if own is not None else Decimal(0))
        for customer, own in zip(summary["customer"].tolist(), money, strict=True)
    }
    about = {
        "after": summary.metadata["calibration_end"][:10],
        "until": summary.metadata["holdout_end"][:10],
    }
    return known, about


def customers_of(transactions: Transactions) -> list[Any]:
    """Return the keys of all known customers with an order, in increasing order."""
    keys: list[Any] = rfm.score(transactions)["customer"].tolist()
    return keys


def read_list(path: str | PathLike[str]) -> CustomerList:
    """Read the groups of a list that a run wrote with a control group.

    Raises
    ------
    IOFailure, SchemaMismatch, InvalidData
        As `segments.read`; a group is neither treatment nor control; `run.json` is none.
    """
    drawn = segments.read(path, segment_column="group")
    for row, group in enumerate(drawn.values(), start=1):
        if group not in (TREATMENT, CONTROL):
            raise InvalidData(
                "holdout: a group is neither treatment nor control",
                file=path,
                row=row,
                column="group",
                value=group,
            )
    manifest = Path(path).parent / "run.json"
    if not manifest.is_file():
        return CustomerList(drawn)
    try:
        told = json.loads(files.read_text(manifest))
        if Path(path).name not in told["outputs"]:
            return CustomerList(drawn)
        share = told["parameters"].get("holdout", {}).get("share")
        check, as_of = told["privacy"]["pseudonym_key_check"], told["as_of"]
        to_microseconds(as_of)
        if share is not None:
            require_share(share)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidArgument):
        raise InvalidData("holdout: the file is no list of a run's files", file=manifest) from None
    return CustomerList(drawn, share, check, as_of)


def read_uplift(path: str | PathLike[str]) -> Uplift:
    """Read the effect on buyers from a file that the command `measure` wrote.

    Raises
    ------
    IOFailure, SchemaMismatch, InvalidData
        It cannot be read, or is no such file.
    """
    names = ["figure", "lower", "effect", "upper", "after", "until", "confidence", "split_p_value"]
    table = files.read_csv(path, columns=names)
    rows = [row for row in table.to_pylist() if row["figure"] == "buyers"]
    try:
        [row] = rows
        lower, effect, upper = (float(row[name]) for name in ("lower", "effect", "upper"))
        days = (date.fromisoformat(row["until"]) - date.fromisoformat(row["after"])).days
        p_value = None if row["split_p_value"] in (None, "") else float(row["split_p_value"])
        confidence = float(row["confidence"])
        is_told = lower <= effect <= upper and days >= 1 and math.isfinite(upper - lower)
        if not is_told or not 0.0 < confidence < 1.0 or not math.isfinite(p_value or 0.0):
            raise ValueError
    except (ValueError, TypeError):
        raise InvalidData("holdout: the file is none that measure wrote", file=path) from None
    return Uplift(lower, effect, upper, days, p_value, confidence)
