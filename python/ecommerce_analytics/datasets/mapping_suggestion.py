"""Which column of a file is what: a suggestion by names and values, each with its reason.

It is never used by itself: a person looks at it, changes it, and hands it to `load_table`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from .. import extras
from .table_file import read_table

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MappingSuggestion", "RoleSuggestion", "suggest_mapping"]

_Kind: TypeAlias = Literal["time", "number", "whole", "text", "empty"]

_MAX_ROWS: Final = 1_000  # Looked at: a suggestion is no check.
_MOST: Final = 0.95  # Of the cells that are there.

# Names of columns by role, best first: words of English, Portuguese, German, Spanish and French in
# small letters without accents; a name fits whole, or word by word.
_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "customer": (
        *("customer id", "customer key", "customer unique id", "customer", "client id", "client"),
        *("customer no", "customer number", "user id", "buyer id", "buyer", "member id", "shopper"),
        *("cliente id", "id cliente", "codigo cliente", "cliente", "comprador", "usuario"),
        *("kundennummer", "kunden id", "kundennr", "kunde", "kaufer", "id client", "acheteur"),
        *("numero client", "code client", "user", "account", "email", "e mail", "customer email"),
    ),
    "order": (
        *("order id", "order number", "order no", "order key", "order", "invoice no", "invoice"),
        *("invoice number", "invoice id", "transaction id", "receipt", "receipt no", "basket id"),
        *("pedido id", "id pedido", "numero pedido", "pedido", "nota fiscal", "factura", "orden"),
        *("bestellnummer", "bestellung", "auftragsnummer", "auftrag", "rechnungsnummer"),
        *("rechnung", "commande", "numero commande", "id commande", "facture", "transaction"),
    ),
    "timestamp": (
        *("order date", "invoice date", "order purchase timestamp", "purchase date", "timestamp"),
        *("created at", "ordered at", "order time", "date time", "datetime", "date", "time", "day"),
        *("data do pedido", "data pedido", "data compra", "data", "fecha pedido", "fecha"),
        *("bestelldatum", "rechnungsdatum", "datum", "zeitpunkt", "date commande", "date facture"),
        *("date achat", "created", "paid at", "when"),
    ),
    "amount": (
        *("line total", "line amount", "net amount", "amount", "revenue", "sales", "net sales"),
        *("item total", "total price", "total amount", "total", "subtotal", "value", "paid"),
        *("valor total", "valor", "importe", "monto", "betrag", "umsatz", "summe", "gesamtpreis"),
        *("gesamtbetrag", "montant", "chiffre d affaires", "ca", "order value", "gross amount"),
    ),
    "quantity": (
        *("quantity", "qty", "units", "pieces", "number of items", "item quantity", "count"),
        *("quantidade", "qtd", "cantidad", "unidades", "menge", "anzahl", "stuck", "stuckzahl"),
        *("quantite", "qte"),
    ),
    "unit_price": (
        *("unit price", "price per unit", "item price", "price each", "price", "preco unitario"),
        *("preco", "precio unitario", "precio", "einzelpreis", "stuckpreis", "preis"),
        *("prix unitaire", "prix"),
    ),
    "product": (
        *("sku", "product id", "product code", "stock code", "product key", "item id", "product"),
        *("item", "article", "artikelnummer", "artikel", "produkt", "produto id", "produto"),
        *("producto", "codigo producto", "produit", "reference", "product name", "asin"),
    ),
    "category": (
        *("category", "product category", "category name", "department", "product type"),
        *("categoria", "kategorie", "warengruppe", "categorie", "rubrique"),
    ),
    "region": (
        *("region", "state", "country", "province", "customer state", "shipping country"),
        *("estado", "uf", "pais", "provincia", "bundesland", "land", "pays", "departement"),
    ),
    "kind": ("line kind", "line type", "kind", "record type"),
    "currency_column": ("currency code", "currency", "moeda", "moneda", "wahrung", "devise"),
    "measure.freight": (
        *("freight", "freight value", "shipping", "shipping cost", "frete", "versandkosten"),
        *("versand", "envio", "gastos de envio", "frais de port", "livraison"),
    ),
    "measure.tax": ("tax", "taxes", "vat", "imposto", "iva", "mwst", "steuer", "tva", "impuesto"),
    "measure.discount": ("discount", "desconto", "descuento", "rabatt", "remise"),
    "measure.cost": ("cost", "cogs", "unit cost", "custo", "costo", "kosten", "cout"),
}
_REQUIRED: Final = ("customer", "order", "timestamp", "amount")
_WANTS: Final[Mapping[str, Sequence[_Kind]]] = {
    "timestamp": ("time",),
    "amount": ("number", "whole"),
    "quantity": ("whole", "number"),
    "unit_price": ("number", "whole"),
}
_ISO_TIME = re.compile(
    r"\s*(\d{4}-\d\d-\d\d|\d{8})([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?\s*(Z|[+-]\d\d(:?\d\d)?)?)?\s*"
)
_POINT = re.compile(r"\s*[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?\s*")
_COMMA = re.compile(r"\s*[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?\s*")
_KINDS_OF_LINE = {"sale", "refund", "shipping", "fee", "discount", "adjustment"}


@dataclass(frozen=True)
class RoleSuggestion:
    """One role and the column that seems to have it.

    Attributes
    ----------
    role : str
        As in `Transactions.from_arrow`; a measure as ``measure.NAME``.
    column : str
        The column.
    reason : str
        Why, for a person.
    """

    role: str
    column: str
    reason: str


@dataclass(frozen=True)
class MappingSuggestion:
    """What the columns of a file seem to be.

    Attributes
    ----------
    roles : tuple of RoleSuggestion
        One per role, in the order of the arguments of `Transactions.from_arrow`.
    options : mapping of str to str
        How its texts seem to be written: ``decimal``, ``thousands``; ``integer_unit``, where money
        stands in whole numbers.
    option_reasons : mapping of str to str
        Why.
    missing : tuple of str
        Roles that a mapping must have and for which no column was found.
    refused : tuple of RoleSuggestion
        Columns whose names mean such a role, and why they do not have it.
    """

    roles: tuple[RoleSuggestion, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    option_reasons: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    refused: tuple[RoleSuggestion, ...] = ()

    @property
    def mapping(self) -> dict[str, Any]:
        """Return the arguments of `load_table` and `Transactions.from_arrow`, options apart."""
        mapping: dict[str, Any] = {}
        for one in self.roles:
            group, _, name = one.role.partition(".")
            if name:
                mapping.setdefault(f"{group}s", {})[name] = one.column
            else:
                mapping[one.role] = one.column
        return mapping


@dataclass(frozen=True)
class _Column:
    name: str
    words: str
    kind: _Kind
    texts: Sequence[str]
    is_typed: bool


def suggest_mapping(
    table: pyarrow.Table | str | PathLike[str], **reading: Any
) -> MappingSuggestion:
    """Suggest which column of a table of order lines is what.

    A column is found by its name, in English, Portuguese, German, Spanish or French, and refused
    where its first 1,000 cells do not hold what the role needs; the only column of times is the
    time, whatever its name.

    Parameters
    ----------
    table : pyarrow.Table, str or path-like
        The table, or a file for `read_table`.
    **reading
        Options of `read_table`, for a file.

    Returns
    -------
    MappingSuggestion
        To be shown to somebody before it is used: it may be wrong.

    Raises
    ------
    Error
        As `read_table`, for a file.

    Notes
    -----
    O(columns), of the first 1,000 rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from ecommerce_analytics import datasets
    >>> lines = pa.table({"Kunde": ["ann"], "Bestellnummer": ["7"], "Datum": ["2026-01-05"],
    ...                   "Menge": ["2"], "Einzelpreis": ["9,95"]})
    >>> suggested = datasets.suggest_mapping(lines)
    >>> suggested.mapping
    {'customer': 'Kunde', 'order': 'Bestellnummer', 'timestamp': 'Datum', 'quantity': 'Menge', \
'unit_price': 'Einzelpreis'}
    >>> suggested.options
    {'decimal': ','}
    """
    pa = extras.require("io", "pyarrow")
    if not isinstance(table, pa.Table):
        table = read_table(table, **reading)
    columns = [_column(table, place) for place in range(table.num_columns)]
    found: dict[str, tuple[_Column, str]] = {}
    for is_called in (_is_name, _ends_name):
        for role in _NAMES:
            taken = {column.name for column, _ in found.values()}
            free = [column for column in columns if column.name not in taken]
            if role not in found and (best := _best(role, free, is_called)):
                found[role] = best
    if "timestamp" not in found:
        times = [column for column in columns if column.kind == "time"]
        if len(times) == 1:
            found["timestamp"] = (times[0], "the only column of dates")
    _settle_money(found)
    roles = tuple(
        RoleSuggestion(role, found[role][0].name, found[role][1])
        for role in _NAMES
        if role in found
    )
    options, reasons = _options(found)
    has_product = {"quantity", "unit_price"} <= found.keys()
    missing = [
        role for role in _REQUIRED if role not in found and not (role == "amount" and has_product)
    ]
    refused = tuple(_refused(missing, columns, {one.column for one in roles}))
    return MappingSuggestion(roles, options, reasons, tuple(missing), refused)


def _refused(
    missing: Sequence[str], columns: Sequence[_Column], taken: Collection[str]
) -> Iterator[RoleSuggestion]:
    """Say of columns that are called like a role why they are not taken for it."""
    for role in missing:
        for column in columns:
            is_called = any(_is_name(known, column.words) for known in _NAMES[role])
            if is_called and column.name not in taken:
                wanted = "dates as 2026-01-05" if role == "timestamp" else "numbers"
                reason = f"its name means {role}, but some of its first cells are no {wanted}"
                yield RoleSuggestion(role, column.name, reason)


def _column(table: pyarrow.Table, place: int) -> _Column:
    pa = extras.require("io", "pyarrow")
    name = table.column_names[place]
    cells = table.column(place).slice(0, _MAX_ROWS)
    type_ = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    texts: list[str] = []
    kind: _Kind
    if pa.types.is_temporal(type_):
        kind = "time"
    elif pa.types.is_integer(type_):
        kind = "whole"
    elif pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        values = [value for value in cells.to_pylist() if value is not None]
        kind = "whole" if values and all(value == value // 1 for value in values) else "number"
    elif pa.types.is_string(type_) or pa.types.is_large_string(type_):
        texts = [text for text in cells.to_pylist() if text]
        kind = _kind_of(texts)
    else:
        kind = "text"
    return _Column(name, _words(name), kind, texts, is_typed=not texts)


def _kind_of(texts: Sequence[str]) -> _Kind:
    if not texts:
        return "empty"

    def share(pattern: re.Pattern[str]) -> float:
        return sum(pattern.fullmatch(text) is not None for text in texts) / len(texts)

    if share(re.compile(r"\s*[+-]?\d+\s*")) >= _MOST:
        dates = [text.strip() for text in texts]
        is_day = all(len(text) == 8 and text[:2] in ("19", "20") for text in dates)
        return "time" if is_day and share(_ISO_TIME) >= _MOST else "whole"
    if share(_ISO_TIME) >= _MOST:
        return "time"
    return "number" if max(share(_POINT), share(_COMMA)) >= _MOST else "text"


def _words(name: str) -> str:
    """Return a name in small letters without accents, its words apart by blanks."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return " ".join(re.findall(r"[a-z0-9]+", plain.replace("ß", "ss").lower()))


