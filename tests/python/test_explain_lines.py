"""The lines behind a step are as many as it says, and their amounts add up to its money."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import ecommerce_analytics as ea
from conftest import data_dir
from ecommerce_analytics.cli import app
from shop_files import shopify_order, woocommerce_order, write_shopify, write_woocommerce

ONLINE_RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850,United Kingdom
536370,POST,POSTAGE,3,2010-12-01 08:45:00,18,12583,France
536379,D,Discount,-1,2010-12-02 09:41:00,27.5,14527,United Kingdom
536400,22752,BLOCKS,2,2011-01-02 09:41:00,0,,United Kingdom
C536383,85123A,WHITE HEART,-6,2011-01-03 10:00:00,2.55,17850,United Kingdom
C536384,22752,BLOCKS,-2,2011-01-04 10:00:00,7.65,17850,United Kingdom
536401,22752,BLOCKS,5,2011-01-05 10:00:00,7.65,,Spain
"""
LINES = """\
client;nr;when;paid;n;what;freight;why
ann;1;2024-01-05;19,90;2;lamp;1,5;
bob;2;2024-01-06 10:00:00;-5;1;lamp;0;
;3;2024-02-01;0;0;;0,25;
eve;4;2024-02-02;0,0001;3;vase;0;
"""
MAPPING = {
    "customer": "client",
    "order": "nr",
    "timestamp": "when",
    "amount": "paid",
    "quantity": "n",
    "product": "what",
    "measures": ["freight"],
}


def online_retail(folder: Path, cleaning: Any) -> ea.datasets.Dataset:
    path = folder / "online_retail.csv"
    path.write_text(ONLINE_RETAIL, encoding="utf-8")
    return ea.datasets.load_online_retail(path, cleaning=cleaning)


def cdnow(folder: Path) -> ea.datasets.Dataset:
    path = folder / "cdnow.txt"
    path.write_text(
        "customer_id date number_of_cds dollar_value\n1 19970101 1 11.77\n2 19970112 5 0\n"
    )
    return ea.datasets.load_cdnow(path)


def shopify(folder: Path) -> ea.datasets.Dataset:
    item = {"quantity": 2, "name": "lamp", "price": "9.95", "sku": "L"}
    return ea.datasets.load_shopify(
        write_shopify(
            folder / "shopify.csv",
            shopify_order("#1", [item], Email="ann@example.com", Taxes="1.00", Shipping="4.00"),
            shopify_order("#2", [item, item], Refunded_Amount="5.00", Discount_Amount="3.33"),
            shopify_order("#3", [item], Financial_Status="voided"),
            shopify_order("#4", [item], Currency="EUR", Created_at="2024-02-15 10:22:33 -0500"),
        ),
        currency="USD",
    )


def woocommerce(folder: Path) -> ea.datasets.Dataset:
    item = {"quantity": 2, "subtotal": "20.00", "total": "18.00", "total_tax": "1.80", "sku": "L"}
    item |= {"subtotal_tax": "2.00", "id": "1", "name": "lamp", "refunded": "0", "refunded_qty": 0}
    return ea.datasets.load_woocommerce(
        write_woocommerce(
            folder / "woocommerce.csv",
            woocommerce_order(1, [item], shipping_total="4.00"),
            woocommerce_order(2, [item], status="failed"),
            woocommerce_order(3, [item], status="cancelled", date="2024-03-15 10:22:33"),
        )
    )


def csv(folder: Path) -> ea.datasets.Dataset:
    path = folder / "lines.csv"
    path.write_text(LINES, encoding="utf-8")
    return ea.datasets.load_table(path, MAPPING, delimiter=";", decimal=",")


def parquet(folder: Path) -> ea.datasets.Dataset:
    options = pyarrow.csv.ParseOptions(delimiter=";")
    table = pyarrow.csv.read_csv(pa.py_buffer(LINES.replace(",", ".").encode()), None, options)
    pq.write_table(table, folder / "lines.parquet")
    return ea.datasets.load_table(
        folder / "lines.parquet", MAPPING | {"removed_by": "why"}, integer_unit="major"
    )


def xlsx(folder: Path) -> ea.datasets.Dataset:
    import xlsxwriter

    with xlsxwriter.Workbook(folder / "lines.xlsx") as book:
        sheet = book.add_worksheet("Orders")
        for row, line in enumerate(LINES.splitlines()):
            for column, cell in enumerate(line.split(";")):
                number = row > 0 and column in (3, 4, 6) and cell
                sheet.write(row, column, float(cell.replace(",", ".")) if number else cell)
    return ea.datasets.load_table(folder / "lines.xlsx", MAPPING)


LOADERS: dict[str, Callable[[Path], ea.datasets.Dataset]] = {
    **{
        f"online_retail {rule}": lambda folder, rule=rule: online_retail(folder, rule)
        for rule in "ACDEF"
    },
    "cdnow": cdnow,
    "shopify": shopify,
    "woocommerce": woocommerce,
    "csv": csv,
    "parquet": parquet,
    "xlsx": xlsx,
    "synthetic": lambda folder: ea.datasets.make_synthetic(60),
}


