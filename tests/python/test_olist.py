"""Olist: the published figures, and the joins that must not multiply or lose money."""

import hashlib
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import ecommerce_analytics as ea
from known_files import known_copy

# Two persons, three orders, four items; p2 has no translation, p3 no category.
FILES = {
    "olist_order_items_dataset.csv": """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o2,1,p1,s1,2017-09-19 09:45:35,10.50,1.25
o1,1,p2,s1,2017-09-19 09:45:35,20.00,0.00
o1,2,p3,s2,2017-09-19 09:45:35,30.00,3.00
o3,1,p1,s2,2017-09-19 09:45:35,0.05,4.00
""",
    "olist_orders_dataset.csv": """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2017-01-02 10:00:00,2017-01-02 10:10:00,,,2017-02-01 00:00:00
o2,c2,canceled,2017-01-02 10:00:00,,,,
o3,c3,delivered,2017-03-04 00:00:00,,,,
o4,c4,unavailable,2017-03-05 00:00:00,,,,
""",
    "olist_customers_dataset.csv": """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c3,b,01037,sao paulo,SP
c2,a,01037,sao paulo,SP
c1,a,20031,rio de janeiro,RJ
c4,c,01037,sao paulo,SP
""",
    "olist_products_dataset.csv": """\
product_id,product_category_name,product_name_lenght,product_description_lenght,\
product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm
p1,perfumaria,40,287,1,225,16,10,14
p2,pc_gamer,40,287,1,225,16,10,14
p3,,,,,,,,
""",
    "olist_sellers_dataset.csv": """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
s1,13023,campinas,SP
s2,55325,brejao,PE
""",
    "olist_order_payments_dataset.csv": """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,8,50.00
o1,2,voucher,1,3.00
o2,1,boleto,1,11.75
""",
    "olist_order_reviews_dataset.csv": """\
review_id,order_id,review_score,review_comment_title,review_comment_message,\
review_creation_date,review_answer_timestamp
r1,o1,5,,"muito
bom",2017-09-21 00:00:00,2017-09-22 00:00:00
r2,o2,4,,,,
""",
    "product_category_name_translation.csv": """\
\ufeffproduct_category_name,product_category_name_english
perfumaria,perfumery
""",
}

ITEMS = "olist_order_items_dataset.csv"
ORDERS = "olist_orders_dataset.csv"
CUSTOMERS = "olist_customers_dataset.csv"
PRODUCTS = "olist_products_dataset.csv"
SELLERS = "olist_sellers_dataset.csv"
PAYMENTS = "olist_order_payments_dataset.csv"
REVIEWS = "olist_order_reviews_dataset.csv"
TRANSLATION = "product_category_name_translation.csv"

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edit(shop: Path) -> Edit:
    def replace(name: str, old: str, new: str) -> Path:
        assert FILES[name].count(old) == 1
        (shop / name).write_text(FILES[name].replace(old, new), encoding="utf-8")
        return shop

    return replace