def _best(
    role: str, columns: Sequence[_Column], is_called: Callable[[str, str], bool]
) -> tuple[_Column, str] | None:
    wanted = _WANTS.get(role) or (("number", "whole") if role.startswith("measure.") else ())
    for known in _NAMES[role]:
        for column in columns:
            if not is_called(known, column.words) or (wanted and column.kind not in wanted):
                continue
            if role == "kind" and not (column.texts and set(column.texts) <= _KINDS_OF_LINE):
                continue
            meaning = role.rpartition(".")[2].replace("_", " ")
            return column, f"its name means {meaning}{_holds(column)}"
    return None


def _is_name(known: str, words: str) -> bool:
    return words.replace(" ", "") == known.replace(" ", "")


def _ends_name(known: str, words: str) -> bool:
    return len(known) > 3 and words.endswith(f" {known}")


def _holds(column: _Column) -> str:
    if column.kind == "time":
        return " and it holds dates"
    return " and it holds numbers" if column.kind in ("number", "whole") else ""


def _settle_money(found: dict[str, tuple[_Column, str]]) -> None:
    """Leave exactly one way to the amount of a line."""
    if "amount" in found:
        found.pop("unit_price", None)
    elif "unit_price" in found and "quantity" not in found:
        column, _ = found.pop("unit_price")
        found["amount"] = (column, "a price without a quantity is the money of the line")