def assert_lines_are_those_of_the_steps(dataset: ea.datasets.Dataset) -> None:
    """Compare the lines with the report, of all months and of each."""
    assert dataset.source_lines is not None
    found = dataset.source_lines()
    once = replace(dataset, source_lines=lambda: found)  # Reads the source once.
    for month in (None, *(one.month for one in dataset.report.months)):
        for step in ea.explain.revenue(dataset, month=month).steps:
            lines = ea.explain.lines(once, step.step, step.name, month=month, limit=None)
            assert lines.num_rows == step.num_lines, step
            assert (pc.sum(lines["amount"]).as_py() or Decimal(0)) == step.money, step
            rows = lines["source_row"].to_pylist()
            assert rows == sorted(rows)


@pytest.mark.parametrize("name", LOADERS)
def test_lines_of_every_step_add_up_to_it(name: str, tmp_path: Path) -> None:
    assert_lines_are_those_of_the_steps(LOADERS[name](tmp_path))


@pytest.mark.parametrize("rule", "ACDEF")
def test_lines_of_the_real_online_retail(rule: Any) -> None:
    path = data_dir() / "online_retail" / "online_retail.csv"
    dataset = ea.datasets.load_online_retail(path, cleaning=rule)
    assert dataset.source_lines is not None
    found = dataset.source_lines()
    once = replace(dataset, source_lines=lambda: found)
    for month in (None, "2011-11"):
        for step in ea.explain.revenue(dataset, month=month).steps:
            lines = ea.explain.lines(once, step.step, step.name, month=month, limit=None)
            assert lines.num_rows == step.num_lines
            assert (pc.sum(lines["amount"]).as_py() or Decimal(0)) == step.money


def test_lines_of_the_real_olist() -> None:
    dataset = ea.datasets.load_olist(data_dir() / "olist")
    steps = {
        (one.step, one.name): one for one in ea.explain.revenue(dataset, month="2017-11").steps
    }
    lines = ea.explain.lines(dataset, "kind", "sale", month="2017-11", limit=None)
    assert lines.num_rows == steps["kind", "sale"].num_lines
    assert pc.sum(lines["amount"]).as_py() == steps["kind", "sale"].money == Decimal("1010271.37")


@st.composite
def drawn_lines(draw: st.DrawFn) -> pa.Table:
    num_rows = draw(st.integers(1, 40))
    columns: dict[str, list[Any]] = {name: [] for name in ("c", "o", "t", "q", "p", "k", "r")}
    for row in range(num_rows):
        rule = draw(st.sampled_from(["bad", "worse", None, None]))
        is_gone = rule is not None
        columns["c"].append(f"c{row % 5}")
        columns["o"].append(row)
        day = f"2024-0{draw(st.integers(1, 3))}-0{draw(st.integers(1, 9))}"
        columns["t"].append(None if is_gone and draw(st.booleans()) else day)
        columns["q"].append(None if is_gone and draw(st.booleans()) else draw(st.integers(-9, 9)))
        columns["p"].append(str(Decimal(draw(st.integers(0, 10**8))).scaleb(-4)))
        kinds = ["sale", "refund", "fee", None, *(["nonsense"] if is_gone else [])]
        columns["k"].append(draw(st.sampled_from(kinds)))
        columns["r"].append(rule)
    types = {"o": pa.int64(), "q": pa.int64()}
    return pa.table(
        {name: pa.array(v, types.get(name, pa.string())) for name, v in columns.items()}
    )


@given(drawn_lines(), st.sampled_from([("bad", "worse"), ("worse", "never", "bad"), ()]))
def test_lines_of_any_table_add_up(table: pa.Table, rules: tuple[str, ...]) -> None:
    from ecommerce_analytics.datasets.source_lines import lines_of

    mapping: Any = {
        "customer": "c",
        "order": "o",
        "timestamp": "t",
        "quantity": "q",
        "unit_price": "p",
        "kind": "k",
        "removed_by": "r",
        "cleaning_rules": rules,
    }
    try:
        transactions = ea.Transactions.from_arrow(table, **mapping)
    except ea.InvalidData:
        with pytest.raises(ea.InvalidData):
            lines_of(table, mapping)
        return
    assert_lines_are_those_of_the_steps(
        ea.datasets.Dataset(
            name="drawn", transactions=transactions, source_lines=lambda: lines_of(table, mapping)
        )
    )
    lines = lines_of(table, mapping)
    assert lines["removed_by"].to_pylist() == table["r"].to_pylist()
    assert lines["order"].to_pylist() == table["o"].to_pylist()
    for line in lines.to_pylist():
        given_row = table.slice(line["source_row"] - 1, 1).to_pylist()[0]
        assert line["amount"] == (given_row["q"] or 0) * Decimal(given_row["p"])
        told = given_row["k"]
        assert line["kind"] == told or told in (None, "nonsense")


