"""The command line: what it writes, prints and refuses, and the figures of the real data."""

import contextlib
import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import run as main_job
from ecommerce_analytics.cli import app
from ecommerce_analytics.cli.run import print_summary
from ecommerce_analytics.datasets.synthetic import synthetic_lines
from known_files import known_copy

# Where there is enough data.
CHURN_FILES = (
    *("churn_risk.csv", "churn_evaluation.csv", "churn_predictions.csv"),
    *("high_risk_customers.csv", "high_value_at_risk.csv"),
)
ALL_FILES = (
    "executive_metrics_summary.csv",
    "key_figure_changes.csv",
    "customer_rfm_segments.csv",
    "rfm_segment_summary.csv",
    "customer_value_tiers.csv",
    "lorenz_curve.csv",
    "customer_cohort_retention.csv",
    "customer_clusters.csv",
    "high_value_customers.csv",
    "enhanced_customer_data.csv",
    "geo_revenue.csv",
    "category_revenue.csv",
    "payment_types.csv",
    "customer_cohort_heatmap.png",
    "ingest_report.json",
    "run.json",
)
SOURCES = (
    "olist",
    "online-retail",
    "cdnow",
    "shopify",
    "woocommerce",
    "csv",
    "parquet",
    "synthetic",
)
MAP = (
    "--map customer=customer --map order=order --map timestamp=timestamp --map amount=amount"
    " --map region=region --map kind=kind --map category=category --currency BRL"
).split()


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_cli(*arguments: object) -> Result:
    result = invoke("run", *arguments)
    assert result.exit_code == 0, result.output
    return result


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def total_of(out: Path) -> dict[str, str]:
    [row] = [
        row for row in read_rows(out / "executive_metrics_summary.csv") if row["grain"] == "total"
    ]
    return row


def cohort_of(out: Path, measure: str, cohort: str) -> list[str]:
    return [
        row["value"]
        for row in read_rows(out / "customer_cohort_retention.csv")
        if (row["measure"], row["cohort"]) == (measure, cohort)
    ]


def column_of(path: Path, key: str, value: str) -> dict[str, str]:
    return {row[key]: row[value] for row in read_rows(path)}


@pytest.fixture(scope="module")
def shop_lines() -> pd.DataFrame:
    lines = pd.DataFrame(synthetic_lines(150, 11))
    lines["amount"] = [f"{Decimal(int(cents)) / 100:.2f}" for cents in lines["amount"]]
    lines["timestamp"] = lines["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S")
    return lines