class TestTinyShop:
    def test_lines(self, shop: Path) -> None:
        dataset = ea.datasets.load_olist(shop)

        assert (dataset.name, dataset.currency, dataset.region) == ("olist", "BRL", "region")
        assert dataset.cleaning is None
        assert not dataset.is_synthetic
        transactions = dataset.transactions
        assert set(transactions.dimension_names) == {
            "product",
            "category",
            "region",
            "city",
            "seller",
            "seller_state",
            "status",
            "delivery",
            "delivery_days",
            "review_score",
        }
        assert list(transactions.measure_names) == ["freight"]
        report = dataset.report
        assert (report.num_customers, report.num_orders) == (2, 3)
        assert (report.kept.num_lines, report.kept.money) == (4, Decimal("60.55"))

    def test_each_line_finds_its_category_and_region(self, shop: Path) -> None:
        transactions = ea.datasets.load_olist(shop).transactions

        def revenue_by(dimension: str) -> dict[str, Decimal]:
            table = ea.geo_aggregate.by_region(transactions, region=dimension).to_arrow()
            keys, revenue = table["region"].to_pylist(), table["revenue"].to_pylist()
            return dict(zip(keys, revenue, strict=True))

        assert revenue_by("region") == {"RJ": Decimal(50), "SP": Decimal("10.55")}
        assert revenue_by("status") == {"canceled": Decimal("10.5"), "delivered": Decimal("50.05")}

    def test_a_category_is_translated_kept_or_unknown(self, shop: Path) -> None:
        products = ea.datasets.load_olist(shop).tables["products"]

        assert products["category"].to_pylist() == ["perfumery", "pc_gamer", None]

    def test_customers_are_people_of_the_orders_table(self, shop: Path) -> None:
        customers = ea.datasets.load_olist(shop).customers

        # Person a ordered twice at one moment: the order with the smaller key was in Rio.
        assert customers.drop_columns("first_order").to_pylist() == [
            {"customer": "a", "region": "RJ", "city": "rio de janeiro", "orders": 2},
            {"customer": "b", "region": "SP", "city": "sao paulo", "orders": 1},
            {"customer": "c", "region": "SP", "city": "sao paulo", "orders": 1},
        ]

    def test_other_tables_are_typed(self, shop: Path) -> None:
        tables = ea.datasets.load_olist(shop).tables

        assert set(tables) == {
            "orders",
            "customers",
            "products",
            "sellers",
            "payments",
            "reviews",
        }
        assert tables["payments"].schema.field("payment_value").type == pa.decimal128(38, 4)
        assert pc.sum(tables["payments"]["payment_value"]).as_py() == Decimal("64.75")
        assert tables["orders"].schema.field("order_approved_at").type == pa.timestamp("us")
        assert tables["products"].schema.field("product_weight_g").type == pa.int64()
        assert tables["customers"]["customer_zip_code_prefix"][0].as_py() == "01037"
        assert tables["reviews"]["review_comment_message"][0].as_py() == "muito\nbom"

    def test_geolocation_may_be_there(self, shop: Path) -> None:
        name = "olist_geolocation_dataset.csv"
        (shop / name).write_text(
            "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,"
            "geolocation_state\n01012,-23.5479,-46.6347,sao paulo,SP\n"
        )

        dataset = ea.datasets.load_olist(shop)

        assert dataset.tables["geolocation"]["geolocation_lat"].to_pylist() == [-23.5479]
        assert set(dataset.sources) == {*FILES, name}

    def test_sources(self, shop: Path) -> None:
        assert ea.datasets.load_olist(shop).sources == {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()
        }

    @pytest.mark.parametrize("name", FILES)
    def test_a_missing_file(self, shop: Path, name: str) -> None:
        (shop / name).unlink()
        with pytest.raises(ea.IOFailure, match="does not exist") as caught:
            ea.datasets.load_olist(shop)
        assert caught.value.file == str(shop / name)

    @pytest.mark.parametrize("name", FILES)
    def test_a_missing_column(self, edit: Edit, name: str) -> None:
        column = FILES[name].partition("\n")[0].split(",")[-1]
        with pytest.raises(ea.SchemaMismatch) as caught:
            ea.datasets.load_olist(edit(name, f",{column}\n", ",other\n"))
        assert (Path(str(caught.value.file)).name, caught.value.column) == (name, column)

    @pytest.mark.parametrize(
        ("name", "line", "row", "column", "value"),
        [
            (ITEMS, "o1,1,p2,s1,2017-09-19 09:45:35,20.00,0.00\n", 3, "order_item_id", "o1 1"),
            (ORDERS, "o3,c3,delivered,2017-03-04 00:00:00,,,,\n", 4, "order_id", "o3"),
            (CUSTOMERS, "c2,a,01037,sao paulo,SP\n", 3, "customer_id", "c2"),
            (PRODUCTS, "p2,pc_gamer,40,287,1,225,16,10,14\n", 3, "product_id", "p2"),
            (SELLERS, "s1,13023,campinas,SP\n", 2, "seller_id", "s1"),
            (PAYMENTS, "o1,2,voucher,1,3.00\n", 3, "payment_sequential", "o1 2"),
            (REVIEWS, "r2,o2,4,,,,\n", 3, "review_id", "r2 o2"),
            (TRANSLATION, "perfumaria,perfumery\n", 2, "product_category_name", "perfumaria"),
        ],
    )
    def test_a_key_that_stands_twice_would_multiply_money(
        self, edit: Edit, name: str, line: str, row: int, column: str, value: str
    ) -> None:
        with pytest.raises(ea.InvalidData, match="twice") as caught:
            ea.datasets.load_olist(edit(name, line, line + line))
        assert Path(str(caught.value.file)).name == name
        assert caught.value.row == row
        assert column in str(caught.value.column)
        assert caught.value.value == value

    @pytest.mark.parametrize(
        ("name", "old", "new", "row", "column", "value"),
        [
            (ITEMS, "o3,1,p1", "o9,1,p1", 4, "order_id", "o9"),
            (ITEMS, "o1,2,p3", "o1,2,p9", 3, "product_id", "p9"),
            (ITEMS, "o1,2,p3,s2", "o1,2,p3,s9", 3, "seller_id", "s9"),
            (ORDERS, "o2,c2", "o2,c9", 2, "customer_id", "c9"),
            (ITEMS, "o3,1,p1", ",1,p1", 4, "order_id", None),
            (CUSTOMERS, "c2,a", "c2,", 2, "customer_unique_id", None),
            (ORDERS, "2017-03-05", "2017-02-29", 4, "order_purchase_timestamp", None),
            (PAYMENTS, "voucher,1,3.00", "voucher,1,3.00001", 2, "payment_value", "3.00001"),
            (ITEMS, "20.00", "20.00001", 2, "price", "20.00001"),
            (ITEMS, "20.00", "twenty", 2, "price", "twenty"),
            (ITEMS, ",0.00", ",1.9x", 2, "freight_value", "1.9x"),
            (PRODUCTS, "p2,pc_gamer,40", "p2,pc_gamer,4O", 2, "product_name_lenght", "4O"),
        ],
    )
    def test_a_bad_cell(
        self, edit: Edit, name: str, old: str, new: str, row: int, column: str, value: str | None
    ) -> None:
        with pytest.raises(ea.InvalidData) as caught:
            ea.datasets.load_olist(edit(name, old, new))
        assert Path(str(caught.value.file)).name == name
        assert (caught.value.row, caught.value.column) == (row, column)
        assert value is None or caught.value.value == value

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ea.IOFailure):
            ea.datasets.load_olist(tmp_path / "absent")


