"""The page Data: where figures come from, a file of one's own, definitions, tables to take away."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import launch, uploads
from ecommerce_analytics.dashboard.data_page import dictionary, ingest, tables
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.uploads import Upload
from ecommerce_analytics.dashboard.words import escaped

HOSTILE = "![x](http://evil.example/a.png) <script>alert(1)</script> :red[b] $x$ \u202egpj"
LINES = """\
Kunde;Bestellnummer;Datum;Betrag;Artikel
ann;1;2024-01-05;1.019,90;lamp
bob;2;2024-02-06 10:00:00;5,00;vase
bob;3;2024-03-06 10:00:00;7,50;vase
bob;3;2024-03-07 10:00:00;-2,50;vase
"""


@pytest.fixture(autouse=True)
def served() -> Iterator[Source]:
    """Serve a small shop."""
    source = Source(lambda: ea.datasets.make_synthetic(60))
    launch.use(source)
    yield source
    launch.use(Source(ea.datasets.make_synthetic))


def opened(part: str | None = None) -> AppTest:
    """Open the page, and one of its parts."""
    app = dashboard_pages.opened("data")
    if part is not None:
        app.segmented_control(key="data-part").set_value(part).run()
    assert not app.exception
    return app


def sent(data: str | bytes, name: str = "lines.csv") -> AppTest:
    """Open the page and send a file."""
    app = opened("Upload")
    content = data.encode() if isinstance(data, str) else data
    app.file_uploader(key="upload-file").upload(name, content).run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    [button] = [one for one in app.button if one.key == key or one.label == key]
    button.click().run()
    assert not app.exception
    return app


def frames(app: AppTest) -> list[Any]:
    return [one.value for one in app.dataframe]


def shop_of(app: AppTest) -> Shop | None:
    try:
        found: Shop = app.session_state["own-shop"]
    except KeyError:
        return None
    return found


def test_the_source_shows_its_report_and_the_lines_of_a_step() -> None:
    app = opened()
    report = launch.served().shop().dataset.report
    [steps, *_] = frames(app)
    assert steps["lines"].iloc[0] == report.read.num_lines
    assert float(steps["money"].iloc[-1]) == float(report.kept.money)
    month = report.months[3].month
    app.selectbox(key="ingest-month").set_value(month).run()
    [kept] = [
        one
        for one in ingest.report_of(launch.served().shop().dataset, month).to_pylist()
        if one["step"] == "kept"
    ]
    assert frames(app)[0]["lines"].tolist()[0] == kept["lines"]


def test_the_dictionary_is_found_by_words() -> None:
    app = opened("Dictionary")
    assert len(frames(app)[0]) == len(ea.kpi.dictionary())
    app.text_input(key="dictionary-search").set_value("RETURN rate").run()
    names = frames(app)[0]["name"].tolist()
    assert 0 < len(names) < len(ea.kpi.dictionary())
    app.text_input(key="dictionary-search").set_value("no such words").run()
    assert "No key figure" in app.info[0].value
    assert dictionary.found("").num_rows == len(ea.kpi.dictionary())


def test_every_table_can_be_taken_away() -> None:
    app = opened("Exports")
    shop = launch.served().shop()
    exports = {one.key: one for one in tables.tables_of(shop, EVERYTHING)}
    assert len(exports) > 8
    for key, one in exports.items():
        app.selectbox(key="export-table").set_value(key).run()
        assert not app.exception
        assert len(frames(app)[0]) == min(len(one.make()), 1_000)
    assert "Email" in frames(app)[1].columns


def test_an_upload_becomes_the_source_of_this_session_alone() -> None:
    app = sent(LINES)
    assert app.selectbox(key=f"map-customer-{Upload('', LINES.encode()).key}").value == "Kunde"
    press(app, "Read the file")
    report = frames(app)[-1]
    assert report["lines"].iloc[0] == 4
    assert float(report["money"].iloc[-1]) == 1029.90
    other = opened()
    press(app, "upload-use")
    shop = shop_of(app)
    assert shop is not None
    assert shop.dataset.transactions.num_orders == 3
    assert any("seen by you alone" in one.value for one in app.caption)
    assert shop_of(other.run()) is None
    assert not any("seen by you alone" in one.value for one in other.caption)
    assert launch.served().shop().name == "synthetic"
    press(app, "source-back")
    assert shop_of(app) is None


def test_lines_behind_a_step_of_an_upload() -> None:
    upload = Upload("lines.csv", LINES.encode())
    reading = {"delimiter": ";", "decimal": ",", "thousands": "."}
    mapping = {"customer": "Kunde", "order": "Bestellnummer", "timestamp": "Datum"}
    dataset = upload.dataset(mapping | {"amount": "Betrag"}, **reading)
    refunds = ea.explain.lines(dataset, "kind", "refund")
    assert refunds["source_row"].to_pylist() == [4]


def test_an_error_names_row_and_column_and_shows_the_row() -> None:
    lines = LINES.replace("5,00", "five")
    app = sent(lines)
    app.selectbox(key=f"map-amount-{Upload('', lines.encode()).key}").set_value("Betrag")
    app.selectbox(key=f"option-decimal-{Upload('', lines.encode()).key}").set_value(",")
    app.selectbox(key=f"option-thousands-{Upload('', lines.encode()).key}").set_value(".")
    press(app, "Read the file")
    text = app.error[0].value.replace("\\", "")
    assert "row 2" in text
    assert "Betrag" in text
    assert frames(app)[-1]["Betrag"].tolist() == ["five"]
    assert shop_of(app) is None


def test_a_mapping_without_a_role_is_refused() -> None:
    app = sent("who,what\nann,lamp\n")
    press(app, "Read the file")
    assert "Customer, Order, Time, Amount" in app.error[0].value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("header.csv", b"a,b\n"),
        ("ragged.csv", b"a,b\n1\n"),
        ("binary.csv", b"\x00\x01\x02"),
        ("text.parquet", b"PAR1 no PAR1"),
        ("zip.xlsx", b"PK\x03\x04 no zip"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(name: str, content: bytes) -> None:
    app = sent(content, name)
    assert len(app.error) == 1
    assert name.replace(".", "\\.") in app.error[0].value


def test_hostile_names_and_values_are_text() -> None:
    cell = HOSTILE.replace('"', '""')
    lines = f'customer,order,date,amount,"{cell}"\n"{cell}",1,2024-01-05,5,"=1+1"\n'
    app = sent(lines, f"../../{HOSTILE}.csv")
    shown = [one.value for one in (*app.caption, *app.markdown)]
    assert not any("](http" in text or "<script" in text for text in shown)
    assert HOSTILE in frames(app)[0].columns
    press(app, "Read the file")
    press(app, "upload-use")
    assert shop_of(app) is not None
    shown = [one.value for one in (*app.caption, *app.error, *app.warning)]
    assert not any("](http" in text or "<script" in text for text in shown)


def test_marks_of_markdown_are_escaped() -> None:
    assert escaped("a*b_[c](d)\n:e: $f$") == r"a\*b\_\[c\]\(d\) \:e\: \$f\$"


def test_a_name_is_no_path_and_a_file_is_what_its_bytes_are() -> None:
    assert Upload("..\\..\\a/b/run.json\n", b"").name == "run.json"
    assert Upload("/", b"").name == "file"
    assert len(Upload("x" * 500, b"").name) == 80
    assert Upload("a.csv", b"PAR1...").file_format == "parquet"
    assert Upload("a.parquet", b"a;b\n").file_format == "csv"
    assert Upload("a.csv", b"a;b;c\n1,2;3;4").delimiter == "semicolon"
    assert Upload("a.csv", b'"a,b,c"\td\n').delimiter == "tab"


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", " " * 100_000)
    monkeypatch.setattr(uploads, "_MAX_UNPACKED", 50_000)
    with pytest.raises(ea.InvalidData, match="too large"):
        Upload("a.xlsx", packed.getvalue()).table()


def test_klaviyo_where_the_source_has_consent(tmp_path: Path) -> None:
    from shop_files import shopify_order, write_shopify

    item = {"quantity": 1, "price": "5.00", "name": "lamp"}
    path = write_shopify(
        tmp_path / "orders.csv",
        shopify_order("#1", [item], Email="ann@example.com", Accepts_Marketing="yes"),
        shopify_order("#2", [item], Email="bob@example.com", Accepts_Marketing="no"),
    )
    shop = Shop(ea.datasets.load_shopify(path))
    made = tables.klaviyo_list(shop)
    assert made is not None
    profiles, left_out = made
    assert profiles["Email"].to_pylist() == ["ann@example.com"]
    assert left_out["no_consent"] == 1
    launch.use(Source(lambda: ea.datasets.load_shopify(path)))
    app = opened("Exports")
    assert "ann@example.com" in frames(app)[1]["Email"].tolist()


@pytest.mark.parametrize("shop", ["shopify", "woocommerce"])
def test_an_export_of_a_shop_is_read_as_such(shop: str, tmp_path: Path) -> None:
    from shop_files import shopify_order, woocommerce_order, write_shopify, write_woocommerce

    if shop == "shopify":
        item = {"quantity": 2, "price": "5.00", "name": "lamp"}
        path = write_shopify(tmp_path / "a.csv", shopify_order("#1", [item], Shipping="4.00"))
        expected = ea.datasets.load_shopify(path)
    else:
        part = {"id": 1, "quantity": 2, "subtotal": "10.00", "total": "9.00", "name": "lamp"}
        path = write_woocommerce(tmp_path / "a.csv", woocommerce_order(1, [part]))
        expected = ea.datasets.load_woocommerce(path)
    app = press(sent(path.read_bytes(), "orders.csv"), "Read the file")
    assert not app.error
    press(app, "upload-use")
    found = shop_of(app)
    assert found is not None
    assert found.name == shop
    assert found.dataset.report == expected.report
    assert ea.explain.lines(found.dataset, "read").num_rows == expected.report.read.num_lines


def test_two_visitors_with_two_files_see_only_their_own() -> None:
    apps = []
    for who in ("ann", "bob"):
        app = sent(f"customer,order,date,amount\n{who},1,2024-01-05,5\n", f"{who}.csv")
        press(app, "Read the file")
        apps.append(press(app, "upload-use"))
    for app, who in zip(apps, ("ann", "bob"), strict=True):
        app.segmented_control(key="data-part").set_value("Exports").run()
        assert frames(app)[0]["customer"].tolist() == [who]
        assert "does not tell addresses" in app.info[-1].value
        shop = shop_of(app)
        assert shop is not None
        assert list(shop.dataset.sources) == [f"{who}.csv"]
    assert launch.served().shop().dataset.transactions.num_customers > 2


def test_the_filters_of_a_shop_are_taken_over_as_far_as_it_has_them() -> None:
    app = opened()
    category = launch.served().shop().categories[0]
    app.sidebar.multiselect(key="filter-category").set_value([category]).run()
    assert app.session_state["filters"] == Filters(category=(category,))


def test_a_parquet_file_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table({"amount": list(range(20_000))}), file)
    upload = Upload("lines.parquet", file.getvalue())
    assert upload.table().num_rows == 20_000
    monkeypatch.setattr(uploads, "_MAX_UNPACKED", 50_000)
    with pytest.raises(ea.Error, match="Parquet file is too large"):
        upload.table()
    with pytest.raises(ea.Error):
        Upload("broken.parquet", b"PAR1 and no more").table()