@pytest.fixture(scope="module")
def shop_csv(shop_lines: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    shop_lines.to_csv(path, index=False)
    return path


# --- sources ---


def test_synthetic_is_labelled_everywhere(tmp_path: Path) -> None:
    result = run_cli("synthetic", "--num-customers", 200, "--random-state", 4, "--output", tmp_path)

    assert result.stdout.startswith("SYNTHETIC DATA")
    assert {path.name for path in tmp_path.iterdir()} == set(ALL_FILES)
    manifest = read_json(tmp_path / "run.json")
    assert manifest["is_synthetic"] is True
    assert manifest["parameters"]["source"]["num_customers"] == 200
    assert manifest["parameters"]["source"]["random_state"] == 4
    assert read_json(tmp_path / "ingest_report.json")["is_synthetic"] is True
    customers = read_rows(tmp_path / "customer_rfm_segments.csv")
    assert len(customers) == 200
    assert all(row["customer"].startswith("synthetic-") for row in customers)


def test_csv_gives_the_figures_of_its_lines(
    shop_csv: Path, shop_lines: pd.DataFrame, tmp_path: Path
) -> None:
    result = run_cli("csv", shop_csv, *MAP, "--output", tmp_path)

    total = total_of(tmp_path)
    assert Decimal(total["revenue_net"]) == sum(map(Decimal, shop_lines["amount"]))
    assert int(total["orders"]) == shop_lines["order"].nunique()
    assert int(total["customers"]) == 150
    manifest = read_json(tmp_path / "run.json")
    assert manifest["source"] == "csv"
    assert manifest["is_synthetic"] is False
    assert manifest["inputs"] == {"shop.csv": hashlib.sha256(shop_csv.read_bytes()).hexdigest()}
    assert manifest["currency"] == "BRL"
    assert manifest["parameters"]["source"]["map"]["customer"] == "customer"
    assert str(shop_csv.parent) not in (tmp_path / "run.json").read_text()
    assert "SYNTHETIC" not in result.stdout


def test_parquet_delimiters_and_prices_give_the_same_tables(
    shop_csv: Path, shop_lines: pd.DataFrame, tmp_path: Path
) -> None:
    run_cli("csv", shop_csv, *MAP, "--output", tmp_path / "csv")

    shop_lines.to_parquet(tmp_path / "shop.parquet")
    run_cli("parquet", tmp_path / "shop.parquet", *MAP, "--output", tmp_path / "parquet")

    shop_lines.to_csv(tmp_path / "shop.tsv", sep="\t", index=False, encoding="latin-1")
    run_cli(
        *("csv", tmp_path / "shop.tsv", *MAP, "--output", tmp_path / "tsv"),
        *("--delimiter", "tab", "--encoding", "latin-1"),
    )

    priced = shop_lines.assign(pieces=1).rename(columns={"amount": "price", "customer": "who"})
    priced.to_csv(tmp_path / "priced.csv", index=False)
    renamed = [
        text.replace("customer=customer", "customer=who").replace(
            "amount=amount", "quantity=pieces"
        )
        for text in MAP
    ]
    run_cli(
        *("csv", tmp_path / "priced.csv", *renamed, "--map", "unit_price=price"),
        *("--output", tmp_path / "priced"),
    )

    expected = contents_of(tmp_path / "csv")
    for name in ("parquet", "tsv", "priced"):
        actual = contents_of(tmp_path / name)
        with_quantity = (
            *("executive_metrics_summary.csv", "key_figure_changes.csv"),
            *("category_revenue.csv", "enhanced_customer_data.csv"),
        )
        for file in sorted({*ALL_FILES[:-3]} - {"payment_types.csv"}):
            if name != "priced" or file not in with_quantity:
                assert actual[file] == expected[file], (name, file)
    # Pieces are told there, so there are items; all else is the same.
    with_items = total_of(tmp_path / "priced")
    assert with_items["items"] == f"{with_items['sale_lines']}.0000"
    items = {"items": "", "items_per_order": ""}
    assert with_items | items == total_of(tmp_path / "csv")


def test_a_rule_set_of_ones_own(tmp_path: Path) -> None:
    rules = CHECKOUT / "tests" / "golden" / "rfm" / "window_and_thresholds" / "rules.toml"
    run_cli("synthetic", "--num-customers", "80", "--rules", rules, "--output", tmp_path)
    rows = read_rows(tmp_path / "rfm_segment_summary.csv")
    assert [row["segment"] for row in rows] == ["Regulars", "Cooling", "Small", "Others"]
    assert rows[0]["strategy"] == "Thank them."
    assert read_json(tmp_path / "run.json")["parameters"]["rules"] == "regulars"


def test_measures_and_dimensions_can_be_mapped(shop_csv: Path, tmp_path: Path) -> None:
    run_cli(
        *("csv", shop_csv, *MAP, "--map", "measure.cost=amount", "--map", "dimension.item=product"),
        *("--output", tmp_path),
    )
    mapping = read_json(tmp_path / "run.json")["parameters"]["source"]["map"]
    assert mapping["measures"] == {"cost": "amount"}
    assert mapping["dimensions"] == {"item": "product"}


def test_the_same_input_gives_the_same_bytes(shop_csv: Path, tmp_path: Path) -> None:
    run_cli("csv", shop_csv, *MAP, "--output", tmp_path / "first")
    run_cli("csv", shop_csv, *MAP, "--output", tmp_path / "second", "--num-threads", 3)
    run_cli("csv", shop_csv, *MAP, "--output", tmp_path / "first")

    assert contents_of(tmp_path / "first") == contents_of(tmp_path / "second")


def test_shuffled_lines_change_nothing_but_the_hash_of_the_source(
    shop_csv: Path, shop_lines: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "shuffled").mkdir()
    shuffled = tmp_path / "shuffled" / "shop.csv"
    order = np.random.default_rng(1).permutation(len(shop_lines))
    shop_lines.iloc[order].to_csv(shuffled, index=False)
    run_cli("csv", shop_csv, *MAP, "--output", tmp_path / "a")
    run_cli("csv", shuffled, *MAP, "--output", tmp_path / "b")

    a, b = contents_of(tmp_path / "a"), contents_of(tmp_path / "b")
    manifest_a, manifest_b = json.loads(a.pop("run.json")), json.loads(b.pop("run.json"))
    assert a == b
    assert manifest_a.pop("inputs") != manifest_b.pop("inputs")
    assert manifest_a == manifest_b


def test_the_options_of_a_run_reach_every_source(shop_csv: Path, tmp_path: Path) -> None:
    run_options = (
        *("--as-of", "2024-07-01", "--rules", "ten", "--period", "quarter"),
        *("--confidence", "0.5", "--num-threads", "2"),
    )
    for source in (["synthetic", "--num-customers", "50"], ["csv", str(shop_csv), *MAP]):
        run_cli(*source, *run_options, "--output", tmp_path)
        manifest = read_json(tmp_path / "run.json")
        parameters = manifest["parameters"]
        assert manifest["as_of"].startswith("2024-07-01")
        assert (parameters["rules"], parameters["period"]) == ("ten", "quarter")
        assert parameters["confidence"] == 0.5
    for name in SOURCES:
        shown = invoke("run", name, "--help").output
        for option in (*run_options[::2], "--output"):
            assert str(option) in shown, (name, option)


def test_the_confidence_narrows_the_intervals(tmp_path: Path) -> None:
    def widths(confidence: float) -> list[float]:
        options = ("--num-customers", 50, "--confidence", confidence, "--output", tmp_path)
        run_cli("synthetic", *options)
        rows = read_rows(tmp_path / "customer_cohort_retention.csv")
        return [float(row["upper"]) - float(row["lower"]) for row in rows if row["lower"]]

    assert all(low < high for low, high in zip(widths(0.5), widths(0.99), strict=True))


# --- what is printed ---


def test_what_is_printed_is_no_markup(shop_lines: pd.DataFrame, tmp_path: Path) -> None:
    marked = shop_lines.assign(region="[red]:smile:[/]")
    marked.to_csv(tmp_path / "shop.csv", index=False)
    result = run_cli("csv", tmp_path / "shop.csv", *MAP, "--output", tmp_path / "[/]out[bold]")
    assert "[red]:smile:[/]" in result.stdout
    assert f"Files in {tmp_path}/[/]out[bold]:" in result.stdout

    # A currency of no known form gets no further than here, whoever lets it in.
    console = io.StringIO()
    with contextlib.redirect_stdout(console):
        shop = ea.datasets.make_synthetic(20)
        done = main_job.run(shop, tmp_path / "out")
        print_summary(replace(shop, currency="x[red][/]"), done)
    assert "revenue x[red][/]" in console.getvalue()


def test_stdout_has_the_summary_and_stderr_the_stages(tmp_path: Path) -> None:
    result = run_cli("synthetic", "--num-customers", 50, "--output", tmp_path / "out")

    for text in (
        "Key figures",
        "Revenue, net",
        "Segments",
        "Champions",
        "Tiers by revenue",
        "Platinum",
        "Concentration: Gini coefficient 0.",
        "Regions",
        "Lines",
        "kept",
    ):
        assert text in result.stdout
    assert f"Files in {tmp_path / 'out'}:" in result.stdout
    for name in ALL_FILES:
        assert name in result.stdout
    assert result.stderr.splitlines() == [
        "reading the source",
        "reading histories",
        "key figures",
        "segments",
        "cohorts",
        "clusters",
        "churn",
        "customer lifetime value",
        "lists",
        "regions",
        "writing files",
    ]


def test_help_and_version_are_there() -> None:
    for arguments in (["--help"], ["run", "--help"], ["run", "csv", "--help"]):
        result = invoke(*arguments)
        assert result.exit_code == 0
        assert "Usage" in result.output
    for source in SOURCES:
        assert source in invoke("run", "--help").output
    assert invoke("--version").output == f"ecommerce-analytics {ea.__version__}\n"


# --- what is refused ---


def failure(*arguments: object, exit_code: int = 1) -> str:
    result = invoke("run", *arguments)
    assert result.exit_code == exit_code, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


def error_line(*arguments: object) -> str:
    [line] = [line for line in failure(*arguments).splitlines() if line.startswith("error: ")]
    return line


BAD_FILES = {
    "empty": (b"", "shop.csv"),
    "header only": (b"customer,order,timestamp,amount\n", "shop.csv"),
    "missing column": (b"customer,order,timestamp\n1,1,2024-01-01\n", '"amount"'),
    "bad date": (b"customer,order,timestamp,amount\n1,1,2024-01-01,1\n1,2,2024-02-30,1\n", "row 2"),
    "bad number": (b"customer,order,timestamp,amount\n1,1,2024-01-01,one\n", '"amount"'),
    "too many digits": (b"customer,order,timestamp,amount\n1,1,2024-01-01,1.23456\n", "1.23456"),
    "ragged": (b"customer,order,timestamp,amount\n1,1,2024-01-01,1\n1,2,2024-01-02\n", "row 2"),
    "not UTF-8": (b"customer,order,timestamp,amount\nJos\xe9,1,2024-01-01,1\n", "UTF-8"),
    "no purchase": (b"customer,order,timestamp,amount\n1,1,2024-01-01,-1\n", ""),
}
PLAIN_MAP = MAP[:8]


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_line_and_leaves_the_old_files(
    case: str, shop_csv: Path, tmp_path: Path
) -> None:
    content, named = BAD_FILES[case]
    bad = tmp_path / "shop.csv"
    bad.write_bytes(content)
    out = tmp_path / "out"
    run_cli("csv", shop_csv, *MAP, "--output", out)
    before = contents_of(out)

    line = error_line("csv", bad, *PLAIN_MAP, "--output", out)

    assert named in line
    assert contents_of(out) == before
    assert error_line("csv", bad, *PLAIN_MAP, "--output", tmp_path / "new") == line
    assert not (tmp_path / "new").exists()


def test_an_error_names_file_row_column_and_value(tmp_path: Path) -> None:
    bad = tmp_path / "shop.csv"
    bad.write_text("customer,order,timestamp,amount\n1,1,2024-01-01,1\n1,2,2024-01-02,1.5x\n")

    line = error_line("csv", bad, *PLAIN_MAP, "--output", tmp_path / "out")

    for text in (str(bad), "row 2", 'column "amount"', "1.5x"):
        assert text in line


def test_an_error_obeys_no_escape_of_the_file(tmp_path: Path) -> None:
    bad = tmp_path / "shop.csv"
    bad.write_text('customer,order,timestamp,amount\n1,1,2024-01-01,"\x1b[2J\n1"\n')

    stderr = failure("csv", bad, *PLAIN_MAP, "--output", tmp_path / "out")

    assert "\x1b" not in stderr
    assert stderr.count("\n") == 2  # The stage and the error.
    assert "\\x1b[2J" in stderr


def test_an_absent_path_is_an_error(tmp_path: Path) -> None:
    for source in SOURCES:
        if source == "synthetic":
            continue
        mapping = MAP if source in ("csv", "parquet") else ()
        line = error_line(source, tmp_path / "absent", *mapping, "--output", tmp_path / "out")
        assert str(tmp_path / "absent") in line
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    line = error_line("synthetic", "--num-customers", 5, "--output", tmp_path / "out")
    assert str(tmp_path / "out") in line
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ["synthetic"],
        ["olist", "--output", "out"],
        ["shop", "file", "--output", "out"],
        ["synthetic", "--output", "out", "--rules", "seven"],
        ["synthetic", "--output", "out", "--period", "fortnight"],
        ["synthetic", "--output", "out", "--confidence", "0"],
        ["synthetic", "--output", "out", "--confidence", "1"],
        ["synthetic", "--output", "out", "--confidence", "nan"],
        ["synthetic", "--output", "out", "--num-threads", "0"],
        ["synthetic", "--output", "out", "--num-customers", "0"],
        ["online-retail", "file", "--output", "out", "--cleaning", "B"],
        ["csv", "file", "--output", "out"],
        ["csv", "file", *PLAIN_MAP[:6], "--output", "out"],
        ["csv", "file", *PLAIN_MAP[2:], "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--map", "unit_price=price", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--map", "amount=other", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--map", "colour=colour", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--map", "measure.=cost", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--map", "region", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--rounding", "down", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--thousands", "x", "--output", "out"],
        ["csv", "file", *PLAIN_MAP, "--integer-unit", "minor", "--output", "out"],
        ["parquet", "file", *PLAIN_MAP, "--integer-unit", "cents", "--output", "out"],
    ],
)
def test_a_wrong_command_line_exits_with_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failure(*arguments, exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_moment_is_an_error_before_the_source_is_read(tmp_path: Path) -> None:
    stderr = failure("olist", tmp_path / "absent", "--as-of", "soon", "--output", tmp_path / "out")
    assert "soon" in stderr
    assert "absent" not in stderr


def test_an_interrupted_run_exits_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ecommerce_analytics.run.rfm.score", stop)
    failure("synthetic", "--num-customers", 5, "--output", tmp_path / "out", exit_code=130)
    assert list(tmp_path.iterdir()) == []


# --- as a program ---


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_the_program_is_the_same_command(tmp_path: Path) -> None:
    done = python(
        *("-m", "ecommerce_analytics", "run", "synthetic", "--num-customers", "50"),
        *("--output", str(tmp_path / "program")),
    )
    assert done.returncode == 0, done.stderr
    run_cli("synthetic", "--num-customers", 50, "--output", tmp_path / "app")
    assert contents_of(tmp_path / "program") == contents_of(tmp_path / "app")


@pytest.mark.parametrize(
    ("number", "exit_code", "stage"),
    [
        (signal.SIGINT, 130, "reading the source"),
        (signal.SIGTERM, 143, "reading the source"),
        (signal.SIGTERM, 143, "writing files"),
    ],
)
def test_ctrl_c_and_kill_leave_nothing(
    tmp_path: Path, number: signal.Signals, exit_code: int, stage: str
) -> None:
    out = tmp_path / "out"
    num_customers = "300000" if stage == "reading the source" else "30000"
    arguments = ["run", "synthetic", "--num-customers", num_customers, "--output", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "ecommerce_analytics", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        assert f"{stage}\n" in iter(process.stderr.readline, "")
        stdout, stderr = "", ""
        for _ in range(5):
            # Python drops an interrupt that falls into a finalizer: then a person presses again.
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                stdout, stderr = process.communicate(timeout=10)
                break
    assert process.returncode == exit_code
    assert stdout == ""
    assert "Traceback" not in stderr
    assert stderr.endswith({130: "interrupted\n", 143: "terminated\n"}[exit_code])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["typer", "rich", "pyarrow", "duckdb"])
def test_without_the_extra_it_is_named(module: str, tmp_path: Path) -> None:
    # A null entry in `sys.modules` makes the import fail as if the module were not installed.
    script = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from ecommerce_analytics.__main__ import main\n"
        f"sys.argv = ['ecommerce-analytics', 'run', 'synthetic', '--num-customers', '5',"
        f" '--output', {str(tmp_path / 'out')!r}]\n"
        "sys.exit(main())"
    )
    done = python("-c", script)

    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert 'pip install "ecommerce-analytics[io]"' in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", [["synthetic", "--num-customers", "5"], ["--help"]])