@pytest.fixture(scope="module")
def olist() -> ea.datasets.Dataset:
    return ea.datasets.load_olist(known_copy("olist"))


# Figures: the Olist section of the data's published counts, recomputed without this package.
class TestFigures:
    def test_rows(self, olist: ea.datasets.Dataset) -> None:
        assert olist.transactions.num_rows == 112_650
        assert {name: table.num_rows for name, table in olist.tables.items()} == {
            "orders": 99_441,
            "customers": 99_441,
            "products": 32_951,
            "sellers": 3_095,
            "payments": 103_886,
            "reviews": 99_224,
            "geolocation": 45_928,
        }

    def test_people_by_the_orders_table(self, olist: ea.datasets.Dataset) -> None:
        orders = olist.customers["orders"].to_numpy()
        assert len(orders) == 96_096
        assert ((orders == 1).sum(), (orders > 1).sum(), orders.max()) == (93_099, 2_997, 17)
        assert orders.sum() == 99_441

    def test_people_by_item_lines(self, olist: ea.datasets.Dataset) -> None:
        assert (olist.report.num_customers, olist.report.num_orders) == (95_420, 98_666)
        assert olist.report.guests.num_lines == 0

    def test_item_prices(self, olist: ea.datasets.Dataset) -> None:
        assert olist.report.read.money == Decimal("13591643.70")
        assert olist.report.kept.money == Decimal("13591643.70")
        assert not olist.report.removed
        summary = ea.kpi.summary(olist.transactions)
        assert summary.to_arrow()["revenue_net"].to_pylist() == [Decimal("13591643.70")]
        assert summary["orders"].tolist() == [98_666]
        assert summary["customers"].tolist() == [95_420]
        assert summary["repeat_customers"].tolist() == [2_913]

    @pytest.mark.parametrize(
        ("dimension", "revenue"),
        [
            (
                "region",
                {
                    "SP": "5202955.05",
                    "RJ": "1824092.67",
                    "MG": "1585308.03",
                    "RS": "750304.02",
                    "PR": "683083.76",
                },
            ),
            (
                "status",
                {"canceled": "95235.27", "unavailable": "2007.69", "delivered": "13221498.11"},
            ),
        ],
    )
    def test_item_prices_by_order_dimension(
        self, olist: ea.datasets.Dataset, dimension: str, revenue: dict[str, str]
    ) -> None:
        table = ea.geo_aggregate.by_region(olist.transactions, region=dimension).to_arrow()
        actual = dict(zip(table["region"].to_pylist(), table["revenue"].to_pylist(), strict=True))
        assert {key: actual[key] for key in revenue} == {
            key: Decimal(text) for key, text in revenue.items()
        }

    def test_payments(self, olist: ea.datasets.Dataset) -> None:
        payments = olist.tables["payments"]
        by_type = payments.group_by("payment_type").aggregate(
            [("payment_value", "sum"), ("payment_value", "count")]
        )
        assert {
            row["payment_type"]: (row["payment_value_count"], row["payment_value_sum"])
            for row in by_type.to_pylist()
        } == {
            "credit_card": (76_795, Decimal("12542084.19")),
            "boleto": (19_784, Decimal("2869361.27")),
            "voucher": (5_775, Decimal("379436.87")),
            "debit_card": (1_529, Decimal("217989.79")),
            "not_defined": (3, Decimal(0)),
        }
        assert pc.sum(payments["payment_value"]).as_py() == Decimal("16008872.12")

    def test_statuses(self, olist: ea.datasets.Dataset) -> None:
        counts = {
            row["values"]: row["counts"]
            for row in olist.tables["orders"]["order_status"].value_counts().to_pylist()
        }
        assert counts["delivered"] == 96_478
        assert counts["canceled"] == 625
        assert counts["unavailable"] == 609

    def test_item_prices_by_category(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []

        class Recorder:
            @staticmethod
            def from_arrow(table: pa.Table, **mapping: object) -> ea.Transactions:
                seen.append(table)
                return ea.Transactions.from_arrow(table, **mapping)

        monkeypatch.setattr("ecommerce_analytics.datasets.olist.Transactions", Recorder)
        ea.datasets.load_olist(known_copy("olist"))

        (lines,) = seen
        lines = lines.set_column(0, "money", lines["price"].cast(pa.decimal128(38, 4)))
        sums = lines.group_by("category").aggregate([("money", "sum")]).to_pylist()
        revenue = {row["category"]: row["money_sum"] for row in sums}
        assert revenue["health_beauty"] == Decimal("1258681.34")
        assert revenue["watches_gifts"] == Decimal("1205005.68")
        assert revenue["bed_bath_table"] == Decimal("1036988.68")
        assert revenue[None] == Decimal("179535.28")
        freight = lines["freight_value"].cast(pa.decimal128(38, 4))
        assert pc.sum(freight).as_py() == Decimal("2251909.54")

    def test_categories(self, olist: ea.datasets.Dataset) -> None:
        category = olist.tables["products"]["category"]
        assert category.null_count == 610
        assert {"pc_gamer", "portateis_cozinha_e_preparadores_de_alimentos"} <= set(
            category.to_pylist()
        )

    def test_geolocation_alone_may_be_missing(
        self, olist: ea.datasets.Dataset, tmp_path: Path
    ) -> None:
        for name in olist.sources:
            if "geolocation" not in name:
                shutil.copy(known_copy("olist") / name, tmp_path)
        without = ea.datasets.load_olist(tmp_path)
        assert set(olist.tables) - set(without.tables) == {"geolocation"}
        assert without.report == olist.report
