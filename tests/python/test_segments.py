"""Two segmentations side by side: the table, Cohen's kappa, and who differs."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import segments
from ecommerce_analytics.cli import app
from ecommerce_analytics.run import run as run_job
from reference.segments import kappa

SIDES = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("xyz"), min_size=1)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["segments", "compare", *map(str, arguments)])


def test_the_example_of_a_contingency_table() -> None:
    # Worked by hand: 20 and 15 of 50 agree, p_o = 0.7; by chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5.
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    found = ea.segments.compare(
        {key: ours for key, (ours, _) in enumerate(pairs)},
        {str(key): theirs for key, (_, theirs) in enumerate(pairs)},
    )
    assert (found.agreement, found.kappa) == (0.7, 0.4)
    assert [(row.ours, row.theirs, row.customers, row.share) for row in found.table] == [
        ("no", "no", 15, 0.3),
        ("no", "yes", 10, 0.2),
        ("yes", "no", 5, 0.1),
        ("yes", "yes", 20, 0.4),
    ]
    assert len(found.differences) == 15


@given(SIDES, SIDES)
def test_it_is_the_reference(ours: dict[str, str], theirs: dict[str, str]) -> None:
    found = ea.segments.compare(ours, theirs)
    expected = kappa(ours, theirs)
    if expected is None:
        assert found.kappa is None
    else:
        assert found.kappa == pytest.approx(expected, abs=1e-12)
    assert sum(row.customers for row in found.table) == found.num_both
    assert [(one.customer, one.ours, one.theirs) for one in found.differences] == [
        (key, ours.get(key), theirs.get(key))
        for key in sorted({*ours, *theirs})
        if ours.get(key) != theirs.get(key)
    ]
    swapped = ea.segments.compare(theirs, ours)
    assert (swapped.kappa, swapped.num_agreeing) == (found.kappa, found.num_agreeing)
    same = ea.segments.compare(ours, ours)
    assert (same.agreement, same.differences) == (1.0, ())


def test_a_side_without_customers_and_a_key_of_two_forms_are_refused() -> None:
    with pytest.raises(ea.InvalidArgument, match="no customer in theirs"):
        ea.segments.compare({"a": "x"}, {})
    with pytest.raises(ea.InvalidArgument, match="stands twice in ours"):
        ea.segments.compare({1: "x", "1": "y"}, {"1": "x"})


def test_the_command_finds_the_customers_who_differ(tmp_path: Path) -> None:
    tx = ea.Transactions.from_arrays(
        customer=["=ann", "'bob", "cyd"],
        order=[1, 2, 3],
        timestamp=["2024-01-01"] * 3,
        amount=["1.00", "2.00", "3.00"],
    )
    result = run_job(ea.datasets.Dataset(name="x", transactions=tx), tmp_path / "out")
    ours = dict(zip(result.segments["customer"], result.segments["segment"], strict=True))
    assert segments.read(tmp_path / "out" / segments.FILE_NAME) == ours
    theirs = tmp_path / "theirs.csv"
    theirs.write_text(f"id;group\n=ann;{ours['=ann']}\n'bob;other\n+dan;other\n")
    differ = tmp_path / "differ.csv"
    options = ("--customer-column", "id", "--segment-column", "group", "--delimiter", ";")
    shown = invoke(tmp_path / "out", theirs, *options, "--output", differ)
    assert shown.exit_code == 0, shown.output
    assert "1 of 2 customers agree (50.0%)" in shown.stdout
    assert "only in ours: 1, only in theirs: 1, who differ in all: 3" in shown.stdout
    with differ.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["customer", "ours", "theirs"],
            ["''bob", ours["'bob"], "other"],
            ["'+dan", "", "other"],
            ["cyd", ours["cyd"], ""],
        ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["differ.csv", "out", "theirs.csv"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("customer,segment\na,x\na,y\n", "row 2"),
        ("customer,segment\na,\n", 'column "segment"'),
        ("customer,group\na,x\n", '"segment"'),
        ("customer,segment\n", "no row"),
    ],
)
def test_a_bad_file_is_one_line(content: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("customer,segment\na,x\n")
    (tmp_path / "bad.csv").write_text(content)
    differ = tmp_path / "differ.csv"
    differ.write_text("old")
    for pair in (("good.csv", "bad.csv"), ("bad.csv", "good.csv")):
        refused = invoke(*(tmp_path / name for name in pair), "--output", differ)
        assert refused.exit_code == 1
        assert named in refused.stderr
        assert refused.stdout == ""
    assert differ.read_text() == "old"
    good = tmp_path / "good.csv"
    assert invoke(good, good, "--output", tmp_path / "no" / "such.csv").exit_code == 1
