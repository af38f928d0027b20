"""Where persons may stand and where not: pseudonyms, secrets, and what outputs and logs repeat."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import privacy
from ecommerce_analytics.cli import app
from ecommerce_analytics.run import run
from postgresql_server import Server
from reference import privacy as reference
from sheets import column_of, sheets_of

KEY = "not to be seen by anyone"
OTHER_KEY = "another one that is long"
OF_ALL_CUSTOMERS = ("customer_rfm_segments", "customer_value_tiers", "customer_clusters")
OF_CUSTOMERS = (*OF_ALL_CUSTOMERS, "enhanced_customer_data", "high_value_customers")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def shop() -> ea.datasets.SyntheticDataset:
    return ea.datasets.make_synthetic(120, 5)


# --- pseudonyms ---


@given(st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1)), st.text(min_size=16))
def test_a_pseudonym_is_the_hmac_of_the_key(customer: str | int, key: str) -> None:
    made = privacy.pseudonym(customer, key) if is_utf8(f"{customer}{key}") else None
    if made is not None:
        assert made == reference.pseudonym(customer, key)
        assert privacy.key_check(key) == reference.key_check(key)


def is_utf8(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "ignore").decode() == text


def test_a_pseudonym_does_not_change_from_version_to_version() -> None:
    """Or exports of one version could not be joined to those of the next."""
    assert privacy.pseudonym("17", KEY) == "0a23d85d262f85917837df157a8ed419"
    assert privacy.key_check(KEY) == "ecd0987f"


TEXTS = st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"))))


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["string", "large_string", "dictionary"]))
def test_a_table_gets_pseudonyms_and_their_order(keys: list[str | None], type_: str) -> None:
    column = pa.array(keys, pa.string())
    column = column.dictionary_encode() if type_ == "dictionary" else column.cast(type_)
    table = pa.table({"number": range(len(keys)), "customer": column})
    made = ea.privacy.pseudonymise(table.replace_schema_metadata({"a": "b"}), KEY)
    assert made.schema.metadata == {b"a": b"b", b"pseudonym_key_check": b"ecd0987f"}
    assert made.schema.field("customer").type == pa.string()
    names = made["customer"].to_pylist()
    for number, name in zip(made["number"].to_pylist(), names, strict=True):
        told = keys[number]
        assert name == (told if told in (None, "unknown") else reference.pseudonym(told, KEY))
    assert names == sorted(names, key=lambda name: (name is None, name or ""))
    assert len(set(names)) == len(set(keys))


def test_text_and_numbers_have_one_pseudonym(shop: ea.datasets.SyntheticDataset) -> None:
    numbers = pa.table({"customer": pa.array([17, None, -3], pa.int64())})
    texts = pa.table({"who": ["-3", "17", None]})
    left = ea.privacy.pseudonymise(numbers, KEY)["customer"]
    right = ea.privacy.pseudonymise(texts, KEY, column="who")["who"]
    assert left.to_pylist() == right.to_pylist()
    other = ea.privacy.pseudonymise(texts, OTHER_KEY, column="who")["who"]
    assert not set(other.to_pylist()[:2]) & set(right.to_pylist()[:2])

    scores = ea.rfm.score(shop.transactions)  # A table of ours is one to anyone.
    assert ea.privacy.pseudonymise(scores, KEY).num_rows == 120


@pytest.mark.parametrize("key", ["", "x" * 15, None, 16])
def test_a_secret_that_is_none_is_an_error_that_does_not_repeat_it(key: Any) -> None:
    for call in (
        lambda: ea.privacy.pseudonymise(pa.table({"customer": ["a"]}), key),
        lambda: ea.privacy.pseudonym("a", key),
        lambda: ea.privacy.key_check(key),
    ):
        with pytest.raises(ea.InvalidArgument, match="must have 16 characters or more") as caught:
            call()
        assert caught.value.value is None


def test_what_has_no_customers_is_an_error() -> None:
    with pytest.raises(ea.SchemaMismatch, match="the column of customers is missing"):
        ea.privacy.pseudonymise(pa.table({"who": ["a"]}), KEY)
    with pytest.raises(ea.SchemaMismatch, match="must be text or whole numbers"):
        ea.privacy.pseudonymise(pa.table({"customer": [1.5]}), KEY)


def test_a_secret_comes_as_text_or_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{KEY}\n")
    assert privacy.read_key(f"@{path}") == privacy.read_key(KEY) == KEY
    path.write_text("short\n")
    with pytest.raises(ea.InvalidArgument, match="16 characters"):
        privacy.read_key(f"@{path}")
    with pytest.raises(ea.IOFailure, match="does not exist"):
        privacy.read_key(f"@{tmp_path / 'absent'}")


# --- runs under pseudonyms ---


@pytest.fixture(scope="module")
def folders(
    shop: ea.datasets.SyntheticDataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    plain, hidden = (tmp_path_factory.mktemp("runs") / name for name in ("plain", "hidden"))
    run(shop, plain, parquet=True)
    run(shop, hidden, parquet=True, pseudonym_key=KEY)
    return plain, hidden


def test_files_without_customers_have_the_same_bytes(folders: tuple[Path, Path]) -> None:
    plain, hidden = map(contents_of, folders)
    assert plain.keys() == hidden.keys()
    same = {name for name in plain if plain[name] == hidden[name]}
    others = {f"{name}.{end}" for name in OF_CUSTOMERS for end in ("csv", "parquet")}
    assert plain.keys() - same == others | {"run.json"}


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_tables_join_back_one_to_one(name: str, folders: tuple[Path, Path]) -> None:
    plain, hidden = (read_rows(folder / f"{name}.csv") for folder in folders)
    joined = [row | {"customer": reference.pseudonym(row["customer"], KEY)} for row in plain]
    assert sorted(joined, key=lambda row: row["customer"]) == hidden

    tables = [pa.parquet.read_table(folder / f"{name}.parquet") for folder in folders]
    left, right = (table.to_pylist() for table in tables)
    joined = [row | {"customer": reference.pseudonym(row["customer"], KEY)} for row in left]
    assert sorted(joined, key=lambda row: row["customer"]) == right
    assert tables[1].schema.metadata[b"pseudonym_key_check"] == b"ecd0987f"


def test_the_same_secret_gives_the_same_bytes_and_another_one_others(
    shop: ea.datasets.SyntheticDataset, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    run(shop, tmp_path, parquet=True, pseudonym_key=KEY)
    assert contents_of(tmp_path) == contents_of(folders[1])
    run(shop, tmp_path, parquet=True, pseudonym_key=OTHER_KEY)
    left, right = (
        {row["customer"] for row in read_rows(folder / "customer_value_tiers.csv")}
        for folder in (tmp_path, folders[1])
    )
    assert not left & right


def test_no_key_of_a_customer_and_no_secret_is_left(
    shop: ea.datasets.SyntheticDataset, folders: tuple[Path, Path]
) -> None:
    scores = ea.rfm.score(shop.transactions)
    tables = {path.name for path in folders[1].glob("*.parquet")}
    for name, content in contents_of(folders[1]).items():
        if name in tables:  # Compressed.
            content = repr(pa.parquet.read_table(folders[1] / name).to_pydict()).encode() + content
        for customer in scores["customer"]:
            assert customer.encode() not in content, name
        assert KEY.encode() not in content, name
    told = json.loads((folders[1] / "run.json").read_text())
    assert told["privacy"]["pseudonym_key_check"] == "ecd0987f"
    assert json.loads((folders[0] / "run.json").read_text())["privacy"] == {
        "pseudonym_key_check": None,
        "num_forgotten": 0,
    }


def test_workbooks_layouts_and_databases_have_pseudonyms_too(
    shop: ea.datasets.SyntheticDataset, postgresql: Server, tmp_path: Path
) -> None:
    place: dict[str, Any] = {"to": postgresql.url(), "to_schema": "pseudonyms"}
    run(shop, tmp_path, xlsx=True, layout="segments", pseudonym_key=KEY, **place)
    names = [row["customer"] for row in read_rows(tmp_path / "customer_rfm_segments.csv")]
    copy = read_rows(tmp_path / "rfm_customer_segments.csv")
    assert [row["customer"] for row in copy] == names
    sheets = sheets_of(tmp_path / "ecommerce_analytics.xlsx")
    with postgresql.connect() as connection:
        for table in OF_ALL_CUSTOMERS:
            assert column_of(sheets[table], "customer") == names
            rows = connection.execute(f"SELECT customer FROM pseudonyms.{table}").fetchall()
            assert [name for (name,) in rows] == names
        everything = connection.execute(
            "SELECT schema_to_xml('pseudonyms', true, false, '')::text"
        ).fetchall()
    for text in (repr(everything), *map(repr, sheets.values())):
        assert "synthetic-customer" not in text
        assert KEY not in text
        assert "@example.com" not in text


def test_a_secret_that_is_too_short_leaves_nothing_behind(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    with pytest.raises(ea.InvalidArgument, match="16 characters"):
        run(shop, tmp_path / "out", pseudonym_key="x" * 15)
    assert not (tmp_path / "out").exists()


# --- the command line ---


@pytest.mark.parametrize("way", ["flag", "file", "environment", "toml"])
def test_the_secret_is_told_in_several_ways_and_never_repeated(
    way: str, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags: tuple[object, ...] = ()
    if way == "flag":
        flags = ("--pseudonymise", KEY)
    elif way == "file":
        Path("secret").write_text(KEY)
        flags = ("--pseudonymise", "@secret")
    elif way == "environment":
        monkeypatch.setenv("ECOMMERCE_ANALYTICS_PSEUDONYM_KEY", KEY)
    else:
        Path("ecommerce-analytics.toml").write_text(f'pseudonym_key = "{KEY}"\n')
    source = ("synthetic", "--num-customers", 120, "--random-state", 5)
    done = invoke("--log-level", "debug", "run", *source, *flags, "-o", "out", "--parquet")
    assert done.exit_code == 0, done.output
    assert "the check of their key is ecd0987f" in done.output
    assert KEY not in done.output
    assert contents_of(Path("out")) == contents_of(folders[1])

    done = invoke("settings")
    assert KEY not in done.output
    assert ("**********" in done.output) == (way in ("environment", "toml"))


def test_an_error_about_the_secret_does_not_repeat_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = invoke("run", "synthetic", "--pseudonymise", "too short", "-o", "out")
    assert (done.exit_code, "16 characters" in done.output) == (1, True)
    assert "too short" not in done.output
    Path("ecommerce-analytics.toml").write_text("pseudonym_key = 1234567890\n")
    done = invoke("settings")
    assert (done.exit_code, "pseudonym_key" in done.output) == (1, True)
    assert "1234567890" not in done.output


def test_under_pseudonyms_errors_of_the_data_hide_the_cell(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,order,day,amount\nann,A,2026-01-05,ann@example.com\n")
    roles = ("customer=customer", "order=order", "timestamp=day", "amount=amount")
    flags = [flag for role in roles for flag in ("--map", role)]
    done = invoke("run", "csv", orders, *flags, "-o", tmp_path / "out")
    assert (done.exit_code, "ann@example.com" in done.output) == (1, True)
    done = invoke("run", "csv", orders, *flags, "-o", tmp_path / "out", "--pseudonymise", KEY)
    assert (done.exit_code, "ann@example.com" in done.output) == (1, False)
    assert 'row 1, column "amount"' in done.output


@pytest.mark.parametrize("flags", [(), ("--for", "klaviyo"), ("--pseudonymise", KEY)])
@pytest.mark.parametrize("log", ["text", "json"])
def test_persons_stand_in_no_output_and_no_log(
    flags: tuple[str, ...],
    log: str,
    shop: ea.datasets.SyntheticDataset,
    tmp_path: Path,
) -> None:
    shop.write_csv(tmp_path)
    roles = "customer order timestamp amount kind region category".split()
    mapping = [flag for role in roles for flag in ("--map", f"{role}={role}")]
    persons = ("--customers", tmp_path / "customers.csv", "--parquet", "-o", tmp_path / "out")
    logged = ("--log-format", log, "--log-level", "debug")
    source = ("run", "csv", tmp_path / "transactions.csv", *mapping, *persons)
    done = invoke(*logged, *source, "--xlsx", "--layout", "analysis", *flags)
    assert done.exit_code == 0, done.output

    contents = contents_of(tmp_path / "out") | {"screen": done.output.encode()}
    for path in (tmp_path / "out").glob("*.parquet"):
        contents[path.name] += repr(pa.parquet.read_table(path).to_pydict()).encode()
    for name, sheet in sheets_of(tmp_path / "out" / "ecommerce_analytics.xlsx").items():
        contents[name] = repr(sheet).encode()
    profiles = contents.pop("klaviyo_profiles.csv", b"").decode()
    assert ("Email" in profiles) == ("klaviyo" in flags)
    people = read_rows(tmp_path / "customers.csv")
    assert len(people) == 120
    words = [row[column].encode() for row in people for column in ("email", "name")]
    for name, content in contents.items():
        assert not [word for word in words if word in content], name


def test_errors_about_persons_do_not_show_them(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    shop.write_csv(tmp_path)
    orders, people = tmp_path / "transactions.csv", tmp_path / "customers.csv"
    roles = ("customer", "order", "timestamp", "amount")
    flags = [flag for role in roles for flag in ("--map", f"{role}={role}")]
    text = people.read_text()
    for wrong in (
        text + text.splitlines()[5] + "\n",  # A customer twice.
        text.replace("example.com,", "example.com,,", 1),  # A cell more.
        text.replace(",true,", ",perhaps,", 1),
    ):
        people.write_text(wrong)
        done = invoke("run", "csv", orders, *flags, "--customers", people, "-o", tmp_path / "out")
        assert done.exit_code == 1
        assert "row " in done.output
        assert "@" not in done.output
        assert "perhaps" not in done.output


# --- the list of the forgotten ---


def test_a_list_knows_its_customers_and_no_others(tmp_path: Path) -> None:
    for key in (None, KEY):
        made = privacy.Forgotten.empty(key).with_customers(["ann", "17"])
        (tmp_path / "forgotten.json").write_text(json.dumps(made.to_dict()))
        read = privacy.Forgotten.read(tmp_path, KEY)
        assert read == made
        assert [read.has(one) for one in ("ann", "17", "bob", "")] == [True, True, False, False]
        assert read.with_customers(["ann"]) == read
        again = privacy.Forgotten.empty(key).with_customers(["ann", "17"])
        assert not again.marks & made.marks  # Another salt.
        assert KEY not in repr(made)
    with pytest.raises(ea.InvalidArgument, match=r"wants the key .*: ecd0987f"):
        privacy.Forgotten.read(tmp_path)
    with pytest.raises(ea.InvalidArgument, match="wants the key"):
        privacy.Forgotten.read(tmp_path, OTHER_KEY)


def test_marks_and_pseudonyms_are_not_alike() -> None:
    made = privacy.Forgotten(KEY.encode()).with_customers(["17"])
    assert privacy.pseudonym("17", KEY) not in made.marks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\xff",
        '{"format": 2, "salt": "", "key_check": null, "marks": []}',
        '{"format": 1, "salt": "xy", "key_check": null, "marks": []}',
        '{"format": 1, "salt": "00", "key_check": null, "marks": [1]}',
        '{"format": 1, "salt": "00", "key_check": null, "marks": null}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_list_is_an_error_of_a_run(
    text: str, shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    (tmp_path / "forgotten.json").write_text(text, encoding="latin-1")
    with pytest.raises(ea.InvalidData, match="no list of the forgotten"):
        run(replace(shop, region=None), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["forgotten.json"]
