"""Golden cases: small inputs with the results that were worked by hand beside them."""

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conftest import CHECKOUT
from reference.customer_history import Line

GOLDEN_DIR = CHECKOUT / "tests" / "golden"

_COUNTS = frozenset(
    "recency_days frequency r_score f_score m_score orders customers repeat_customers"
    " guest_orders lines payments period size eligible num_cohorts rank new_customers"
    " returning_customers customer_orders sale_lines refund_lines"
    " tenure_days orders_90d order_days number days_since_previous days at_risk events censored"
    " second_orders followed_days median_days holdout_frequency origin_customers"
    " without_order".split()
)
_MONEY = frozenset(
    "monetary revenue revenue_gross revenue_net guest_revenue_net paid amount running"
    " revenue_refunds revenue_discount revenue_shipping revenue_fees revenue_adjustments"
    " freight tax items holdout_money".split()
)
_DATES = frozenset("cohort start end".split())
_FLAGS = frozenset(
    "observable partial can_grow left_truncated is_total is_one_order active complete"
    " is_one_order_day is_trend_known".split()
)
_NUMBERS = frozenset(
    "share rate lower upper average_order_value repeat_rate guest_share weighted simple"
    " orders_per_customer return_rate_money return_rate_lines items_per_order"
    " cumulative_share mean_days_between_orders share_with_second before after"
    " loss loss_share probability baseline moving_average recency T monetary_value"
    " recency_over_gap gap_trend recent_order_days peak_season_share lines_per_order".split()
)
_TIMES = frozenset("time first_order last_order".split())


def read_rows(case: str, file_name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of a golden case as text."""
    with (GOLDEN_DIR / case / file_name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def input_lines(case: str) -> list[Line]:
    """Return the order lines of `input.csv`; an empty customer, kind or region is not known."""
    return [
        Line(
            customer=row["customer"] or None,
            order=row["order"],
            time=datetime.fromisoformat(row["timestamp"]),
            amount=Decimal(row["amount"]),
            kind=row.get("kind") or None,
            region=row.get("region") or None,
        )
        for row in read_rows(case, "input.csv")
    ]


def input_path(case: str) -> Path:
    """Return the path of `input.csv`."""
    return GOLDEN_DIR / case / "input.csv"


def expected_rows(case: str, file_name: str = "expected.csv") -> list[dict[str, Any]]:
    """Return the rows of an expected result, with values as Arrow gives them to Python."""
    return [
        {name: _value(name, text) for name, text in row.items()}
        for row in read_rows(case, file_name)
    ]


def _value(column: str, text: str) -> Any:
    if text == "":
        return None
    if column == "value":  # No point is a count, four decimals are money, others a quotient.
        _, point, decimals = text.partition(".")
        if not point:
            return int(text)
        return Decimal(text) if len(decimals) == 4 else float(text)
    if column == "period" and not text.isdecimal():
        return text
    for columns, convert in (
        (_COUNTS, int),
        (_MONEY, Decimal),
        (_DATES, date.fromisoformat),
        (_TIMES, datetime.fromisoformat),
        (_FLAGS, {"true": True, "false": False}.__getitem__),
        (_NUMBERS, float),
    ):
        if column in columns:
            return convert(text)
    return text


def assert_rows_match(
    actual: list[dict[str, Any]], expected: list[dict[str, Any]], close: tuple[str, ...] = ()
) -> None:
    """Compare row by row and column by column; only the columns of `close` may differ by 1e-12."""
    assert len(actual) == len(expected)
    for number, (row, wanted) in enumerate(zip(actual, expected, strict=True), start=1):
        assert list(row) == list(wanted), f"row {number}"
        for column, value in wanted.items():
            if column in close and value is not None:
                assert row[column] == pytest.approx(value, rel=1e-12, abs=1e-12), (number, column)
            else:
                assert row[column] == value, (number, column)
