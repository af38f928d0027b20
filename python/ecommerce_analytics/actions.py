"""What to do with whom, as rules that are data: read from TOML and checked before any use."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final

from ecommerce_analytics import rfm
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure, in_file

__all__ = ["Action", "ActionSet", "action_set", "parse_action_set", "read_action_set"]

TIERS: Final = ("Platinum", "Gold", "Silver", "Bronze")
BANDS: Final = ("high", "medium", "low")
#: Figures that a rule may bound, and the range that a bound may lie in.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "churn_risk": (0.0, 1.0),
    "clv": (-math.inf, math.inf),
    "recency_days": (0.0, math.inf),
    "frequency": (0.0, math.inf),
    "monetary": (-math.inf, math.inf),
}
#: Assumptions of a campaign, and the range of each.
ASSUMED: Final[Mapping[str, tuple[float, float]]] = {
    "uplift": (-1.0, 1.0),
    "discount": (0.0, 1.0),
    "redemption": (0.0, 1.0),
    "contact_cost": (0.0, 1e12),
    "fixed_cost": (0.0, 1e12),
}
_LISTS: Final = ("segment", "tier", "churn_band")
_DEFAULTS: Final = {"redemption": 1.0, "contact_cost": 0.0, "fixed_cost": 0.0}

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Action:
    """One rule: whom it concerns, what is done, and what is assumed of it.

    Attributes
    ----------
    name, what : str
        Its name, and what to do.
    uplift, discount, redemption, contact_cost, fixed_cost : (low, mode, high)
        Assumptions, as `campaign.simulate` takes them.
    names : mapping of str to tuple of str
        Of ``segment``, ``tier`` and ``churn_band``: one of these.
    bounds : mapping of str to (least, greatest)
        Of ``churn_risk``, ``clv``, ``recency_days``, ``frequency``, ``monetary``: both inclusive.
    clv_top_share : float or None
        The best share of all customers by CLV, in (0, 1].
    """

    name: str
    what: str
    uplift: Triple
    discount: Triple
    redemption: Triple
    contact_cost: Triple
    fixed_cost: Triple
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    clv_top_share: float | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """What of ``churn`` and ``clv`` must be known to find its customers."""
        needed = []
        if "churn_risk" in self.bounds or "churn_band" in self.names:
            needed.append("churn")
        if "clv" in self.bounds or self.clv_top_share is not None:
            needed.append("clv")
        return tuple(needed)


@dataclass(frozen=True)
class ActionSet:
    """Actions in the order of their file: the first that holds a customer gets him.

    Attributes
    ----------
    name : str
        Its name.
    segments : RuleSet
        The rule set that its segments are of.
    actions : tuple of Action
        At least one.
    """

    name: str
    segments: rfm.RuleSet
    actions: tuple[Action, ...]

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ActionSet:
        """Make a set from what the TOML file of one holds; see `read_action_set`.

        Raises
        ------
        InvalidArgument
            If a key is missing, unknown or of another type, a name is of no segment, tier or band,
            or a value is out of its range; the action is named.
        InvalidData
            If an integer is beyond every float.
        """
        _require_keys("the file", content, {"name", "actions"}, {"segments"})
        segments = rfm.rule_set(_text("the file", "segments", content.get("segments", "default")))
        told = content["actions"]
        if not isinstance(told, list) or not told:
            raise InvalidArgument("actions: there must be a list of actions", value=repr(told))
        known = {rule.segment for rule in segments.rules}
        made = tuple(_action(number, one, known) for number, one in enumerate(told, start=1))
        seen: set[str] = set()
        for one in made:
            if one.name in seen:
                raise InvalidArgument("actions: two actions have one name", value=one.name)
            seen.add(one.name)
        return cls(_text("the file", "name", content["name"]), segments, made)


def read_action_set(path: str | PathLike[str]) -> ActionSet:
    """Read actions from a TOML file.

    Parameters
    ----------
    path : path
        A file such as ::

            name = "mine"
            segments = "default"            # rule set of the segments: default, six or ten

            [[actions]]
            name = "Call them"
            what = "Call, and ask what went wrong."
            uplift = [0.0, 0.03, 0.06]      # low, likeliest, high; or one number
            discount = 0.1
            redemption = 0.9                # 1 if left out
            contact_cost = 1.5              # 0 if left out, as fixed_cost
            who = { segment = ["At Risk"], tier = ["Platinum", "Gold"], churn_band = ["high"],
                    churn_risk = [0.5, 1.0], recency_days = [30, 365], frequency = [2, inf],
                    monetary = [100, inf], clv = [50, inf], clv_top_share = 0.2 }

        All that stands in `who` must hold (on one line in TOML); bounds are inclusive.

    Raises
    ------
    IOFailure
        If the file cannot be read.
    InvalidData
        If it is no TOML, or as `ActionSet.from_dict`.
    InvalidArgument
        As `ActionSet.from_dict`.
    """
    with in_file(path):
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise IOFailure(f"actions: cannot read the file: {error.strerror}") from error
        except ValueError as error:  # Of a zero byte in the path.
            raise IOFailure(f"actions: cannot read the file: {error}") from error
        return parse_action_set(text)


def parse_action_set(text: bytes) -> ActionSet:
    """Read actions from what stands in a TOML file, in UTF-8.

    Raises
    ------
    InvalidData
        If it is no TOML, or nests too deeply.
    InvalidArgument, InvalidData
        As `ActionSet.from_dict`.
    """
    try:
        try:
            content = tomllib.loads(text.decode("utf-8"))
        except ValueError as error:  # Of its syntax, or not UTF-8.
            raise InvalidData("actions: the file is no TOML", value=str(error)) from error
        return ActionSet.from_dict(content)
    except RecursionError:  # Of the reader, or of the text of a message.
        raise InvalidData("actions: lists or tables of the file nest too deeply") from None


def action_set(name: str = "default") -> ActionSet:
    """Return a built-in set, to look at or to build on.

    Raises
    ------
    InvalidArgument
        If there is none of that name.
    """
    if name != "default":
        raise InvalidArgument("actions: there is no such set", value=name)
    return read_action_set(Path(__file__).with_name("rule_sets") / "actions.toml")


def _action(number: int, told: Any, segments: set[str]) -> Action:
    where = f"action {number}"
    _require_keys(where, told, {"name", "what", "uplift", "discount", "who"}, {*_DEFAULTS})
    name = _text(where, "name", told["name"])
    where = f"'{name}'"
    who = told["who"]
    allowed = {*_LISTS, *RANGES, "clv_top_share"}
    _require_keys(f"who of {where}", who, set(), allowed)
    known = {"segment": segments, "tier": set(TIERS), "churn_band": set(BANDS)}
    share = who.get("clv_top_share")
    if share is not None and not 0 < _number(where, "clv_top_share", share) <= 1:
        raise InvalidArgument(
            "actions: clv_top_share must be in (0, 1]", value=f"{where}: {share!r}"
        )
    assumed = {
        key: _triple(where, key, told.get(key, _DEFAULTS.get(key)), *ASSUMED[key])
        for key in ASSUMED
    }
    return Action(
        name=name,
        what=_text(where, "what", told["what"]),
        names={key: _names(where, key, who[key], known[key]) for key in _LISTS if key in who},
        bounds={key: _bounds(where, key, who[key], *RANGES[key]) for key in RANGES if key in who},
        clv_top_share=None if share is None else float(share),
        **assumed,
    )


def _require_keys(where: str, content: Any, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(content, Mapping):
        raise InvalidArgument("actions: a table of keys is needed", value=f"{where}: {content!r}")
    for key in sorted(needed):
        if key not in content:
            raise InvalidArgument("actions: a key is missing", value=f"{where}: {key}")
    for key in content:
        if key not in needed | allowed:
            raise InvalidArgument("actions: a key is unknown", value=f"{where}: {key}")


def _text(where: str, key: str, told: Any) -> str:
    if not isinstance(told, str) or not told.strip():
        raise InvalidArgument("actions: a text is needed", value=f"{where}: {key} = {told!r}")
    return told


def _number(where: str, key: str, told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, (int, float)) or told != told:
        raise InvalidArgument("actions: a number is needed", value=f"{where}: {key} = {told!r}")
    try:
        return float(told)
    except OverflowError:
        raise InvalidData(
            "actions: an integer is beyond every float", value=f"{where}: {key}"
        ) from None


def _names(where: str, key: str, told: Any, known: set[str]) -> tuple[str, ...]:
    if not isinstance(told, list) or not told:
        raise InvalidArgument("actions: a list is needed", value=f"{where}: {key} = {told!r}")
    for name in told:
        if not isinstance(name, str) or name not in known:
            raise InvalidArgument(f"actions: there is no such {key}", value=f"{where}: {name!r}")
    return tuple(told)


def _bounds(where: str, key: str, told: Any, least: float, greatest: float) -> tuple[float, float]:
    if not isinstance(told, list) or len(told) != 2:
        raise InvalidArgument(
            "actions: bounds are the least and the greatest", value=f"{where}: {key} = {told!r}"
        )
    low, high = (_number(where, key, one) for one in told)
    if not least <= low <= high <= greatest:
        raise InvalidArgument(
            "actions: bounds are out of order or out of range", value=f"{where}: {key} = {told!r}"
        )
    return low, high


def _triple(where: str, key: str, told: Any, least: float, greatest: float) -> Triple:
    values = told if isinstance(told, list) else [told] * 3
    if len(values) != 3:
        raise InvalidArgument(
            "actions: an assumption is one number, or low, likeliest and high",
            value=f"{where}: {key} = {told!r}",
        )
    low, mode, high = (_number(where, key, one) for one in values)
    if not least <= low <= mode <= high <= greatest:
        raise InvalidArgument(
            "actions: an assumption is out of order or out of range",
            value=f"{where}: {key} = {told!r}",
        )
    return low, mode, high