def _options(
    found: Mapping[str, tuple[_Column, str]],
) -> tuple[dict[str, str], dict[str, str]]:
    options: dict[str, str] = {}
    reasons: dict[str, str] = {}
    money = [
        column
        for role, (column, _) in found.items()
        if role in ("amount", "unit_price") or role.startswith("measure.")
    ]
    texts = [text for column in money for text in column.texts]
    marks = list(_marks(texts))
    if marks and all(mark == "," for mark, _ in marks):
        options["decimal"] = ","
        reasons["decimal"] = f"numbers such as {marks[0][1].strip()} have a decimal comma"
    groups = "." if options else ","
    pattern = _COMMA if options else _POINT
    grouped = [text for text in texts if groups in text and pattern.fullmatch(text)]
    if marks and grouped:
        options["thousands"] = groups
        reasons["thousands"] = f"numbers such as {grouped[0].strip()} have groups of three digits"
    if any(column.is_typed and column.kind == "whole" for column in money):
        options["integer_unit"] = "major"
        reasons["integer_unit"] = "money stands in whole numbers: taken as whole units, not cents"
    return options, reasons


def _marks(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the decimal mark of each text that shows one for sure, with the text."""
    for text in map(str.strip, texts):
        whole, mark, decimals = max(text.rpartition("."), text.rpartition(","), key=_whole_length)
        is_sure = len(decimals) != 3 or "." in whole or "," in whole
        if mark and is_sure and mark not in whole:
            yield mark, text


def _whole_length(parts: tuple[str, str, str]) -> int:
    return len(parts[0])
