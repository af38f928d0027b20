"""What a loader returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .customers import check_customers

if TYPE_CHECKING:
    import pyarrow

    from ..cutoff import Facts
    from ..ingest import IngestReport
    from ..payments import Payments
    from ..transactions import Transactions

__all__ = ["Dataset"]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A shop's data: its order lines and the tables beside them.

    Attributes
    ----------
    name : str
        Such as ``"olist"``.
    transactions : Transactions
        The order lines, cleaned as `cleaning` says.
    customers : pyarrow.Table or None
        One row per person that the source knows, by increasing key in column ``customer``, with
        what it tells of ``email``, ``name``, ``consent``, ``country`` and ``former_keys``
        (`check_customers` says how). The loader says which persons those are, and what other
        columns hold. Nothing of it gets into a result or a report: exports for tools that need it
        join it at the end.
    currency : str or None
        ISO 4217 code of all money, if told.
    payments : Payments or None
        What was paid for the orders, where the source tells.
    facts : Facts or None
        What became known of orders, and when, such as a delivery: features at a cutoff may have
        those of before it (`cutoff.features`).
    region : str or None
        Name of the dimension that tells where an order went.
    cleaning : str or None
        Name of the cleaning rule, where the loader has several.
    tables : mapping of str to pyarrow.Table
        Other tables of the source, with times, whole numbers and exact decimals as such.
    sources : mapping of str to str
        SHA-256, in hexadecimal, of each file read, by the file's name.
    is_synthetic : bool
        True if the rows were drawn and not observed.
    hindsight : str or None
        What the lines of a moment in the past tell that was known later only, in words, such as
        refunds that stand at the day of their order; None if the loader knows of nothing. Features
        at a cutoff (`cutoff.features`) know as much of what comes after it.
    parameters : mapping
        How the rows were drawn, or how a file of no known format was read; fit for JSON.
    source_lines : callable or None
        Reads the source again, with the same options, and returns a pyarrow.Table with one row per
        line of it, those that a rule removed too, as `explain.lines` describes them; `IOFailure` if
        a file is not the one of `sources` any more. It holds no line itself and takes as long as
        loading did. None if the source cannot be read again.

    Raises
    ------
    SchemaMismatch, InvalidData
        `customers` is not what `check_customers` wants.
    """

    name: str
    transactions: Transactions
    customers: pyarrow.Table | None = field(default=None, repr=False)
    currency: str | None = None
    payments: Payments | None = None
    facts: Facts | None = None
    region: str | None = None
    cleaning: str | None = None
    tables: Mapping[str, pyarrow.Table] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict)
    is_synthetic: bool = False
    hindsight: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    source_lines: Callable[[], pyarrow.Table] | None = field(
        default=None, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.customers is not None:
            check_customers(self.customers)

    @property
    def report(self) -> IngestReport:
        """What was read, removed and kept."""
        return self.transactions.report
