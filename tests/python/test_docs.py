"""The documentation is true: its code runs, its figures and names are those of the library."""

import contextlib
import csv
import io
import json
import math
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import run as main_job
from known_files import known_copy

README = CHECKOUT / "README.md"
MIGRATING = CHECKOUT / "docs" / "migrating.md"
METHODS = sorted((CHECKOUT / "docs" / "methods").glob("*.md"))
DECISIONS = sorted((CHECKOUT / "docs" / "decisions").glob("*.md"))
PAGES = [
    README,
    CHECKOUT / "CHANGELOG.md",
    CHECKOUT / "CONTRIBUTING.md",
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
METHOD_SECTIONS = [
    "Definition",
    "Ties and edge cases",
    "Cost",
    "Source",
    "Worked example",
    "How it is proved",
    "What it does not do",
]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the text block right behind it."""

    language: str
    code: str
    output: str | None


def blocks_of(page: Path, language: str) -> list[Block]:
    """Return the blocks in one language, in order."""
    fence = r"^```{}\n(.*?)^```$"
    found = re.finditer(
        fence.format(r"(\w+)") + r"(?:\n\n" + fence.format("text") + ")?",
        page.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    return [Block(*match.groups()) for match in found if match[1] == language]


def commands_of(page: Path) -> list[str]:
    """Return the lines of the bash blocks, continued ones put together, without comments."""
    text = "".join(block.code for block in blocks_of(page, "bash")).replace("\\\n", " ")
    return [line.split(" #")[0].strip() for line in text.splitlines() if line.strip()]


def program_calls() -> list[str]:
    """Return the calls of our program in the README."""
    return [line for line in commands_of(README) if line.startswith("ecommerce-analytics ")]


def name_of(page: Path) -> str:
    """Return the path of a page in the checkout."""
    return str(page.relative_to(CHECKOUT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder in which the documented code runs."""
    (tmp_path / "tests").symlink_to(CHECKOUT / "tests")
    (orders,) = blocks_of(README, "csv")
    (tmp_path / "orders.csv").write_text(orders.code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", [README, MIGRATING, *METHODS], ids=name_of)
def test_python_blocks_print_what_stands_below_them(page: Path) -> None:
    blocks = blocks_of(page, "python")
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.code, name_of(page), "exec"), names)
        assert printed.getvalue() == (block.output or "")


@pytest.mark.parametrize("call", program_calls())
def test_a_command_of_the_readme_runs(call: str, folder: Path) -> None:
    arguments = shlex.split(call)[1:]
    if "olist/" in arguments:
        (folder / "olist").symlink_to(known_copy("olist"))
    if "online_retail.csv" in arguments:
        source = known_copy("online_retail/online_retail.csv")
        (folder / "online_retail.csv").symlink_to(source)
    program = [sys.executable, "-m", "ecommerce_analytics", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(ea.__file__).parents[1])}
    if arguments[0] == "dashboard":
        assert_it_serves(program, environment)
        return
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    output = folder / arguments[arguments.index("--output") + 1]
    if arguments[0] == "report":
        assert {path.suffix for path in output.iterdir()} == {".html", ".md", ".pdf"}
    else:
        assert (output / "run.json").is_file()