def test_a_full_disk_behind_stdout_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    if "--help" not in arguments:
        arguments = [*arguments, "--output", str(out)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ecommerce_analytics", "run", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: standard output cannot be written: ")
    assert done.stderr.splitlines()[-1] == line
    assert out.exists() == ("--help" not in arguments)


@pytest.mark.parametrize("descriptor", ["stdin", "stream"])
def test_a_pipe_has_the_hash_of_what_came_through(
    descriptor: str, shop_csv: Path, tmp_path: Path
) -> None:
    content = shop_csv.read_bytes()
    out = tmp_path / "out"
    reader, writer = os.pipe()
    path = "/dev/stdin" if descriptor == "stdin" else f"/dev/fd/{reader}"
    with subprocess.Popen(
        [sys.executable, "-m", "ecommerce_analytics", "run", "csv", path, *MAP, "-o", str(out)],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        pass_fds=[reader],
    ) as process:
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(content)
    assert process.returncode == 0
    assert read_json(out / "run.json")["inputs"] == {
        descriptor: hashlib.sha256(content).hexdigest()
    }


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_demo_passes_paths_and_options_on(tmp_path: Path) -> None:
    program = tmp_path / "ecommerce-analytics"
    program.write_text('#!/bin/sh\nprintf "<%s>\\n" "$@"\n')
    program.chmod(0o755)
    told = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SOURCE", "DATA", "OUTPUT", "ARGS"}
    environment = {name: value for name, value in os.environ.items() if name not in told}

    def demo(*variables: str) -> list[str]:
        done = subprocess.run(
            ["make", "--silent", "demo", "-o", "install", f"BIN={tmp_path}", *variables],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split("\n")[:-1]

    assert demo() == ["<run>", "<synthetic>", "<--output>", "<build/demo>"]
    assert demo(
        *("SOURCE=csv", "DATA=my 'new\" orders.csv", "OUTPUT=an out"),
        "ARGS=--map customer=buyer --map 'amount=in total'",
    ) == [
        *("<run>", "<csv>", "<my 'new\" orders.csv>", "<--output>", "<an out>"),
        *("<--map>", "<customer=buyer>", "<--map>", "<amount=in total>"),
    ]


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "ecommerce_analytics", "run", "synthetic"),
                *("--num-customers", "5", "--output", str(tmp_path / "out")),
            ],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "run.json").exists()


