"""Persons in what we write: pseudonyms instead of their keys, and those who were forgotten.

**Pseudonyms.** The pseudonym of a customer is HMAC-SHA-256 of his key under a secret one, cut to
128 bits and written as 32 hexadecimal digits. A whole number stands for its decimal digits, so a
customer has one pseudonym whether a source tells him as ``17`` or as ``"17"``. The same secret
gives the same pseudonyms in every run, so tables can be joined; another secret gives others.
Whoever has the secret can find out who is meant, so the tables are still personal data.

**The forgotten.** ``forgotten.json`` in an output folder holds a mark of each customer who was
forgotten there: HMAC-SHA-256, too, under a random salt that stands beside it, and under the secret
of the pseudonyms as well where the folder has some. It tells whether a given customer is in it;
whoever has the file and no secret can try out keys, so a list without one is personal data, too.

Sources: RFC 2104 and FIPS 198-1 for HMAC; ENISA (2019), *Pseudonymisation techniques and best
practices*, for keyed hashes and why plain ones are none.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import extras, files
from .errors import InvalidArgument, InvalidData, IOFailure, SchemaMismatch

if TYPE_CHECKING:
    import pyarrow

    from .transactions import ArrowStreamable

__all__ = [
    "FORGOTTEN",
    "Forgotten",
    "Protection",
    "key_check",
    "pseudonym",
    "pseudonymise",
    "read_key",
]

#: Name of the list of the forgotten in an output folder.
FORGOTTEN: Final = "forgotten.json"

_COLUMN: Final = "customer"
_FORMER: Final = "former_keys"  # Of `Dataset.customers`: a list of texts for each of them.
_UNKNOWN: Final = "unknown"  # The key of those who have none; it names nobody.
_LEAST_LENGTH: Final = 16
_BYTES: Final = 16  # 128 bits: two of a billion customers are alike once in 10^20 shops.
_SALT_BYTES: Final = 32
_CHECK_BYTES: Final = 4

# What is hashed begins with what it is for, so no hash of one kind is one of another.
_OF_CUSTOMER: Final = b"ecommerce-analytics customer 1\0"
_OF_FORGOTTEN: Final = b"ecommerce-analytics forgotten 1\0"
_OF_CHECK: Final = b"ecommerce-analytics key check 1\0"


def pseudonymise(table: ArrowStreamable, key: str, *, column: str = _COLUMN) -> pyarrow.Table:
    """Replace the keys of customers by pseudonyms, and sort the rows by them.

    Parameters
    ----------
    table : any table with ``__arrow_c_stream__``
        Such as what `rfm.segment` returns.
    key : str
        The secret, at least 16 characters; best a random one, kept apart from the tables.
    column : str, default="customer"
        Name of the column of keys: text or whole numbers. Null and the key ``unknown``, which name
        nobody, stay as they are.

    Returns
    -------
    pyarrow.Table
        The same rows by increasing pseudonym, those without one last, so that the order of the
        old keys tells nothing. ``pseudonym_key_check`` in the metadata tells which secret it was.

    Raises
    ------
    InvalidArgument
        The secret is too short.
    SchemaMismatch
        There is no such column, or it is neither text nor whole numbers.

    Notes
    -----
    O(rows log rows) time, O(rows) memory; about 250,000 customers a second.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> import pyarrow as pa
    >>> table = pa.table({"customer": [17, 4], "orders": [2, 1]})
    >>> ea.privacy.pseudonymise(table, "a secret for examples").to_pydict()["orders"]
    [1, 2]
    """
    pa = extras.require("io", "pyarrow")
    return _pseudonymised(pa.table(table), _Pseudonyms(_secret(key)), key_check(key), column)


def pseudonym(customer: str | int, key: str) -> str:
    """Return the pseudonym of one customer: who has the secret can find him.

    Raises `InvalidArgument` if the secret has less than 16 characters.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> ea.privacy.pseudonym(17, "a secret for examples")
    '7fac79780c174023e025d0bda5b729ef'
    """
    return _Pseudonyms(_secret(key))[str(customer)]


def key_check(key: str) -> str:
    """Return 8 hexadecimal digits that tell secrets apart and give none away.

    Raises `InvalidArgument` if the secret has less than 16 characters.
    """
    return hmac.digest(_secret(key), _OF_CHECK, "sha256")[:_CHECK_BYTES].hex()


def read_key(told: str) -> str:
    """Return the secret: the text, or after ``@`` what the file of this name holds.

    Blanks and line ends around the text of a file are no part of the secret. Raises
    `InvalidArgument` if it has less than 16 characters, and `IOFailure` if there is no such file;
    neither repeats what was told of a secret.
    """
    key = files.read_text(told[1:]).strip() if told.startswith("@") else told
    _secret(key)
    return key


def _secret(key: str) -> bytes:
    if not isinstance(key, str) or len(key) < _LEAST_LENGTH:
        raise InvalidArgument(
            f"privacy: the key of the pseudonyms must have {_LEAST_LENGTH} characters or more"
        )
    return key.encode("utf-8", "surrogatepass")


class _Pseudonyms(dict[str, str]):
    """Pseudonyms by the text of a key, made when first asked for."""

    def __init__(self, secret: bytes) -> None:
        super().__init__()
        self._secret = secret

    def __missing__(self, customer: str) -> str:
        message = _OF_CUSTOMER + customer.encode("utf-8", "surrogatepass")
        pseudonym = hmac.digest(self._secret, message, "sha256")[:_BYTES].hex()
        self[customer] = pseudonym
        return pseudonym


def _texts(table: pyarrow.Table, column: str) -> list[str | None]:
    """Return the keys as text."""
    pa = extras.require("io", "pyarrow")
    if column not in table.column_names:
        raise SchemaMismatch("privacy: the column of customers is missing", column=column)
    keys = table[column]
    type_ = keys.type.value_type if pa.types.is_dictionary(keys.type) else keys.type
    is_text = (
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
    )
    if not is_text and not pa.types.is_integer(type_):
        message = "privacy: customers must be text or whole numbers"
        raise SchemaMismatch(message, column=column, value=type_)
    texts: list[str | None] = keys.cast(type_).cast(pa.string()).to_pylist()
    return texts


def _pseudonymised(
    table: pyarrow.Table, pseudonyms: _Pseudonyms, check: str, column: str
) -> pyarrow.Table:
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    texts = _texts(table, column)
    named = pa.array(
        [text if text is None or text == _UNKNOWN else pseudonyms[text] for text in texts],
        pa.string(),
    )
    position = table.schema.get_field_index(column)
    is_nullable = table.schema.field(position).nullable
    table = table.set_column(position, pa.field(column, pa.string(), is_nullable), named)
    order = pc.sort_indices(named)  # Null is last; `unknown` is greater than any digit.
    metadata = {**(table.schema.metadata or {}), b"pseudonym_key_check": check.encode()}
    return table.take(order).replace_schema_metadata(metadata)


# --- the forgotten ---


@dataclass(frozen=True)
class Forgotten:
    """Marks of the customers who were forgotten in an output folder.

    Attributes
    ----------
    salt : bytes
        Random, of this list.
    check : str or None
        `key_check` of the secret without which no mark can be made; None if there is none.
    marks : frozenset of str
        One per customer, in hexadecimal.
    """

    salt: bytes
    check: str | None = None
    marks: frozenset[str] = frozenset()
    _secret: bytes = field(default=b"", repr=False)

    @classmethod
    def empty(cls, pseudonym_key: str | None = None) -> Forgotten:
        """Return a list without customers, with a secret if one is told."""
        salt = secrets.token_bytes(_SALT_BYTES)
        if pseudonym_key is None:
            return cls(salt)
        return cls(salt, key_check(pseudonym_key), _secret=_secret(pseudonym_key))

    @classmethod
    def read(
        cls, folder: str | PathLike[str], pseudonym_key: str | None = None
    ) -> Forgotten | None:
        """Read the list of an output folder; None if it has none.

        Raises
        ------
        InvalidArgument
            The list wants a secret, and none or another one was told.
        InvalidData
            The file is no such list.
        IOFailure
            It cannot be read.
        """
        path = Path(folder) / FORGOTTEN
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            salt, check, marks = bytes.fromhex(told["salt"]), told["key_check"], told["marks"]
            if told["format"] != 1 or not all(isinstance(mark, str) for mark in marks):
                raise ValueError
        except FileNotFoundError:
            return None
        except OSError as error:
            message = "privacy: the list of the forgotten cannot be read"
            raise IOFailure(message, file=path, value=error.strerror) from error
        except (ValueError, KeyError, TypeError, RecursionError):
            message = "privacy: the file is no list of the forgotten"
            raise InvalidData(message, file=path) from None
        if check is None:
            return cls(salt, None, frozenset(marks))
        if pseudonym_key is None or key_check(pseudonym_key) != check:
            raise InvalidArgument(
                "privacy: the list of the forgotten wants the key of the pseudonyms with which it"
                " was made; its check is",
                file=path,
                value=check,
            )
        return cls(salt, check, frozenset(marks), _secret(pseudonym_key))

    def has(self, customer: str) -> bool:
        """Tell whether a customer is on the list, by the text of his key."""
        return self._mark(customer) in self.marks

    def with_customers(self, customers: Iterable[str]) -> Forgotten:
        """Return the list with these customers on it, too."""
        return replace(self, marks=self.marks | {self._mark(one) for one in customers})

    def to_dict(self) -> dict[str, Any]:
        """Return what stands in the file; marks are sorted, so their order tells nothing."""
        return {
            "format": 1,
            "method": "HMAC-SHA-256, 128 bits",
            "salt": self.salt.hex(),
            "key_check": self.check,
            "marks": sorted(self.marks),
        }

    def _mark(self, customer: str) -> str:
        key = hmac.digest(self._secret, self.salt, "sha256") if self.check else self.salt
        message = _OF_FORGOTTEN + customer.encode("utf-8", "surrogatepass")
        return hmac.digest(key, message, "sha256")[:_BYTES].hex()


class Protection:
    """What is done to every table of customers before it is written.

    Parameters
    ----------
    output : str or path-like
        The output folder, whose list of the forgotten is read.
    pseudonym_key : str, optional
        Secret of the pseudonyms; by default keys stay as they are.
    customers : pyarrow.Table, optional
        `Dataset.customers`. Whoever was forgotten by one of his ``former_keys`` is forgotten.

    Raises
    ------
    InvalidArgument, InvalidData, IOFailure
        As `key_check` and `Forgotten.read` do.
    """

    def __init__(
        self,
        output: str | PathLike[str],
        pseudonym_key: str | None = None,
        *,
        customers: pyarrow.Table | None = None,
    ) -> None:
        self._check = None if pseudonym_key is None else key_check(pseudonym_key)
        self._pseudonyms = None if pseudonym_key is None else _Pseudonyms(_secret(pseudonym_key))
        self._forgotten = Forgotten.read(output, pseudonym_key)
        self._is_forgotten: dict[str, bool] = {}
        self._customers = customers if self._has_marks() else None
        self._former_keys = _former_keys(self._customers)

    def applied(self, table: pyarrow.Table) -> pyarrow.Table:
        """Leave out the forgotten and put pseudonyms in; a table without customers stays."""
        if _COLUMN not in table.column_names:
            return table
        if self._has_marks():
            texts = _texts(table, _COLUMN)
            kept = [not self._has(text) for text in texts]
            pa = extras.require("io", "pyarrow")
            table = table.filter(pa.array(kept, pa.bool_()))
        if self._pseudonyms is not None and self._check is not None:
            table = _pseudonymised(table, self._pseudonyms, self._check, _COLUMN)
        return table

    def forgotten(self) -> frozenset[str]:
        """Return the keys, as text, of those in the table of persons who were forgotten."""
        if self._customers is None:
            return frozenset()
        return frozenset(one for one in _texts(self._customers, _COLUMN) if one and self._has(one))

    def told(self) -> dict[str, Any]:
        """Return what `run.json` says of it: no key, no customer."""
        marks = () if self._forgotten is None else self._forgotten.marks
        return {"pseudonym_key_check": self._check, "num_forgotten": len(marks)}

    def _has_marks(self) -> bool:
        return self._forgotten is not None and bool(self._forgotten.marks)

    def _has(self, customer: str | None) -> bool:
        if customer is None or self._forgotten is None:
            return False
        if customer not in self._is_forgotten:
            keys = (customer, *self._former_keys.get(customer, ()))
            self._is_forgotten[customer] = any(map(self._forgotten.has, keys))
        return self._is_forgotten[customer]


def _former_keys(customers: pyarrow.Table | None) -> dict[str, list[str]]:
    """Return the former keys of those who have some."""
    if customers is None or _FORMER not in customers.column_names:
        return {}
    known = zip(_texts(customers, _COLUMN), customers[_FORMER].to_pylist(), strict=True)
    return {key: former for key, former in known if key is not None and former}