def assert_it_serves(program: list[str], environment: dict[str, str]) -> None:
    """Start a dashboard at a free port, look whether it answers, and end it by Ctrl-C."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    has_source = len(program) > program.index("dashboard") + 1
    options = ["--port", str(port), "--no-browser"] if has_source else []
    bare = [] if has_source else ["synthetic", "--port", str(port), "--no-browser"]
    with subprocess.Popen(
        [*program, *bare, *options], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + 120
            while True:
                assert process.poll() is None
                assert time.monotonic() < deadline
                with contextlib.suppress(OSError):
                    health = f"http://127.0.0.1:{port}/_stcore/health"
                    with urllib.request.urlopen(health, timeout=5) as answer:
                        assert answer.status == 200
                        break
                time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in (0, 130)
        finally:
            process.kill()


def test_every_source_has_a_command_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    sources = ("synthetic", "olist", "online-retail", "csv", "cdnow", "parquet")
    for source in (*sources, "shopify", "woocommerce"):
        assert f"run {source}" in text


def test_make_targets_and_extras_are_there() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = {line.split()[1] for line in commands_of(page) if line.startswith("make ")}
        named |= set(re.findall(r"`make ([a-z-]+)", text))
        assert named <= targets, name_of(page)
    extras = set(re.findall(r"`\[(\w+)\]`", README.read_text(encoding="utf-8")))
    assert extras
    assert extras <= project["optional-dependencies"].keys()


def test_the_cpp_block_is_the_example_that_the_build_compiles() -> None:
    (block,) = blocks_of(README, "cpp")
    example = CHECKOUT / "examples" / "cpp" / "quick_start.cpp"
    assert block.code == example.read_text(encoding="utf-8")


def test_the_cmake_block_is_what_the_consumer_does() -> None:
    (block,) = blocks_of(README, "cmake")
    consumer = (CHECKOUT / "tests" / "consumer" / "CMakeLists.txt").read_text(encoding="utf-8")
    for line in block.code.splitlines():
        assert line.replace("(app ", "(consumer ") in consumer


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    code = r"^```.*?^```$"
    text = re.sub(code, "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    roots = "include|src|bindings|python|tests|docs|cmake|tools|examples|benchmarks"
    for path in re.findall(rf"`((?:{roots})/[\w./*-]+)`", text):
        # Of a module x there is only the row of its files.
        if not re.search(r"/(bind_)?(test_)?x(_test)?[./]", path + "/"):
            assert list(CHECKOUT.glob(path)), path


def test_the_index_lists_every_page() -> None:
    index = (CHECKOUT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in [*METHODS, *DECISIONS]:
        assert f"({page.relative_to(CHECKOUT / 'docs')})" in index


@pytest.mark.parametrize("page", METHODS, ids=name_of)
def test_a_method_page_says_all_there_is_to_say(page: Path) -> None:
    sections = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sections == METHOD_SECTIONS


def test_decisions_are_numbered_and_of_one_form() -> None:
    assert [page.name[:4] for page in DECISIONS] == [
        f"{number:04d}" for number in range(1, len(DECISIONS) + 1)
    ]
    for number, page in enumerate(DECISIONS, start=1):
        headings = re.findall(r"^#+ .*$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert headings[0].startswith(f"# {number}. ")
        assert headings[1:] == ["## Context", "## Decision", "## Consequence"]


def regions_of_all_columns() -> dict[str, ea.Table]:
    transactions = ea.Transactions.from_arrays(
        customer=["ann"],
        order=["A"],
        timestamp=["2026-01-05"],
        amount=["1"],
        region=["SP"],
        measures={"freight": ["0.1"]},
        dimensions={"city": ["Santos"], "delivery": ["late"]},
    )
    # Levels have names of the user's own.
    tables = ea.geo_aggregate.by_levels(transactions, levels=["region", "city"], period="month")
    assert tables["city"].column_names[1] == "city"
    return {"region": tables["region"]}


def regions_of_lines() -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=["ann"],
        order=["A"],
        timestamp=["2026-01-05"],
        amount=["1"],
        quantity=["2"],
        region=["SP"],
    )


def tables_of_groups(transactions: ea.Transactions) -> list[ea.Table]:
    measures = transactions.measure_names
    kinds = ea.aggregate.group_by(transactions, by=["category", "kind"], measures=measures)
    weekdays = ea.aggregate.group_by(transactions, by=["weekday"], period="month")
    return [
        ea.aggregate.abc_classes(ea.aggregate.group_by(transactions, by=["product"])),
        ea.aggregate.parts(kinds),
        ea.aggregate.mean_of_key(weekdays),
        ea.aggregate.shares_of_key(weekdays),
    ]


def tables_of_trends(transactions: ea.Transactions) -> list[ea.Table]:
    days = ea.kpi.summary(transactions, period="day")
    hours = ea.aggregate.group_by(transactions, by=["hour"], period="day")
    return [
        ea.trends.series(days, period="week"),
        ea.trends.year_over_year(days),
        ea.trends.weekday_pattern(days),
        ea.trends.month_pattern(days),
        ea.trends.hour_pattern(hours, days),
    ]


def tables_of_payments() -> list[ea.Table]:
    lines = ea.Transactions.from_arrays(
        customer=["ann"], order=["A"], timestamp=["2026-01-05"], amount=["1"]
    )
    payments = ea.Payments.from_arrays(
        order=["A"], payment_type=["card"], amount=["1"], installments=[2]
    )
    return [
        ea.payments.by_type(payments, lines, period="month"),
        ea.payments.by_installments(payments, lines),
        ea.payments.revenue_by_type(lines, payments),
    ]


def tables_of_scores() -> list[ea.Table]:
    y, score = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    shop = ea.datasets.make_synthetic(num_customers=800)
    churn = ea.churn.rank(shop.transactions)
    value = ea.clv.predict(shop.transactions)
    tested = ea.clv.backtest(shop.transactions, "2024-07-01")
    summary = ea.purchase_history.summary(
        shop.transactions, calibration_end="2024-07-01", holdout_end="2024-08-01"
    )
    tables = [
        *(churn.ranking, churn.evaluation, churn.model),
        *(value.customers, value.parameters, tested.totals, tested.by_frequency),
        *(tested.rivals, tested.tracking),
        ea.clv.parameters(ea.clv.fit(summary), summary, n_resamples=2),
        summary,
    ]
    return [
        ea.metrics.roc_auc_interval(y, score),
        ea.metrics.calibration(y, score),
        ea.metrics.lift(y, score),
        ea.metrics.confusion_matrix(y, score),
        ea.CutoffDataset(shop.transactions, "2024-09-01").features,
        *(table for table in tables if table is not None),
    ]


def tables_of_campaigns() -> list[ea.Table]:
    p_order, spend = [0.1, 0.5], [20.0, 30.0]
    found = ea.campaign.simulate(
        p_order, spend, uplift=(0.0, 0.1, 0.2), margin=0.4, discount=0.1, num_scenarios=10
    )
    order = ea.campaign.contacts(
        p_order, spend, customer=["ann", "bob"], uplift=0.1, margin=0.4, discount=0.1
    )
    return [found.analysis, found.scenarios, found.tornado, found.draws, order]


def tables_of_journeys(rows: ea.Transactions) -> list[ea.Table]:
    moves = ea.segment_migration.moves(rows, "2024-07-01")
    curves = ea.second_order_groups.curves(rows, "region")
    return [
        moves,
        ea.segment_migration.origins(moves),
        curves,
        ea.second_order_groups.summarize(curves),
        ea.second_order_groups.log_rank(curves),
    ]


def tables_of_recommendations(rows: ea.Transactions) -> list[ea.Table]:
    found = ea.recommendations.monday(rows, margin=0.4)
    return [found.changes, found.recommendations.actions, found.recommendations.customers]


def tables_of_churn(rows: ea.Transactions) -> list[ea.Table]:
    """Return one table of each kind that tells of churn."""
    outcome = ea.churn.rank(rows)
    assert outcome.test is not None
    assert outcome.model is not None
    told = ea.churn.explain(ea.churn.Model(outcome.model), outcome.ranking)
    return [
        outcome.test,
        told,
        ea.churn.explain_groups(told, ea.rfm.segment(ea.rfm.score(rows))),
        ea.churn.calibration(outcome.test),
        ea.churn.deciles(outcome.test),
        ea.churn.confusion(outcome.test),
        ea.churn.profit(outcome.test, value_kept=10, contact_cost=1, kept_share=0.1),
        ea.churn.revenue_at_risk(rows, outcome),
        ea.metrics.compare(outcome.test["churned"], {"risk": outcome.test["churn_risk"]}),
    ]


def test_the_glossary_has_every_column_and_every_metadata_key(tmp_path: Path) -> None:
    shop = ea.datasets.make_synthetic(num_customers=1_000)
    result = main_job.run(shop, tmp_path, holdout_share=0.1)
    assert result.skipped == {}
    assert result.regions is not None
    mean = ea.cohort.mean_retention(result.cohorts["customers"])
    first_cohort = result.cohorts["customers"]["cohort"][0]
    curve = ea.second_order.curve(shop.transactions, by="region")
    alike = ea.rfm.score(
        ea.Transactions.from_arrays(
            customer=["ann", "bob"],
            order=["A", "B"],
            timestamp=["2026-01-05"] * 2,
            amount=["1", "2"],
        )
    )
    tables = [
        result.total,
        ea.customer_clusters.fit(alike),
        ea.customer_clusters.curve(alike),
        ea.rfm.score(shop.transactions, window_days=90),
        ea.rfm.lorenz(ea.rfm.score(shop.transactions, window_days=1)),
        ea.kpi.changes(shop.transactions),
        result.segments,
        result.segment_summary,
        result.tiers,
        result.concentration,
        *result.cohorts.values(),
        mean,
        ea.cohort.drop_off(result.cohorts["customers"]),
        ea.cohort.members(shop.transactions, first_cohort, 0, by="region", group="SP", active=None),
        ea.cohort.members(shop.transactions, first_cohort, 0, kind="elapsed"),
        ea.orders.list_orders(shop.transactions, region="region", limit=5),
        ea.orders.list_lines(regions_of_lines(), limit=5),
        ea.orders.list_customers(shop.transactions, limit=5),
        curve,
        ea.second_order.summarize(curve),
        ea.second_order.milestones(curve),
        ea.cohort.retention(shop.transactions, kind="elapsed", by="region"),
        ea.cohort.retention(shop.transactions, measure="average_order_value"),
        result.regions,
        *regions_of_all_columns().values(),
        ea.aggregate.group_by(shop.transactions, by=["kind", "weekday", "hour"], period="month"),
        *tables_of_groups(shop.transactions),
        *tables_of_trends(shop.transactions),
        *tables_of_payments(),
        ea.logistic.inference(ea.logistic.fit([[0.0], [1.0], [2.0]], [0, 1, 0])),
        ea.logistic.inference(ea.logistic.fit([[0.0], [1.0], [2.0]], [0, 1, 0], C=math.inf)),
        *tables_of_scores(),
        *tables_of_campaigns(),
        *tables_of_churn(shop.transactions),
        *tables_of_journeys(shop.transactions),
        *tables_of_recommendations(shop.transactions),
        ea.holdout.measure(
            shop.transactions,
            dict(
                zip(
                    result.segments["customer"].tolist(),
                    ea.holdout.groups(result.segments["customer"].tolist(), 0.5),
                    strict=True,
                )
            ),
            after="2024-10-01",
            share=0.5,
        ),
    ]
    names = {name for table in tables for name in (*table.column_names, *table.metadata)}
    for path in tmp_path.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            names.update(next(csv.reader(file)))
    names.update(shop.report.to_dict())
    names.update(shop.report.read.to_dict().keys() - {"name"})

    glossary = (CHECKOUT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = "".join(line for line in glossary.splitlines() if line.startswith("| "))
    missing = {name for name in names if f"`{name}`" not in rows}
    assert not missing


def requirements() -> list[list[str]]:
    """Return the rows of the requirements that name a call, cell by cell."""
    page = (CHECKOUT / "docs" / "brd.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [cells for cells in rows if len(cells) == 4 and cells[0] != "need"]


def test_what_the_requirements_name_is_there(tmp_path: Path) -> None:
    result = main_job.run(ea.datasets.make_synthetic(num_customers=1_000), tmp_path)
    assert len(requirements()) > 15
    for need, calls, file, columns in requirements():
        names = re.findall(r"`([\w.]+)`", calls)
        assert names, need
        for name in names:
            value: object = ea
            for part in name.split("."):
                value = getattr(value, part)
            assert callable(value), name
        for file_name in re.findall(r"`([\w.]+)`", file):
            assert file_name in result.files, need
            if file_name.endswith(".png"):
                assert "`" not in columns, need
                continue
            text = (tmp_path / file_name).read_text(encoding="utf-8")
            header = text.partition("\n")[0].split(",")
            told = set(json.loads(text) if file_name.endswith(".json") else header)
            assert set(re.findall(r"`(\w+)`", columns)) <= told, need


def test_the_readme_lists_the_files_of_a_run(tmp_path: Path) -> None:
    # As many as a churn ranking needs.
    result = main_job.run(ea.datasets.make_synthetic(num_customers=1_000), tmp_path)
    listed = re.findall(
        r"^\| `(\w+\.(?:csv|json|png))` \|", README.read_text("utf-8"), re.MULTILINE
    )
    assert listed == list(result.files)


@pytest.mark.parametrize("rule", "ACDEF")
def test_the_figures_of_the_cleaning_rules(rule: str) -> None:
    data = known_copy("online_retail/online_retail.csv")
    (row,) = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in README.read_text(encoding="utf-8").splitlines()
        if re.match(rf"\| \**{rule}\**( \(default\))? \|", line)
    )
    dataset = ea.datasets.load_online_retail(data, cleaning=rule)  # type: ignore[arg-type]
    history = ea.CustomerHistory().add(dataset.transactions)
    total = ea.kpi.summary(history)
    cohorts = ea.cohort.retention(history)
    revenue = sum(money for money in ea.rfm.score(history).decimals("monetary") if money)
    size, back = cohorts["size"][0], cohorts["value"][1]
    assert row[2:] == [
        f"{dataset.report.kept.num_lines:,}",
        f"{total['customers'][0]:,}",
        f"{total['orders'][0] - total['guest_orders'][0]:,}",
        f"{Decimal(revenue).normalize():,}",
        f"{back} of {size}",
    ]


def test_the_figures_of_online_retail_as_a_whole() -> None:
    text = " ".join(README.read_text(encoding="utf-8").split())
    dataset = ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv"))
    history = ea.CustomerHistory().add(dataset.transactions)
    scores = ea.rfm.score(history)
    money = scores.decimals("monetary")
    net = dataset.report.kept.money
    guests = dataset.report.guests.money
    assert f"worth {net.normalize():,}: guests bring {guests.normalize():,}" in text
    rest = net - guests - sum(one for one in money if one)
    assert f"customers without any order {rest.normalize():,}." in text
    customer = scores["customer"].tolist().index(16446)
    assert f"under E his money is {money[customer]:.2f}" in text