def test_a_moment_before_the_data_is_an_error_that_leaves_the_old_files(tmp_path: Path) -> None:
    arguments = ("synthetic", "--num-customers", 5, "--output", tmp_path / "out")
    run_cli(*arguments)
    before = contents_of(tmp_path / "out")
    line = error_line(*arguments, "--as-of", "1999-01-01")
    assert "before as_of" in line
    assert contents_of(tmp_path / "out") == before


@pytest.mark.parametrize("n_bins", [1, 0, -1, 256, 2**40])
def test_bins_out_of_range_are_an_error(n_bins: int) -> None:
    with pytest.raises(ea.InvalidArgument, match="n_bins"):
        ea.rfm.score(ea.datasets.make_synthetic(5).transactions, n_bins=n_bins)


# --- figures of the real data, recomputed independently of this project's code ---


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = known_copy("olist")
    out = tmp_path_factory.mktemp("olist") / "out"
    run_cli("olist", source, "--output", out)
    return out


def test_olist_key_figures(olist: Path) -> None:
    # Hardly anybody orders again, so a high risk chooses nobody.
    at_risk = {"high_risk_customers.csv", "high_value_at_risk.csv"}
    assert {path.name for path in olist.iterdir()} == {*ALL_FILES, *CHURN_FILES} - at_risk
    assert read_json(olist / "run.json")["skipped"].keys() == at_risk
    total = total_of(olist)
    assert total["revenue_net"] == total["revenue_gross"] == "13591643.7000"
    assert total["orders"] == "98666"
    assert total["customers"] == "95420"
    assert total["repeat_customers"] == "2913"
    assert total["end"] == "2018-09-04"
    months = {
        row["period"]: row
        for row in read_rows(olist / "executive_metrics_summary.csv")
        if row["grain"] == "month"
    }
    assert months["2017-11"]["revenue_net"] == "1010271.3700"
    assert max(months.values(), key=lambda row: Decimal(row["revenue_net"]))["period"] == "2017-11"
    assert months["2016-11"]["orders"] == "0"
    manifest = read_json(olist / "run.json")
    assert manifest["as_of"].startswith("2018-09-04")
    assert manifest["currency"] == "BRL"
    path = known_copy("olist/olist_order_items_dataset.csv")
    assert manifest["inputs"][path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_olist_segments(olist: Path) -> None:
    rows = read_rows(olist / "customer_rfm_segments.csv")
    counts = {
        score: [sum(row[score] == str(level) for row in rows) for level in range(1, 6)]
        for score in ("r_score", "f_score", "m_score")
    }
    assert counts == {
        "r_score": [18947, 19148, 19112, 18995, 19218],
        "f_score": [92507, 0, 0, 0, 2913],
        "m_score": [19729, 19814, 17792, 19051, 19034],
    }
    summary = read_rows(olist / "rfm_segment_summary.csv")
    assert sum(int(row["customers"]) for row in summary) == 95420
    assert sum(Decimal(row["revenue"]) for row in summary) == Decimal("13591643.70")


def test_olist_tiers_and_concentration(olist: Path) -> None:
    manifest = read_json(olist / "run.json")
    sizes = {"Platinum": 4767, "Gold": 14267, "Silver": 27533, "Bronze": 48853}
    assert manifest["tiers"] == sizes
    rows = read_rows(olist / "customer_value_tiers.csv")
    assert {tier: sum(row["tier"] == tier for row in rows) for tier in sizes} == sizes
    assert all((row["to_next_tier"] == "") == (row["tier"] == "Platinum") for row in rows)
    told = manifest["concentration"]
    assert told["gini"] == pytest.approx(0.52165, abs=5e-6)
    shares = [row["revenue_share"] for row in told["top"]]
    assert shares == pytest.approx([0.11520, 0.41233, 0.56757], abs=5e-6)


def test_olist_cohorts(olist: Path) -> None:
    assert cohort_of(olist, "customers", "2017-11-01")[:8] == ("7217 40 28 13 14 13 8 14".split())
    assert cohort_of(olist, "customers", "2017-01-01")[:8] == "754 3 2 1 3 1 3 1".split()
    cohorts = {row["cohort"] for row in read_rows(olist / "customer_cohort_retention.csv")}
    assert len(cohorts) == 23
    orders = [
        int(row["value"])
        for row in read_rows(olist / "customer_cohort_retention.csv")
        if row["measure"] == "orders" and row["value"]
    ]
    assert sum(orders) == 98666


def test_olist_regions(olist: Path) -> None:
    revenue = column_of(olist / "geo_revenue.csv", "region", "revenue")
    assert {state: revenue[state] for state in ("SP", "RJ", "MG", "RS", "PR")} == {
        "SP": "5202955.0500",
        "RJ": "1824092.6700",
        "MG": "1585308.0300",
        "RS": "750304.0200",
        "PR": "683083.7600",
    }
    assert len(revenue) == 27
    assert sum(map(Decimal, revenue.values())) == Decimal("13591643.70")
    customers = column_of(olist / "geo_revenue.csv", "region", "customers")
    assert sum(map(int, customers.values())) == 95458


def test_olist_ingest(olist: Path) -> None:
    report = read_json(olist / "ingest_report.json")
    assert report["read"]["num_lines"] == report["kept"]["num_lines"] == 112650
    assert Decimal(report["kept"]["money"]) == Decimal("13591643.70")
    assert report["num_customers"] == 95420
    assert report["num_orders"] == 98666


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = known_copy("online_retail/online_retail.csv")
    out = tmp_path_factory.mktemp("online-retail") / "out"
    run_cli("online-retail", source, "--output", out)
    return out


def test_online_retail_key_figures(online_retail: Path) -> None:
    total = total_of(online_retail)
    assert total["revenue_net"] == "9747747.9340"
    assert total["revenue_gross"] == "10272118.8700"
    assert total["customers"] == "4338"
    assert total["guest_revenue_net"] == "1447682.1200"
    assert int(total["orders"]) - int(total["guest_orders"]) == 18532
    assert float(total["guest_share"]) == pytest.approx(0.149, abs=5e-4)
    manifest = read_json(online_retail / "run.json")
    assert manifest["cleaning"] == "E"
    assert manifest["as_of"].startswith("2011-12-10")
    report = read_json(online_retail / "ingest_report.json")
    assert report["read"]["num_lines"] == 541909
    assert {row["name"]: row["num_lines"] for row in report["kinds"]} == {
        "sale": 527789,
        "refund": 8704,
        "shipping": 2110,
        "fee": 87,
        "discount": 77,
        "adjustment": 3142,
    }


def test_online_retail_segments(online_retail: Path) -> None:
    summary = read_rows(online_retail / "rfm_segment_summary.csv")
    assert {row["segment"]: int(row["customers"]) for row in summary} == {
        "Loyal Customers": 810,
        "Lost": 685,
        "Champions": 628,
        "At Risk": 586,
        "Hibernating": 406,
        "Potential Loyalists": 358,
        "About To Sleep": 355,
        "Promising": 239,
        "Needs Attention": 189,
        "Cannot Lose Them": 50,
        "New Customers": 32,
    }
    assert sum(Decimal(row["revenue"]) for row in summary) == Decimal("8310477.054")
    monetary = column_of(online_retail / "customer_rfm_segments.csv", "customer", "monetary")
    assert monetary["16446"] == "2.9000"
    # Twenty-one customers gave back all they bought, eight of them more.
    assert sum(Decimal(money) <= 0 for money in monetary.values()) == 21
    assert sum(Decimal(money) < 0 for money in monetary.values()) == 8


def test_online_retail_concentration(online_retail: Path) -> None:
    told = read_json(online_retail / "run.json")["concentration"]
    assert (told["gini"], told["num_negative"]) == ("undefined", 8)
    shares = [row["revenue_share"] for row in told["top"]]
    assert shares == pytest.approx([0.29676, 0.59762, 0.73561], abs=5e-6)


def test_online_retail_cohorts(online_retail: Path) -> None:
    row = "885 324 286 340 321 352 321 309 313 350 331 445 235".split()
    assert cohort_of(online_retail, "customers", "2010-12-01") == row
    sizes = [
        int(row["size"])
        for row in read_rows(online_retail / "customer_cohort_retention.csv")
        if (row["measure"], row["period"]) == ("customers", "0")
    ]
    assert sizes == [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41]
    last = [
        row
        for row in read_rows(online_retail / "customer_cohort_retention.csv")
        if (row["measure"], row["cohort"], row["period"]) == ("customers", "2010-12-01", "12")
    ]
    assert [row["partial"] for row in last] == ["true"]


def test_online_retail_regions(online_retail: Path) -> None:
    revenue = column_of(online_retail / "geo_revenue.csv", "region", "revenue")
    assert sum(map(Decimal, revenue.values())) == Decimal("9747747.934")
    assert max(revenue, key=lambda country: Decimal(revenue[country])) == "United Kingdom"


@pytest.mark.parametrize(
    ("cleaning", "revenue", "orders", "customers", "active"),
    [
        ("A", "8300065.8140", "22190", "4372", ["948", "362"]),
        ("C", "8911407.9040", "18532", "4338", ["885", "324"]),
        ("D", "8887208.8940", "18532", "4338", ["885", "324"]),
        ("F", "8508481.2540", "18394", "4327", None),
    ],
)
def test_online_retail_under_other_cleaning_rules(
    cleaning: str,
    revenue: str,
    orders: str,
    customers: str,
    active: list[str] | None,
    tmp_path: Path,
) -> None:
    source = known_copy("online_retail/online_retail.csv")
    run_cli("online-retail", source, "--cleaning", cleaning, "--output", tmp_path)

    total = total_of(tmp_path)
    assert (total["revenue_net"], total["orders"], total["customers"]) == (
        revenue,
        orders,
        customers,
    )
    assert read_json(tmp_path / "run.json")["cleaning"] == cleaning
    if active is not None:
        assert cohort_of(tmp_path, "customers", "2010-12-01")[:2] == active


def test_online_retail_in_september(tmp_path: Path) -> None:
    source = known_copy("online_retail/online_retail.csv")
    run_cli("online-retail", source, "--as-of", "2011-09-10", "--output", tmp_path)

    rows = read_rows(tmp_path / "customer_rfm_segments.csv")
    assert len(rows) == 3370
    assert sum(int(row["frequency"]) for row in rows) == 11906
    assert sum(Decimal(row["monetary"]) for row in rows) == Decimal("5144486.152")


def test_cdnow_has_no_regions(tmp_path: Path) -> None:
    result = run_cli("cdnow", known_copy("cdnow/CDNOW_master.txt"), "--output", tmp_path)

    total = total_of(tmp_path)
    assert (total["revenue_net"], total["customers"]) == ("2500315.6300", "23570")
    assert [cohort_of(tmp_path, "customers", f"1997-0{month}-01")[0] for month in (1, 2, 3)] == [
        "7846",
        "8476",
        "7248",
    ]
    assert not (tmp_path / "geo_revenue.csv").exists()
    assert read_json(tmp_path / "run.json")["skipped"] == {
        "geo_revenue.csv": "the source has no region",
        "category_revenue.csv": "the source has no category",
        "payment_types.csv": "the source has no payments",
    }
    assert "no geo_revenue.csv: the source has no region" in result.stdout


def test_the_last_day_that_a_time_may_have_is_summed_and_shown(tmp_path: Path) -> None:
    source = tmp_path / "lines.csv"
    source.write_text("customer,order,timestamp,amount\nann,1,9999-12-31,5.00\n")
    columns = ["customer", "order", "timestamp", "amount"]
    mapping = [word for name in columns for word in ("--map", f"{name}={name}")]
    done = CliRunner().invoke(
        app, ["run", "csv", str(source), *mapping, "--output", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.exception
    assert "as of 10000-01-01 00:00:00" in done.stdout
