"""The lines of a source as they came, before any rule: read again when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors, extras
from ..transactions import ColumnMapping, read_lines

if TYPE_CHECKING:
    import pyarrow

__all__ = ["SourceTable", "lines_of", "read_again"]


@dataclass(frozen=True)
class SourceTable:
    """What a loader gives to `Transactions.from_arrow`.

    Attributes
    ----------
    lines : pyarrow.Table
        A row per line, those that a rule removes too.
    mapping : ColumnMapping
        Which column is what.
    sources : mapping of str to str
        SHA-256 of each file that was read, by the file's name.
    """

    lines: pyarrow.Table
    mapping: ColumnMapping
    sources: Mapping[str, str]


def read_again(
    read: Callable[[], SourceTable], sources: Mapping[str, str]
) -> Callable[[], pyarrow.Table]:
    """Return what reads a source again, and refuses it if it is not the one of `sources`.

    The reader holds no line: it takes as long as loading did, each time.
    """

    def lines() -> pyarrow.Table:
        found = read()
        for name, sha256 in found.sources.items():
            if sources.get(name) != sha256:
                raise errors.IOFailure(
                    "the file has changed since it was loaded; load it again", file=name
                )
        return lines_of(found.lines, found.mapping)

    return lines


def lines_of(table: pyarrow.Table, mapping: ColumnMapping) -> pyarrow.Table:
    """Tell of each row of a table how the ingest takes it.

    Parameters
    ----------
    table : pyarrow.Table
        As `Transactions.from_arrow` takes it.
    mapping : ColumnMapping
        Likewise.

    Returns
    -------
    pyarrow.Table
        One row per row, in its order: `source_row` (int64), `order` and `customer` as they stand
        in the table, `timestamp` (civil time; null: a removed line has none), `amount` and, where
        it is mapped, `quantity` (decimal128(38, 4)), `kind` (text; null: a removed line tells
        none), `removed_by` (text: the rule; null: the line is kept), then the dimensions and
        measures under their names and what else the table has, each as it stands there. A name
        that is taken gets a number.

    Raises
    ------
    Error
        As `Transactions.from_arrow`.

    Notes
    -----
    O(rows) expected time and memory.
    """
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    read = pa.table(read_lines(table, **mapping))
    columns = {
        "source_row": read["source_row"],
        "order": table[mapping["order"]],
        "customer": table[mapping["customer"]],
        "timestamp": read["time_us"].cast(pa.timestamp("us")),
        "amount": read["amount"],
    }
    if "quantity" in read.column_names:
        columns["quantity"] = read["quantity"]
    for name in ("kind", "removed_by"):
        text = read[name].cast(pa.string())
        columns[name] = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    for name, column in _others(table, mapping):
        columns[_free_name(name, columns)] = table[column]
    return pa.table(columns)


def _others(table: pyarrow.Table, mapping: ColumnMapping) -> list[tuple[str, str]]:
    """List the columns that the ingest does not read as numbers, keys or times of their own."""
    named: dict[str, str] = {}
    for role in ("product", "category", "region", "unit_price"):
        if column := mapping.get(role):
            named[role] = str(column)
    for group in (mapping.get("dimensions", ()), mapping.get("measures", ())):
        named |= group if isinstance(group, Mapping) else {name: name for name in group}
    roles = ("order", "customer", "timestamp", "amount", "quantity", "kind", "removed_by")
    used = {mapping.get(role) for role in (*roles, "source_row")} | set(named.values())
    rest = [(name, name) for name in table.column_names if name not in used]
    return [*named.items(), *rest]


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
