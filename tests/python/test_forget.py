"""Forgetting: no row of the person is left, all else is as it was, and it stays so."""

import csv
import hashlib
import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import forget as forget_module
from ecommerce_analytics import output_folder, privacy
from ecommerce_analytics.cli import app
from ecommerce_analytics.datasets.order_export import keys_of_address
from ecommerce_analytics.forget import ForgetResult, UnknownCustomer, forget
from ecommerce_analytics.run import run
from sheets import sheets_of
from shop_files import (
    SHOPIFY_ITEMS,
    WOOCOMMERCE_ITEMS,
    shopify_order,
    woocommerce_order,
    write_shopify,
    write_woocommerce,
)

KEY = "not to be seen by anyone"
ONE, OTHER, THIRD = (f"synthetic-customer-{number:02d}" for number in (21, 7, 40))
OF_CUSTOMERS = {
    f"{name}.{end}"
    for name in (
        *("customer_rfm_segments", "customer_value_tiers", "customer_clusters"),
        *("high_value_customers", "enhanced_customer_data"),
    )
    for end in ("csv", "parquet")
}
# Rows of the first two; one of them has never spent much.
ROWS = {name: 1 if name.startswith("high_value") else 2 for name in OF_CUSTOMERS}


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def customers_of(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        names: list[str] = pa.parquet.read_table(path)["customer"].to_pylist()
        return names
    with path.open(newline="", encoding="utf-8") as file:
        return [row["customer"] for row in csv.DictReader(file)]


def assert_whole(folder: Path) -> None:
    """Check that `run.json` tells of the files beside it."""
    for name, told in read_json(folder / "run.json")["outputs"].items():
        assert ea.files.hashlib.sha256((folder / name).read_bytes()).hexdigest() == told, name


@pytest.fixture(scope="module")
def shop() -> ea.datasets.SyntheticDataset:
    return ea.datasets.make_synthetic(60, 5)


@pytest.fixture(scope="module")
def made(
    shop: ea.datasets.SyntheticDataset, tmp_path_factory: pytest.TempPathFactory
) -> dict[str | None, Path]:
    """Return folders of runs by the secret of their pseudonyms."""
    folders = {}
    for key in (None, KEY):
        folders[key] = tmp_path_factory.mktemp("made") / "out"
        run(
            shop,
            folders[key],
            parquet=True,
            pseudonym_key=key,
            audiences=[] if key else ["klaviyo"],
        )
    return folders


@pytest.fixture
def out(made: dict[str | None, Path], tmp_path: Path) -> Path:
    shutil.copytree(made[None], tmp_path / "parent" / "out")
    return tmp_path / "parent" / "out"


@pytest.fixture
def hidden(made: dict[str | None, Path], tmp_path: Path) -> Path:
    shutil.copytree(made[KEY], tmp_path / "parent" / "hidden")
    return tmp_path / "parent" / "hidden"


def test_his_rows_go_and_all_else_stays(out: Path) -> None:
    before = contents_of(out)
    wanted = {name: customers_of(out / name) for name in OF_CUSTOMERS}
    profiles = customers_of(out / "klaviyo_profiles.csv")
    assert OTHER in profiles
    assert ONE not in profiles  # No consent.
    (out / "notes.txt").write_text(f"mine: {ONE}")

    result = forget(out, [ONE, OTHER])

    rows = ROWS | {"klaviyo_profiles.csv": 1}
    assert result == ForgetResult(out, rows, 2, 2)
    after = contents_of(out)
    assert after.pop("notes.txt").decode() == f"mine: {ONE}"
    changed = {name for name in before if before[name] != after[name]}
    assert changed == OF_CUSTOMERS | {"klaviyo_profiles.csv", "run.json"}
    assert after.keys() - before.keys() == {"forgotten.json"}
    for name in OF_CUSTOMERS:
        kept = [one for one in wanted[name] if one not in (ONE, OTHER)]
        assert customers_of(out / name) == kept
    # The other records are those that were there, byte by byte.
    for name in (*OF_CUSTOMERS, "klaviyo_profiles.csv"):
        if name.endswith(".csv"):
            lines = before[name].splitlines(keepends=True)
            gone = [line for line in lines if ONE.encode() in line or OTHER.encode() in line]
            assert after[name] == b"".join(line for line in lines if line not in gone)
    for name, content in after.items():
        assert ONE.encode() not in content, name
        assert OTHER.encode() not in content, name


def test_run_json_tells_hashes_and_numbers_and_no_person(out: Path) -> None:
    before = read_json(out / "run.json")
    forget(out, [ONE])
    forget(out, [OTHER])
    after = read_json(out / "run.json")
    assert_whole(out)
    rows = ROWS | {"klaviyo_profiles.csv": 1}
    assert after["privacy"] == before["privacy"] | {"num_forgotten": 2, "rows_removed": rows}
    for one in (before, after):
        del one["privacy"], one["outputs"]
    assert before == after


def test_metadata_and_types_of_parquet_files_stay(out: Path) -> None:
    path = out / "customer_value_tiers.parquet"
    before = pa.parquet.read_table(path)
    forget(out, [ONE])
    after = pa.parquet.read_table(path)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.to_pylist() == [row for row in before.to_pylist() if row["customer"] != ONE]


def test_to_forget_him_once_more_changes_nothing(out: Path) -> None:
    forget(out, [ONE, OTHER, ONE])
    before = contents_of(out)
    assert forget(out, [OTHER, ONE]) == ForgetResult(out, {}, 0, 2)
    assert forget(out, [ONE]) == ForgetResult(out, {}, 0, 2)
    assert contents_of(out) == before


@pytest.mark.parametrize("key", [None, KEY])
def test_later_runs_leave_his_rows_out_and_sums_as_they_are(
    key: str | None,
    shop: ea.datasets.SyntheticDataset,
    made: dict[str | None, Path],
    out: Path,
) -> None:
    forget(out, [ONE, OTHER])
    listed = (out / "forgotten.json").read_bytes()
    run(shop, out, parquet=True, pseudonym_key=key)
    assert (out / "forgotten.json").read_bytes() == listed
    told = read_json(out / "run.json")["privacy"]
    assert told["num_forgotten"] == 2
    names = {ONE, OTHER} if key is None else {privacy.pseudonym(one, KEY) for one in (ONE, OTHER)}
    plain, again = contents_of(made[key]), contents_of(out)
    for name in plain.keys() - {"run.json", "klaviyo_profiles.csv"}:
        if name in OF_CUSTOMERS:
            before = customers_of(made[key] / name)
            assert customers_of(out / name) == [one for one in before if one not in names]
        else:
            assert plain[name] == again[name], name


def test_profiles_of_later_runs_are_without_him(
    shop: ea.datasets.SyntheticDataset, out: Path
) -> None:
    profiles = customers_of(out / "klaviyo_profiles.csv")
    forget(out, [OTHER])
    run(shop, out, audiences=["klaviyo"])
    assert customers_of(out / "klaviyo_profiles.csv") == [one for one in profiles if one != OTHER]


# --- pseudonyms ---


def test_a_folder_of_pseudonyms_wants_their_key(
    hidden: Path, shop: ea.datasets.SyntheticDataset
) -> None:
    before = contents_of(hidden)
    for key in (None, "another one that is long"):
        with pytest.raises(ea.InvalidArgument, match=r"wants the key .*: ecd0987f"):
            forget(hidden, [ONE], pseudonym_key=key)
    assert contents_of(hidden) == before

    assert forget(hidden, [ONE], pseudonym_key=KEY).rows == dict.fromkeys(OF_CUSTOMERS, 1)
    name = privacy.pseudonym(ONE, KEY)
    for content in contents_of(hidden).values():
        assert name.encode() not in content
        assert KEY.encode() not in content
    # His mark can be made with the secret alone.
    told = read_json(hidden / "forgotten.json")
    assert told["key_check"] == "ecd0987f"
    salted = privacy.Forgotten(bytes.fromhex(told["salt"])).with_customers([ONE])
    assert not salted.marks & set(told["marks"])

    before = contents_of(hidden)
    for key in (None, "another one that is long"):
        with pytest.raises(ea.InvalidArgument, match="wants the key"):
            run(shop, hidden, pseudonym_key=key)
    assert contents_of(hidden) == before
    run(shop, hidden, pseudonym_key=KEY)
    assert name not in customers_of(hidden / "customer_value_tiers.csv")
    assert len(customers_of(hidden / "customer_value_tiers.csv")) == 59


def test_a_list_without_a_secret_serves_a_folder_that_gets_one(
    out: Path, shop: ea.datasets.SyntheticDataset
) -> None:
    forget(out, [ONE])
    run(shop, out, pseudonym_key=KEY)
    forget(out, [OTHER], pseudonym_key=KEY)
    assert read_json(out / "forgotten.json")["key_check"] is None
    run(shop, out)
    assert not {ONE, OTHER} & set(customers_of(out / "customer_value_tiers.csv"))
    assert len(customers_of(out / "customer_value_tiers.csv")) == 58


# --- who is not there ---


def test_an_unknown_customer_is_an_error_and_nobody_is_forgotten(out: Path) -> None:
    before = contents_of(out)
    with pytest.raises(UnknownCustomer, match="he is number: 2 ") as caught:
        forget(out, [ONE, "nobody"])
    assert "nobody" not in str(caught.value)
    assert contents_of(out) == before

    result = forget(out, [ONE, "nobody"], absent_too=True)
    assert (result.num_new, result.num_listed) == (2, 2)
    assert forget(out, ["nobody"]).num_new == 0


@pytest.mark.parametrize("customers", [[], [""], [ONE, ""]])
def test_to_forget_nobody_is_an_error(customers: list[str], out: Path) -> None:
    with pytest.raises(ea.InvalidArgument, match="tell the customers"):
        forget(out, customers)


def test_keys_may_be_numbers(tmp_path: Path) -> None:
    lines = ea.Transactions.from_arrays(
        customer=[17, 4], order=["A", "B"], timestamp=["2026-01-05"] * 2, amount=["1", "2"]
    )
    run(ea.datasets.Dataset(name="mine", transactions=lines), tmp_path, parquet=True)
    assert sum(forget(tmp_path, [17]).rows.values()) == 8
    assert customers_of(tmp_path / "customer_value_tiers.csv") == ["4"]
    run(ea.datasets.Dataset(name="mine", transactions=lines), tmp_path)
    assert customers_of(tmp_path / "customer_value_tiers.csv") == ["4"]


def test_a_key_that_looks_like_a_formula(tmp_path: Path) -> None:
    lines = ea.Transactions.from_arrays(
        customer=["=1", "'=1", "a,b"],
        order=["A", "B", "C"],
        timestamp=["2026-01-05"] * 3,
        amount=["1"] * 3,
    )
    for raw in (False, True):
        run(ea.datasets.Dataset(name="mine", transactions=lines), tmp_path / str(raw), raw=raw)
        forget(tmp_path / str(raw), ["=1"])
        found = customers_of(tmp_path / str(raw) / "customer_value_tiers.csv")
        assert found == (["'=1", "a,b"] if raw else ["''=1", "a,b"])


# --- folders that are none, and what goes wrong on the way ---


def test_a_workbook_and_a_layout_lose_his_rows(
    shop: ea.datasets.SyntheticDataset, tmp_path: Path
) -> None:
    run(shop, tmp_path / "out", xlsx=True, layout="segments")
    result = forget(tmp_path / "out", [ONE, OTHER])
    book = "ecommerce_analytics.xlsx"
    assert result.rows == {
        "customer_rfm_segments.csv": 2,
        "customer_value_tiers.csv": 2,
        "customer_clusters.csv": 2,
        "high_value_customers.csv": 1,
        "enhanced_customer_data.csv": 2,
        "rfm_customer_segments.csv": 2,
        book: 9,
    }
    assert_whole(tmp_path / "out")

    # What a later run writes is what is left, but for what counts the rows.
    run(shop, tmp_path / "again")
    listed = tmp_path / "out" / "forgotten.json"
    shutil.copy(listed, tmp_path / "again")
    run(shop, tmp_path / "again", xlsx=True, layout="segments")
    left, right = (tmp_path / name for name in ("out", "again"))
    for name in ("customer_value_tiers.csv", "rfm_customer_segments.csv"):
        assert (left / name).read_bytes() == (right / name).read_bytes()
    sheets, others = (sheets_of(folder / book) for folder in (left, right))
    assert sheets.keys() == others.keys()
    for name in sheets:
        assert sheets[name] == others[name], name
    assert ("customer_value_tiers", "rows", "58") in sheets["About"]
    assert ONE not in repr(sheets)


def test_a_folder_that_is_none_of_a_run(tmp_path: Path, out: Path) -> None:
    with pytest.raises(ea.IOFailure, match="none of a run"):
        forget(tmp_path / "absent", [ONE])
    assert not (tmp_path / "absent").exists()
    told = (out / "run.json").read_text()
    for text in (
        "",
        "[]",
        "{}",
        told.replace('"privacy"', '"other"'),
        told.replace("geo_revenue.csv", "../a.csv"),
    ):
        (out / "run.json").write_text(text)
        before = contents_of(out)
        with pytest.raises(ea.InvalidData, match="no list of a run's files"):
            forget(out, [ONE])
        assert contents_of(out) == before


def test_files_that_are_not_those_of_the_run(out: Path) -> None:
    path = out / "customer_value_tiers.csv"
    text = path.read_text()
    path.write_text(text + "\n")
    before = contents_of(out)
    with pytest.raises(ea.IOFailure, match="not the one that the run wrote") as caught:
        forget(out, [ONE])
    assert caught.value.file == str(path)
    assert contents_of(out) == before
    path.unlink()
    with pytest.raises(ea.IOFailure, match="is missing"):
        forget(out, [ONE])
    path.write_text(text)
    (out / "forgotten.json").write_text("{}")
    with pytest.raises(ea.InvalidData, match="no list of the forgotten"):
        forget(out, [ONE])


@pytest.mark.parametrize("exchanged", [True, False])
@pytest.mark.parametrize("step", ["without_rows", "write_json", "_publish"])
def test_an_error_on_the_way_leaves_the_old_folder(
    step: str, exchanged: bool, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(step)

    if not exchanged:
        monkeypatch.setattr(output_folder, "_exchange", lambda *_: False)
    before = contents_of(out)
    modules = (forget_module.row_removal, forget_module.exports, output_folder)
    [module] = [module for module in modules if hasattr(module, step)]
    with monkeypatch.context() as patch:
        patch.setattr(module, step, fail)
        with pytest.raises(RuntimeError, match=step):
            forget(out, [ONE])
    assert contents_of(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    forget(out, [ONE])
    assert_whole(out)
    assert ONE not in customers_of(out / "customer_value_tiers.csv")


def test_kills_leave_the_old_folder_or_the_new_one(out: Path) -> None:
    old = contents_of(out)
    started = time.monotonic()
    forget(out, [ONE])
    seconds = time.monotonic() - started
    marks = read_json(out / "forgotten.json")
    new = {name: content for name, content in contents_of(out).items() if name != "forgotten.json"}
    states = []
    for number in range(24):
        shutil.rmtree(out)
        out.mkdir()
        for name, content in old.items():
            (out / name).write_bytes(content)
        child = os.fork()
        if child == 0:
            forget(out, [ONE])
            os._exit(0)
        time.sleep(seconds * 1.3 * number / 24)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = contents_of(out)
        listed = found.pop("forgotten.json", None)
        assert found in (old, new)
        assert (listed is not None) == (found == new)
        states.append(found == new)
    assert len(marks["marks"]) == 1
    assert states[0] is False
    forget(out, [ONE])
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_another_run_in_the_folder_is_waited_for_by_an_error(out: Path) -> None:
    before = contents_of(out)
    with output_folder.replaced(out, ["run.json"]) as building:
        shutil.copy(out / "run.json", building / "run.json")
        with pytest.raises(ea.IOFailure, match="another run is writing"):
            forget(out, [ONE])
    assert contents_of(out) == before


# --- people of a shop ---


ANN, BOB = "Ann@Example.com", "bob@example.com"


def key_of(shop: str, address: str) -> str:
    return f"{shop}-{hashlib.sha256(address.lower().encode()).hexdigest()[:16]}"


def orders_of(shop: str, folder: Path, *orders: tuple[str, str]) -> ea.datasets.Dataset:
    """Write and load an export; `orders` are ids, where there are some, and addresses."""
    folder.mkdir(exist_ok=True)
    path = folder / "orders.csv"
    if shop == "shopify":
        rows = [
            shopify_order(
                *(f"#{number}", [SHOPIFY_ITEMS[0]]),
                Email=address,
                Accepts_Marketing="yes",
                **({"Customer ID": key} if key else {}),
            )
            for number, (key, address) in enumerate(orders)
        ]
        return ea.datasets.load_shopify(write_shopify(path, *rows), time_zone="UTC")
    rows = [
        woocommerce_order(
            number, [WOOCOMMERCE_ITEMS[0]], customer_id=key or "0", billing_email=address
        )
        for number, (key, address) in enumerate(orders)
    ]
    return ea.datasets.load_woocommerce(write_woocommerce(path, *rows))


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("shop", ["shopify", "woocommerce"])
def test_who_was_forgotten_stays_so_when_the_shop_gives_him_an_id(
    shop: str, key: str | None, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(orders_of(shop, tmp_path, ("", ANN), ("", BOB)), out, pseudonym_key=key)
    forget(out, [key_of(shop, ANN)], pseudonym_key=key)
    for orders in (
        [("", ANN), ("", BOB)],
        [("7", ANN), ("", BOB)],
        [("7", "new@example.com"), ("7", ANN), ("", BOB)],
    ):
        later = orders_of(shop, tmp_path, *orders)
        run(later, out, parquet=True, pseudonym_key=key)
        name = key_of(shop, BOB)
        wanted = [name if key is None else privacy.pseudonym(name, key)]
        for path in out.glob("customer_*"):
            if path.name.startswith(("customer_rfm", "customer_value", "customer_clusters")):
                assert customers_of(path) == wanted, path.name


def test_who_was_forgotten_gets_no_profile_when_he_has_an_id(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(orders_of("shopify", tmp_path, ("", ANN), ("", BOB)), out, audiences=["klaviyo"])
    forget(out, emails=[ANN])
    later = orders_of("shopify", tmp_path, ("7", ANN), ("", BOB))
    told = run(later, out, audiences=["klaviyo"]).manifest
    assert customers_of(out / "klaviyo_profiles.csv") == [key_of("shopify", BOB)]
    assert told["audiences"]["klaviyo"]["persons"] == {"with_order": 1, "without_order": 0}


@pytest.mark.parametrize("shop", ["shopify", "woocommerce"])
@pytest.mark.parametrize("told", [ANN, f"  {ANN.upper()}\t"])
def test_an_address_stands_for_the_key_made_of_it(shop: str, told: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(orders_of(shop, tmp_path, ("", ANN), ("", BOB)), out)
    assert keys_of_address(told) == (key_of("shopify", ANN), key_of("woocommerce", ANN))
    done = invoke("--log-level", "info", "forget", "--email", told, "--output", out)
    assert done.exit_code == 0, done.output
    assert "Newly forgotten: 1; keys on the list" in done.stdout
    assert customers_of(out / "customer_value_tiers.csv") == [key_of(shop, BOB)]
    for text in (done.output, *(path.read_bytes().decode("latin-1") for path in out.iterdir())):
        assert "example.com" not in text.lower()
        assert key_of(shop, ANN) not in text
    again = invoke("forget", "--email", told, "--output", out)
    assert (again.exit_code, "Newly forgotten: 0;" in again.stdout) == (0, True)


def test_an_address_without_a_key_is_said_plainly(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export = orders_of("shopify", tmp_path, ("7", ANN), ("", BOB))
    run(export, out)
    before = contents_of(out)
    job = ("--log-level", "info", "forget", "--output", out, "--email")
    done = invoke(*job, BOB, "--email", ANN)
    assert (done.exit_code, done.stdout) == (3, "")
    text = " ".join(done.stderr.split())
    assert "no file of the folder has a key made of this address" in text
    assert "it is address number: 2" in text
    assert "example.com" not in done.output.lower()
    assert contents_of(out) == before

    done = invoke(*job, ANN, "--absent-too")
    assert done.exit_code == 0, done.output
    assert "Newly forgotten: 1;" in done.stdout
    assert "In no file: 1; rows that they have under another key stay there" in done.stdout
    assert "7" in customers_of(out / "customer_value_tiers.csv")
    run(export, out)
    assert customers_of(out / "customer_value_tiers.csv") == [key_of("shopify", BOB)]

    done = invoke(*job, "ann at home")
    assert done.exit_code == 1
    assert "this is no e-mail address; it is address number: 1" in " ".join(done.stderr.split())
    assert "home" not in done.output


# --- the command ---


def test_the_command_tells_numbers_and_no_person(out: Path, tmp_path: Path) -> None:
    done = invoke("--log-level", "info", "forget", ONE, OTHER, "--output", out)
    assert done.exit_code == 0, done.output
    assert "Newly forgotten: 2;" in done.stdout
    assert "  customer_value_tiers.csv: 2 rows removed\n" in done.stdout
    assert "Sums, means and pictures still have them" in done.stdout
    assert "forgotten customers=2 rows=19 files=11" in done.stderr
    assert "synthetic-customer" not in done.output

    done = invoke("forget", ONE, "--output", out)
    assert (done.exit_code, "Newly forgotten: 0;" in done.stdout) == (0, True)

    listed = tmp_path / "leaving.txt"
    listed.write_text(f"{THIRD}\n\n{ONE}\n")
    assert invoke("forget", "--from", listed, "--output", out).exit_code == 0
    assert THIRD not in customers_of(out / "customer_value_tiers.csv")


def test_an_unknown_customer_has_an_exit_code_of_its_own(out: Path) -> None:
    before = contents_of(out)
    done = invoke("forget", ONE, "nobody", "--output", out)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "no file of the folder has this customer" in done.stderr
    assert contents_of(out) == before
    assert invoke("forget", "nobody", "--absent-too", "--output", out).exit_code == 0
    assert invoke("forget", "--output", out).exit_code == 1
    assert invoke("forget", ONE, "--output", out.parent / "absent").exit_code == 1
    assert invoke("forget", ONE).exit_code == 2


def test_the_command_takes_the_secret_as_a_run_does(
    hidden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hidden.parent)
    assert invoke("forget", ONE, "--output", hidden).exit_code == 1
    done = invoke("forget", ONE, "--output", hidden, "--pseudonymise", KEY)
    assert (done.exit_code, KEY in done.output) == (0, False)
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("ECOMMERCE_ANALYTICS_OUTPUT", str(hidden))
    assert invoke("forget", OTHER).exit_code == 0
    assert len(customers_of(hidden / "customer_value_tiers.csv")) == 58