def test_the_columns_and_what_they_say(tmp_path: Path) -> None:
    dataset = online_retail(tmp_path, "C")
    lines = ea.explain.lines(dataset, "removed", "quantity not positive")
    assert lines.column_names == [
        *("source_row", "order", "customer", "timestamp", "amount", "quantity", "kind"),
        *("removed_by", "product", "region", "unit_price", "StockCode", "Description", "sheet"),
    ]
    assert lines["source_row"].to_pylist() == [5, 7, 8]
    assert lines["order"].to_pylist() == ["536379", "C536383", "C536384"]
    assert lines["kind"].to_pylist() == ["discount", "refund", "refund"]
    assert set(lines["removed_by"].to_pylist()) == {"quantity not positive"}
    assert lines["Description"].to_pylist() == ["Discount", "WHITE HEART", "BLOCKS"]
    about = {key.decode(): value.decode() for key, value in lines.schema.metadata.items()}
    assert about == {
        "source": "online_retail",
        "step": "removed",
        "name": "quantity not positive",
        "month": "",
        "total_lines": "3",
    }


def test_a_limit_keeps_the_first_lines_and_says_how_many_there_are(tmp_path: Path) -> None:
    dataset = online_retail(tmp_path, "E")
    lines = ea.explain.lines(dataset, "read", limit=2)
    assert lines["source_row"].to_pylist() == [1, 2]
    assert lines.schema.metadata[b"total_lines"] == b"9"
    assert ea.explain.lines(dataset, "read", limit=0).num_rows == 0


@pytest.mark.parametrize(
    ("step", "name", "options", "message"),
    [
        ("removed", "nothing", {}, "no such step: removed:nothing"),
        ("read", "sale", {}, "no such step: read:sale"),
        ("kind", "", {}, "no such step: kind:"),
        ("all", "", {}, "no such step: all:"),
        ("read", "", {"limit": -1}, "limit must be at least 0"),
        ("read", "", {"month": "2011"}, "month must be such as"),
    ],
)
def test_what_is_no_step_is_refused(
    step: Any, name: str, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ea.InvalidArgument, match=message):
        ea.explain.lines(online_retail(tmp_path, "C"), step, name, **options)


def test_a_dataset_without_a_source_is_refused() -> None:
    shop = ea.datasets.make_synthetic(5)
    with pytest.raises(ea.InvalidArgument, match="cannot be read again"):
        ea.explain.lines(replace(shop, source_lines=None), "read")


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("name", [name for name in LOADERS if name != "synthetic"])
def test_a_file_that_was_changed_or_is_gone_is_refused(name: str, tmp_path: Path) -> None:
    dataset = LOADERS[name](tmp_path)
    [path] = files_of(tmp_path)
    data = path.read_bytes()
    if path.suffix not in (".parquet", ".xlsx"):
        path.write_bytes(data + data.splitlines(keepends=True)[-1])
        with pytest.raises(ea.Error):  # A changed file, or a key that stands twice.
            ea.explain.lines(dataset, "read")
        path.write_bytes(data.rstrip(b"\n"))  # The same lines, other bytes.
        with pytest.raises(ea.IOFailure, match="changed since it was loaded"):
            ea.explain.lines(dataset, "read")
    path.unlink()
    with pytest.raises(ea.IOFailure, match="does not exist"):
        ea.explain.lines(dataset, "read")
    path.write_bytes(data)
    assert ea.explain.lines(dataset, "read").num_rows == dataset.report.read.num_lines


def test_the_command_writes_the_lines_of_a_step(tmp_path: Path) -> None:
    path = tmp_path / "online_retail.csv"
    path.write_text(ONLINE_RETAIL.replace("LANTERN", "=1+1"), encoding="utf-8")
    output = tmp_path / "lines.csv"
    source = ["explain", "revenue", "online-retail", str(path), "--cleaning", "D"]
    told = [*source, "--lines", "removed:exact duplicate", "--output", str(output)]
    written = CliRunner().invoke(app, told)
    assert written.exit_code == 0, written.output
    assert "1 line" in written.stdout
    [header, line] = output.read_text(encoding="utf-8").splitlines()
    assert header.startswith("source_row,order,customer,timestamp,amount,quantity,kind,removed_by")
    assert line.startswith("3,536365,17850,2010-12-01 08:26:00,20.3400,6.0000,sale,exact duplicate")
    assert "'=1+1" in line

    for more, code, words in [
        (["--lines", "read"], 2, "--output"),
        (["--output", str(output)], 2, "--lines"),
        (["--lines", "all", "--output", str(output)], 1, "a step is read"),
        (["--lines", "removed:none", "--output", str(output)], 1, "no such step"),
        (["--lines", "read", "--output", str(tmp_path / "no" / "x.csv")], 1, "cannot be written"),
    ]:
        refused = CliRunner().invoke(app, [*source, *more])
        assert (refused.exit_code, words in refused.stderr) == (code, True), refused.stderr
