"""Profiles for Klaviyo: the rows, those who are left out, and the file of a run."""

import csv
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import klaviyo
from ecommerce_analytics.cli import app
from ecommerce_analytics.run import run
from reference import klaviyo as reference

HEADER = (
    "Email,First Name,Last Name,Country,customer,segment,tier,recency_days,frequency,monetary,"
    "r_score,f_score,m_score"
)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tables_of(rows: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """Make the tables of customers of a run from rows that have it all."""
    key = pa.field("customer", pa.string())
    segments = pa.schema(
        [
            key,
            ("segment", pa.string()),
            ("recency_days", pa.int32()),
            ("frequency", pa.int64()),
            ("monetary", pa.decimal128(38, 4)),
        ]
    )
    tiers = pa.schema([key, ("tier", pa.string())])
    return {
        "b.csv": pa.table({"tier": ["Gold"], "customers": [1]}),
        "c.csv": pa.Table.from_pylist(rows, tiers),
        "a.csv": pa.Table.from_pylist(rows, segments),
    }


def customer(key: str, days: int = 1, orders: int = 1, money: str = "1.0000") -> dict[str, Any]:
    return {
        "customer": key,
        "segment": "Loyal",
        "tier": "Gold",
        "recency_days": days,
        "frequency": orders,
        "monetary": Decimal(money),
    }


def person(key: str, email: str | None, consent: bool | None, **more: str) -> dict[str, Any]:
    return {"customer": key, "email": email, "name": None, "consent": consent, "country": None} | (
        dict(more)
    )


def persons_table(persons: list[dict[str, Any]]) -> pa.Table:
    names = ("customer", "email", "name", "consent", "country")
    types = {name: pa.bool_() if name == "consent" else pa.string() for name in names}
    return pa.Table.from_pylist(persons, pa.schema(list(types.items())))


def made(
    persons: list[dict[str, Any]],
    customers: list[dict[str, Any]],
    forgotten: set[str] | None = None,
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    table, left_out = klaviyo.profiles(
        persons_table(persons), tables_of(customers), forgotten=forgotten or set()
    )
    return table.to_pylist(), left_out


def test_who_is_written_and_why_others_are_not() -> None:
    rows, left_out = made(
        [
            person("ann", "Ann@example.com", True, name="Ann Maria Lee", country="BR"),
            person("bob", "bob@example.com", None),
            person("cid", "cid@example.com", False),
            person("dan", None, True),
            person("eve", "eve at example.com", True),
            person("fay", "fay@home@example.com", True),
            person("gus", "gus@example.com", True),  # Without an order.
        ],
        [customer(key) for key in ("ann", "bob", "cid", "dan", "eve", "fay", "zoe")],
    )
    assert rows == [
        {
            "Email": "Ann@example.com",
            "First Name": "Ann",
            "Last Name": "Maria Lee",
            "Country": "BR",
        }
        | customer("ann")
    ]
    assert left_out == {
        "no_email": 2,
        "invalid_email": 2,
        "forgotten": 0,
        "no_consent": 2,
        "same_email": 0,
    }


def test_of_one_address_the_latest_customer_has_the_row() -> None:
    persons = [
        person(key, mail, True) for key, mail in zip("abc", ("x@y", "X@Y", "x@Y"), strict=True)
    ]
    for customers, best in (
        ([customer("a", 3), customer("b", 2), customer("c", 5)], "b"),
        ([customer("a"), customer("b", orders=2), customer("c")], "b"),
        ([customer("a"), customer("b"), customer("c", money="2")], "c"),
        ([customer("c"), customer("b"), customer("a")], "a"),
    ):
        rows, left_out = made(persons, customers)
        assert [row["customer"] for row in rows] == [best]
        assert left_out["same_email"] == 2


def test_a_no_holds_for_the_address_even_of_one_without_an_order() -> None:
    persons = [person("a", "x@y", True), person("b", "X@y", False), person("c", "x@z", True)]
    rows, left_out = made(persons, [customer("a"), customer("c")])
    assert [row["customer"] for row in rows] == ["c"]
    assert left_out["no_consent"] == 1


def test_keys_meet_in_text_and_in_numbers() -> None:
    tables = {
        "segments": pa.table(
            {"customer": [7, 10], "recency_days": [1, 2], "frequency": [1, 1], "monetary": [1, 2]}
        )
    }
    persons = persons_table([person("10", "x@y", True), person("7", "z@y", True)])
    table, _ = klaviyo.profiles(persons, tables)
    assert table.select(["Email", "customer"]).to_pylist() == [
        {"Email": "z@y", "customer": 7},
        {"Email": "x@y", "customer": 10},
    ]


def test_properties_of_clusters_and_churn_are_taken_where_they_are() -> None:
    tables = tables_of([customer("a")]) | {
        "customer_clusters.csv": pa.table(
            {"customer": ["a"], "cluster": [3], "name": ["Loyal"], "distance": [0.5]}
        ),
        "churn_risk.csv": pa.table({"customer": ["b"], "churn_risk": [0.5], "risk_band": ["high"]}),
    }
    table, _ = klaviyo.profiles(persons_table([person("a", "x@y", True)]), tables)
    [row] = table.to_pylist()
    assert (row["cluster"], row["cluster_name"]) == (3, "Loyal")
    assert (row["churn_risk"], row["churn_risk_band"]) == (None, None)  # He has no row there.
    assert "distance" not in row


KEYS = st.sampled_from("abcdef")
MAILS = st.sampled_from([None, "", " x@y ", "X@y", "z@y", "z@Y", "no", "a b@c", "@", "a@b@c"])
PERSONS = st.dictionaries(
    KEYS,
    st.tuples(
        MAILS,
        st.sampled_from([None, True, True, False]),
        st.sampled_from([None, "", "Ann", "Ann Lee", "  Ann  von Lee "]),
    ),
)
CUSTOMERS = st.dictionaries(
    KEYS, st.tuples(st.integers(0, 2), st.integers(1, 2), st.sampled_from(["-1", "0", "2.5"]))
)


@settings(max_examples=60, deadline=None)
@given(PERSONS, CUSTOMERS, st.sets(KEYS, max_size=2))
def test_the_profiles_are_those_of_the_reference(
    persons: dict[str, tuple[Any, ...]],
    customers: dict[str, tuple[Any, ...]],
    forgotten: set[str],
) -> None:
    known = [
        person(key, mail, consent) | {"name": name}
        for key, (mail, consent, name) in sorted(persons.items())
    ]
    orders = [customer(key, *told) for key, told in sorted(customers.items())]
    orders = [row for row in orders if row["customer"] not in forgotten]
    rows, left_out = made(known, orders, forgotten)
    assert (rows, left_out) == reference.profiles(known, orders, forgotten)
    assert len(rows) + sum(left_out.values()) == len(orders)


# --- in the main job ---


@pytest.fixture(scope="module")
def shop() -> ea.datasets.SyntheticDataset:
    return ea.datasets.make_synthetic(150, 2)


def test_the_file_of_a_run(shop: ea.datasets.SyntheticDataset, tmp_path: Path) -> None:
    result = run(shop, tmp_path, audiences=["klaviyo"], parquet=True)
    assert "klaviyo_profiles.csv" in result.files
    assert not (tmp_path / "klaviyo_profiles.parquet").exists()
    text = (tmp_path / "klaviyo_profiles.csv").read_text(encoding="utf-8")
    assert text.partition("\n")[0] == HEADER + ",cluster,cluster_name,source"

    assert shop.customers is not None
    table = result.tiers.to_arrow()
    tiers = dict(zip(table["customer"].to_pylist(), table["tier"].to_pylist(), strict=True))
    clusters = {
        row["customer"]: {"cluster": row["cluster"], "cluster_name": row["name"]}
        for row in result.clusters.to_arrow().to_pylist()
    }
    customers = [
        row | {"tier": tiers[row["customer"]]} | clusters[row["customer"]]
        for row in segments_of(result)
    ]
    expected, left_out = reference.profiles(shop.customers.to_pylist(), customers)
    rows = read_rows(tmp_path / "klaviyo_profiles.csv")
    assert len(rows) > 40
    for row, wanted in zip(rows, expected, strict=True):
        money = f"{wanted.pop('monetary'):.4f}"
        cells = {name: "" if value is None else str(value) for name, value in wanted.items()}
        assert row == cells | {"monetary": money, "source": "synthetic"}

    told = json.loads((tmp_path / "run.json").read_text())
    persons = {"with_order": len(customers), "without_order": len(shop.customers) - len(customers)}
    assert told["audiences"] == {
        "klaviyo": {"profiles": len(rows), "left_out": left_out, "persons": persons}
    }
    consents = Counter(shop.customers["consent"].to_pylist())
    assert (len(rows), left_out["no_consent"]) == (consents[True], consents[False] + consents[None])

    run(shop, tmp_path)
    assert not (tmp_path / "klaviyo_profiles.csv").exists()


def test_profiles_tell_the_control_group_of_the_lists(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    run(shop, tmp_path, audiences=["klaviyo"], holdout_share=0.4, random_state=7)
    rows = read_rows(tmp_path / "klaviyo_profiles.csv")
    told = {row["customer"]: row["holdout_group"] for row in rows}
    drawn = ea.holdout.groups([*told], 0.4, random_state=7)
    assert list(told.values()) == drawn
    assert {*drawn} == {"control", "treatment"}
    met = 0
    for path in tmp_path.glob("*.csv"):
        for row in read_rows(path):
            if "group" in row and row.get("customer") in told:
                assert row["group"] == told[row["customer"]]
                met += 1
    assert met > 10


def segments_of(result: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = result.segments.to_arrow().to_pylist()
    return rows


def test_what_a_spreadsheet_would_run_is_marked(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    assert shop.customers is not None
    persons = shop.customers.to_pylist()
    for row in persons:
        row |= {"consent": True, "name": "=cmd Lee", "country": "@BR"}
    evil = replace(shop, customers=pa.Table.from_pylist(persons, shop.customers.schema))
    run(evil, tmp_path, audiences=["klaviyo"])
    [first, *_] = read_rows(tmp_path / "klaviyo_profiles.csv")
    assert (first["First Name"], first["Last Name"], first["Country"]) == ("'=cmd", "Lee", "'@BR")
    run(evil, tmp_path, audiences=["klaviyo"], raw=True)
    [first, *_] = read_rows(tmp_path / "klaviyo_profiles.csv")
    assert (first["First Name"], first["Country"]) == ("=cmd", "@BR")


@pytest.mark.parametrize("missing", ["all", "email", "consent", "no address", "no answer"])
def test_a_source_that_cannot_give_profiles_is_refused_before_any_work(
    shop: ea.datasets.SyntheticDataset, missing: str, tmp_path: Path
) -> None:
    persons = shop.customers
    assert persons is not None
    if missing == "all":
        persons = None
    elif missing in persons.column_names:
        persons = persons.drop_columns(missing)
    else:
        name, type_ = ("email", pa.string()) if missing == "no address" else ("consent", pa.bool_())
        position = persons.column_names.index(name)
        persons = persons.set_column(position, name, pa.nulls(len(persons), type_))
    stages: list[str] = []
    with pytest.raises(ea.InvalidArgument, match=r"klaviyo: the source does not tell"):
        run(
            replace(shop, customers=persons),
            tmp_path / "out",
            audiences=["klaviyo"],
            progress=stages.append,
        )
    assert stages == []
    assert not (tmp_path / "out").exists()


def test_other_tools_and_pseudonyms_are_refused(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    with pytest.raises(ea.InvalidArgument, match="must be one of klaviyo: mailchimp"):
        run(shop, tmp_path / "out", audiences=["mailchimp"])
    with pytest.raises(ea.InvalidArgument, match="cannot have pseudonyms"):
        run(shop, tmp_path / "out", audiences=["klaviyo"], pseudonym_key="x" * 16)
    assert not (tmp_path / "out").exists()

    done = invoke("run", "synthetic", "--for", "mailchimp", "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "'mailchimp' is none of klaviyo" in done.output
    flags = ("--for", "klaviyo", "--pseudonymise", "not to be seen 1")
    done = invoke("run", "synthetic", *flags, "--output", tmp_path / "out")
    assert done.exit_code == 1
    assert "cannot have pseudonyms" in done.output
    assert "reading" not in done.output
    assert "not to be seen" not in done.output


PEOPLE = """\
id,mail,agrees
ann,ann@example.com,yes
bob,bob@example.com,
"""
ORDERS = """\
customer,order,day,amount
ann,A,2026-01-05,10.00
bob,B,2026-01-06,5.00
"""
MAP = "--map customer=customer --map order=order --map timestamp=day --map amount=amount".split()


def test_a_file_of_orders_and_one_of_persons(tmp_path: Path) -> None:
    orders, people, out = (tmp_path / name for name in ("orders.csv", "people.csv", "out"))
    orders.write_text(ORDERS)
    people.write_text(PEOPLE)
    roles = "--customer-map customer=id --customer-map email=mail --customer-map consent=agrees"
    flags = ("--customers", people, *roles.split(), "--for", "klaviyo", "--output", out)
    done = invoke("run", "csv", orders, *MAP, *flags)
    assert done.exit_code == 0, done.output
    told = "no_email 0, invalid_email 0, forgotten 0, no_consent 1, same_email 0"
    assert f"klaviyo: 1 profiles; left out: {told}\n" in done.stdout
    assert "klaviyo: of the persons told 2 have an order, 0 have none\n" in done.stdout
    assert "no key of a person" not in done.stdout
    [row] = read_rows(out / "klaviyo_profiles.csv")
    assert (row["Email"], row["customer"], row["First Name"]) == ("ann@example.com", "ann", "")
    assert set(json.loads((out / "run.json").read_text())["inputs"]) == {"orders.csv", "people.csv"}

    (tmp_path / "other").mkdir()
    same_name = tmp_path / "other" / "orders.csv"
    same_name.write_text(PEOPLE)
    done = invoke("run", "csv", orders, *MAP, "--customers", same_name, *flags[2:])
    assert done.exit_code == 0, done.output
    told = json.loads((out / "run.json").read_text())["inputs"]
    assert set(told) == {"orders.csv", "orders.csv (customers)"}


def test_persons_with_keys_of_another_kind_are_told(tmp_path: Path) -> None:
    orders, people, out = (tmp_path / name for name in ("orders.csv", "people.csv", "out"))
    orders.write_text(ORDERS)
    people.write_text("customer,email,consent\n1,ann@example.com,yes\n2,bob@example.com,yes\n")
    done = invoke(
        "run", "csv", orders, *MAP, "--customers", people, "--for", "klaviyo", "--output", out
    )
    assert done.exit_code == 0, done.output
    assert "klaviyo: of the persons told 0 have an order, 2 have none\n" in done.stdout
    assert "klaviyo: no key of a person is that of a customer with an order\n" in done.stdout
    told = json.loads((out / "run.json").read_text())["audiences"]["klaviyo"]
    assert told["persons"] == {"with_order": 0, "without_order": 2}


def test_an_address_of_a_forgotten_customer_stays_out_under_another_key(tmp_path: Path) -> None:
    orders, people, out = (tmp_path / name for name in ("orders.csv", "people.csv", "out"))
    orders.write_text(ORDERS + "eve,C,2026-01-01,1.00\n")
    people.write_text(
        "customer,email,name,consent\n"
        "ann,ann@example.com,Ann Lee,yes\n"
        "bob,bob@example.com,Bob,yes\n"
        "eve, Ann@Example.com ,Eve,yes\n"
    )
    job = ("run", "csv", orders, *MAP, "--customers", people, "--for", "klaviyo", "--output", out)
    assert invoke(*job).exit_code == 0
    assert [row["customer"] for row in read_rows(out / "klaviyo_profiles.csv")] == ["ann", "bob"]
    assert invoke("forget", "ann", "--output", out).exit_code == 0
    done = invoke(*job)
    assert "left out: no_email 0, invalid_email 0, forgotten 1," in done.stdout
    assert "of the persons told 2 have an order, 0 have none" in done.stdout
    assert [row["customer"] for row in read_rows(out / "klaviyo_profiles.csv")] == ["bob"]
    assert not any(b"nn@" in path.read_bytes().lower() for path in out.iterdir())
    # His other key is no one's who was forgotten: its rows without an address stay.
    assert "eve" in (out / "customer_value_tiers.csv").read_text()


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("--customer-map email=mail", "wants a file of persons"),
        ("--customers people.csv --customer-map email", "wants ROLE=COLUMN: 'email'"),
        ("--customers people.csv --customer-map phone=x", "'phone' is none of customer, email"),
        ("--customers people.csv --customer-map email=mail", "no column is mapped to customer"),
        (
            "--customers people.csv --customer-map customer=id --customer-map customer=x",
            "customer stands twice",
        ),
    ],
)
def test_a_wrong_map_of_persons_is_wrong_usage(flags: str, text: str, tmp_path: Path) -> None:
    done = invoke("run", "csv", "orders.csv", *MAP, *flags.split(), "--output", tmp_path)
    assert done.exit_code == 2
    assert text in " ".join(done.output.replace("│", "").split())
