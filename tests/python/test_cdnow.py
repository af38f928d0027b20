"""CDNOW: the published figures of the master and of the sample, and bad files."""

import hashlib
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import ecommerce_analytics as ea
from known_files import known_copy

HEADER = " customer_id  date number_of_cds  dollar_value\r\n"


def load(folder: Path, text: str) -> ea.datasets.Dataset:
    path = folder / "cdnow.txt"
    path.write_bytes(text.encode())
    return ea.datasets.load_cdnow(path)


@pytest.fixture(scope="module")
def master() -> ea.datasets.Dataset:
    return ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_master.txt"))


@pytest.fixture(scope="module")
def sample() -> ea.datasets.Dataset:
    return ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt"))


# Figures: Fader and Hardie's description of the data; 80 orders of 0 dollars count.
class TestFigures:
    def test_master(self, master: ea.datasets.Dataset) -> None:
        summary = ea.kpi.summary(master.transactions)
        assert summary["orders"].tolist() == [69_659]
        assert summary["customers"].tolist() == [23_570]
        assert summary.to_arrow()["revenue_net"].to_pylist() == [Decimal("2500315.63")]

    def test_cohorts_of_the_master(self, master: ea.datasets.Dataset) -> None:
        cohorts = ea.cohort.retention(master.transactions).to_arrow()
        sizes = dict(zip(cohorts["cohort"].to_pylist(), cohorts["size"].to_pylist(), strict=True))
        assert sizes == {
            date(1997, 1, 1): 7_846,
            date(1997, 2, 1): 8_476,
            date(1997, 3, 1): 7_248,
        }

    def test_sample(self, sample: ea.datasets.Dataset) -> None:
        assert sample.report.kept.num_lines == 6_919
        assert sample.report.num_orders == 6_919
        assert sample.report.num_customers == 2_357
        in_calibration = ea.rfm.score(sample.transactions, as_of="1997-10-01")
        # Orders, not purchase days: 2,603 repeats instead of 2,457.
        assert in_calibration["frequency"].sum() - len(in_calibration) == 2_603
        assert len(in_calibration) == 2_357

    def test_the_sample_is_part_of_the_master(
        self, master: ea.datasets.Dataset, sample: ea.datasets.Dataset
    ) -> None:
        everyone = {row["customer"]: row for row in master.customers.to_pylist()}
        assert all(everyone[row["customer"]] == row for row in sample.customers.to_pylist())

    def test_purchase_days_of_the_sample(self) -> None:
        # Reads the file apart from the loader: which column is the customer, what is a repeat.
        lines = (known_copy("cdnow/CDNOW_sample.txt")).read_text().splitlines()
        days = {tuple(line.split()[i] for i in (0, 2)) for line in lines}
        repeats = Counter(customer for customer, day in days if day <= "19970930")
        assert len(repeats) == 2_357
        assert sum(count > 1 for count in repeats.values()) == 946
        assert sum(repeats.values()) - len(repeats) == 2_457

    def test_dataset(self, master: ea.datasets.Dataset) -> None:
        assert (master.name, master.currency, master.region) == ("cdnow", "USD", None)
        path = known_copy("cdnow/CDNOW_master.txt")
        assert master.sources == {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    master = load(tmp_path, HEADER + " 00001 19970101  1   11.77\r\n 00002 19970112  5   77.00\r\n")
    sample = load(tmp_path, "00001 0007 19970101 1 11.77\n00002 0008 19970112 5 77.00\n\n")

    assert master.report == sample.report
    assert master.customers.equals(sample.customers)
    assert master.customers.to_pylist() == [
        {"customer": 1, "first_order": datetime(1997, 1, 1), "orders": 1},
        {"customer": 2, "first_order": datetime(1997, 1, 12), "orders": 1},
    ]


def test_an_order_of_no_dollars_is_an_order(tmp_path: Path) -> None:
    dataset = load(tmp_path, HEADER + "1 19970101 1 0.00\n1 19970201 1 5.00\n")
    scores = ea.rfm.score(dataset.transactions)
    assert scores["frequency"].tolist() == [2]
    kinds = {tally.name: tally.num_lines for tally in dataset.report.kinds if tally.num_lines}
    assert kinds == {"sale": 2}


@pytest.mark.parametrize(
    ("text", "error", "row", "column", "value"),
    [
        ("", ea.IOFailure, None, None, None),
        (HEADER, ea.InvalidData, None, None, None),
        ("customer date cds dollars\n1 19970101 1 2\n", ea.SchemaMismatch, None, None, None),
        (HEADER + "1 19970101 1 2\n1 19970101 1\n", ea.SchemaMismatch, 2, None, "1 19970101 1"),
        (HEADER + "1 19970101 1 2\n\n1 19970101 1 3\n", ea.SchemaMismatch, 2, None, ""),
        ("1 1 19970101 1 2\n1 19970101 1 2\n", ea.SchemaMismatch, 2, None, "1 19970101 1 2"),
        (HEADER + "1 19970101 1 2\n1 19970230 1 2\n", ea.InvalidData, 2, "date", "19970230"),
        (HEADER + "1 1997-01-01 1 2\n", ea.InvalidData, 1, "date", "1997-01-01"),
        (HEADER + "1 1997W011 1 2\n", ea.InvalidData, 1, "date", "1997W011"),
        (HEADER + "1 19970101 1 2\nx 19970101 1 2\n", ea.InvalidData, 2, "customer_id", "x"),
        (HEADER + "1 19970101 1.5 2\n", ea.InvalidData, 1, "number_of_cds", "1.5"),
        (HEADER + "1 19970101 1 2\n1 19970101 1 $2\n", ea.InvalidData, 2, "dollar_value", "$2"),
    ],
)
def test_bad_files(
    tmp_path: Path,
    text: str,
    error: type[ea.Error],
    row: int | None,
    column: str | None,
    value: str | None,
) -> None:
    with pytest.raises(error) as caught:
        load(tmp_path, text)
    assert caught.value.file == str(tmp_path / "cdnow.txt")
    assert (caught.value.row, caught.value.column) == (row, column)
    assert value is None or caught.value.value == value


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "cdnow.txt"
    path.write_bytes(b"1 1 19970101 1 2\n\xff\n")
    with pytest.raises(ea.IOFailure) as caught:
        ea.datasets.load_cdnow(path)
    assert caught.value.file == str(path)
    with pytest.raises(ea.IOFailure):
        ea.datasets.load_cdnow(tmp_path / "absent.txt")
