"""Suggested mappings: by names of five languages and by what the columns hold."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import data_dir

DAY = ["2026-01-05", "2026-01-06"]
NUMBER = ["9.95", "3.00"]


def table(**columns: list[Any]) -> pa.Table:
    return pa.table(columns)


@pytest.mark.parametrize(
    ("names", "prices"),
    [
        (("customer_id", "OrderID", "order date", "Qty", "unit-price", "SKU"), NUMBER),
        (("cliente", "número pedido", "data do pedido", "quantidade", "preço", "produto"), NUMBER),
        (("Kunde", "Bestellnummer", "Datum", "Menge", "Stückpreis", "Artikel"), ["9,95", "3,00"]),
        (("comprador", "pedido", "fecha", "cantidad", "precio", "producto"), ["1.009,95", "3,00"]),
        (("acheteur", "commande", "date achat", "Quantité", "prix unitaire", "produit"), NUMBER),
    ],
)
def test_names_of_five_languages(names: tuple[str, ...], prices: list[str]) -> None:
    values = (["a", "b"], ["1", "2"], DAY, ["1", "2"], prices, ["x", "y"])
    suggested = ea.datasets.suggest_mapping(pa.table(dict(zip(names, values, strict=True))))
    roles = ("customer", "order", "timestamp", "quantity", "unit_price", "product")
    assert suggested.mapping == dict(zip(roles, names, strict=True))
    assert suggested.missing == ()
    assert all(one.reason for one in suggested.roles)
    assert suggested.options.get("decimal") == ("," if "," in prices[0] else None)
    assert suggested.options.get("thousands") == ("." if "1.0" in prices[0] else None)


def test_the_file_of_online_retail_and_of_olist() -> None:
    folder = data_dir()
    suggested = ea.datasets.suggest_mapping(folder / "online_retail" / "online_retail.csv")
    assert suggested.mapping == {
        "customer": "CustomerID",
        "order": "InvoiceNo",
        "timestamp": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "product": "StockCode",
        "region": "Country",
    }
    items = ea.datasets.suggest_mapping(folder / "olist" / "olist_order_items_dataset.csv")
    assert items.mapping["amount"] == "price"
    assert items.mapping["measures"] == {"freight": "freight_value"}
    assert items.missing == ("customer",)


def test_a_suggestion_loads_the_file_that_it_was_made_of(tmp_path: Path) -> None:
    shop = ea.datasets.make_synthetic(50)
    paths = shop.write_csv(tmp_path)
    suggested = ea.datasets.suggest_mapping(paths[2])
    loaded = ea.datasets.load_table(paths[2], suggested.mapping, **suggested.options)
    assert loaded.report.kept == shop.report.kept
    assert loaded.report.kinds == shop.report.kinds
    assert loaded.transactions.measure_names == ("freight", "cost")


def test_what_a_column_holds_refuses_a_name() -> None:
    suggested = ea.datasets.suggest_mapping(
        table(customer=["a"], order=["1"], date=["soon"], amount=["much"], other=["2026-01-05"])
    )
    assert suggested.mapping == {"customer": "customer", "order": "order", "timestamp": "other"}
    assert suggested.roles[-1].reason == "the only column of dates"
    assert suggested.missing == ("amount",)
    [refused] = suggested.refused
    assert (refused.role, refused.column) == ("amount", "amount")
    assert "no numbers" in refused.reason


def test_two_columns_of_dates_without_a_name_are_not_guessed() -> None:
    suggested = ea.datasets.suggest_mapping(table(a=["2026-01-05"], b=["2026-01-06"]))
    assert suggested.roles == ()
    assert suggested.missing == ("customer", "order", "timestamp", "amount")


def test_an_amount_wins_over_a_price_and_a_price_alone_is_one() -> None:
    lines = table(customer=["a"], order=["1"], date=["2026-01-05"], qty=["1"], price=["2.5"])
    both = ea.datasets.suggest_mapping(lines.append_column("line_total", pa.array(["2.5"])))
    assert (both.mapping["amount"], both.mapping["quantity"]) == ("line_total", "qty")
    assert "unit_price" not in both.mapping
    alone = ea.datasets.suggest_mapping(lines.drop_columns(["qty"]))
    assert alone.mapping["amount"] == "price"
    assert "without a quantity" in alone.roles[-1].reason


def test_typed_columns() -> None:
    lines = pa.table(
        {
            "user_id": pa.array([1], pa.int64()),
            "invoice": pa.array(["A"]).dictionary_encode(),
            "created": pa.array([0], pa.timestamp("us")),
            "total": pa.array([5], pa.int64()),
        }
    )
    suggested = ea.datasets.suggest_mapping(lines)
    assert suggested.mapping == {
        "customer": "user_id",
        "order": "invoice",
        "timestamp": "created",
        "amount": "total",
    }
    assert suggested.options == {"integer_unit": "major"}
    assert "cents" in suggested.option_reasons["integer_unit"]


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=30),
        st.lists(st.none() | st.text(max_size=12), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_any_names_and_cells_are_taken(columns: dict[str, list[str | None]]) -> None:
    try:
        lines = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    except UnicodeEncodeError:  # Half of a surrogate pair is no name of a column.
        return
    suggested = ea.datasets.suggest_mapping(lines)
    used = [one.column for one in suggested.roles]
    assert len(set(used)) == len(used)
    assert set(used) <= set(columns)
