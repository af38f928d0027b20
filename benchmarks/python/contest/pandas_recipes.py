"""pandas, by group-bys, with numpy where that is faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from contest.answers import Answer, answer_of
from contest.order_lines import AS_OF, OrderLines
from contest.timing import Contestant

Frames = dict[str, pd.DataFrame]

_QUANTILES = (0.2, 0.4, 0.6, 0.8)
_MONTHS = 4096  # Exceeds any month number: packs a customer and a month into one integer.


def contestants(lines: OrderLines, work: str) -> Iterator[Contestant]:
    """Yield the recipes for `work`: one of the analyses, or `all` of them."""
    frame = lines.pandas
    wanted = ["rfm", "cohort", "region"] if work == "all" else [work]
    recipes: dict[str, Callable[[pd.DataFrame, list[str]], Frames]] = {
        "pandas, nunique": nunique,
        "pandas, two-step": two_step,
    }
    for name, recipe in recipes.items():
        yield Contestant(name, False, lambda recipe=recipe: recipe(frame, wanted), common_answer)


def nunique(lines: pd.DataFrame, wanted: list[str]) -> Frames:
    """Count distinct orders in the groups."""
    purchases = lines[lines["amount"] > 0]
    frames: Frames = {}
    if "rfm" in wanted:
        groups = purchases.groupby("customer", sort=False)
        customers = pd.DataFrame(
            {"last": groups["timestamp"].max(), "frequency": groups["order"].nunique()}
        )
        customers["monetary"] = lines.groupby("customer", sort=False)["amount"].sum()
        frames["rfm"] = _scored(customers)
    if "cohort" in wanted:
        months = pd.DataFrame(
            {"customer": purchases["customer"], "month": _month(purchases)}
        ).drop_duplicates()
        months["cohort"] = months.groupby("customer", sort=False)["month"].transform("min")
        frames["cohort"] = months.groupby(["cohort", "month"]).size().reset_index(name="value")
    if "region" in wanted:
        counts = purchases.groupby("region", observed=True)[["order", "customer"]].nunique()
        counts.columns = ["orders", "customers"]
        frames["region"] = counts.assign(revenue=_revenue(lines))
    return frames


def two_step(lines: pd.DataFrame, wanted: list[str]) -> Frames:
    """Give customers dense codes once, keep one line of each order, then count lines."""
    needs_codes = "rfm" in wanted or "cohort" in wanted
    is_purchase = lines["amount"].to_numpy() > 0
    if needs_codes:
        codes, keys = pd.factorize(lines["customer"])
    if wanted == ["cohort"]:  # Needs no distinct orders.
        return {"cohort": _followed(codes[is_purchase], lines[is_purchase])}
    names = ["order", "timestamp"] + ([] if wanted == ["rfm"] else ["region"])
    orders = lines.loc[is_purchase, names + ([] if needs_codes else ["customer"])]
    if needs_codes:
        orders["customer"] = codes[is_purchase]
    orders = orders.drop_duplicates("order")
    frames: Frames = {}
    if "rfm" in wanted:
        groups = orders.groupby("customer", sort=False)
        customers = pd.DataFrame({"last": groups["timestamp"].max(), "frequency": groups.size()})
        customers["monetary"] = lines["amount"].groupby(codes, sort=False).sum()
        customers.index = pd.Index(keys[customers.index], name="customer")
        frames["rfm"] = _scored(customers)
    if "cohort" in wanted:
        frames["cohort"] = _followed(orders["customer"].to_numpy(), orders)
    if "region" in wanted:
        counts = orders.groupby("region", observed=True).size().to_frame("orders")
        pairs = orders.drop_duplicates(["region", "customer"])
        counts["customers"] = pairs.groupby("region", observed=True).size()
        frames["region"] = counts.assign(revenue=_revenue(lines))
    return frames


def _month(lines: pd.DataFrame) -> np.ndarray:
    return lines["timestamp"].to_numpy().astype("datetime64[M]").astype(np.int64)


def _scored(customers: pd.DataFrame) -> pd.DataFrame:
    customers["recency_days"] = (pd.Timestamp(AS_OF) - customers["last"]).dt.days
    for score, name in (
        ("r_score", "recency_days"),
        ("f_score", "frequency"),
        ("m_score", "monetary"),
    ):
        values = customers[name].to_numpy()
        below = np.searchsorted(np.quantile(values, _QUANTILES), values, side="left")
        customers[score] = 5 - below if score == "r_score" else 1 + below
    return customers


def _followed(codes: np.ndarray, lines: pd.DataFrame) -> pd.DataFrame:
    pairs = pd.unique(codes * _MONTHS + _month(lines))
    customer, month = pairs // _MONTHS, pairs % _MONTHS
    cohort = np.full(customer.max() + 1, _MONTHS)
    np.minimum.at(cohort, customer, month)
    counts = pd.Series(cohort[customer] * _MONTHS + month).value_counts(sort=False)
    cells = counts.index.to_numpy()
    return pd.DataFrame(
        {"cohort": cells // _MONTHS, "month": cells % _MONTHS, "value": counts.to_numpy()}
    )


def _revenue(lines: pd.DataFrame) -> pd.Series:
    return lines.groupby("region", observed=True)["amount"].sum()


def common_answer(frames: Frames) -> Answer:
    """Make columns of the index, and period numbers of the months."""
    found: dict[str, pa.Table] = {}
    for name, frame in frames.items():
        if name == "cohort":
            frame = frame.assign(period=frame["month"] - frame["cohort"])
        elif name == "region":
            frame = frame.reset_index().astype({"region": "str"})
        else:
            frame = frame.reset_index()
        found[name] = pa.Table.from_pandas(frame, preserve_index=False)
    return answer_of(found, money_unit=100)
