"""Two segmentations of the same customers: how far they agree, and who differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

from ecommerce_analytics import extras, spreadsheet
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure

__all__ = [
    "FILE_NAME",
    "Agreement",
    "Comparison",
    "Difference",
    "compare",
    "read",
    "write_differences",
]

FILE_NAME = "customer_rfm_segments.csv"


@dataclass(frozen=True)
class Agreement:
    """Customers with one segment of ours and one of theirs.

    Attributes
    ----------
    ours, theirs : str
        The two segments.
    customers : int
        How many customers have both.
    share : float
        Of the customers that both sides know, in [0, 1].
    """

    ours: str
    theirs: str
    customers: int
    share: float


@dataclass(frozen=True)
class Difference:
    """A customer with two segments that are not the same, or with one side only.

    Attributes
    ----------
    customer : str
        The key.
    ours, theirs : str or None
        His segments; None where that side does not know him.
    """

    customer: str
    ours: str | None
    theirs: str | None


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    num_ours, num_theirs, num_both : int
        Customers of each side, and those that both know.
    num_agreeing : int
        Customers of both sides with the same segment.
    agreement : float or None
        `num_agreeing` / `num_both`; None without a common customer.
    kappa : float or None
        Cohen's kappa, at most 1: the agreement beyond that of chance, as a share of what is
        possible beyond it; 0 if it is that of chance. None without a common customer, and where
        chance alone agrees always (each side has one segment, the same).
    table : tuple of Agreement
        Pairs of segments that at least one customer has, by `ours`, then `theirs`.
    differences : tuple of Difference
        By the key of the customer.
    """

    num_ours: int
    num_theirs: int
    num_both: int
    num_agreeing: int
    agreement: float | None
    kappa: float | None
    table: tuple[Agreement, ...]
    differences: tuple[Difference, ...]


def compare(ours: Mapping[Any, str], theirs: Mapping[Any, str]) -> Comparison:
    """Compare two segmentations, customer by customer.

    Segments are the same if their names are, letter by letter.

    Parameters
    ----------
    ours, theirs : mapping of key to str
        Segment of each customer. A key that is a whole number and its text are the same customer.

    Returns
    -------
    Comparison
        Agreement, Cohen's kappa, the table of pairs and the customers who differ.

    Raises
    ------
    InvalidArgument
        If a key stands twice on one side, as number and as text, or a side has no customer.

    Notes
    -----
    With p_o the share of customers who agree and p_e = sum over segments of (share in ours ·
    share in theirs), kappa = (p_o - p_e) / (1 - p_e); computed in fractions, rounded once.
    O(m log m). Cohen (1960). See docs/methods/segments.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> found = ea.segments.compare({"ann": "best", "bob": "lost"}, {"ann": "best", "bob": "best"})
    >>> found.agreement, found.kappa, found.differences
    (0.5, 0.0, (Difference(customer='bob', ours='lost', theirs='best'),))
    """
    mine, other = _by_text(ours, "ours"), _by_text(theirs, "theirs")
    both = sorted(mine.keys() & other.keys())
    pairs = Counter((mine[key], other[key]) for key in both)
    num_agreeing = sum(count for (left, right), count in pairs.items() if left == right)
    return Comparison(
        num_ours=len(mine),
        num_theirs=len(other),
        num_both=len(both),
        num_agreeing=num_agreeing,
        agreement=num_agreeing / len(both) if both else None,
        kappa=_kappa(pairs, num_agreeing, len(both)),
        table=tuple(
            Agreement(left, right, count, count / len(both))
            for (left, right), count in sorted(pairs.items())
        ),
        differences=tuple(
            Difference(key, mine.get(key), other.get(key))
            for key in sorted(mine.keys() | other.keys())
            if mine.get(key) != other.get(key)
        ),
    )


def _by_text(segments: Mapping[Any, str], side: str) -> dict[str, str]:
    if not segments:
        raise InvalidArgument(f"segments: there is no customer in {side}")
    by_text: dict[str, str] = {}
    for key, segment in segments.items():
        if str(key) in by_text:
            raise InvalidArgument(f"segments: a customer stands twice in {side}", value=str(key))
        by_text[str(key)] = segment
    return by_text


def _kappa(pairs: Mapping[tuple[str, str], int], num_agreeing: int, num_both: int) -> float | None:
    ours, theirs = Counter[str](), Counter[str]()
    for (left, right), count in pairs.items():
        ours[left] += count
        theirs[right] += count
    by_chance = sum(count * theirs[segment] for segment, count in ours.items())
    if by_chance == num_both**2:  # Of none, too.
        return None
    kappa = Fraction(num_agreeing * num_both - by_chance, num_both**2 - by_chance)
    return float(kappa)


def read(
    path: str | PathLike[str],
    *,
    customer_column: str = "customer",
    segment_column: str = "segment",
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> dict[str, str]:
    """Read the segment of each customer from a CSV file.

    Parameters
    ----------
    path : str or path-like
        The file. Of one that the main job wrote, marks for spreadsheets are taken off.
    customer_column, segment_column : str
        Its columns.
    delimiter, encoding : str
        As in `Transactions.from_csv`.

    Raises
    ------
    IOFailure, SchemaMismatch, InvalidData
        As `Transactions.from_csv`; a cell is empty, or a customer stands twice: with the row.
    """
    from ecommerce_analytics.files import read_csv

    table = read_csv(
        path, delimiter=delimiter, encoding=encoding, columns=[customer_column, segment_column]
    )
    columns = [table[customer_column], table[segment_column]]
    if spreadsheet.is_escaped(path):
        columns = [spreadsheet.unescape(column) for column in columns]
    by_customer: dict[str, str] = {}
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    for row, (customer, segment) in enumerate(rows, start=1):
        for name, cell in ((customer_column, customer), (segment_column, segment)):
            if cell is None:
                raise InvalidData("segments: the cell is empty", file=path, row=row, column=name)
        if customer in by_customer:
            raise InvalidData(
                "segments: a customer stands twice",
                file=path,
                row=row,
                column=customer_column,
                value=customer,
            )
        by_customer[customer] = segment
    return by_customer


def write_differences(comparison: Comparison, path: str | PathLike[str]) -> None:
    """Write the customers who differ as a CSV file, safe for spreadsheets; an old file is replaced.

    Raises
    ------
    IOFailure
        The file cannot be written; an old one stays.
    """
    pa, duckdb = extras.require("io", "pyarrow"), extras.require("io", "duckdb")
    names = ("customer", "ours", "theirs")
    rows = [astuple(one) for one in comparison.differences]
    table = pa.table(
        {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)}
    )
    cells = ", ".join(f"{spreadsheet.escape_sql(name)} AS {name}" for name in names)
    aside = Path(f"{path}.building")
    try:
        with duckdb.connect(config={"threads": 1}) as database:  # Keeps the order of the rows.
            database.from_arrow(table).select(cells).write_csv(str(aside), header=True)
        aside.replace(path)
    except (duckdb.Error, OSError) as error:
        aside.unlink(missing_ok=True)
        raise IOFailure("segments: the file cannot be written", file=path) from error
