"""Forgetting a person: out of the files of an output folder, and out of those of later runs.

What goes is every row of his in the CSV, Parquet and Excel files that `run.json` lists. What stays
is what has no row of his: sums, means and pictures that he was counted in; files that are not of a
run; the source. He is put on the folder's list of the forgotten (`privacy.Forgotten`), which every
later run into the folder reads: it writes no row of his, while its sums have him as long as the
source does. If the run wrote into a database, its tables there lose the same rows when asked.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn

from ecommerce_analytics import exports, output_folder, row_removal, warehouse
from ecommerce_analytics.datasets.order_export import keys_of_address
from ecommerce_analytics.errors import InvalidArgument, InvalidData, IOFailure
from ecommerce_analytics.privacy import FORGOTTEN, Forgotten, key_check, pseudonym
from ecommerce_analytics.warehouse import Place

__all__ = ["ForgetResult", "UnknownCustomer", "forget"]

_RUN: Final = "run.json"
_COLUMN: Final = "customer"  # In every file with rows of customers.

_log = logging.getLogger(__name__)


class UnknownCustomer(InvalidArgument):
    """Nothing in the folder is about this customer."""


@dataclass(frozen=True)
class ForgetResult:
    """What was done; no customer stands in it.

    Attributes
    ----------
    output : pathlib.Path
        The folder.
    rows : mapping of str to int
        Rows removed from each file that can have rows of customers and had some of his.
    num_new : int
        Customers and addresses that were put on the list.
    num_listed : int
        Keys on the list now; an address has one for each shop.
    num_absent : int
        Those of the new ones of whom no file had a row.
    tables : mapping of str to int
        Rows removed from each table of the database that had some of his.
    """

    output: Path
    rows: Mapping[str, int]
    num_new: int
    num_listed: int
    num_absent: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)


def forget(
    output: str | PathLike[str],
    customers: Iterable[str | int] = (),
    *,
    emails: Iterable[str] = (),
    pseudonym_key: str | None = None,
    absent_too: bool = False,
    to: str | None = None,
    to_schema: str | None = None,
) -> ForgetResult:
    """Remove customers from the files of an output folder, and from those of later runs.

    The folder changes all at once, as by a run: after an error or a kill it is as it was. To
    forget a customer once more changes nothing.

    Parameters
    ----------
    output : str or path-like
        Output folder of `run`.
    customers : iterable of str or int
        Their keys, as the source has them, also where the files have pseudonyms.
    emails : iterable of str
        E-mail addresses of more of them, who have the keys that the loaders of Shopify and
        WooCommerce make of addresses. Rows of a customer who has an id of the shop are not found
        by his address, but later runs leave them out if the list has it.
    pseudonym_key : str, optional
        The secret of the folder's pseudonyms; not read where it has none.
    absent_too : bool, default=False
        Put customers on the list whom no file has, such as those without an order so far.
    to : str, optional
        Remove them from the tables of the run in its database too: ``postgresql://…``. The tables
        change in one transaction, which ends before the files take their places.
    to_schema : str, optional
        Schema of the tables; by default the one that `run.json` tells.

    Returns
    -------
    ForgetResult
        Rows and customers, as numbers.

    Raises
    ------
    UnknownCustomer
        A customer is in no file and not on the list; then no customer is forgotten.
    InvalidArgument
        No customer is told, an address is none, the folder has pseudonyms and their key was not
        told, or a database is told and the run wrote into none.
    InvalidData
        `run.json` or `forgotten.json` is none of ours.
    IOFailure
        The folder is none of a run, one of its files is missing or not the one that was written,
        or it cannot be read or written. Or the database cannot be reached or written, or has tables
        of another run. Then files and tables are as they were.
    MissingExtra
        The extra `postgresql` is not installed, with `to`.

    Notes
    -----
    O(bytes of the files) time, O(bytes of the largest) memory.
    """
    asked: list[tuple[str, ...]] = [(str(customer),) for customer in customers]
    num_keys = len(asked)
    for number, address in enumerate(emails, 1):
        if "@" not in address:
            message = "forget: this is no e-mail address; it is address number"
            raise InvalidArgument(message, value=number)
        asked.append(keys_of_address(address))
    if not asked or not all(keys[0] for keys in asked):
        raise InvalidArgument("forget: tell the customers to forget")
    output = Path(output)
    manifest_text, manifest = _manifest(output)
    place = None if to is None else _place(to, to_schema, manifest, output)
    # The list comes first: where files are moved one by one, a kill must not lose it.
    names = (FORGOTTEN, *manifest["outputs"], _RUN)
    with output_folder.replaced(output, names) as building:
        if _manifest(output)[0] != manifest_text:
            raise IOFailure("forget: another run has written to the folder", file=output)
        people = _People.of(
            output, manifest, [key for keys in asked for key in keys], pseudonym_key
        )
        rows, found = _rewrite(output, building, manifest, people)
        new = {keys for keys in asked if not any(map(people.was_listed, keys))}
        absent = {keys for keys in new if not any(found[people.names[key]] for key in keys)}
        if absent and not absent_too:
            # The first of several: their order is that in which they were told.
            _refuse(next(at for at, keys in enumerate(asked) if keys in absent), num_keys, output)
        num_listed = len(people.listed.marks)
        exports.write_json(people.listed.to_dict(), building / FORGOTTEN)
        told = _told(manifest, building, rows, num_listed)
        exports.write_json(told, building / _RUN)
        tables: dict[str, int] = {}
        if place is not None:
            output_folder.sync(building)  # A full disk is found while both can go back.
            tables = warehouse.without_customers(
                place,
                people.names.values(),
                before=manifest,
                after=told,
                after_sha256=exports.sha256(building / _RUN),
            )
    result = ForgetResult(output, rows, len(new), num_listed, num_absent=len(absent), tables=tables)
    fields = {"customers": result.num_new, "rows": sum(rows.values()), "files": len(rows)}
    _log.info("forgotten", extra={"fields": fields})
    return result


def _refuse(position: int, num_keys: int, output: Path) -> NoReturn:
    """Say by a number who is in no file; addresses are counted by themselves."""
    if position < num_keys:
        raise UnknownCustomer(
            "forget: no file of the folder has this customer, and no one was forgotten; he is"
            " number",
            file=output,
            value=position + 1,
        )
    raise UnknownCustomer(
        "forget: no file of the folder has a key made of this address, and no one was forgotten; if"
        " the shop gave the customer an id, he has rows under that; it is address number",
        file=output,
        value=position - num_keys + 1,
    )


@dataclass(frozen=True)
class _People:
    """Those to forget: how the files call them, and the list that has them."""

    names: Mapping[str, str]
    before: Forgotten
    listed: Forgotten

    @classmethod
    def of(
        cls,
        output: Path,
        manifest: Mapping[str, Any],
        keys: list[str],
        pseudonym_key: str | None,
    ) -> _People:
        check = manifest["privacy"]["pseudonym_key_check"]
        key = None if check is None else pseudonym_key
        if check is not None and (key is None or key_check(key) != check):
            raise InvalidArgument(
                "forget: the folder has pseudonyms, and wants the key with which they were made;"
                " its check is",
                file=output,
                value=check,
            )
        before = Forgotten.read(output, pseudonym_key) or Forgotten.empty(key)
        names = {one: one if key is None else pseudonym(one, key) for one in keys}
        return cls(names, before, before.with_customers(keys))

    def was_listed(self, key: str) -> bool:
        return self.before.has(key)


def _manifest(output: Path) -> tuple[str, dict[str, Any]]:
    """Return `run.json`, as text and as what it says."""
    path = output / _RUN
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise IOFailure("forget: the folder is none of a run", file=output) from error
    except (OSError, UnicodeDecodeError) as error:
        raise IOFailure("forget: the file cannot be read", file=path) from error
    try:
        manifest = json.loads(text)
        outputs, told = manifest["outputs"], manifest["privacy"]
        if not all(Path(name).name == name not in ("", _RUN, FORGOTTEN) for name in outputs):
            raise ValueError
        told["pseudonym_key_check"], told["num_forgotten"], manifest["spreadsheet_safe"]
        if "database" in manifest:
            manifest["database"]["schema"].encode(), manifest["database"]["tables"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidData("forget: the file is no list of a run's files", file=path) from None
    return text, manifest


def _place(to: str, schema: str | None, manifest: Mapping[str, Any], output: Path) -> Place:
    """Return where the tables of the run are."""
    if "database" not in manifest:
        raise InvalidArgument("forget: the run of the folder wrote into no database", file=output)
    place = warehouse.place_of(to, manifest["database"]["schema"] if schema is None else schema)
    warehouse.check(place)  # Need not wait for the files.
    return place


def _rewrite(
    output: Path, building: Path, manifest: Mapping[str, Any], people: _People
) -> tuple[dict[str, int], Counter[str]]:
    """Build each file anew without their rows; return rows by file, and rows by customer."""
    gone = frozenset(people.names.values())
    rows: dict[str, int] = {}
    found: Counter[str] = Counter()
    for name, told in manifest["outputs"].items():
        path = output / name
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise IOFailure("forget: a file of the run is missing", file=path) from error
        if sha256(data).hexdigest() != told:
            raise IOFailure("forget: the file is not the one that the run wrote", file=path)
        if path.suffix not in row_removal.SUFFIXES:
            _same(path, building / name)
            continue
        is_safe = manifest["spreadsheet_safe"] is True
        content, removed = row_removal.without_rows(
            data, path, _COLUMN, gone, spreadsheet_safe=is_safe
        )
        if not removed:
            _same(path, building / name)
            continue
        (building / name).write_bytes(content)
        rows[name] = removed.total()
        found += removed
    return rows, found


def _same(path: Path, target: Path) -> None:
    """Let a file that does not change be in the new folder, too."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def _told(
    manifest: Mapping[str, Any], building: Path, rows: Mapping[str, int], num_listed: int
) -> dict[str, Any]:
    """Return what `run.json` says now: the same, with other hashes and numbers."""
    privacy = manifest["privacy"]
    before = privacy.get("rows_removed", {})
    sums = {name: before.get(name, 0) + rows.get(name, 0) for name in {**before, **rows}}
    hashes = {name: exports.sha256(building / name) for name in manifest["outputs"]}
    changed = {"num_forgotten": num_listed, "rows_removed": sums}
    return {**manifest, "privacy": privacy | changed, "outputs": hashes}
