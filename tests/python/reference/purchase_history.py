"""Purchase histories the slow way: sets of days, sums of decimals."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.customer_history import Line, is_purchase

DAY = timedelta(days=1)


def summary(
    lines: Sequence[Line],
    calibration_end: datetime,
    holdout_end: datetime | None = None,
    period_days: float = 7.0,
    purchases: str = "positive_amount",
) -> list[dict[str, Any]]:
    """Return the rows of `purchase_history.summary`, without order."""
    last_end = holdout_end or calibration_end
    read = [line for line in lines if line.time < last_end]
    placed: dict[tuple[str | None, str], datetime] = {}
    for line in read:
        if is_purchase(line, purchases):
            key = line.customer, line.order
            placed[key] = min(placed.get(key, line.time), line.time)
    rows = []
    for customer in sorted({line.customer for line in read if line.customer is not None}):
        days = sorted({time.date() for (who, _), time in placed.items() if who == customer})
        before = [day for day in days if day < calibration_end.date()]
        if not before:
            continue
        own = [line for line in read if line.customer == customer]
        repeat = _money(own, before[0] + DAY, calibration_end.date())
        frequency = len(before) - 1
        rows.append(
            {
                "customer": customer,
                "frequency": frequency,
                "recency": (before[-1] - before[0]).days / period_days,
                "T": (calibration_end.date() - DAY - before[0]).days / period_days,
                "monetary_value": float(Fraction(repeat) / frequency) if frequency else None,
                "holdout_frequency": len(days) - len(before) if holdout_end else None,
                "holdout_money": _money(own, calibration_end.date(), date.max)
                if holdout_end
                else None,
            }
        )
    return rows


def _money(lines: Sequence[Line], start: date, end: date) -> Decimal:
    return sum((line.amount for line in lines if start <= line.time.date() < end), Decimal(0))
