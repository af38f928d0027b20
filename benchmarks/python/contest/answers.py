"""One form for the answers of all contestants, and what it takes for two to be equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# Of each analysis the columns that name a row and those that must be equal to the last digit.
COLUMNS = {
    "rfm": (
        ("customer",),
        ("recency_days", "frequency", "monetary", "r_score", "f_score", "m_score"),
    ),
    "cohort": (("cohort", "period"), ("value",)),
    "region": (("region",), ("orders", "customers", "revenue")),
}
MONEY = {"monetary", "revenue"}

Answer = dict[str, npt.NDArray[np.generic]]


def answer_of(tables: Mapping[str, pa.Table], money_unit: int) -> Answer:
    """Bring tables into the common form: columns such as `rfm.monetary`, rows by increasing key.

    Parameters
    ----------
    tables : mapping of analysis to pyarrow.Table
        With at least the columns of `COLUMNS`, rows in any order; a cohort is the number of its
        month since 1970.
    money_unit : int
        How many 1/10,000 of the currency one of the tables' money is.
    """
    answer: Answer = {}
    for analysis, table in tables.items():
        keys, values = COLUMNS[analysis]
        named = [np.asarray(table[key].to_pylist()) for key in keys]
        order = np.lexsort(named[::-1])
        for key, column in zip(keys, named, strict=True):
            answer[f"{analysis}.{key}"] = column[order]
        for name in values:
            unit = money_unit if name in MONEY else 1
            whole = np.array([_whole(value * unit) for value in table[name].to_pylist()], np.int64)
            answer[f"{analysis}.{name}"] = whole[order]
    return answer


def _whole(value: object) -> int:
    number = int(value)  # type: ignore[call-overload]
    if number != value:
        raise ValueError(f"no whole number: {value!r}")
    return number


def difference(ours: Answer, theirs: Answer) -> str | None:
    """Say where two answers differ first; None if they are equal."""
    if ours.keys() != theirs.keys():
        return f"columns {_listed(ours)} and {_listed(theirs)}"
    for name, column in ours.items():
        other = theirs[name]
        if len(column) != len(other):
            return f"{name}: {len(column)} and {len(other)} rows"
        unequal = np.flatnonzero(column != other)
        if len(unequal):
            row = unequal[0]
            return f"{name}: {len(unequal)} rows, first {column[row]} and {other[row]}"
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
